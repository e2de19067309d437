"""A world with somebody who buys there."""

from __future__ import annotations

import pytest

from tests.emulator.customer import Clock
from tests.emulator.images.buyer import Buyer
from tests.emulator.images.buyer import buyer as buyer_at


@pytest.fixture
def buyer(clock: Clock) -> Buyer:
    return buyer_at(clock)
