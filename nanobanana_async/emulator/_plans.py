"""What will become of a task, drawn once when it is accepted.

A plan is a list of stages with their times; the state of a task at any moment is a pure function of its
plan and the moment. So there is nothing to run in the background, a restarted emulator carries on where it
was, and on a virtual clock hours cost nothing. All chance comes from the `Random` that is handed in.
"""

from __future__ import annotations

import math
from random import Random

from attrs import frozen

from nanobanana_async.emulator import _texts as texts

SUCCESS = "success"
FAIL = "fail"
_SHARE_SEEN_GENERATING = 0.6  # PROTOCOL §1.2: many tasks skip `generating`


@frozen
class Stage:
    """From `at` (seconds since the epoch) on, the record says `state`."""

    at: float
    state: str


@frozen
class Failure:
    """What the record of a failed task says (PROTOCOL §1.9)."""

    code: str
    msg: str
    envelope: int = 200
    """The code of the recordInfo that says it; 408 and 501 say of themselves that the task failed (PROTOCOL §1.3)."""


@frozen
class Veil:
    """The record of an accepted task is not there yet (PROTOCOL §1.2)."""

    until: float
    """In seconds since the epoch."""
    code: int = 422
    """How that is said: 422, or 404."""


@frozen
class Plan:
    """The fate of a task: its stages in order of time, and why it fails if it does."""

    stages: tuple[Stage, ...]
    failure: Failure | None = None
    veil: Veil | None = None

    @property
    def created_at(self) -> float:
        """When the task was accepted."""
        return self.stages[0].at

    @property
    def last(self) -> Stage:
        """The stage that it ends in."""
        return self.stages[-1]

    @property
    def ends(self) -> bool:
        """Whether the task will ever be done, one way or the other."""
        return self.last.state in (SUCCESS, FAIL)

    def state(self, now: float) -> str:
        """The word for the state at this moment."""
        for stage in reversed(self.stages):
            if stage.at <= now:
                return stage.state
        return self.stages[0].state

    def gives_back_at(self) -> float | None:
        """When the credits return to the account; None where they don't."""
        return self.last.at if self.last.state == FAIL else None


IMAGE_UNREACHABLE = Failure("400", texts.IMAGE_FETCH_FAILED)
_ASKED_FOR = {
    "[fail:policy]": Failure("400", texts.POLICY),
    "[fail:internal]": Failure("500", texts.INTERNAL_ERROR),
    "[fail:decline]": Failure("500", texts.DECLINED),
}


def asked_for_failure(prompt: str) -> Failure | None:
    """The failure that a prompt asks for by a literal word, such as `[fail:policy]`."""
    return next((failure for word, failure in _ASKED_FOR.items() if word in prompt), None)


def draw_plan(usual: tuple[float, float], draw: Random, *, now: float, speed: float, failure: Failure | None) -> Plan:
    """The fate of a task that is accepted now: its `usual` seconds, from and to, divided by `speed` (PROTOCOL §1.4)."""
    seconds = _generation_seconds(draw, *usual) / speed
    stages = [Stage(now, "waiting")]
    if draw.random() < _SHARE_SEEN_GENERATING:
        stages.append(Stage(now + seconds * draw.uniform(0.1, 0.5), "generating"))
    stages.append(Stage(now + seconds, FAIL if failure else SUCCESS))
    return Plan(tuple(stages), failure)


def _generation_seconds(draw: Random, shortest: float, longest: float) -> float:
    """Lognormal, with the two ends of the usual range at two standard deviations, and cut off there."""
    median = math.sqrt(shortest * longest)
    sigma = math.log(longest / shortest) / 4
    return min(max(draw.lognormvariate(math.log(median), sigma), shortest), longest)
