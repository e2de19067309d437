"""Every fault once more through a client whose transport tells nothing of its steps: then three exceptions are proof.

So it is under respx, through a proxy of a user's own making, or on any transport that isn't httpcore's.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator

import httpx
import pytest

from nanobanana_async.errors import NetworkError
from nanobanana_async.transport import HttpxTransport
from tests.transport.loopback import Handler, Visit, answering, create, is_silent, reply, serving
from tests.transport.test_wire_faults import BREAKERS, closes_on_accept, drips


class Silent(httpx.AsyncBaseTransport):
    """httpx's own transport, from which no word of its steps comes back."""

    def __init__(self) -> None:
        self._below = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions = {name: value for name, value in request.extensions.items() if name != "trace"}
        return await self._below.handle_async_request(request)

    async def aclose(self) -> None:
        await self._below.aclose()


@pytest.fixture
async def untraced() -> AsyncIterator[HttpxTransport]:
    """A transport over such a client."""
    async with httpx.AsyncClient(transport=Silent(), trust_env=False) as client:
        yield HttpxTransport(client)


async def unfolds(visit: Visit) -> None:
    """A megabyte of noughts, which was not asked for and is longer than what is read."""
    await visit.request()
    await visit.say(reply(b"0" * 2_000_000))


@pytest.mark.parametrize("handler", [*BREAKERS, closes_on_accept, is_silent, drips, unfolds])
async def test_no_failure_is_proof_once_a_connection_was_there(untraced: HttpxTransport, handler: Handler) -> None:
    """Also not where nothing was read: nobody has told how far the request came."""
    async with serving(handler) as server:
        with pytest.raises(NetworkError) as caught:
            await untraced.send(create(server.url(), deadline=1))

    assert (caught.value.sent, caught.value.charged, caught.value.retryable) == ("perhaps", "unknown", False)


async def test_a_refused_connection_is_proof(untraced: HttpxTransport) -> None:
    """`ConnectError`: there was nobody to send it to."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(NetworkError, match="ConnectError") as caught:
            await untraced.send(create(f"http://127.0.0.1:{unused.getsockname()[1]}/"))

    assert (caught.value.sent, caught.value.charged, caught.value.retryable) == ("no", "no", True)


@pytest.mark.parametrize(
    ("raised", "sent"),
    [
        (httpx.ConnectError("no"), "no"),
        (httpx.ConnectTimeout("no"), "no"),
        (httpx.PoolTimeout("no"), "no"),
        (httpx.ReadError("reset"), "perhaps"),
        (httpx.WriteError("reset"), "perhaps"),
        (httpx.CloseError("reset"), "perhaps"),
        (httpx.ReadTimeout("late"), "perhaps"),
        (httpx.WriteTimeout("late"), "perhaps"),
        (httpx.RemoteProtocolError("what?"), "perhaps"),
        (httpx.LocalProtocolError("what?"), "perhaps"),
        (httpx.ProxyError("no"), "perhaps"),
        (httpx.UnsupportedProtocol("what?"), "perhaps"),
        (httpx.DecodingError("what?"), "perhaps"),
        (httpx.TooManyRedirects("on"), "perhaps"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
)
async def test_three_exceptions_are_proof_and_no_other(raised: httpx.HTTPError, sent: str) -> None:
    """Each that httpx has: only where no connection came about was nothing sent."""

    class Raising(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise raised

    async with httpx.AsyncClient(transport=Raising(), trust_env=False) as client:
        with pytest.raises(NetworkError) as caught:
            await HttpxTransport(client).send(create("http://127.0.0.1:9/"))

    assert caught.value.sent == sent


async def test_what_is_whole_is_read_as_ever(untraced: HttpxTransport) -> None:
    """A transport that tells nothing works, too."""
    async with serving(answering()) as server:
        answer = await untraced.send(create(server.url()))

    assert (answer.status, len(server.requests)) == (200, 1)
