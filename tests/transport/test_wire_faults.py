"""What a server, or the network before it, can do to a create, and what is said of it."""

from __future__ import annotations

import asyncio
import socket

import pytest

from nanobanana_async.errors import NetworkError
from nanobanana_async.transport import HttpxTransport, lost_answer, unsendable
from tests.transport.loopback import Handler, Visit, answering, create, get, is_silent, reply, serving

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


async def closes_on_accept(visit: Visit) -> None:
    """Nothing is read."""


async def closes_after_the_request(visit: Visit) -> None:
    await visit.request()


async def resets_after_the_request(visit: Visit) -> None:
    await visit.request()
    visit.reset()


async def sends_half_a_head(visit: Visit) -> None:
    await visit.request()
    await visit.say(b"HTTP/1.1 200 OK\r\nContent-Ty")


async def cuts_the_body(visit: Visit) -> None:
    await visit.request()
    await visit.say(HEAD + b'Content-Length: 100\r\n\r\n{"code":200,"da')


async def cuts_a_chunk(visit: Visit) -> None:
    await visit.request()
    await visit.say(HEAD + b'Transfer-Encoding: chunked\r\n\r\n10\r\n{"code":200,"da')


async def speaks_garbage(visit: Visit) -> None:
    await visit.request()
    await visit.say(b"\x16\x03\x01 garbage\r\n\r\n")


async def sends_an_endless_head(visit: Visit) -> None:
    await visit.request()
    await visit.say(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000 + b"\r\n\r\n")


async def drips(visit: Visit) -> None:
    await visit.request()
    await visit.say(HEAD + b"Content-Length: 1000000\r\n\r\n")
    while True:
        await visit.say(b".")
        await asyncio.sleep(0.01)


BREAKERS: list[Handler] = [
    closes_after_the_request,
    resets_after_the_request,
    sends_half_a_head,
    cuts_the_body,
    cuts_a_chunk,
    speaks_garbage,
    sends_an_endless_head,
]


@pytest.mark.parametrize("handler", BREAKERS)
async def test_a_create_whose_answer_breaks_may_have_arrived(transport: HttpxTransport, handler: Handler) -> None:
    """Once the body is out, no failure proves that it did not arrive."""
    async with serving(handler) as server:
        with pytest.raises(NetworkError) as caught:
            await transport.send(create(server.url()))

    assert caught.value.sent == "perhaps"
    assert caught.value.charged == "unknown"
    assert not caught.value.retryable
    assert not caught.value.permanent
    assert caught.value.message.startswith(f"POST {server.url()}: ")
    assert transport.statistics().busy == 0


async def test_a_connection_that_is_closed_at_once_is_a_network_error(transport: HttpxTransport) -> None:
    """Whether the request left before the close came is a race, and either is told by the trace."""
    async with serving(closes_on_accept) as server:
        with pytest.raises(NetworkError):
            await transport.send(create(server.url()))


async def test_silence_ends_at_the_deadline_and_may_have_arrived(transport: HttpxTransport) -> None:
    """A server that takes the request and says nothing has perhaps acted on it; its connection is closed."""
    async with serving(is_silent) as server:
        with pytest.raises(NetworkError, match=r"no whole answer within 1 s") as caught:
            await transport.send(create(server.url(), deadline=1))
        await server.until(lambda: server.open == 0)

    assert (caught.value.sent, caught.value.charged, caught.value.retryable) == ("perhaps", "unknown", False)


async def test_a_dripping_server_does_not_outlast_the_deadline(transport: HttpxTransport) -> None:
    """The deadline is for the whole exchange, however often a byte comes."""
    async with serving(drips) as server:
        with pytest.raises(NetworkError, match="no whole answer") as caught:
            await transport.send(create(server.url(), deadline=1))

    assert caught.value.sent == "perhaps"


async def test_a_poll_whose_answer_breaks_may_be_sent_again(transport: HttpxTransport) -> None:
    """A question costs nothing: lost or not, it is retryable."""
    async with serving(closes_after_the_request) as server:
        with pytest.raises(NetworkError) as caught:
            await transport.send(get(server.url("/recordInfo?taskId=secret-in-the-query")))

    assert (caught.value.sent, caught.value.charged, caught.value.retryable) == ("perhaps", "no", True)
    assert "secret-in-the-query" not in str(caught.value)


async def test_a_refused_connection_is_not_sent(transport: HttpxTransport) -> None:
    """ConnectError is proof."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        with pytest.raises(NetworkError, match="ConnectError") as caught:
            await transport.send(create(url))

    assert (caught.value.sent, caught.value.charged, caught.value.retryable) == ("no", "no", True)
    assert not caught.value.permanent


async def test_a_connection_that_never_comes_about_is_not_sent(transport: HttpxTransport, black_hole: int) -> None:
    """Connecting has a bound of its own, nearer than the deadline, because its time-out is proof."""
    with pytest.raises(NetworkError, match="ConnectTimeout") as caught:
        await transport.send(create(f"http://127.0.0.1:{black_hole}/", deadline=0.6))

    assert (caught.value.sent, caught.value.permanent) == ("no", False)


@pytest.mark.parametrize("deadline", [0, -1])
async def test_a_deadline_that_has_passed_sends_nothing(transport: HttpxTransport, deadline: float) -> None:
    """With no time left nothing leaves, and that is known."""
    async with serving(answering()) as server:
        with pytest.raises(NetworkError, match="no whole answer") as caught:
            await transport.send(create(server.url(), deadline=deadline))

        assert not server.requests

    assert caught.value.sent == "no"


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
async def test_redirects_are_not_followed(transport: HttpxTransport, status: str) -> None:
    """A redirect is an answer like any other: where it points to is never asked."""
    location = "Location: http://127.0.0.1:1/latest/meta-data"
    async with serving(answering(reply(b"", location, status=status))) as server:
        answer = await transport.send(create(server.url()))

        assert len(server.requests) == 1

    assert answer.status == int(status[:3])
    assert answer.headers["location"] == "http://127.0.0.1:1/latest/meta-data"


async def test_a_page_of_html_is_an_answer(transport: HttpxTransport) -> None:
    """Judging a body is the dialect's: the transport gives back whatever came, with any status."""
    page = b"<html><h1>502 Bad Gateway</h1></html>"
    async with serving(answering(reply(page, status="502 Bad Gateway"))) as server:
        answer = await transport.send(create(server.url()))

    assert (answer.status, answer.body) == (502, page)


async def test_an_early_refusal_is_read_although_the_body_was_not_taken(transport: HttpxTransport) -> None:
    """A server may answer before it has read the body, and close: its answer counts."""

    async def refuses_early(visit: Visit) -> None:
        await visit.reader.readuntil(b"\r\n\r\n")
        await visit.say(reply(b"too large", "Connection: close", status="413 Content Too Large"))
        await visit.until_gone()

    async with serving(refuses_early) as server:
        answer = await transport.send(create(server.url()))

    assert (answer.status, answer.body) == (413, b"too large")


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("ftp://files.example/x", "not an http or https URL"),
        ("/api/v1/jobs/createTask", "not an http or https URL"),
        ("http://", "not an http or https URL"),
        ("http://user:password@[::1/?token=secret", "not a URL"),
    ],
)
async def test_a_url_that_cannot_be_sent_to_is_permanent(transport: HttpxTransport, url: str, text: str) -> None:
    """A mistyped base URL is said at once, and without what may be secret in it."""
    with pytest.raises(NetworkError, match=text) as caught:
        await transport.send(create(url))

    assert (caught.value.sent, caught.value.permanent, caught.value.retryable) == ("no", True, False)
    assert "password" not in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("key", ["sk-with-a-line-break\n", "sk-ключ", "sk-\x00"])
async def test_a_key_that_no_header_can_carry_is_permanent(transport: HttpxTransport, key: str) -> None:
    """A key with a line break at its end is a common slip; the message names it without quoting it."""
    with pytest.raises(NetworkError, match="the API key holds a character") as caught:
        await transport.send(get("http://127.0.0.1:1/", bearer=key))

    assert (caught.value.sent, caught.value.permanent) == ("no", True)
    assert key.strip() not in str(caught.value)


@pytest.mark.parametrize("key", ["", "sk-with-a-space "])
async def test_a_key_that_ends_in_nothing_is_never_sent(transport: HttpxTransport, key: str) -> None:
    """An empty one, or one with a space pasted after it: said before anything is sent."""
    with pytest.raises(NetworkError, match="the API key is empty, or begins or ends with a space") as caught:
        await transport.send(get("http://127.0.0.1:1/", bearer=key))

    assert (caught.value.sent, caught.value.permanent) == ("no", True)


def test_who_writes_a_transport_can_ask_what_no_network_would_take() -> None:
    """The same error as ours, without a network; None for a request that can be sent."""
    refused = unsendable(get("http://127.0.0.1:1/x?sign=secret", bearer="sk-\n"))

    assert refused is not None
    assert (refused.sent, refused.permanent, refused.retryable) == ("no", True, False)
    assert str(refused).startswith("GET http://127.0.0.1:1/x: the API key holds a character")
    assert unsendable(get("http://127.0.0.1:1/x", bearer="sk-1")) is None


def test_a_lost_answer_is_named_without_its_query() -> None:
    """It may be signed."""
    assert str(lost_answer(get("http://u:p@127.0.0.1:1/x?sign=secret"), "gone")) == "GET http://127.0.0.1:1/x: gone"


async def test_messages_are_bounded(transport: HttpxTransport) -> None:
    """What a server writes into its answer does not flood a log."""

    async def rambles(visit: Visit) -> None:
        await visit.request()
        await visit.say(b"HTTP/1.1 200 OK\r\n" + b"broken header line " * 1000 + b"\r\n\r\n")

    async with serving(rambles) as server:
        with pytest.raises(NetworkError) as caught:
            await transport.send(create(server.url()))

    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(("failing_write", "sent"), [(1, "no"), (2, "perhaps")])
async def test_a_head_that_failed_is_proof_and_a_body_that_failed_is_none(
    transport: HttpxTransport, monkeypatch: pytest.MonkeyPatch, failing_write: int, sent: str
) -> None:
    """A body that was never begun did not arrive; one that was begun may have, although writing it failed."""
    import httpx

    from nanobanana_async.transport._sockets import Connection

    writes: list[bytes] = []

    async def write(connection: Connection, data: bytes) -> None:
        writes.append(data)
        if len(writes) == failing_write:
            raise httpx.WriteError("broken pipe")

    monkeypatch.setattr(Connection, "write", write)
    async with serving(closes_on_accept) as server:
        with pytest.raises(NetworkError) as caught:
            await transport.send(create(server.url()))

    assert caught.value.sent == sent
