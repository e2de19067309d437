"""A world with a clock of its own, and somebody to talk to it; and one behind a socket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Limit, World
from tests.emulator.customer import Clock, Customer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(clock: Clock) -> World:
    return World(clock=clock)


@pytest.fixture
def customer(world: World) -> Customer:
    return Customer(world)


@pytest.fixture
def server(caplog: pytest.LogCaptureFixture) -> Iterator[EmulatorServer]:
    """A server whose pictures are done at once; in the end it stops without a word: nothing had to be cut short."""
    with EmulatorServer(World(EmulatorOptions(limit=Limit(100_000), speed=1e6))) as server:
        yield server
    assert not caplog.records
