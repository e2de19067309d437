"""The measure of benchmarks/cpu_per_image.py: everybody makes an image with as many requests. Nothing is timed."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest

from benchmarks.cpu_per_image import CONTENDERS, LOOKS, MODULES, Gateway, Load, Site

pytestmark = pytest.mark.wall_clock

IMAGES = 10


class CountingGateway(Gateway):
    """Counts what it is asked."""

    asked = itertools.count()

    def said(self, target: str, host: str) -> dict[str, object]:
        next(self.asked)
        return super().said(target, host)


@pytest.fixture
async def base(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """The address of a server in this process that answers at once."""
    monkeypatch.setattr(CountingGateway, "delay", 0.0)
    monkeypatch.setattr(CountingGateway, "asked", itertools.count())
    server = await asyncio.get_running_loop().create_server(CountingGateway, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


@pytest.mark.parametrize("contender", [name for name in CONTENDERS if name != "nothing"])
async def test_an_image_is_a_create_and_five_looks(contender: str, base: str) -> None:
    """Whoever asked less would look cheaper than he is; at most one image is begun and not done."""
    if contender in MODULES:
        pytest.importorskip(MODULES[contender])
    site = Site(base, Load(1, 0.0, interval=0.001))
    work = asyncio.ensure_future(CONTENDERS[contender](site))

    while site.done < IMAGES and not work.done():
        await asyncio.wait([work], timeout=0.01)
    asked = next(CountingGateway.asked)
    assert not work.done(), work.result()
    work.cancel()
    await asyncio.wait([work])

    assert 0 <= asked - site.done * (1 + LOOKS) <= 1 + LOOKS
