"""A world with a receiver for its callbacks."""

from __future__ import annotations

import pytest

from nanobanana_async.emulator import World
from tests.emulator.callbacks.receiver import Receiver
from tests.emulator.customer import Clock


@pytest.fixture
def receiver(world: World, clock: Clock) -> Receiver:
    return Receiver(world, clock)
