"""What a batch came to: counts, credits, pace, and where the time went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import attrs

from nanobanana_async.outcomes import Outcome, Skipped, Succeeded
from nanobanana_async.pacing import Rate
from nanobanana_async.pricing import Bill
from nanobanana_async.values import Result

ON_THE_WIRE = 60.0
"""Seconds for which the answer to a create may be on its way while its task runs already: a create's own deadline."""


@attrs.frozen(kw_only=True)
class Report:
    """The counts of a batch so far, and its `seconds` from its start to its end.

    `earlier` is how many of those that succeeded were made by earlier runs, and were only handed out again.
    `uncollected` are those that were, or may have been, paid for and that nobody has taken from a batch left early.
    `possible_duplicates` counts the creates that were sent once more after a lost answer, as the user has asked.

    `credits` is what the records say was consumed. `unpriced` counts what was charged and whose record named no
    credits: `about` is what those cost by the documents, or by the price that was given for each image of a gateway in
    OpenAI's style; `unknown_price` counts those that have no price there either.

    `allowed_per_minute`: no more images a minute could have been made of so many, under the rate and the in-flight
    limit that were given; None where these bound nothing.

    Where the time went: `held` has the seconds in which something was to be sent and was held back, by ``rate``,
    ``learned_rate`` (less than was given: refusals have taught it), ``in_flight``, ``refusals``, ``connections`` or
    ``pictures`` (those in the creates on the wire fill the memory that there is for them; of the whole client, while
    the batch ran); in the rest of `seconds` nothing was to be sent. The others are means, in
    seconds an image, None where there was none: `generation` by the records' own times, `poll_delay` from then until it
    was known, `saving`, and `consumer`, for which an outcome lay ready before it was taken. Records whose times can't
    be are left out.
    """

    succeeded: int = 0
    earlier: int = 0
    failed: int = 0
    pending: int = 0
    unknown: int = 0
    skipped: int = 0
    uncollected: int = 0
    files: int = 0
    unsaved: int = 0
    possible_duplicates: int = 0
    credits: float = 0.0
    unpriced: int = 0
    about: float = 0.0
    unknown_price: int = 0
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
        """How many items have an outcome, or were left to themselves."""
        return self.succeeded + self.failed + self.pending + self.unknown + self.skipped + self.uncollected

    @property
    def ok(self) -> bool:
        """True when nothing stopped it, and every item succeeded and is saved where that was asked for."""
        return self.succeeded == self.total and not self.unsaved and self.stopped_by is None

    @property
    def bill(self) -> Bill:
        """What it cost, as far as anybody tells."""
        return Bill(self.credits, unpriced=self.unpriced, about=self.about, unknown=self.unknown_price)

    @property
    def images_per_minute(self) -> float:
        """Successes of this run a minute, over the whole of it."""
        return 60.0 * (self.succeeded - self.earlier) / self.seconds if self.seconds > 0 else 0.0

    def __str__(self) -> str:
        """For people, on one line."""
        names = ("failed", "pending", "unknown", "skipped", "uncollected", "unsaved")
        counts = {name: getattr(self, name) for name in names} | {"perhaps paid twice": self.possible_duplicates}
        rest = "".join(f", {count} {name}" for name, count in counts.items() if count)
        allowed = f" of {_pace(self.allowed_per_minute)} allowed" if self.allowed_per_minute else ""
        pace = f"{self.seconds:.0f} s, {_pace(self.images_per_minute)} images/min{allowed}"
        earlier = f" ({self.earlier} by earlier runs)" if self.earlier else ""
        return f"{self.succeeded} of {self.total} succeeded{earlier}{rest} | {self.bill} | {pace}"

    @property
    def where_the_time_went(self) -> str:
        """For people, on one line: the time of the batch, and that of an image; the parts of each add up."""
        held = {name.replace("_", " "): seconds for name, seconds in self.held.items() if seconds >= 1}
        causes = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in held.items()) or "nothing"
        rest = self.seconds - sum(held.values())
        whole = f"of {self.seconds:.0f} s held back by: {causes}; nothing to send: {max(0.0, rest):.0f} s"
        stages = {"made": self.generation, "noticed": self.poll_delay, "saved": self.saving, "taken": self.consumer}
        took = {name: seconds for name, seconds in stages.items() if seconds is not None}
        image = ", ".join(f"{name} in {seconds:.1f} s" for name, seconds in took.items())
        return f"{whole} | an image: {f'{image}; {sum(took.values()):.1f} s in all' if took else 'none'}"


def _pace(per_minute: float) -> str:
    return f"{per_minute:.1f}" if 0 < per_minute < 10 else f"{per_minute:.0f}"


@attrs.define
class Mean:
    """The mean of what is added, or None; their `sum`, and the `least`."""

    sum: float = attrs.field(default=0.0, init=False)
    least: float = attrs.field(default=0.0, init=False)
    _count: int = attrs.field(default=0, init=False)

    def add(self, value: float) -> None:
        """One more."""
        self.sum += value
        self.least = min(self.least, value) if self._count else value
        self._count += 1

    @property
    def value(self) -> float | None:
        """So far."""
        return self.sum / self._count if self._count else None


@attrs.frozen
class Limits:
    """What a client was told to keep to."""

    rate: Rate
    in_flight: int

    def least_seconds(self, images: int, generation: Mean) -> float:
        """No less than so long takes it to make so many, by the `generation` times of those that are known.

        The last leaves so many windows after the first and is made no faster than the fastest; and each slot makes one
        at a time.
        """
        windows = max(0, images - 1) // self.rate.limit
        return max(windows * self.rate.per + generation.least, generation.sum / self.in_flight)


@attrs.define
class Tally:
    """Adds up outcomes as they come. It runs from `started` until `end`; before that, no time has passed."""

    started: float | None = None
    stopped_by: str | None = None
    possible_duplicates: int = 0
    _held_before: Mapping[str, float] = attrs.field(factory=dict)
    _held: Mapping[str, float] | None = attrs.field(default=None, init=False)
    _ended: float | None = attrs.field(default=None, init=False)
    _bill: Bill = attrs.field(factory=Bill, init=False)
    _generation: Mean = attrs.field(factory=Mean, init=False)
    _poll_delay: Mean = attrs.field(factory=Mean, init=False)
    _saving: Mean = attrs.field(factory=Mean, init=False)
    _consumer: Mean = attrs.field(factory=Mean, init=False)
    _states: Counter[str] = attrs.field(factory=Counter, init=False)
    earlier: int = attrs.field(default=0, init=False)
    _files: int = attrs.field(default=0, init=False)
    _unsaved: int = attrs.field(default=0, init=False)

    def add(self, outcome: Outcome) -> None:
        """Count one more outcome."""
        self._states[outcome.state] += 1
        self._files += len(outcome.files)
        if isinstance(outcome, Succeeded):
            self._unsaved += outcome.file_error is not None
        if isinstance(outcome, Skipped) and outcome.error is not None:
            self.stopped_by = outcome.error.message

    def take_back(self, outcome: Outcome) -> None:
        """Count it no more: nobody has taken it. Its files stay."""
        self._states[outcome.state] -= 1
        if isinstance(outcome, Succeeded):
            self._unsaved -= outcome.file_error is not None

    def settled(self, outcome: Outcome, price: float | None) -> None:
        """It is known what came of an item whose documented price is that: add what it cost."""
        if outcome.charged == "yes":
            self._bill.add(outcome.credits, price)

    def known(self, result: Result, *, after: float, at_once: bool = False) -> None:
        """A result is known, so many seconds after its task was accepted, or `at_once`: after its create was sent.

        What its record says must fit into that, but for the way of the create's answer. A difference of two times of
        one clock is true however wrong the clock; so no time of the record is held against one of ours.
        """
        if at_once:
            self._generation.add(after)
            self._poll_delay.add(0.0)
        if at_once or result.completed_at is None or result.created_at is None:
            return
        took = (result.completed_at - result.created_at).total_seconds()
        if 0 <= took <= after + ON_THE_WIRE:
            self._generation.add(took)
            self._poll_delay.add(max(0.0, after - took))

    def saved(self, seconds: float) -> None:
        """Saving its files, or trying to, took so long."""
        self._saving.add(seconds)

    def taken(self, seconds: float) -> None:
        """An outcome lay ready for so long."""
        self._consumer.add(seconds)

    def end(self, now: float, held: Mapping[str, float] | None = None) -> None:
        """It is over, and its times stand: later work of the client is none of its own. Only the first call counts."""
        if self._ended is None:
            self._ended, self._held = now, held or {}

    def report(
        self,
        now: float,
        *,
        held: Mapping[str, float] | None = None,
        limits: Limits | None = None,
        uncollected: int = 0,
        owed: Iterable[float | None] = (),
    ) -> Report:
        """The sums at `now`.

        `held`: what has held the client's queue back, in seconds. `uncollected` items were left, and of those in
        `owed` it is not known yet what they cost: these are their documented prices.
        """
        images = self._states["succeeded"] - self.earlier
        least = limits.least_seconds(images, self._generation) if limits is not None and images else 0.0
        bill = self._bill.with_unsaid(owed)
        return Report(
            **{state: self._states[state] for state in ("succeeded", "failed", "pending", "unknown", "skipped")},
            earlier=self.earlier,
            uncollected=uncollected,
            files=self._files,
            unsaved=self._unsaved,
            possible_duplicates=self.possible_duplicates,
            credits=bill.credits,
            unpriced=bill.unpriced,
            about=bill.about,
            unknown_price=bill.unknown,
            seconds=self._seconds(now),
            stopped_by=self.stopped_by,
            allowed_per_minute=60.0 * images / least if least > 0 else None,
            held=self._held_back(held or {}),
            generation=self._generation.value,
            poll_delay=self._poll_delay.value,
            saving=self._saving.value,
            consumer=self._consumer.value,
        )

    def _seconds(self, now: float) -> float:
        return 0.0 if self.started is None else (now if self._ended is None else self._ended) - self.started

    def _held_back(self, held: Mapping[str, float]) -> dict[str, float]:
        if self.started is None:
            return {}
        so_far = held if self._held is None else self._held
        return {name: seconds - self._held_before.get(name, 0.0) for name, seconds in so_far.items()}
