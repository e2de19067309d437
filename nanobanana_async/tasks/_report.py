"""What a batch came to: counts, credits and pace."""

from __future__ import annotations

from collections import Counter

import attrs

from nanobanana_async.outcomes import Outcome, Skipped, Succeeded
from nanobanana_async.pricing import dollars


@attrs.frozen(kw_only=True)
class Report:
    """The counts of a batch so far. `credits` is what the records say was consumed; `seconds` the time it ran.

    `unpriced` counts what was charged and whose record named no credits.
    """

    succeeded: int = 0
    failed: int = 0
    pending: int = 0
    unknown: int = 0
    skipped: int = 0
    files: int = 0
    unsaved: int = 0
    credits: float = 0.0
    unpriced: int = 0
    seconds: float = 0.0
    stopped_by: str | None = None

    @property
    def total(self) -> int:
        """How many items have an outcome."""
        return self.succeeded + self.failed + self.pending + self.unknown + self.skipped

    @property
    def ok(self) -> bool:
        """True when nothing stopped it, and every item succeeded and is saved where that was asked for."""
        return self.succeeded == self.total and not self.unsaved and self.stopped_by is None

    @property
    def images_per_minute(self) -> float:
        """Successes a minute over the whole run."""
        return 60.0 * self.succeeded / self.seconds if self.seconds > 0 else 0.0

    def __str__(self) -> str:
        """For people, on one line."""
        counts = {name: getattr(self, name) for name in ("failed", "pending", "unknown", "skipped", "unsaved")}
        rest = "".join(f", {count} {name}" for name, count in counts.items() if count)
        money = f"{self.credits:g} credits ({dollars(self.credits):.2f} USD)"
        pace = f"{self.seconds:.0f} s, {self.images_per_minute:.0f} images/min"
        return f"{self.succeeded} of {self.total} succeeded{rest} | {money} | {pace}"


@attrs.define
class Tally:
    """Adds up outcomes as they come."""

    started: float
    ended: float | None = None
    stopped_by: str | None = None
    _states: Counter[str] = attrs.field(factory=Counter, init=False)
    _files: int = attrs.field(default=0, init=False)
    _unsaved: int = attrs.field(default=0, init=False)
    _credits: float = attrs.field(default=0.0, init=False)
    _unpriced: int = attrs.field(default=0, init=False)

    def add(self, outcome: Outcome) -> None:
        """Count one more outcome."""
        self._states[outcome.state] += 1
        self._files += len(outcome.files)
        if isinstance(outcome, Succeeded):
            self._unsaved += outcome.file_error is not None
        if outcome.charged == "yes":
            self._credits += outcome.credits or 0.0
            self._unpriced += outcome.credits is None
        if isinstance(outcome, Skipped) and outcome.error is not None:
            self.stopped_by = outcome.error.message

    def report(self, now: float) -> Report:
        """The sums at `now`."""
        return Report(
            **{state: self._states[state] for state in ("succeeded", "failed", "pending", "unknown", "skipped")},
            files=self._files,
            unsaved=self._unsaved,
            credits=self._credits,
            unpriced=self._unpriced,
            seconds=(self.ended if self.ended is not None else now) - self.started,
            stopped_by=self.stopped_by,
        )
