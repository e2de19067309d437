"""One look at a task, and what it means for the row.

A look may be repeated always, and a look that fails never fails a task: it waits, and looks again until the deadline.
"""

from __future__ import annotations

from functools import partial
from typing import assert_never

import attrs

from nanobanana_async.errors import (
    BusyError,
    KeyRefusedError,
    NanoBananaError,
    NetworkError,
    NoResultError,
    StillRunningError,
    UsageError,
)
from nanobanana_async.events import LookFailed, TaskFailed, TaskLooked, TaskSucceeded
from nanobanana_async.lifecycle import AttemptState, ItemState
from nanobanana_async.outcomes import Pending, PendingReason, Succeeded
from nanobanana_async.pacing import RECORD_GRACE, look_failure, may_be_made_again, task_failure
from nanobanana_async.tasks._answered import keep_unread
from nanobanana_async.tasks._board import Job
from nanobanana_async.tasks._claiming import falls_back
from nanobanana_async.tasks._desk import Desk
from nanobanana_async.tasks._heavy import MUCH
from nanobanana_async.tasks._kept_answers import given_with, kept, kept_unread, naming_the_file
from nanobanana_async.tasks._rows import Row
from nanobanana_async.values import (
    Answered,
    Charged,
    Look,
    Looked,
    NotVisible,
    Refused,
    Result,
    Task,
    TaskState,
    WireReply,
)

BROKEN_LOOKS = 3
"""So many in a row, and the transport is taken to be broken."""
EMPTY_LOOKS = 3
"""A success without a URL is asked again twice (PROTOCOL §1.9)."""
OLDEST_RECORD = 14 * 24 * 3600.0
"""Records older than this are gone for good (PROTOCOL §1.8), in seconds."""


async def look(desk: Desk, job: Job) -> None:
    """Look at the task of the row of `job` and carry out what was seen."""
    row = job.row
    task = task_of(row)
    said: Look | Exception
    raw = ""
    try:
        dialect = desk.dialect(task.dialect)
        reply = await desk.transport.send(dialect.ask(task.id))
        read = partial(dialect.read_record, **given_with(row.request))
        said = await desk.heavy.in_a_thread_if(len(reply.body) > MUCH, read, task.id, reply)
        if isinstance(said, Looked) and said.result is not None:
            raw = dialect.to_keep(reply, said.result)
            said = attrs.evolve(said, result=await _kept(desk, row, said.result, reply))
    except NetworkError as error:
        said = error
    except Exception as error:  # noqa: BLE001  a user's transport may raise anything; the task is still paid for
        said = error
    finally:
        desk.board.look_over(job)
    if not row.over:
        row.looks += 1
        _read(desk, row, said, raw)


async def _kept(desk: Desk, row: Row, result: Result, reply: WireReply) -> Result:
    """`result`, with its pictures kept; where it has none, for the last time that it is asked, the answer itself is."""
    if row.empty_looks + 1 >= EMPTY_LOOKS:
        row.unread = await kept_unread(desk, Answered(result), reply)
    return await kept(desk, result)


def _read(desk: Desk, row: Row, said: Look | Exception, raw: str) -> None:
    match said:
        case Looked():
            desk.has_answered()
            _looked(desk, row, said, raw)
        case NotVisible():
            desk.has_answered()
            _not_visible(desk, row)
        case Refused(problem):
            _failed(desk, row, look_failure(problem), retry_after=problem.retry_after)
        case NetworkError() as error:
            _failed(desk, row, error)
        case Exception() as broken:
            _broken(desk, row, UsageError(f"the transport broke under a look: {type(broken).__name__}: {broken}"))
        case _:
            assert_never(said)


def _broken(desk: Desk, row: Row, error: UsageError) -> None:
    """A transport of the user's raised what none should: it may do so once, and will do so again where it is wrong."""
    if row.failed_looks + 1 < BROKEN_LOOKS:
        _failed(desk, row, error)
    else:
        give_up(desk, row, "service", error)


def _looked(desk: Desk, row: Row, said: Looked, raw: str) -> None:
    row.failed_looks, row.missing = 0, False
    desk.keys_refused = 0
    before = task_of(row)
    row.task = attrs.evolve(said.task, model=said.task.model or before.model)
    desk.announce(TaskLooked(at=desk.wall(), item=row.item, task=row.task, looks=row.looks))
    for tell in tuple(row.watchers):
        tell(row.task)
    if said.task.state is TaskState.FAIL:
        error = task_failure(row.task.id, code=said.fail_code, message=said.fail_message, credits=said.credits)
        _task_failed(desk, row, error)
    elif said.task.state is TaskState.SUCCESS:
        _succeeded(desk, row, said.result, raw)
    else:
        row.not_done_at = desk.now() - row.accepted_at
        _look_again(desk, row)


def _task_failed(desk: Desk, row: Row, error: NanoBananaError) -> None:
    """The task is over; a new one is made where that may help, costs nothing, and is still allowed.

    Where an earlier create of the row was found meanwhile, there is one: it is paid for.
    """
    if row.found is not None:
        desk.announce(TaskFailed(at=desk.wall(), item=row.item, task=task_of(row), error=error, again=True))
        desk.let_go(row)
        row.begin_anew()
        falls_back(desk, row, AttemptState.ACCEPTED, charged=error.charged, credits=error.credits)
        return
    is_wanted = row.remakes > 0 and row.halted is None and desk.board.sends_creates
    again = is_wanted and may_be_made_again(error) and desk.quota.take()
    desk.announce(TaskFailed(at=desk.wall(), item=row.item, task=task_of(row), error=error, again=again))
    if again:
        row.remakes -= 1
        desk.make_again(row, error)
    else:
        desk.fail(row, error)


def _succeeded(desk: Desk, row: Row, result: Result | None, raw: str) -> None:
    if result is not None and result.urls:
        result = attrs.evolve(result, model=result.model or task_of(row).model)
        desk.note(
            row,
            ItemState.SUCCEEDED,
            raw=raw,
            credits=result.credits,
            charged="no" if result.credits == 0 else "yes",
            created_at=result.created_at.timestamp() if result.created_at is not None else None,
            completed_at=result.completed_at.timestamp() if result.completed_at is not None else None,
        )
        _learn_duration(desk, row, result)
        delay = max(0.0, desk.wall() - result.completed_at.timestamp()) if result.completed_at else None
        desk.announce(TaskSucceeded(at=desk.wall(), item=row.item, result=result, looks=row.looks, delay=delay))
        row.move(ItemState.SUCCEEDED)
        desk.settle(row, Succeeded(item=row.item, index=row.index, result=result))
        return
    row.empty_looks += 1
    if row.empty_looks < EMPTY_LOOKS:
        _look_again(desk, row)
        return
    task = task_of(row)
    keep_unread(desk, row, raw)
    credits = result.credits if result is not None else None
    charged: Charged = "no" if credits == 0 else "yes"
    text = f"task {task.id} succeeded and names no image"
    error = NoResultError(text, task_id=task.id, charged=charged, credits=credits)
    error = naming_the_file(row, error)
    desk.announce(TaskFailed(at=desk.wall(), item=row.item, task=task, error=error))
    desk.fail(row, error)


def _learn_duration(desk: Desk, row: Row, result: Result) -> None:
    """Note how long it took: by its record's own times, where they agree with what was seen of it.

    It was not done at the last look but one, and is at the last: the truth is in between, whatever a record says.
    """
    if row.request is None or row.is_adopted:  # submitted elsewhere: nobody here knows when
        return
    least, most = row.not_done_at, desk.now() - row.accepted_at
    took = -1.0
    if result.created_at is not None and result.completed_at is not None:
        took = (result.completed_at - result.created_at).total_seconds()
    desk.durations[row.kind].add(took if least <= took <= most else (least + most) / 2)


def _not_visible(desk: Desk, row: Row) -> None:
    """No record: not yet, in the first 90 s; after that perhaps never, but it is paid for."""
    row.failed_looks, row.missing = 0, True
    created_at = task_of(row).created_at
    age = desk.now() - row.accepted_at
    was_submitted_here = row.request is not None and not row.is_adopted
    if created_at is not None and not was_submitted_here and desk.wall() - created_at.timestamp() > OLDEST_RECORD:
        give_up(desk, row, "record_missing")
        return
    is_waited_for_longer = row.deadline > row.accepted_at + desk.settings.deadline
    if not is_waited_for_longer and row.request is None and not row.not_done_at and age >= RECORD_GRACE:
        give_up(desk, row, "record_missing")  # an id of the user's that nobody has ever seen
        return
    _schedule(desk, row, desk.settings.polling.while_missing(age, desk.random()))


def _failed(desk: Desk, row: Row, error: NanoBananaError, *, retry_after: float | None = None) -> None:
    desk.announce(LookFailed(at=desk.wall(), item=row.item, task=task_of(row), error=error))
    if isinstance(error, KeyRefusedError):
        desk.keys_refused += 1
        if desk.keys_refused > 1:
            _stop_looking(desk, error)
            return
    if isinstance(error, BusyError):
        desk.board.budget.refused(desk.now(), retry_after=retry_after)
    row.failed_looks += 1
    wait = desk.settings.polling.after_failure(row.failed_looks, desk.random(), retry_after=retry_after)
    _schedule(desk, row, wait, error)


def _stop_looking(desk: Desk, error: KeyRefusedError) -> None:
    """The key is refused, twice and with no answer in between: nothing can be asked, so nothing more is created."""
    desk.stop(error, "key")
    for row in tuple(desk.followed):
        give_up(desk, row, "key", error)


def _look_again(desk: Desk, row: Row) -> None:
    age = desk.now() - row.accepted_at
    _schedule(desk, row, desk.settings.polling.next_look(age, desk.expected(row), desk.random()))


def _schedule(desk: Desk, row: Row, wait: float, error: NanoBananaError | None = None) -> None:
    """Look again in `wait` seconds, and for the last time at the deadline."""
    now = desk.now()
    if now >= row.deadline:
        give_up(desk, row, "record_missing" if row.missing else "service" if error else "deadline", error)
    else:
        desk.board.waiting.set(row, min(now + wait, row.deadline))


def give_up(desk: Desk, row: Row, reason: PendingReason, cause: NanoBananaError | None = None) -> None:
    """Stop looking at a task that is paid for; a later run, or `wait`, takes it up again."""
    task = task_of(row)
    error = still_running(task, reason, cause, charged="yes" if was_there(row) else "unknown")
    row.move(ItemState.PENDING)
    desk.note(row, ItemState.PENDING, error=error)
    desk.settle(row, Pending(item=row.item, index=row.index, task=task, reason=reason, error=error))


_WHY: dict[PendingReason, str] = {
    "deadline": "it has no result yet",
    "stopped": "the client was closed before it had its result",
    "record_missing": "the gateway has no record of it",
    "key": "the gateway refuses the key",
    "service": "the gateway could not be asked",
}


def still_running(
    task: Task, reason: PendingReason, cause: NanoBananaError | None = None, *, charged: Charged = "yes"
) -> NanoBananaError:
    """The error for a task that nobody waits for any longer, and why."""
    said = _status_of(task) if reason == "deadline" else ""
    text = f"task {task.id}: {_WHY[reason]}{said}" + (f": {cause.message}" if cause is not None else "")
    if isinstance(cause, KeyRefusedError):
        remedy = "Correct the API key, then wait for the task id: it is not paid for again."
        return KeyRefusedError(text, task_id=task.id, charged=charged, remedy=remedy, problem=cause.problem)
    error = StillRunningError(text, task_id=task.id, charged=charged)
    if reason == "record_missing":
        error.remedy = "Check the task id, and that the key is the one it was made with; records are kept for 14 days."
    return error


def _status_of(task: Task) -> str:
    """The word that the record has for its state, where it is none of ours: gateways have words of their own."""
    said = task.raw.get("status")
    return f" (its status is {said!r:.60})" if isinstance(said, str | int) and said != "" else ""


def was_there(row: Row) -> bool:
    """Whether the gateway has ever said that there is such a task."""
    return row.request is not None or row.not_done_at > 0


def task_of(row: Row) -> Task:
    """The task of a row that has one."""
    assert row.task is not None
    return row.task
