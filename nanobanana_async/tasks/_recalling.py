"""What an earlier call, or an earlier run, has left under a key: taken up where it stands, and never paid for again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never

import anyio
import anyio.to_thread

from nanobanana_async.errors import KeyConflictError, UnknownOutcomeError
from nanobanana_async.journal import Entry, Standing
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.outcomes import Failed, Outcome, Skipped, Succeeded, Unknown
from nanobanana_async.tasks._desk import Desk
from nanobanana_async.tasks._keeper import Keeper, KeyRules, Place
from nanobanana_async.tasks._rows import Row
from nanobanana_async.tasks._written_errors import restored
from nanobanana_async.values import Looked, Result, Task, WireReply

LOOK_AGAIN = 0.5
"""Seconds until one looks again for what another process is sending right now."""


def restore(desk: Desk, standing: Standing) -> None:
    """Count what earlier runs have sent, and what they have left in flight, against the limits of the account."""
    now, wall = desk.now(), desk.wall()
    answered = [wall if sent.answered_at is None else sent.answered_at for sent in standing.sent]
    desk.board.throttle.window.restore(now - max(0.0, wall - at) for at in answered)
    for task in standing.in_flight:
        since = task.accepted_at or task.sent_at or wall
        desk.reserve_slot(task.task_id, age=max(0.0, wall - since))


def under_way(desk: Desk, place: Place) -> Row | None:
    """The row that is under way under that key in this client. Raises: KeyConflictError, for another request."""
    row = desk.by_key.get((place.scope, place.key))
    if row is not None and row.place is not None and row.place.fingerprint != place.fingerprint:
        raise KeyConflictError(f"another request is under way under the key {place.key!r}")
    return row


async def recall(desk: Desk, keeper: Keeper, row: Row, rules: KeyRules) -> Outcome | None:
    """What became of the key of `row`; None where it goes on: it is new, or its task is followed from now on."""
    place = _place_of(row)
    entry = await keeper.journal.find(place.scope, place.key)
    while entry is not None and entry.state is ItemState.SENDING:
        if not entry.is_owned:
            await keeper.journal.reap()
        else:
            await anyio.sleep(LOOK_AGAIN)
        entry = await keeper.journal.find(place.scope, place.key)
    if entry is None:
        return None
    place.generation, place.token = entry.generation, entry.token or ""
    if entry.fingerprint != place.fingerprint and rules.on_change != "keep":
        if rules.on_change == "hold":
            return Skipped(item=row.item, index=row.index, reason="changed", error=_conflict(entry))
        place.generation = await keeper.journal.renew(place.scope, place.key)
        return None
    return await _taken_up(desk, keeper, row, entry, rules)


async def _taken_up(desk: Desk, keeper: Keeper, row: Row, entry: Entry, rules: KeyRules) -> Outcome | None:
    match entry.state:
        case ItemState.NEW | ItemState.SENDING:
            return None
        case ItemState.ACCEPTED | ItemState.PENDING:
            _follow(desk, keeper, row, entry)
            return None
        case ItemState.SUCCEEDED | ItemState.SAVED:
            return await _succeeded(desk, keeper, row, entry)
        case ItemState.FAILED:
            return _failed(keeper, row, entry, rules)
        case ItemState.UNKNOWN:
            return _unknown(desk, keeper, row, entry)
        case ItemState.DROPPED:
            return Failed(item=row.item, index=row.index, error=lost_answer(entry))
        case _:
            assert_never(entry.state)


async def _succeeded(desk: Desk, keeper: Keeper, row: Row, entry: Entry) -> Outcome:
    files = tuple(map(Path, entry.files)) if entry.state is ItemState.SAVED else ()
    if files and not await anyio.to_thread.run_sync(lambda: all(file.is_file() for file in files)):
        files = ()
        keeper.note(_place_of(row), ItemState.SUCCEEDED)
    return Succeeded(item=row.item, index=row.index, result=result_of_entry(desk, entry), files=files)


def _failed(keeper: Keeper, row: Row, entry: Entry, rules: KeyRules) -> Outcome | None:
    error = restored(entry.error)
    if rules.retry_failed == "all" or (rules.retry_failed == "transient" and error.retryable):
        keeper.note(_place_of(row), ItemState.NEW)
        return None
    return Failed(item=row.item, index=row.index, error=error)


def _unknown(desk: Desk, keeper: Keeper, row: Row, entry: Entry) -> Outcome | None:
    lost = lost_answer(entry)
    if desk.settings.on_unknown == "hold":
        return Unknown(item=row.item, index=row.index, error=lost)
    keeper.note(_place_of(row), ItemState.NEW)
    desk.possible_duplicates += 1
    row.lost = lost
    return None


def _follow(desk: Desk, keeper: Keeper, row: Row, entry: Entry) -> None:
    if entry.state is ItemState.PENDING:
        keeper.note(_place_of(row), ItemState.ACCEPTED)
    row.state, row.is_adopted = ItemState.ACCEPTED, True
    desk.follow(row, task_of_entry(entry), first_look=0.0)


def task_of_entry(entry: Entry) -> Task:
    """The task that was accepted for `entry`, as far as it is written down."""
    assert entry.task_id is not None
    since = entry.created_at or entry.accepted_at or entry.sent_at
    created_at = datetime.fromtimestamp(since, UTC) if since is not None else None
    return Task(entry.task_id, model=entry.model, dialect=entry.dialect, created_at=created_at)


def result_of_entry(desk: Desk, entry: Entry) -> Result:
    """The result as the gateway told it, read anew from what it said."""
    if entry.raw is not None and entry.task_id is not None:
        said = desk.dialect(entry.dialect).read_record(entry.task_id, WireReply(200, {}, entry.raw.encode()))
        if isinstance(said, Looked) and said.result is not None:
            return said.result
    return Result(entry.task_id, entry.model, (), entry.credits)


def lost_answer(entry: Entry) -> UnknownOutcomeError:
    """The error of an answer that was lost in an earlier call, or with the process that waited for it."""
    error = restored(entry.error) if entry.error is not None else None
    if isinstance(error, UnknownOutcomeError):
        return error
    sent = "" if entry.sent_at is None else f" at {datetime.fromtimestamp(entry.sent_at, UTC):%Y-%m-%d %H:%M:%S} UTC"
    return UnknownOutcomeError(f"the create for {entry.key!r} was sent{sent}, and its process ended before the answer")


def _conflict(entry: Entry) -> KeyConflictError:
    prompt = str(entry.request.get("prompt", entry.model))
    return KeyConflictError(f"the key {entry.key!r} was used for another request: {prompt[:80]!r}")


def _place_of(row: Row) -> Place:
    assert row.place is not None
    return row.place
