"""Those who await one row: a future each, and their time limits in one timetable."""

from __future__ import annotations

import asyncio
import copy

import attrs

from nanobanana_async.errors import (
    BusyError,
    ClientClosedError,
    NanoBananaError,
    NetworkError,
    NoResultError,
    QueueFullError,
    StillRunningError,
)
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.outcomes import Outcome, Succeeded
from nanobanana_async.tasks._rows import Row
from nanobanana_async.values import Result, Task


@attrs.define(eq=False)
class Waiter:
    """Awaits the outcome of `row`, or with `until_accepted` only its task, for `seconds`, which end at `until`.

    `queue_seconds` is how long it waits for the row to be sent; None where it waits as long as for all else.
    `is_of_task`: what it awaits is the task that the row has now.
    """

    row: Row
    seconds: float
    until_accepted: bool
    future: asyncio.Future[Task | Outcome]
    until: float
    queue_seconds: float | None = None
    is_of_task: bool = False
    ticket: int = 0

    def limit(self, now: float) -> float:
        """When it has waited long enough for what it waits for first."""
        if self.queue_seconds is None:
            return self.until
        return min(self.until, now + self.queue_seconds)

    def may_send_again(self, row: Row) -> bool:  # noqa: ARG002  a listener's answer for any row
        """A single call has no budget."""
        return True

    def sent(self, row: Row) -> None:
        """That it leaves is nothing to wake up for."""

    def found(self, row: Row) -> None:
        """It waits on, for the task that was found."""

    def accepted(self, row: Row) -> None:
        """The task's id is known."""
        if self.until_accepted and row.task is not None and not self.future.done():
            self.future.set_result(row.task)

    def refuse(self, error: NanoBananaError) -> None:
        """It is told that, and waits no longer."""
        if not self.future.done():
            self.future.set_exception(error)

    def settled(self, outcome: Outcome) -> None:
        """The row is over."""
        if not self.future.done():
            self.future.set_result(outcome)


_CALL_AGAIN = "Call again with the same key: it takes up what comes of this one."
_GIVE_A_MINUTE = "Give a create at least a minute; its id comes as TaskAccepted to on_event, and to the log."
_GIVE_IT_THE_TIME = (
    "This gateway answers with the picture, minutes later perhaps: give it the time. With a journal and a key "
    "(Client(journal=…), key=…) a second call gets the picture of the first, which is paid for."
)


def queue_full(seconds: float, expected_wait: float) -> QueueFullError:
    """The error for a caller who would not wait so long for his turn."""
    error = QueueFullError(
        f"its turn is about {expected_wait:.1f} s away, and queue_timeout is {seconds:g} s; nothing was accepted"
    )
    error.expected_wait = expected_wait
    return error


def out_of_time(row: Row, seconds: float, turned_away: NanoBananaError | None) -> NanoBananaError:
    """The error for a caller whose time limit ran out while `row` was where it is.

    `turned_away` is why nobody is let in, None where the gateway is open.
    """
    if row.lost is not None and row.task is None:
        return copy.copy(row.lost)
    if row.is_sent_elsewhere:
        return StillRunningError(
            f"another process sends this under the same key, and has no answer after {seconds:g} s",
            charged="unknown",
            remedy="Call again with the same key: it takes up what comes of that.",
        )
    if row.state is ItemState.NEW:
        return _not_accepted(seconds, turned_away)
    if row.task is not None:
        return StillRunningError(f"task {row.task.id}: no result within {seconds:g} s", task_id=row.task.id)
    without_a_key = _GIVE_IT_THE_TIME if row.is_long else _GIVE_A_MINUTE
    return StillRunningError(
        f"no answer to the create within {seconds:g} s: it is on the wire, and may be paid for",
        charged="unknown",
        retryable=row.is_keyed,
        remedy=_CALL_AGAIN if row.is_keyed else without_a_key,
    )


def _not_accepted(seconds: float, turned_away: NanoBananaError | None) -> NanoBananaError:
    if isinstance(turned_away, NetworkError):  # nobody is busy: nobody is there
        gone = copy.copy(turned_away)
        gone.args = (f"not accepted within {seconds:g} s: {turned_away.message}",)
        return gone
    why = turned_away.message if turned_away is not None else "the client, or the gateway, is at its limits"
    error = BusyError(f"not accepted within {seconds:g} s: {why}")
    error.__cause__ = turned_away
    return error


def result_of(outcome: Outcome) -> Result:
    """The result, or the outcome's error raised: a fresh copy, since several callers may wait for one thing."""
    if isinstance(outcome, Succeeded):
        return outcome.result
    raise error_of(outcome)


def error_of(outcome: Outcome) -> NanoBananaError:
    """The error that tells a single caller what a batch is told by `outcome`."""
    error = outcome.error
    if error is not None:
        return copy.copy(error)
    if outcome.task_id is not None:
        return NoResultError(f"task {outcome.task_id} ended as {outcome.state}", task_id=outcome.task_id)
    return ClientClosedError("the client was closed before this was sent")
