"""What every transport promises, asked of the real one on the loopback interface and of the fake that ships."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from nanobanana_async.errors import ClientClosedError, NetworkError
from nanobanana_async.transport import HttpxTransport, ScriptedTransport, Transport
from nanobanana_async.values import WireReply, WireRequest
from tests.transport.loopback import KEY, Visit, create, get, serving

Answering = Callable[[WireRequest], Awaitable[WireReply]]


async def answers(request: WireRequest) -> WireReply:
    """The one server that all of them speak to."""
    if request.url.endswith("/silence"):
        await asyncio.Event().wait()
    if request.url.endswith("/missing"):
        return WireReply(404, {"content-type": "text/plain"}, b"no such thing")
    return WireReply(200, {"content-type": "application/json", "x-odd": "1"}, b'{"code": 200}')


async def speaks_http(visit: Visit) -> None:
    while True:
        line = (await visit.request()).split(b"\r\n", 1)[0].decode()
        method, path, _ = line.split(" ")
        reply = await answers(WireRequest(method, f"http://x{path}"))
        head = "".join(f"{name.title()}: {value}\r\n" for name, value in reply.headers.items())
        length = f"Content-Length: {len(reply.body)}\r\n"
        await visit.say(f"HTTP/1.1 {reply.status} .\r\n{head}{length}\r\n".encode() + reply.body)


@pytest.fixture(params=["httpx", "a client of the user's", "scripted"])
async def made(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Transport, str]]:
    """Each transport, and the base URL that it is to be asked at."""
    if request.param == "scripted":
        yield ScriptedTransport(answers), "http://gateway.invalid"
        return
    async with serving(speaks_http) as server, httpx.AsyncClient() as client:
        transport = HttpxTransport() if request.param == "httpx" else HttpxTransport(client)
        yield transport, server.url("")
        await transport.aclose()


async def test_it_is_a_transport(made: tuple[Transport, str]) -> None:
    """By its methods."""
    assert isinstance(made[0], Transport)


async def test_it_brings_the_whole_answer(made: tuple[Transport, str]) -> None:
    """Status, headers in lower case, body."""
    transport, base = made

    answer = await transport.send(create(f"{base}/create"))

    assert (answer.status, answer.body) == (200, b'{"code": 200}')
    assert answer.headers["x-odd"] == "1"


async def test_any_status_is_an_answer(made: tuple[Transport, str]) -> None:
    """Judging it is the dialect's."""
    transport, base = made

    answer = await transport.send(get(f"{base}/missing"))

    assert (answer.status, answer.body) == (404, b"no such thing")


async def test_it_streams(made: tuple[Transport, str]) -> None:
    """The same answer, in pieces."""
    transport, base = made

    async with transport.stream(get(f"{base}/file")) as stream:
        body = b"".join([chunk async for chunk in stream.chunks()])

    assert (stream.status, stream.headers["x-odd"], body) == (200, "1", b'{"code": 200}')


async def test_the_deadline_ends_it(made: tuple[Transport, str]) -> None:
    """As a network error that says the create may have arrived."""
    transport, base = made

    with pytest.raises(NetworkError, match=r"no whole answer within 1 s") as caught:
        await transport.send(create(f"{base}/silence", deadline=1))

    assert (caught.value.sent, caught.value.charged, caught.value.retryable) == ("perhaps", "unknown", False)


async def test_the_bound_ends_it(made: tuple[Transport, str]) -> None:
    """Too long an answer can't be used, but the request was sent."""
    transport, base = made

    with pytest.raises(NetworkError, match="longer than the 5 bytes") as caught:
        await transport.send(create(f"{base}/create", max_bytes=5))

    assert caught.value.sent == "perhaps"


async def test_it_can_be_cancelled(made: tuple[Transport, str]) -> None:
    """Cancellation stays cancellation."""
    transport, base = made
    task = asyncio.create_task(transport.send(create(f"{base}/silence")))
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_it_can_be_closed_twice_and_then_sends_no_more(made: tuple[Transport, str]) -> None:
    """With an error of its own."""
    transport, base = made
    await transport.aclose()
    await transport.aclose()

    with pytest.raises(ClientClosedError):
        await transport.send(get(f"{base}/"))
    with pytest.raises(ClientClosedError):
        async with transport.stream(get(f"{base}/")):
            pass


async def test_its_repr_holds_no_key(made: tuple[Transport, str]) -> None:
    """Before and after it was given one."""
    transport, base = made
    await transport.send(get(f"{base}/"))

    assert KEY not in repr(transport)
    assert KEY not in repr(getattr(transport, "requests", ""))
