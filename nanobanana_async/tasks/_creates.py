"""One create: sent once, and its answer turned into what becomes of the row.

The decision is `pacing.after_create_failure`; what stands here carries it out. Nothing here may send a second create:
a row that is to be tried again goes back to the board, and through the gate and the rate window like any other.
"""

from __future__ import annotations

import asyncio
from typing import assert_never

import attrs

from nanobanana_async.errors import NanoBananaError, NetworkError, StorageError, UnknownOutcomeError, UsageError
from nanobanana_async.events import CreateLost, CreateRefused, CreateSent, GateClosed
from nanobanana_async.lifecycle import AttemptState, ItemState
from nanobanana_async.outcomes import Succeeded
from nanobanana_async.pacing import (
    CreateEnd,
    FailItem,
    HoldUnknown,
    Repeat,
    RepeatForAll,
    StopRun,
    after_create_failure,
)
from nanobanana_async.tasks._board import Job
from nanobanana_async.tasks._desk import Desk
from nanobanana_async.tasks._keeper import nothing_charged
from nanobanana_async.tasks._rows import Row
from nanobanana_async.values import Accepted, Answered, Problem, Refused, Submitted, WireRequest

LONGEST_OUTAGE = 900.0
"""Seconds in which nobody is let in, or won't be, after which the run stops."""
LONGEST_WAIT = 300.0
"""Seconds that one item waits before it is tried again because the gateway has asked for it."""
MOST_RESENT = 2
"""With ``on_unknown="resend"``: how often one item is sent again after a lost answer."""


async def create(desk: Desk, job: Job) -> None:
    """Send the create of the row of `job` and carry out what its answer means."""
    row = job.row
    desk.sending[row] = None
    try:
        if await _claimed(desk, job):
            await _create(desk, job)
    finally:
        desk.sending.pop(row, None)


async def _claimed(desk: Desk, job: Job) -> bool:
    """Whether the intent to send is durable, where there is a journal; else nothing is sent, and the row is told."""
    row = job.row
    if desk.keeper is None or row.place is None:
        return True
    is_sent_again = row.place.found is ItemState.UNKNOWN and not row.resent
    try:
        entry = await desk.keeper.claim(row.place)
    except asyncio.CancelledError:
        _not_claimed(desk, job)
        desk.skip(row, "stopped")
        raise
    except StorageError as error:
        _not_claimed(desk, job)
        desk.skip(row, "storage", nothing_charged(error))
        desk.stop(nothing_charged(error), "storage")
        return False
    except Exception as error:  # noqa: BLE001  a journal of the user's may raise anything; nothing was sent
        _not_claimed(desk, job)
        _not_encodable(desk, row, error)
        return False
    if entry is not None:  # somebody else sends it, or has sent it
        _not_claimed(desk, job)
        desk.contested(row)
        return False
    desk.is_sent_as(row, row.place.token)
    desk.possible_duplicates += is_sent_again
    return True


def _not_claimed(desk: Desk, job: Job) -> None:
    desk.board.create_over(job, desk.now(), "not_counted")
    job.row.move(ItemState.NEW)
    desk.board.free_slot(job.row)


async def _create(desk: Desk, job: Job) -> None:
    row = job.row
    row.sent += 1
    try:
        wire = _wire(desk, row)
    except Exception as error:  # noqa: BLE001  a request of the user's own may raise anything; nothing was sent
        desk.board.create_over(job, desk.now(), "not_counted")
        _not_encodable(desk, row, error)
        return
    desk.announce(CreateSent(at=desk.wall(), item=row.item, attempt=row.sent))
    for listener in tuple(row.listeners):
        listener.sent(row)
    try:
        answer = await _answer(desk, row, wire)
    except asyncio.CancelledError:
        desk.board.create_over(job, desk.now(), "counted")
        hold(desk, row, UnknownOutcomeError("the create was cut short on the wire: the client was closed"))
        raise
    _read(desk, job, answer)


def _wire(desk: Desk, row: Row) -> WireRequest:
    """The request as it goes out. A user's own `Request` may raise here: before anything is sent."""
    assert row.request is not None
    return desk.dialect(row.request.dialect).submit(row.request, row.image_urls)


def _not_encodable(desk: Desk, row: Row, error: Exception) -> None:
    failure = (
        error
        if isinstance(error, NanoBananaError)
        else UsageError(f"a {type(row.request).__name__} can't be sent: {error!r}")
    )
    desk.fail(row, failure)


async def _answer(desk: Desk, row: Row, wire: WireRequest) -> Submitted | NetworkError:
    """The gateway's answer, or the failure to get one. A fault in a transport leaves the outcome open: unknown."""
    assert row.request is not None
    try:
        reply = await desk.transport.send(wire)
        return desk.dialect(row.request.dialect).read_submitted(reply)
    except NetworkError as error:
        return error
    except Exception as error:  # noqa: BLE001  a transport of the user's may raise anything; it may be out
        lost = NetworkError(f"the transport broke under a create: {type(error).__name__}: {error}")
        lost.__cause__ = error
        return lost


def _read(desk: Desk, job: Job, answer: Submitted | NetworkError) -> None:
    _note_answer(desk, answer)
    row = job.row
    desk.board.create_over(job, desk.now(), _end_of(answer))
    match answer:
        case Accepted(task_id):
            desk.quota.earn()
            desk.accept(row, task_id)
        case Answered(result):
            row.move(ItemState.SUCCEEDED)
            desk.note(row, ItemState.SUCCEEDED, AttemptState.ANSWERED, credits=result.credits, charged="yes")
            desk.settle(row, Succeeded(item=row.item, index=row.index, result=result))
        case Refused(problem):
            _carry_on(desk, row, problem)
        case NetworkError() as error:
            _carry_on(desk, row, error)
        case _:
            assert_never(answer)
    judge_refusals(desk)


def _note_answer(desk: Desk, answer: Submitted | NetworkError) -> None:
    if isinstance(answer, Accepted | Answered) or (isinstance(answer, Refused) and answer.problem.enveloped):
        desk.board.throttle.gate.answered()


def _end_of(answer: Submitted | NetworkError) -> CreateEnd:
    """How a create counts against the vendor's limit: all do but what it refused or never saw."""
    match answer:
        case Accepted() | Answered():
            return "accepted"
        case Refused(problem):
            return "refused" if 429 in (problem.status, problem.code) else "counted"
        case NetworkError() as error:
            return "not_counted" if error.sent == "no" else "counted"
        case _:
            assert_never(answer)


def _carry_on(desk: Desk, row: Row, failure: Problem | NetworkError) -> None:
    """Do what the table says comes next."""
    step = after_create_failure(
        failure,
        url=desk.gateway.address,
        attempts=row.attempts,
        has_answered=desk.board.throttle.gate.has_answered,
        on_server_error=desk.settings.on_server_error,
    )
    match step:
        case Repeat() if row.halted is None and desk.quota.take():
            _try_again(desk, row, step)
        case Repeat(error):
            _refused_for_good(desk, row, error)
        case RepeatForAll():
            _refused_for_all(desk, row, step)
        case FailItem(error):
            _refused_for_good(desk, row, error)
        case StopRun():
            _stop(desk, row, step)
        case HoldUnknown(error):
            _lost(desk, row, error)
        case _:
            assert_never(step)


def _refused_for_good(desk: Desk, row: Row, error: NanoBananaError) -> None:
    desk.announce(CreateRefused(at=desk.wall(), item=row.item, error=error, again=False))
    desk.fail(row, error)


def _try_again(desk: Desk, row: Row, step: Repeat) -> None:
    earlier: int = getattr(row.attempts, step.counts_as)
    row.attempts = attrs.evolve(row.attempts, **{step.counts_as: earlier + 1})
    desk.announce(CreateRefused(at=desk.wall(), item=row.item, error=step.error, again=True))
    _back_to_new(desk, row, AttemptState.REFUSED)
    backoff = desk.settings.backoff.delay(earlier, desk.random())
    desk.board.waiting.set(row, desk.now() + max(backoff, min(step.retry_after or 0.0, LONGEST_WAIT)))


def _refused_for_all(desk: Desk, row: Row, step: RepeatForAll) -> None:
    if step.counts_as is not None:
        earlier: int = getattr(row.attempts, step.counts_as)
        row.attempts = attrs.evolve(row.attempts, **{step.counts_as: earlier + 1})
    is_about_rate = step.counts_as is None
    desk.board.throttle.refused(desk.now(), retry_after=step.retry_after, is_about_rate=is_about_rate)
    desk.refusal = step.error
    desk.announce(CreateRefused(at=desk.wall(), item=row.item, error=step.error, again=row.halted is None))
    _back_to_new(desk, row, _state_of(step.error))
    if row.halted is None:
        desk.board.queue.put_back(row)
    else:
        desk.skip(row, *row.halted)


def judge_refusals(desk: Desk) -> None:
    """Once all is known of a refusal that is for everybody: learn from it, and say how long nothing is sent."""
    board, now, error = desk.board, desk.now(), desk.refusal
    if error is None or not board.throttle.is_to_be_judged(now, under_way=board.creating):
        return
    desk.refusal = None
    seconds = board.throttle.judge(now, running=board.running, random=desk.random())
    desk.announce(GateClosed(at=desk.wall(), seconds=seconds, error=error))
    if max(seconds, now - board.throttle.gate.refused_since) > LONGEST_OUTAGE:
        # Nobody has been let in for that long, or will be: waiting it out for each item would take days.
        desk.stop(error, "service")


def _stop(desk: Desk, row: Row, step: StopRun) -> None:
    if step.item == "unknown":
        hold(desk, row, UnknownOutcomeError(step.error.message, problem=step.error.problem))
    else:
        desk.announce(CreateRefused(at=desk.wall(), item=row.item, error=step.error, again=False))
        if step.item == "failed":
            desk.fail(row, step.error)
        else:
            _back_to_new(desk, row, _state_of(step.error))
            desk.skip(row, step.reason, step.error)
    if row.halted is None or row.halted[0] != step.reason:  # else it is the stop that halted it
        desk.stop(step.error, step.reason)


def _lost(desk: Desk, row: Row, error: UnknownOutcomeError) -> None:
    """The answer is lost: hold the row, or send it again where the user has said so."""
    if row.called is not None:  # but a callback has come
        desk.accept(row, row.called)
        return
    if not _may_be_resent(desk, row):
        hold(desk, row, error)
        return
    desk.announce(CreateLost(at=desk.wall(), item=row.item, error=error))
    row.move(ItemState.UNKNOWN)
    desk.note(row, ItemState.UNKNOWN, AttemptState.UNKNOWN, error=error, charged="unknown")
    row.lost = error
    row.resent += 1
    desk.possible_duplicates += 1
    if row.place is not None:
        row.place.lost.add(row.place.token)
        row.place.found = ItemState.UNKNOWN  # in the journal it stays so until it is claimed again
    row.move(ItemState.NEW)
    desk.board.free_slot(row)
    desk.board.queue.append(row)


def _may_be_resent(desk: Desk, row: Row) -> bool:
    if desk.settings.on_unknown != "resend" or row.resent == MOST_RESENT or row.halted is not None:
        return False
    return all(listener.may_send_again(row) for listener in row.listeners)


def hold(desk: Desk, row: Row, error: UnknownOutcomeError) -> None:
    """The answer is lost, and `row` ends as unknown."""
    desk.announce(CreateLost(at=desk.wall(), item=row.item, error=error))
    row.move(ItemState.UNKNOWN)
    desk.note(row, ItemState.UNKNOWN, AttemptState.UNKNOWN, error=error, charged="unknown")
    desk.hold(row, error)


def _back_to_new(desk: Desk, row: Row, attempt: AttemptState) -> None:
    row.move(ItemState.NEW)
    desk.note(row, ItemState.NEW, attempt)
    desk.board.free_slot(row)


def _state_of(error: NanoBananaError) -> AttemptState:
    """How an attempt ended that was refused, or never left."""
    return AttemptState.NOT_SENT if isinstance(error, NetworkError) else AttemptState.REFUSED
