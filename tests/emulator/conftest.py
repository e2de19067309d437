"""A world with a clock of its own, and somebody to talk to it."""

from __future__ import annotations

import pytest

from nanobanana_async.emulator import World
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
