"""A row: one item on its way through the task manager. Data, not a coroutine, so that thousands may wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import attrs

from nanobanana_async.errors import NanoBananaError, UnknownOutcomeError
from nanobanana_async.lifecycle import ItemState, moved
from nanobanana_async.outcomes import Outcome, SkipReason
from nanobanana_async.pacing import Attempts
from nanobanana_async.pricing import price_of
from nanobanana_async.tasks._keeper import KeyRules, Place
from nanobanana_async.values import Expected, Item, Request, Task


class Listener(Protocol):
    """Somebody who wants to know what becomes of a row. Called on the loop; must not raise and must not wait."""

    @property
    def is_of_task(self) -> bool:
        """Whether it wants to know of the row's present task alone, and not of one that is made in its place."""

    def may_send_again(self, row: Row) -> bool:
        """Whether `row`, whose create may have been charged, may be paid for once more."""

    def sent(self, row: Row) -> None:
        """A create of `row` leaves."""

    def found(self, row: Row) -> None:
        """The lost answer of `row` is found, and what was to be sent in its place was not taken."""

    def accepted(self, row: Row) -> None:
        """The gateway has taken `row`, which has its task now."""

    def settled(self, outcome: Outcome) -> None:
        """It is over, one way or another."""


class TaskListener:
    """The part of a listener to a task that is accepted already: nothing is sent for it any more."""

    is_of_task = True

    def may_send_again(self, row: Row) -> bool:  # noqa: ARG002  a listener's answer for any row
        """Nothing was lost."""
        return False

    def sent(self, row: Row) -> None:
        """It was, before."""

    def found(self, row: Row) -> None:
        """Nothing was lost."""

    def accepted(self, row: Row) -> None:
        """It was, before."""


MOST_RESENT = 2
"""With ``on_unknown="resend"``: how often one item is sent again after a lost answer, by all runs together."""

UNKNOWN_TIME = Expected(first=0.0, usual=60.0)
"""For a task that was submitted elsewhere: look at once."""


@attrs.define(eq=False)
class Row:
    """One item: what it asks for, how far it is, and who listens.

    Times are the loop's, in seconds.

    `request` is None for a task that was submitted elsewhere and is only waited for. `expected` is the documented time
    of its task, `not_done_at` its age when it was last seen to be under way. `slot` tells whether it counts as in
    flight. `lost` is the error of an earlier attempt whose answer was lost, where the user has it sent again: from then
    on nobody can say that nothing was charged; `resent` counts how often, `lost_before` the answers that earlier runs
    lost. `watchers` are told of each look. `remakes`: how many more tasks may be made for it, where one fails for a
    passing reason and costs nothing. `is_told`: the log has its task's id already.
    `halted`, where it is set, is why no further create may be sent for it. `turn` is its place among those that queue,
    where it stands while it is `queued`; with `looked_for` it stands among those that are to be looked at. `place` is
    where it stands in the journal; `is_adopted`: its task was accepted in an earlier run, or by another process.
    `sent_as` is the token of its create that is on the wire, `called` the task of that by a callback that came before
    the answer; `found` are token and task of an earlier create, whose answer was lost, by a callback that came when
    another was about to be sent. `is_long`: its create lasts as long as its task, because the gateway answers at once.
    `weight`: how many bytes of pictures its create carries, where they are many. `is_sent_elsewhere`: another process
    sends a create under its key. `unread` is where the journal keeps the answer to its create that nobody could read.
    """

    item: Item
    request: Request | None = None
    listeners: list[Listener] = attrs.field(factory=list)
    index: int = 0
    state: ItemState = ItemState.NEW
    task: Task | None = None
    image_urls: tuple[str, ...] = ()
    attempts: Attempts = attrs.field(factory=Attempts)
    sent: int = 0
    remakes: int = 0
    resent: int = 0
    lost_before: int = 0
    lost: UnknownOutcomeError | None = None
    accepted_at: float = 0.0
    deadline: float = 0.0
    looks: int = 0
    failed_looks: int = 0
    empty_looks: int = 0
    missing: bool = False
    slot: bool = False
    over: bool = False
    is_told: bool = False
    ticket: int = 0
    turn: int = 0
    queued: bool = False
    weight: int = 0
    looked_for: bool = False
    halted: tuple[SkipReason, NanoBananaError | None] | None = None
    place: Place | None = None
    rules: KeyRules | None = None
    is_begun: bool = False
    is_keyed: bool = False
    is_adopted: bool = False
    sent_as: str | None = None
    called: str | None = None
    found: tuple[str, str] | None = None
    is_long: bool = False
    is_sent_elsewhere: bool = False
    unread: str | None = None
    watchers: list[Callable[[Task], None]] = attrs.field(factory=list, kw_only=True)
    expected: Expected = UNKNOWN_TIME
    not_done_at: float = 0.0

    def begin_anew(self) -> None:
        """Forget the task that failed: what comes now is another."""
        self.move(ItemState.FAILED)
        self.move(ItemState.NEW)
        self.task, self.attempts, self.missing = None, Attempts(), False
        self.looks = self.failed_looks = self.empty_looks = 0
        self.deadline = self.not_done_at = 0.0

    @property
    def kind(self) -> str:
        """Which tasks take about as long as this one: those of the same model and resolution."""
        if self.request is None:
            return (self.task.model if self.task is not None else None) or ""
        return f"{self.request.model} {getattr(self.request, 'resolution', None) or ''}".strip()

    @property
    def price(self) -> float | None:
        """The documented price of what it asks for, in credits; None where it is not known."""
        return price_of(self.request) if self.request is not None else None

    def move(self, to: ItemState) -> None:
        """Change its state, as `lifecycle` allows."""
        self.state = moved(self.state, to)

    def is_found(self) -> None:
        """Its lost answer is found, and what was to be sent in its place was not taken: tell who listens."""
        self.lost = None
        for listener in tuple(self.listeners):
            listener.found(self)

    def settle(self, outcome: Outcome) -> None:
        """Tell everybody who listens, once."""
        self.over = True
        listeners, self.listeners = self.listeners, []
        for listener in listeners:
            listener.settled(outcome)
