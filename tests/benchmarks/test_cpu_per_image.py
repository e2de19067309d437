"""The measure of benchmarks/cpu_per_image.py: everybody makes an image with as many requests. Nothing is timed."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest

from benchmarks.cpu_per_image import CONTENDERS, LOOKS, MODULES, Load, Site, Tasks
from benchmarks.loopback import HOST

pytestmark = pytest.mark.wall_clock

IMAGES = 10


class CountingTasks(Tasks):
    """Counts what it is asked."""

    requests = itertools.count()

    def said(self, target: str) -> dict[str, object]:
        next(self.requests)
        return super().said(target)


@pytest.fixture
async def base(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """The address of a server in this process that answers at once."""
    monkeypatch.setattr(CountingTasks, "delay", 0.0)
    monkeypatch.setattr(CountingTasks, "requests", itertools.count())
    server = await asyncio.get_running_loop().create_server(CountingTasks, HOST, 0)
    yield f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
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
    asked = next(CountingTasks.requests)
    assert not work.done(), work.result()
    work.cancel()
    await asyncio.wait([work])

    assert 0 <= asked - site.done * (1 + LOOKS) <= 1 + LOOKS
