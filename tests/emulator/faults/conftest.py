"""A world in which something goes wrong, and somebody in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nanobanana_async.emulator import EmulatorOptions, Limit, World
from tests.emulator.customer import Clock, Customer

Afflicted = Callable[..., Customer]


@pytest.fixture
def afflicted(clock: Clock) -> Afflicted:
    """Makes a customer of a world with faults; the limit is out of the way."""

    def make(*faults: str, **options: Any) -> Customer:
        chosen = EmulatorOptions(**{"limit": Limit(100_000), **options})
        return Customer(World(chosen, clock=clock, faults=faults))

    return make
