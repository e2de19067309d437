"""Names with several addresses: which is tried when, and what becomes of those that lose."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

import pytest

from nanobanana_async.transport import _racing
from nanobanana_async.transport._racing import addresses_of, first_to_open

SILENT, REFUSES, TAKES, ALSO_TAKES, SLOW = (f"192.0.2.{last}" for last in range(1, 6))


class Network:
    """Opens addresses; what it opened is its own name."""

    def __init__(self) -> None:
        self.tried: list[str] = []
        self.opened: list[str] = []
        self.aborted: list[str] = []

    async def open(self, host: str, port: int) -> str:
        self.tried.append(host)
        if host == SILENT:
            await asyncio.Event().wait()
        if host == REFUSES:
            raise ConnectionRefusedError(host)
        if host == TAKES:
            await asyncio.sleep(0)
        if host == SLOW:
            await opens_although_cancelled()
        self.opened.append(host)
        return host

    async def race(self, *hosts: str) -> str:
        return await first_to_open([(host, 443) for host in hosts], self.open, self.aborted.append)


async def opens_although_cancelled() -> None:
    with suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
    for _ in range(3):
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def short_head_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no test waits long for a silent address."""
    monkeypatch.setattr(_racing, "HEAD_START", 0.01)


async def test_a_silent_address_gets_company() -> None:
    """The next one is tried beside it, and wins."""
    network = Network()

    assert await network.race(SILENT, TAKES) == TAKES
    assert network.tried == [SILENT, TAKES]


async def test_after_a_refusal_the_next_address_is_tried_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the head start that a silent one is given; and after a success none is tried."""
    monkeypatch.setattr(_racing, "HEAD_START", 60)
    network = Network()

    assert await network.race(REFUSES, TAKES, ALSO_TAKES) == TAKES
    assert network.tried == [REFUSES, TAKES]


async def test_where_none_takes_a_connection_all_are_told() -> None:
    """As the cause of the one error."""
    with pytest.raises(OSError, match="none of its addresses") as caught:
        await Network().race(REFUSES, REFUSES)

    assert isinstance(caught.value.__cause__, ExceptionGroup)
    assert len(caught.value.__cause__.exceptions) == 2


async def test_two_winners_leave_one_open() -> None:
    """The one that came second is aborted, although its cancellation came too late."""
    network = Network()
    both_tried = asyncio.Event()

    async def stubborn(host: str, port: int) -> str:
        network.tried.append(host)
        if len(network.tried) == 2:
            both_tried.set()
        try:
            await both_tried.wait()
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            return f"late {host}"
        return host

    won = await first_to_open([(TAKES, 1), (ALSO_TAKES, 1)], stubborn, network.aborted.append)

    assert len(network.aborted) == 1
    assert won not in network.aborted


async def test_a_cancelled_race_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever step the cancellation hits: what was opened is taken by the caller or aborted."""
    monkeypatch.setattr(_racing, "HEAD_START", 0)
    aborted = 0
    for steps in range(12):
        network = Network()
        race = asyncio.create_task(network.race(TAKES, SLOW))
        for _ in range(steps):
            await asyncio.sleep(0)
        race.cancel()
        (taken,) = await asyncio.gather(race, return_exceptions=True)

        kept = [taken] if isinstance(taken, str) else []
        assert sorted(network.opened) == sorted(kept + network.aborted)
        aborted += len(network.aborted)

    assert aborted, "no cancellation came between the winner and the end of the race"


async def test_families_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a broken IPv6 with four addresses would cost a second."""
    six, four = socket.AF_INET6, socket.AF_INET
    found = [
        (six, 1, 6, "", ("2001:db8::1", 0, 0, 0)),
        (six, 1, 6, "", ("2001:db8::2", 0, 0, 0)),
        (four, 1, 6, "", ("192.0.2.1", 0)),
        (four, 1, 6, "", ("192.0.2.2", 0)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)

    order = [host for host, _ in await addresses_of("gateway.invalid", 443)]

    assert order == ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_an_address_is_not_looked_up(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """The resolver's threads are for names."""
    monkeypatch.delattr(socket, "getaddrinfo")

    assert await addresses_of(host, 443) == [(host, 443)]
