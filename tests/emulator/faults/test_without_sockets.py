"""Faults of the wire where there is an application and no connection, on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from nanobanana_async.emulator import World, create_app
from tests.emulator.faults.raw_client import CREATE


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=create_app(world, threads=False))
    headers = {"Authorization": "Bearer k"}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", headers=headers) as client:
        yield client


async def created(client: httpx.AsyncClient) -> httpx.Response:
    return await client.post("/api/v1/jobs/createTask", json=CREATE)


@pytest.fixture
def now() -> Callable[[], float]:
    return lambda: asyncio.get_running_loop().time()


@pytest.mark.parametrize("fault", ["closed", "reset", "cut", "cut,share=0"])
async def test_what_would_be_closed_is_an_error_that_says_so(
    world: World, client: httpx.AsyncClient, fault: str
) -> None:
    """An application can't hang up."""
    world.faults.add(fault)

    with pytest.raises(ConnectionResetError, match="here is an application only"):
        await created(client)
    assert len(world.ledger.accepted) == 1


async def test_silence_waits_on_the_loops_clock(
    world: World, client: httpx.AsyncClient, now: Callable[[], float]
) -> None:
    """A client's own deadline ends it first; without one it is closed after an hour."""
    world.faults.add("silent")
    began = now()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(60):
            await created(client)
    left = now() - began
    with pytest.raises(ConnectionResetError):
        await created(client)

    assert left == pytest.approx(60)
    assert now() - began == pytest.approx(60 + 3600)


async def test_a_drip_waits_on_the_loops_clock(
    world: World, client: httpx.AsyncClient, now: Callable[[], float]
) -> None:
    """A second a byte, and none of it for real."""
    world.faults.add("drip")
    began = now()

    answer = await created(client)

    assert answer.json()["code"] == 200
    assert now() - began == pytest.approx(len(answer.content))


async def test_a_flood_comes_whole(world: World, client: httpx.AsyncClient) -> None:
    """For who reads to the end; packed it is unpacked by the client."""
    world.faults.replace(["huge,size=100000,nth=1", "gzip-bomb,size=3000000,nth=2"])

    assert (await created(client)).content == b" " * 100_000
    assert (await created(client)).content == b" " * 3_000_000
