"""Transports that are closed when the test ends, and an environment without proxies."""

from __future__ import annotations

from collections.abc import AsyncIterator

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
