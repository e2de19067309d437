"""Answers as streams: for files that should not be in memory."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from nanobanana_async.errors import NetworkError
from nanobanana_async.transport import HttpxTransport
from tests.transport.loopback import Visit, answering, get, reply, serving

FILE = bytes(range(256)) * 4096


async def test_a_file_comes_in_pieces_and_frees_its_connection(transport: HttpxTransport) -> None:
    """Read to its end, the connection serves the next request."""
    async with serving(answering(reply(FILE, "X-Name: picture"))) as server:
        for _ in range(2):
            async with transport.stream(get(server.url(), max_bytes=len(FILE))) as stream:
                chunks = [chunk async for chunk in stream.chunks()]

        assert server.accepted == 1

    assert b"".join(chunks) == FILE
    assert (stream.status, stream.headers["x-name"]) == (200, "picture")
    assert transport.statistics().idle == 1


async def test_pieces_of_an_encoded_file_are_small(transport: HttpxTransport) -> None:
    """However far a file unfolds, no piece is large."""
    answer = reply(gzip.compress(bytes(10_000_000)), "Content-Encoding: gzip")
    async with (
        serving(answering(answer)) as server,
        transport.stream(get(server.url(), max_bytes=10_000_000)) as stream,
    ):
        sizes = [len(chunk) async for chunk in stream.chunks()]

    assert sum(sizes) == 10_000_000
    assert max(sizes) <= 64 * 1024


async def test_a_stream_that_is_left_early_closes_its_connection(transport: HttpxTransport) -> None:
    """Half a file read leaves a connection that nobody can use."""
    async with serving(answering(reply(FILE))) as server:
        async with transport.stream(get(server.url())) as stream:
            async for _ in stream.chunks():
                break
        await server.until(lambda: server.open == 0)

    assert (transport.statistics().busy, transport.statistics().idle) == (0, 0)


async def test_a_stream_that_is_not_read_closes_its_connection(transport: HttpxTransport) -> None:
    """Looking at the status alone is allowed."""
    async with serving(answering(reply(FILE, status="404 Not Found"))) as server:
        async with transport.stream(get(server.url())) as stream:
            assert stream.status == 404
        await server.until(lambda: server.open == 0)


async def test_an_error_of_the_caller_goes_through(transport: HttpxTransport) -> None:
    """A full disk is not a network error; the connection is given up."""
    async with serving(answering(reply(FILE))) as server:
        with pytest.raises(OSError, match="disk full"):
            async with transport.stream(get(server.url())):
                raise OSError("disk full")
        await server.until(lambda: server.open == 0)


async def test_a_body_is_read_once(transport: HttpxTransport) -> None:
    """A second reading is a mistake in the code and said so."""
    async with serving(answering()) as server, transport.stream(get(server.url())) as stream:
        assert [chunk async for chunk in stream.chunks()]
        with pytest.raises(RuntimeError, match="can be read once"):
            await anext(stream.chunks())


@pytest.mark.parametrize("max_bytes", [1000, 100_000])
async def test_a_file_beyond_its_bound_is_cut_off(transport: HttpxTransport, max_bytes: int) -> None:
    """The bound holds for streams as well."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(FILE), FILE)
    async with serving(answering(answer)) as server, transport.stream(get(server.url(), max_bytes=max_bytes)) as stream:
        with pytest.raises(NetworkError, match=f"longer than the {max_bytes} bytes"):
            [chunk async for chunk in stream.chunks()]


async def test_a_cut_file_is_a_network_error(transport: HttpxTransport) -> None:
    """A file that ends before its announced length never passes for a whole one."""

    async def cuts(visit: Visit) -> None:
        await visit.request()
        await visit.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")

    async with serving(cuts) as server, transport.stream(get(server.url())) as stream:
        with pytest.raises(NetworkError, match="RemoteProtocolError"):
            [chunk async for chunk in stream.chunks()]


async def test_the_deadline_covers_the_whole_stream(transport: HttpxTransport) -> None:
    """A file that stops coming ends at the deadline of its request."""

    async def stops(visit: Visit) -> None:
        await visit.request()
        await visit.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
        await visit.until_gone()

    async with serving(stops) as server:
        async with transport.stream(get(server.url(), deadline=1)) as stream:
            with pytest.raises(NetworkError, match="no whole answer within 1 s"):
                [chunk async for chunk in stream.chunks()]
        await server.until(lambda: server.open == 0)


async def test_the_deadline_never_cuts_the_callers_own_work(transport: HttpxTransport) -> None:
    """What is done with a piece takes as long as it takes; only the next one comes too late."""

    async def stops(visit: Visit) -> None:
        await visit.request()
        await visit.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
        await visit.until_gone()

    worked = False
    async with serving(stops) as server, transport.stream(get(server.url(), deadline=1)) as stream:
        chunks = stream.chunks()
        assert await anext(chunks) == b"half"
        await asyncio.sleep(1.1)
        worked = True
        with pytest.raises(NetworkError, match="no whole answer"):
            await anext(chunks)

    assert worked


async def test_silence_before_the_head_is_a_network_error(transport: HttpxTransport) -> None:
    """Entering the stream fails as sending does."""

    async def is_silent(visit: Visit) -> None:
        await visit.until_gone()

    async with serving(is_silent) as server:
        with pytest.raises(NetworkError, match="no whole answer"):
            async with transport.stream(get(server.url(), deadline=1)):
                pass
        await server.until(lambda: server.open == 0)
