"""How long a message is on its way between a client and an emulator in one process."""

from __future__ import annotations

from random import Random

from attrs import field, frozen, validators


@frozen(kw_only=True)
class Latency:
    """The time that a message takes, one way: `least` seconds, and on top an exponential share of mean `jitter`."""

    least: float = field(default=0.0, validator=validators.ge(0))
    jitter: float = field(default=0.0, validator=validators.ge(0))

    def draw(self, random: Random) -> float:
        """The seconds for one message."""
        return self.least + random.expovariate(1 / self.jitter) if self.jitter else self.least
