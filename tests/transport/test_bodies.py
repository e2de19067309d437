"""Bodies: bounded, decoded when a server encodes against our wish, and never unfolded beyond the bound."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from nanobanana_async.errors import NetworkError
from nanobanana_async.transport import HttpxTransport
from nanobanana_async.transport._bodies import PIECE, Inflation
from tests.transport.loopback import Visit, answering, create, get, reply, serving

BODY = b'{"code": 200, "data": {"taskId": "09e4987e60ef4b82c25e2650652989d6"}}' * 50


def raw_deflate(data: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return engine.compress(data) + engine.flush()


CODINGS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("X-GZip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("identity", bytes),
    ("", bytes),
]


@pytest.mark.parametrize(("coding", "encode"), CODINGS)
@pytest.mark.parametrize("step", [1, 7, 100_000])
async def test_an_encoded_answer_is_decoded(
    transport: HttpxTransport, coding: str, encode: Callable[[bytes], bytes], step: int
) -> None:
    """However the bytes are cut on their way, the same body comes out."""
    encoded = encode(BODY)
    pieces = [encoded[start : start + step] for start in range(0, len(encoded), step)]
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    async with serving(answering(head + chunks + b"0\r\n\r\n")) as server:
        answer = await transport.send(get(server.url()))

    assert answer.body == BODY


async def test_no_coding_is_asked_for(transport: HttpxTransport) -> None:
    """The request says identity, and who we are."""
    async with serving(answering()) as server:
        await transport.send(get(server.url()))

        head = server.requests[0].decode()

    assert "Accept-Encoding: identity\r\n" in head
    assert "User-Agent: nanobanana-async/" in head


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "nonsense"])
async def test_another_coding_is_a_network_error(transport: HttpxTransport, coding: str) -> None:
    """What we can't bound we don't decode; the request was sent all the same."""
    async with serving(answering(reply(b"....", f"Content-Encoding: {coding}"))) as server:
        with pytest.raises(NetworkError, match="encoded as") as caught:
            await transport.send(create(server.url()))

    assert (caught.value.sent, caught.value.charged) == ("perhaps", "unknown")


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_coding_that_does_not_hold_is_a_network_error(transport: HttpxTransport, coding: str) -> None:
    """A header that lies about the body leaves nothing to read."""
    async with serving(answering(reply(b"\xff\xff\xff\xffnot compressed", f"Content-Encoding: {coding}"))) as server:
        with pytest.raises(NetworkError, match="not compressed in the way it says"):
            await transport.send(get(server.url()))


@pytest.mark.parametrize("left", [1, 20, -1])
async def test_half_a_compressed_answer_is_a_network_error(transport: HttpxTransport, left: int) -> None:
    """A compressed body that ends in the middle is half an answer, even when its length is as announced."""
    async with serving(answering(reply(zlib.compress(BODY)[:left], "Content-Encoding: deflate"))) as server:
        with pytest.raises(NetworkError, match="ends in the middle"):
            await transport.send(get(server.url()))


async def test_an_empty_answer_needs_no_end(transport: HttpxTransport) -> None:
    """No body at all is no half body."""
    async with serving(answering(reply(b"", "Content-Encoding: gzip"))) as server:
        answer = await transport.send(get(server.url()))

    assert answer.body == b""


async def test_what_follows_the_compressed_data_is_left_out(transport: HttpxTransport) -> None:
    """Bytes after the end are padding, as curl and browsers have it."""
    async with serving(answering(reply(gzip.compress(BODY) + b"padding", "Content-Encoding: gzip"))) as server:
        answer = await transport.send(get(server.url()))

    assert answer.body == BODY


async def test_a_gzip_bomb_costs_no_memory(transport: HttpxTransport) -> None:
    """A hundred megabytes folded into a hundred kilobytes end at the bound."""
    bomb = gzip.compress(bytes(100_000_000), 9)
    request_size = 1024 * 1024
    async with serving(answering(reply(bomb, "Content-Encoding: gzip"))) as server:
        tracemalloc.start()
        with pytest.raises(NetworkError, match="longer than the 1048576 bytes") as caught:
            await transport.send(create(server.url(), max_bytes=request_size))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert caught.value.sent == "perhaps"
    assert peak < 8 * request_size


async def test_an_announced_length_beyond_the_bound_is_not_read(transport: HttpxTransport) -> None:
    """When the head already says that it is too much, not a byte of it is waited for."""

    async def announces(visit: Visit) -> None:
        await visit.request()
        await visit.say(b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n")
        await visit.until_gone()

    async with serving(announces) as server:
        with pytest.raises(NetworkError, match="longer than the 1000 bytes"):
            await transport.send(get(server.url(), max_bytes=1000))
        await server.until(lambda: server.open == 0)


async def test_an_endless_body_ends_at_the_bound(transport: HttpxTransport) -> None:
    """A body that never ends is cut off at the bound, and its connection closed."""

    async def never_ends(visit: Visit) -> None:
        await visit.request()
        await visit.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            await visit.say(b"400\r\n" + b"x" * 1024 + b"\r\n")

    async with serving(never_ends) as server:
        with pytest.raises(NetworkError, match="longer than the 100000 bytes") as caught:
            await transport.send(create(server.url(), max_bytes=100_000))
        await server.until(lambda: server.open == 0)

    assert caught.value.sent == "perhaps"
    assert transport.statistics().idle == 0


async def test_a_body_as_long_as_the_bound_is_read(transport: HttpxTransport) -> None:
    """The bound itself is allowed."""
    async with serving(answering(reply(b"x" * 1000))) as server:
        answer = await transport.send(get(server.url(), max_bytes=1000))

    assert len(answer.body) == 1000


@pytest.mark.parametrize("surplus", [*range(-4, 5), 100, 257, 258, 259, 300])
def test_what_zlib_holds_back_is_asked_for(surplus: int) -> None:
    """With all of its input taken, zlib may still have a piece to give: raw deflate has no trailer to draw it out."""
    body = bytes(3 * PIECE + surplus)
    inflation = Inflation(gzip=False)

    assert b"".join(inflation.pieces(raw_deflate(body))) == body
    assert inflation.is_whole
