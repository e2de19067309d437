"""One create: sent once, and its answer turned into what becomes of the row.

The decision is `pacing.after_create_failure`; what stands here carries it out. Nothing here may send a second create:
a row that is to be tried again goes back to the board, and through the gate and the rate window like any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import assert_never

import attrs

from nanobanana_async.errors import (
    BadImageError,
    NanoBananaError,
    NetworkError,
    StorageError,
    UnknownOutcomeError,
)
from nanobanana_async.events import CreateLost, CreateRefused, CreateSent, GateClosed
from nanobanana_async.lifecycle import AttemptState, ItemState
from nanobanana_async.pacing import (
    CreateEnd,
    FailItem,
    HoldUnknown,
    NextStep,
    Repeat,
    RepeatForAll,
    StopRun,
    after_create_failure,
)
from nanobanana_async.tasks._answered import answered, broken, read_now
from nanobanana_async.tasks._board import Job
from nanobanana_async.tasks._claiming import (
    back_to_new,
    claimed,
    falls_back,
    is_wanted,
    not_claimed,
    not_encodable,
    not_sent,
)
from nanobanana_async.tasks._desk import Desk
from nanobanana_async.tasks._heavy import MUCH
from nanobanana_async.tasks._kept_answers import given_with, kept, kept_unread, naming_the_file
from nanobanana_async.tasks._looks import give_up
from nanobanana_async.tasks._rows import MOST_RESENT, Row
from nanobanana_async.tasks._uploads import inlined
from nanobanana_async.values import (
    Accepted,
    Answered,
    FilePart,
    Problem,
    Refused,
    Submitted,
    WireReply,
    WireRequest,
)

LONGEST_OUTAGE = 900.0
"""Seconds in which nobody is let in, or won't be, after which the run stops."""
LONGEST_WAIT = 300.0
"""Seconds that one item waits before it is tried again because the gateway has asked for it."""


async def create(desk: Desk, job: Job) -> None:
    """Send the create of the row of `job` and carry out what its answer means."""
    row = job.row
    desk.sending[row] = None
    try:
        images = await _images(desk, job)
        if images is None or not await claimed(desk, job):
            return
        row.sent += 1
        wire = await _wire(desk, job, images)
        del images  # the content of files is in `wire`: to hold it twice until the answer comes would be megabytes
        if wire is not None and is_wanted(desk, job):
            await _create(desk, job, wire)
    finally:
        desk.sending.pop(row, None)


async def _images(desk: Desk, job: Job) -> Sequence[str | FilePart] | None:
    """The images of the row as they go into its create; None where one can't be read, and the row is over.

    Where the content of files goes into the create they are read only now: what waits holds none of it.
    """
    row = job.row
    assert row.request is not None
    if not desk.dialect(row.request.dialect).takes_files:
        return row.image_urls
    try:
        return await inlined(row.request)
    except asyncio.CancelledError:
        not_claimed(desk, job)
        desk.skip(row, "stopped")
        raise
    except BadImageError as error:
        not_claimed(desk, job)
        desk.fail(row, error)
        return None


async def _create(desk: Desk, job: Job, wire: WireRequest) -> None:
    row = job.row
    desk.announce(CreateSent(at=desk.wall(), item=row.item, attempt=row.sent))
    for listener in tuple(row.listeners):
        listener.sent(row)
    try:
        reply = await _reply(desk, wire)
        if isinstance(reply, NetworkError) and reply.sent != "no":
            await _ask_who_was_called(desk, row)
    except asyncio.CancelledError:
        desk.board.create_over(job, desk.now(), "counted")
        _lost_at_close(desk, row)
        raise
    _read(desk, job, reply if isinstance(reply, NetworkError) else await _answer(desk, job, reply))


def _lost_at_close(desk: Desk, row: Row) -> None:
    """The answer can't be waited for any longer; a callback may have told the task all the same."""
    if _is_known(desk, row, AttemptState.UNKNOWN):
        give_up(desk, row, "stopped")
    else:
        hold(desk, row, UnknownOutcomeError("the create was cut short on the wire: the client was closed"))


def _is_known(desk: Desk, row: Row, attempt: AttemptState) -> bool:
    """Whether a callback has told a task of `row` all the same, that create's or an earlier one's: it is followed.

    Who names a token was told it by us. What is said of the task is not taken on trust: it is looked at. `attempt` is
    how the create ends that has failed, where the task is an earlier one's.
    """
    if row.called is not None:
        desk.accept(row, row.called)
        return True
    return falls_back(desk, row, attempt)


async def _wire(desk: Desk, job: Job, images: Sequence[str | FilePart]) -> WireRequest | None:
    """The request as it goes out; None where there is none, and the row is over: nothing was sent.

    A user's own `Request` may raise here.
    """
    row = job.row
    assert row.request is not None
    dialect = desk.dialect(row.request.dialect)
    try:
        is_much = any(isinstance(image, FilePart) or len(image) > MUCH for image in images)  # to be encoded
        return await desk.heavy.in_a_thread_if(is_much, dialect.submit, row.request, images)
    except asyncio.CancelledError:
        desk.board.create_over(job, desk.now(), "not_counted")
        not_sent(desk, row, "stopped")
        if not row.over:
            give_up(desk, row, "stopped")
        raise
    except Exception as error:  # noqa: BLE001  a request of the user's own may raise anything; nothing was sent
        desk.board.create_over(job, desk.now(), "not_counted")
        not_encodable(desk, row, error)
        return None


async def _reply(desk: Desk, wire: WireRequest) -> WireReply | NetworkError:
    """What comes back, or the failure to get it. A fault in a transport leaves the outcome open: unknown."""
    try:
        return await desk.transport.send(wire)
    except NetworkError as error:
        return error
    except Exception as error:  # noqa: BLE001  a transport of the user's may raise anything; it may be out
        return broken(error)


async def _ask_who_was_called(desk: Desk, row: Row) -> None:
    """No answer came: perhaps a callback has, to another process, which has noted it in the journal."""
    if desk.keeper is None or row.place is None or row.called is not None:
        return
    with suppress(StorageError):
        found = await desk.keeper.journal.attempt_of(token=row.place.token)
        row.called = row.called or (found[1].task_id if found is not None else None)


async def _answer(desk: Desk, job: Job, reply: WireReply) -> Submitted | NetworkError:
    """What `reply` says, with the pictures in it kept. Who is cut short here reads it as it came, here and now."""
    row = job.row
    assert row.request is not None
    row.unread = None
    read = partial(desk.dialect(row.request.dialect).read_submitted, **given_with(row.request))
    answer: Submitted | NetworkError | None = None
    try:
        answer = await desk.heavy.in_a_thread_if(len(reply.body) > MUCH, read, reply)
        if isinstance(answer, Answered):
            answer = attrs.evolve(answer, result=await kept(desk, answer.result))
        row.unread = await kept_unread(desk, answer, reply)
    except asyncio.CancelledError:
        _read(desk, job, answer or read_now(read, reply))
        raise
    except Exception as error:  # noqa: BLE001  a dialect of the user's may raise anything; it was answered
        return broken(error)
    return answer


def _read(desk: Desk, job: Job, answer: Submitted | NetworkError) -> None:
    _note_answer(desk, job, answer)
    row = job.row
    row.sent_as = None
    desk.board.create_over(job, desk.now(), _end_of(answer))
    match answer:
        case Accepted(task_id=task_id):
            desk.quota.earn()
            desk.accept(row, task_id)
        case Answered(result):
            answered(desk, row, result, took=desk.now() - job.began)
        case Refused(problem):
            _carry_on(desk, job, problem)
        case NetworkError() as error:
            _carry_on(desk, job, error)
        case _:
            assert_never(answer)
    judge_refusals(desk)


def _note_answer(desk: Desk, job: Job, answer: Submitted | NetworkError) -> None:
    if isinstance(answer, Accepted | Answered) and answer.pause is not None:
        desk.board.throttle.gate.pause(job.began + min(answer.pause, LONGEST_WAIT))
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


def _carry_on(desk: Desk, job: Job, failure: Problem | NetworkError) -> None:
    """Do what the table says comes next."""
    row = job.row
    step = after_create_failure(
        failure,
        url=desk.gateway.address,
        attempts=row.attempts,
        has_answered=desk.board.throttle.gate.has_answered,
        on_server_error=desk.settings.on_server_error,
        took=desk.now() - job.began if row.is_long else 0.0,
        has_images=bool(row.request is not None and row.request.images),
    )
    if _is_known(desk, row, _end_by(step)):
        _tell_all(desk, job, step)
        return
    match step:
        case Repeat() if row.halted is None and desk.quota.take():
            _try_again(desk, row, step)
        case Repeat(error):
            _refused_for_good(desk, row, error)
        case RepeatForAll():
            _refused_for_all(desk, job, step)
        case FailItem(error):
            _refused_for_good(desk, row, error)
        case StopRun():
            _stop(desk, row, step)
        case HoldUnknown(error):
            _lost(desk, row, error)
        case _:
            assert_never(step)


def _tell_all(desk: Desk, job: Job, step: NextStep) -> None:
    """What `step` means for all others, where its own row is known to be accepted all the same."""
    if isinstance(step, RepeatForAll):
        _nobody_is_let_in(desk, job, step)
    elif isinstance(step, StopRun):
        desk.stop(step.error, step.reason)


def _end_by(step: NextStep) -> AttemptState:
    """How the create has ended of which `step` comes."""
    is_lost = isinstance(step, HoldUnknown) or (isinstance(step, StopRun) and step.item == "unknown")
    return AttemptState.UNKNOWN if is_lost else _state_of(step.error)


def _refused_for_good(desk: Desk, row: Row, error: NanoBananaError) -> None:
    desk.announce(CreateRefused(at=desk.wall(), item=row.item, error=error, again=False))
    desk.fail(row, error)


def _try_again(desk: Desk, row: Row, step: Repeat) -> None:
    earlier: int = getattr(row.attempts, step.counts_as)
    row.attempts = attrs.evolve(row.attempts, **{step.counts_as: earlier + 1})
    desk.announce(CreateRefused(at=desk.wall(), item=row.item, error=step.error, again=True))
    back_to_new(desk, row, AttemptState.REFUSED)
    backoff = desk.settings.backoff.delay(earlier, desk.random())
    desk.board.waiting.set(row, desk.now() + max(backoff, min(step.retry_after or 0.0, LONGEST_WAIT)))


def _refused_for_all(desk: Desk, job: Job, step: RepeatForAll) -> None:
    row = job.row
    if step.counts_as is not None:
        earlier: int = getattr(row.attempts, step.counts_as)
        row.attempts = attrs.evolve(row.attempts, **{step.counts_as: earlier + 1})
    _nobody_is_let_in(desk, job, step)
    desk.announce(CreateRefused(at=desk.wall(), item=row.item, error=step.error, again=row.halted is None))
    back_to_new(desk, row, _state_of(step.error))
    if row.halted is None:
        desk.board.queue.put_back(row)
    else:
        desk.skip(row, *row.halted)


def _nobody_is_let_in(desk: Desk, job: Job, step: RepeatForAll) -> None:
    desk.board.throttle.refused(
        desk.now(), began=job.began, retry_after=step.retry_after, is_about_rate=step.counts_as is None
    )
    desk.refusal = step.error


def judge_refusals(desk: Desk) -> None:
    """Once all is known of a refusal that is for everybody: learn from it, and say how long nothing is sent."""
    board, now, error = desk.board, desk.now(), desk.refusal
    if error is None or not board.throttle.is_to_be_judged(now, under_way=board.creating):
        return
    desk.refusal = None
    seconds = board.throttle.judge(now, running=board.running, random=desk.random())
    desk.nobody_is_let_in(error)
    desk.announce(GateClosed(at=desk.wall(), seconds=seconds, error=error))
    if max(seconds, now - board.throttle.gate.refused_since) > LONGEST_OUTAGE:
        # Nobody has been let in for that long, or will be: waiting it out for each item would take days.
        desk.stop(error, "service")


def _stop(desk: Desk, row: Row, step: StopRun) -> None:
    if step.item == "unknown":
        is_cut = step.error.problem is not None and step.error.problem.is_cut
        remedy = step.error.remedy if is_cut else None
        error = UnknownOutcomeError(step.error.message, problem=step.error.problem, remedy=remedy)
        hold(desk, row, naming_the_file(row, error))
    else:
        desk.announce(CreateRefused(at=desk.wall(), item=row.item, error=step.error, again=False))
        if step.item == "failed":
            desk.fail(row, step.error)
        else:
            back_to_new(desk, row, _state_of(step.error))
            desk.skip(row, step.reason, step.error)
    if row.halted is None or row.halted[0] != step.reason:  # else it is the stop that halted it
        desk.stop(step.error, step.reason)


def _lost(desk: Desk, row: Row, error: UnknownOutcomeError) -> None:
    """The answer is lost: hold the row, or send it again where the user has said so."""
    error = naming_the_file(row, error)
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
        row.place.comes_to(ItemState.UNKNOWN, error)
    row.move(ItemState.NEW)
    desk.board.free_slot(row)
    desk.board.queue.append(row)


def _may_be_resent(desk: Desk, row: Row) -> bool:
    if desk.settings.on_unknown != "resend" or row.halted is not None or row.lost_before + row.resent >= MOST_RESENT:
        return False
    return all(listener.may_send_again(row) for listener in row.listeners)


def hold(desk: Desk, row: Row, error: UnknownOutcomeError) -> None:
    """The answer is lost, and `row` ends as unknown."""
    desk.announce(CreateLost(at=desk.wall(), item=row.item, error=error))
    row.move(ItemState.UNKNOWN)
    desk.note(row, ItemState.UNKNOWN, AttemptState.UNKNOWN, error=error, charged="unknown")
    desk.hold(row, error)


def _state_of(error: NanoBananaError) -> AttemptState:
    """How an attempt ended that was refused, or never left."""
    return AttemptState.NOT_SENT if isinstance(error, NetworkError) else AttemptState.REFUSED
