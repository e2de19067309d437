"""The right to send a create: its intent is durable, and nobody else has it; else the row is told why not."""

from __future__ import annotations

import asyncio
from typing import Any

from nanobanana_async.errors import NanoBananaError, StorageError, UsageError
from nanobanana_async.lifecycle import AttemptState, ItemState
from nanobanana_async.outcomes import SkipReason
from nanobanana_async.tasks._board import Job
from nanobanana_async.tasks._desk import Desk
from nanobanana_async.tasks._keeper import Keeper, Place, nothing_charged
from nanobanana_async.tasks._rows import Row


async def claimed(desk: Desk, job: Job) -> bool:
    """Whether the intent to send is durable, where there is a journal; else nothing is sent, and the row is told."""
    row = job.row
    if desk.keeper is None or row.place is None:
        return True
    is_sent_again = (row.lost is not None or row.place.was is ItemState.UNKNOWN) and not row.resent and not row.sent
    if not await _is_granted(desk, desk.keeper, job, row.place):
        return False
    row.called, row.sent_as = None, row.place.token
    if not is_wanted(desk, job):
        return False
    desk.is_sent_as(row, row.place.token)
    desk.possible_duplicates += is_sent_again
    return True


def is_wanted(desk: Desk, job: Job) -> bool:
    """Whether anybody still wants the row of `job`, which took its time to get here; else nothing is sent."""
    if job.row.halted is None:
        return True
    desk.board.create_over(job, desk.now(), "not_counted")
    not_sent(desk, job.row, *job.row.halted)
    return False


async def _is_granted(desk: Desk, keeper: Keeper, job: Job, place: Place) -> bool:
    row = job.row
    try:
        entry = await keeper.claim(place)
    except asyncio.CancelledError:
        not_claimed(desk, job)
        desk.skip(row, "stopped")
        raise
    except StorageError as error:
        not_claimed(desk, job)
        desk.skip(row, "storage", nothing_charged(error))
        desk.stop(nothing_charged(error), "storage")
        return False
    except Exception as error:  # noqa: BLE001  a journal of the user's may raise anything; nothing was sent
        not_claimed(desk, job)
        not_encodable(desk, row, error)
        return False
    if entry is not None:  # somebody else sends it, or has sent it
        not_claimed(desk, job)
        desk.contested(row)
        return False
    return True


def not_claimed(desk: Desk, job: Job) -> None:
    """The row of `job` is not sent, and the journal knows nothing of it."""
    desk.board.create_over(job, desk.now(), "not_counted")
    job.row.move(ItemState.NEW)
    desk.board.free_slot(job.row)


def back_to_new(desk: Desk, row: Row, attempt: AttemptState) -> None:
    """The create of `row` was refused, or never left: in the journal it is what it was before that."""
    row.move(ItemState.NEW)
    if desk.keeper is not None and row.place is not None:
        desk.keeper.came_to_nothing(row.place, attempt)
    desk.board.free_slot(row)


def not_sent(desk: Desk, row: Row, reason: SkipReason, error: NanoBananaError | None = None) -> None:
    """The create of `row` does not leave, and the row ends; but where an earlier one is found, it is that."""
    if not falls_back(desk, row, AttemptState.NOT_SENT):
        back_to_new(desk, row, AttemptState.NOT_SENT)
        desk.skip(row, reason, error)


def falls_back(desk: Desk, row: Row, attempt: AttemptState, **said: Any) -> bool:
    """Whether an earlier create of `row`, whose answer was lost, is found meanwhile: then its task is followed.

    Nothing more is sent. The newest create ends as `attempt`, and what is `said` of it is noted.
    """
    if row.found is None or row.place is None or desk.keeper is None:
        return False
    (token, task_id), row.found = row.found, None
    is_unknown = attempt is AttemptState.UNKNOWN
    desk.keeper.falls_back(row.place, attempt, token, **{"charged": "unknown" if is_unknown else "no", **said})
    if not is_unknown:
        row.is_found()
    row.move(ItemState.ACCEPTED)
    desk.follow_task(row, task_id, first_look=0.0)
    return True


def not_encodable(desk: Desk, row: Row, error: Exception) -> None:
    """`row` can't be said, or written down, as it is: it ends as failed."""
    failure = (
        error
        if isinstance(error, NanoBananaError)
        else UsageError(f"a {type(row.request).__name__} can't be sent: {error!r}")
    )
    desk.fail(row, failure)
