"""How long a message is on its way between a client and an emulator in one process."""

from __future__ import annotations

import math
from random import Random
from typing import Any

from attrs import Attribute, field, frozen

from nanobanana_async.emulator import OptionError


def _seconds(_: object, attribute: Attribute[Any], value: object) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value < math.inf:  # type: ignore[operator]  # it is a number by then
        raise OptionError(attribute.name, repr(value), "seconds, 0 or more")


@frozen(kw_only=True)
class Latency:
    """The time that a message takes, one way: `least` seconds, and on top an exponential share of mean `jitter`.

    Raises:
        OptionError: one of them is no number of seconds.
    """

    least: float = field(default=0.0, validator=_seconds)
    jitter: float = field(default=0.0, validator=_seconds)

    def draw(self, random: Random) -> float:
        """The seconds for one message."""
        return self.least + random.expovariate(1 / self.jitter) if self.jitter else self.least
