"""Transports that are closed when the test ends, an environment without proxies, and a port that never answers."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from nanobanana_async.transport import HttpxTransport


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine's environment says, the loopback interface is reached directly."""
    for scheme in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{scheme}_proxy", raising=False)
        monkeypatch.delenv(f"{scheme}_proxy".upper(), raising=False)


@pytest.fixture
async def transport() -> AsyncIterator[HttpxTransport]:
    """Our transport on its own connections."""
    transport = HttpxTransport()
    yield transport
    await transport.aclose()


@pytest.fixture(params=["our own connections", "a client of the user's"])
async def either(request: pytest.FixtureRequest) -> AsyncIterator[HttpxTransport]:
    """Our transport, with and without a client."""
    async with httpx.AsyncClient() as client:
        transport = HttpxTransport() if "own" in str(request.param) else HttpxTransport(client)
        yield transport
        await transport.aclose()


@pytest.fixture
def black_hole() -> Iterator[int]:
    """A port whose backlog is full: a further connection attempt is left without an answer."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
        for filler in fillers:
            filler.close()
