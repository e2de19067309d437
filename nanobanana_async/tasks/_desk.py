"""The desk: what creates and looks both need, and the few ways in which a row ends or moves on.

It is the one place that settles a row, so that slots, timetable, events and listeners never disagree.
"""

from __future__ import annotations

import copy
import itertools
import logging
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Literal, Protocol

import attrs

from nanobanana_async.errors import NanoBananaError, UnknownOutcomeError
from nanobanana_async.events import Event, RunStopped, TaskAccepted
from nanobanana_async.gateways import Gateway
from nanobanana_async.lifecycle import AttemptState, ItemState
from nanobanana_async.outcomes import Failed, Outcome, Skipped, SkipReason, Unknown
from nanobanana_async.pacing import Backoff, Durations, OnServerError, Polling, RetryQuota
from nanobanana_async.pricing import times_priced
from nanobanana_async.settings import ABOVE_ZERO, instance_of, one_of
from nanobanana_async.tasks._board import Board
from nanobanana_async.tasks._heavy import Heavy
from nanobanana_async.tasks._keeper import Keeper, Place
from nanobanana_async.tasks._rows import Row
from nanobanana_async.tasks._waits import Waits
from nanobanana_async.transport import Transport
from nanobanana_async.values import Dialect, Expected, Item, Task

logger = logging.getLogger("nanobanana_async")

OnUnknown = Literal["hold", "resend"]
EventListener = Callable[[Event], None]

SLOT_MARGIN = 2.0
"""A task that nobody can look at keeps its slot for this many times its usual duration."""


class Stoppable(Protocol):
    """A run that ends when no request can succeed any more."""

    def stop(self, error: NanoBananaError | None, reason: SkipReason) -> None:
        """Send no more items."""


@attrs.frozen(kw_only=True)
class Settings:
    """The policies of a client that creates and looks follow. Times in seconds.

    Raises:
        ConfigurationError: one of them is out of its range. A word that is misspelt must never mean the other one.
    """

    polling: Polling = attrs.field(validator=instance_of(Polling, "a Polling, such as Polling(interval=2)"))
    deadline: float = attrs.field(validator=ABOVE_ZERO)
    on_server_error: OnServerError = attrs.field(validator=one_of("repeat", "hold"))
    on_unknown: OnUnknown = attrs.field(validator=one_of("hold", "resend"))
    backoff: Backoff = attrs.field(factory=Backoff)


@attrs.define(eq=False, kw_only=True)
class Desk:
    """The state that the exchanges of a client share. `now` is monotonic, `wall` the time of day; both in seconds."""

    board: Board
    gateway: Gateway
    transport: Transport
    settings: Settings
    now: Callable[[], float]
    wall: Callable[[], float]
    random: Callable[[], float]
    on_event: EventListener | None = None
    keeper: Keeper | None = None
    contested: Callable[[Row], None] = lambda _: None
    by_key: dict[tuple[str, str], Row] = attrs.field(factory=dict, init=False)
    by_token: dict[str, Row] = attrs.field(factory=dict, init=False)
    runs: list[Stoppable] = attrs.field(factory=list, init=False)
    preparing: dict[Row, None] = attrs.field(factory=dict, init=False)  # sets, in an order that can be repeated
    sending: dict[Row, None] = attrs.field(factory=dict, init=False)
    followed: dict[Row, None] = attrs.field(factory=dict, init=False)
    by_task: dict[str, Row] = attrs.field(factory=dict, init=False)
    heavy: Heavy = attrs.field(factory=Heavy, init=False)
    waits: Waits = attrs.field(factory=Waits, init=False)
    quota: RetryQuota = attrs.field(factory=RetryQuota, init=False)
    durations: defaultdict[str, Durations] = attrs.field(factory=lambda: defaultdict(Durations), init=False)
    refusal: NanoBananaError | None = attrs.field(default=None, init=False)
    _turned_away: NanoBananaError | None = attrs.field(default=None, init=False)
    keys_refused: int = attrs.field(default=0, init=False)
    possible_duplicates: int = attrs.field(default=0, init=False)
    _dialects: dict[str, Dialect] = attrs.field(factory=dict, init=False)
    _standing: dict[str, Row] = attrs.field(factory=dict, init=False)

    def dialect(self, name: str) -> Dialect:
        """The gateway's dialect of that name; ConfigurationError where it isn't spoken."""
        if name not in self._dialects:
            self._dialects[name] = self.gateway.dialect(name)
        return self._dialects[name]

    def has_answered(self) -> None:
        """A question was answered in the gateway's own words: it is there, and may be asked at full pace."""
        self.board.budget.answered()
        self.board.throttle.gate.answered()

    @property
    def turned_away(self) -> NanoBananaError | None:
        """Why the last create was refused that everybody waits for since; None where creates are let in."""
        return self._turned_away if self.board.throttle.gate.failures else None

    def nobody_is_let_in(self, error: NanoBananaError) -> None:
        """The gate is closed because of `error`."""
        self._turned_away = error

    def announce(self, event: Event) -> None:
        """Give `event` to the user's listener; what that raises is logged."""
        if self.on_event is None:
            return
        try:
            self.on_event(event)
        except Exception:
            logger.exception("on_event raised for %s", type(event).__name__)

    def expected(self, row: Row) -> Expected:
        """How long the task of `row` takes: as those of its kind took, else as documented."""
        return self.durations[row.kind].expected() or row.expected.at_speed(self.settings.polling.speed)

    def ends_in(self, count: int, row: Row) -> float:
        """Seconds until so many of the tasks in flight will have ended, where they take what that of `row` takes."""
        usual, running = self.expected(row).usual, len(self.followed)
        if count > running:  # those that are running, and then those that come after them
            return usual * (1 + (count - running) // self.board.throttle.in_flight_cap)
        last = next(itertools.islice(self.followed, count - 1, None))
        return max(usual / 10, last.accepted_at + usual - self.now())

    def note(self, row: Row, to: ItemState, attempt: AttemptState | None = None, **said: Any) -> None:
        """Write down what became of `row`, where there is a journal. `said`: what `Keeper.note` takes."""
        if self.keeper is not None and row.place is not None:
            self.keeper.note(row.place, to, attempt, **said)

    def is_sent_as(self, row: Row, token: str) -> None:
        """A create of `row` has that token: a callback that names it means this row, until it is over."""
        if row.place is not None:
            row.place.tokens.append(token)
            self.by_token[token] = row

    def accept(self, row: Row, task_id: str) -> None:
        """The gateway has taken `row`: it is paid for, and looked at from now on."""
        row.move(ItemState.ACCEPTED)
        self.note(row, ItemState.ACCEPTED, AttemptState.ACCEPTED, task_id=task_id, charged="yes")
        wait = self.settings.polling.first_look(self.expected(row), self.random())
        self.follow_task(row, task_id, first_look=wait)

    def follow_task(self, row: Row, task_id: str, *, first_look: float) -> None:
        """`row`, which is accepted, is that task from now on: whoever wants to know is told."""
        assert row.request is not None
        task = Task(task_id, model=row.request.model, dialect=row.request.dialect)
        self.follow(row, task, first_look=first_look)
        if not row.listeners:
            logger.warning("task %s is paid for, and nobody waits for it any more: wait for its id", task_id)
        for listener in tuple(row.listeners):
            listener.accepted(row)
        self.announce(TaskAccepted(at=self.wall(), item=row.item, task=task))

    def reserve_slot(self, task_id: str | None, *, age: float) -> None:
        """A task of an earlier run is in flight, or may be: it has a slot until it is adopted, or should be over."""
        row = Row(Item(""), over=True)
        self.board.take_slot(row)
        self.board.waiting.set(row, self.now() + max(0.0, SLOT_MARGIN * self.expected(row).usual - age))
        if task_id is not None:
            self._standing[task_id] = row

    def follow(self, row: Row, task: Task, *, first_look: float) -> None:
        """Look at `task` for the first time in `first_look` seconds, and then until its deadline."""
        now = self.now()
        row.task, row.is_begun = task, True
        row.accepted_at = now
        row.deadline = max(row.deadline, now + self.settings.deadline)
        self.by_task[task.id] = row
        self.followed[row] = None
        standing = self._standing.pop(task.id, None)
        if standing is not None:
            self.board.waiting.strike(standing)
            self.board.free_slot(standing)
        self.board.take_slot(row)
        self.board.waiting.set(row, min(now + first_look, row.deadline))

    def make_again(self, row: Row, error: NanoBananaError) -> None:
        """The task of `row` has failed with `error` and cost nothing: send another create, after all that wait already.

        Who has asked for that task is told of its end.
        """
        self.let_go(row)
        of_task = [listener for listener in row.listeners if listener.is_of_task]
        row.listeners = [listener for listener in row.listeners if not listener.is_of_task]
        for listener in of_task:
            listener.settled(Failed(item=row.item, index=row.index, error=error))
        self.board.free_slot(row)
        row.begin_anew()
        told = _as_charged(row, error)
        self.note(row, ItemState.FAILED, error=told, charged=error.charged, credits=error.credits)
        if row.place is not None:
            row.place.comes_to(ItemState.FAILED, told)
            row.place.price = row.price  # it may have changed since the task was sent
        self.board.queue.append(row)

    def let_go(self, row: Row) -> None:
        """Its task, where it has one, is followed no more."""
        self.board.waiting.strike(row)
        self.followed.pop(row, None)
        if row.task is not None and self.by_task.get(row.task.id) is row:
            del self.by_task[row.task.id]

    def settle(self, row: Row, outcome: Outcome) -> None:
        """`row` is over. One that may still run at the gateway keeps its slot for a while."""
        board = self.board
        self.let_go(row)
        self.preparing.pop(row, None)
        board.queue.withdraw(row)
        if row.place is not None:
            self._note_price(row, row.place, outcome)
            self._forget(row, row.place)
        if row.state in (ItemState.UNKNOWN, ItemState.PENDING) and row.slot:
            board.waiting.set(row, self.now() + SLOT_MARGIN * self.expected(row).usual)
        else:
            board.free_slot(row)
        row.settle(outcome)

    def _note_price(self, row: Row, place: Place, outcome: Outcome) -> None:
        """Of a create that has made more than it was reckoned with, a later run has to know what it costs."""
        times = times_priced(row.request, outcome)
        if self.keeper is not None and row.state is ItemState.SUCCEEDED and times > 1 and place.price:
            self.keeper.note(place, None, price=place.price * times)

    def _forget(self, row: Row, place: Place) -> None:
        """From now on the journal alone knows its key and its tokens."""
        if self.by_key.get((place.scope, place.key)) is row:
            del self.by_key[place.scope, place.key]
        for token in place.tokens:
            self.by_token.pop(token, None)

    def fail(self, row: Row, error: NanoBananaError, attempt: AttemptState = AttemptState.REFUSED) -> None:
        """`row` ends as failed; its create, where it is on the wire, as `attempt`."""
        before = row.state
        row.move(ItemState.FAILED)
        told = _as_charged(row, error)
        if before is not ItemState.NEW:
            ended = attempt if before is ItemState.SENDING else None
            self.note(row, ItemState.FAILED, ended, error=told, charged=error.charged, credits=error.credits)
        self.settle(row, Failed(item=row.item, index=row.index, error=told))

    def skip(self, row: Row, reason: SkipReason, error: NanoBananaError | None = None) -> None:
        """`row`, which is new, ends without having been sent; or as unknown, where an earlier answer was lost."""
        if row.lost is not None:
            self.hold(row, row.lost)
            return
        self.settle(row, Skipped(item=row.item, index=row.index, reason=reason, error=error))

    def hold(self, row: Row, error: UnknownOutcomeError) -> None:
        """`row` ends as unknown: nobody can tell whether it was taken."""
        self.settle(row, Unknown(item=row.item, index=row.index, error=error))

    def halt(self, row: Row, reason: SkipReason, error: NanoBananaError | None = None) -> None:
        """Send no further create for `row`: it ends as skipped, at once or where it is refused what it is at."""
        row.halted = row.halted or (reason, error)
        if row.state is ItemState.NEW and not row.over:
            self.skip(row, reason, error)

    def stop(self, error: NanoBananaError, reason: SkipReason) -> None:
        """No request will succeed: whatever is not sent yet is skipped, and no run feeds any more."""
        self.announce(RunStopped(at=self.wall(), error=error))
        for run in tuple(self.runs):
            run.stop(error, reason)
        for row in self.sending:
            row.halted = row.halted or (reason, error)
        self.skip_queued(reason, error)

    def skip_queued(self, reason: SkipReason, error: NanoBananaError | None = None) -> None:
        """Every row that is not sent yet ends as skipped."""
        for row in [*self.board.take_queued(), *self.preparing]:
            self.skip(row, reason, error)


def _as_charged(row: Row, error: NanoBananaError) -> NanoBananaError:
    """`error` as it is told of `row`: where an earlier answer was lost, nobody can say that nothing was charged."""
    if row.lost is None or error.charged != "no":
        return error
    told = copy.copy(error)
    told.charged = "unknown"
    return told
