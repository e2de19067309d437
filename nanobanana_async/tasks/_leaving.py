"""What a batch leaves that does not come to its end: what is said of each row, and of the source."""

from __future__ import annotations

import logging

from nanobanana_async.errors import BudgetError, NanoBananaError, StorageError, UnknownOutcomeError, UsageError
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.outcomes import Failed, Outcome, Pending, Skipped, SkipReason, Unknown
from nanobanana_async.tasks._keeper import nothing_charged
from nanobanana_async.tasks._looks import still_running
from nanobanana_async.tasks._rows import Row

logger = logging.getLogger("nanobanana_async")


def ended_by(error: BaseException) -> UsageError:
    """For what a source raises that would mean something else where it is raised again."""
    broken = UsageError(f"the source of the batch ended with {error!r}: some items may never have been read")
    broken.__cause__ = error
    return broken


def log_paid(task_ids: list[str | None]) -> None:
    """Tell the log which tasks are paid for and left alone."""
    if task_ids:
        logger.warning("paid for, and left with their batch: %s", ", ".join(map(str, task_ids)))


def not_sent(row: Row, reason: SkipReason, error: NanoBananaError | None) -> Outcome:
    """The outcome of a row that isn't sent: skipped; or as unknown as before, where an earlier answer was lost."""
    if row.lost is not None:
        return Unknown(item=row.item, index=row.index, error=row.lost)
    return Skipped(item=row.item, index=row.index, reason=reason, error=error)


def not_asked_for(row: Row, error: Exception) -> Outcome:
    """The outcome of a row that was not sent because of `error`, which may be anything that a user's request raises."""
    if isinstance(error, BudgetError):
        return not_sent(row, "budget", error)
    if isinstance(error, StorageError):
        return not_sent(row, "storage", nothing_charged(error))
    failure = error if isinstance(error, NanoBananaError) else UsageError(f"it can't be asked for: {error!r}")
    return Failed(item=row.item, index=row.index, error=failure)


def as_it_stands(row: Row) -> Outcome:
    """The outcome of a row that nobody follows to its end."""
    if row.task is not None:
        error = still_running(row.task, "stopped")
        return Pending(item=row.item, index=row.index, task=row.task, reason="stopped", error=error)
    if row.state is ItemState.SENDING:
        lost = UnknownOutcomeError("the batch was left while the create was on the wire")
        return Unknown(item=row.item, index=row.index, error=lost)
    return Skipped(item=row.item, index=row.index, reason="stopped")
