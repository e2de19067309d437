"""What a batch came to: counts, credits and pace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import attrs

from nanobanana_async.outcomes import Outcome, Skipped, Succeeded
from nanobanana_async.pricing import dollars
from nanobanana_async.values import Result


@attrs.frozen(kw_only=True)
class Report:
    """The counts of a batch so far. `credits` is what the records say was consumed; `seconds` the time it ran.

    `unpriced` counts what was charged and whose record named no credits.

    Where the time went: `held` has the seconds in which something was to be sent and was held back, by ``rate``,
    ``in_flight``, ``refusals`` or ``connections`` (of the whole client, while the batch ran). The others are means, in
    seconds an image, None where there was none: `generation` by the records' own times, `poll_delay` from a task's end
    until it was known, `saving`, and `consumer`, for which an outcome lay ready before it was taken.
    `allowed_per_minute` is what the rate allows.
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
    allowed_per_minute: float | None = None
    held: Mapping[str, float] = attrs.field(factory=dict)
    generation: float | None = None
    poll_delay: float | None = None
    saving: float | None = None
    consumer: float | None = None

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
        allowed = f" of {self.allowed_per_minute:.0f} allowed" if self.allowed_per_minute else ""
        pace = f"{self.seconds:.0f} s, {self.images_per_minute:.0f} images/min{allowed}"
        return f"{self.succeeded} of {self.total} succeeded{rest} | {money} | {pace}"

    @property
    def where_the_time_went(self) -> str:
        """For people, on one line: what held the batch back, and what an image took on its way."""
        held = [f"{name.replace('_', ' ')} {seconds:.0f} s" for name, seconds in self.held.items() if seconds >= 1]
        stages = {"made": self.generation, "noticed": self.poll_delay, "saved": self.saving, "taken": self.consumer}
        took = [f"{name} in {seconds:.1f} s" for name, seconds in stages.items() if seconds is not None]
        return f"held back by: {', '.join(held) or 'nothing'} | an image: {', '.join(took) or 'none'}"


@attrs.define
class Mean:
    """The mean of what is added, or None."""

    _sum: float = attrs.field(default=0.0, init=False)
    _count: int = attrs.field(default=0, init=False)

    def add(self, value: float) -> None:
        """One more."""
        self._sum += value
        self._count += 1

    @property
    def value(self) -> float | None:
        """So far."""
        return self._sum / self._count if self._count else None


@attrs.define
class Tally:
    """Adds up outcomes as they come."""

    started: float
    ended: float | None = None
    stopped_by: str | None = None
    held_before: Mapping[str, float] = attrs.field(factory=dict)
    _generation: Mean = attrs.field(factory=Mean, init=False)
    _poll_delay: Mean = attrs.field(factory=Mean, init=False)
    _saving: Mean = attrs.field(factory=Mean, init=False)
    _consumer: Mean = attrs.field(factory=Mean, init=False)
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

    def known(self, result: Result, *, at: float) -> None:
        """A result came in, at that time of day."""
        if result.completed_at is not None:
            self._poll_delay.add(max(0.0, at - result.completed_at.timestamp()))
            if result.created_at is not None:
                self._generation.add((result.completed_at - result.created_at).total_seconds())

    def saved(self, seconds: float) -> None:
        """Saving its files, or trying to, took so long."""
        self._saving.add(seconds)

    def taken(self, seconds: float) -> None:
        """An outcome lay ready for so long."""
        self._consumer.add(seconds)

    def report(self, now: float, *, held: Mapping[str, float] | None = None, allowed: float | None = None) -> Report:
        """The sums at `now`. `held`: what held the queue back, in seconds; `allowed`: images a minute, by the rate."""
        return Report(
            **{state: self._states[state] for state in ("succeeded", "failed", "pending", "unknown", "skipped")},
            files=self._files,
            unsaved=self._unsaved,
            credits=self._credits,
            unpriced=self._unpriced,
            seconds=(self.ended if self.ended is not None else now) - self.started,
            stopped_by=self.stopped_by,
            allowed_per_minute=allowed,
            held={name: seconds - self.held_before.get(name, 0.0) for name, seconds in (held or {}).items()},
            generation=self._generation.value,
            poll_delay=self._poll_delay.value,
            saving=self._saving.value,
            consumer=self._consumer.value,
        )
