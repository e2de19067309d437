"""What an earlier call, or an earlier run, has left under a key: taken up where it stands, and never paid for again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never

import anyio
import anyio.to_thread

from nanobanana_async.errors import KeyConflictError, NanoBananaError, StorageError, UnknownOutcomeError, UsageError
from nanobanana_async.journal import Entry, Standing
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.models import KieRequest
from nanobanana_async.outcomes import Failed, Outcome, Skipped, Succeeded, Unknown
from nanobanana_async.tasks._desk import Desk
from nanobanana_async.tasks._keeper import Keeper, KeyRules, Place, nothing_charged
from nanobanana_async.tasks._rows import Row
from nanobanana_async.tasks._sharing import share
from nanobanana_async.tasks._written_errors import restored
from nanobanana_async.values import Item, Looked, Result, Task, WireReply

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


async def take_up(desk: Desk, row: Row, send: Callable[[Row], None], *, after: float = 0.0) -> None:
    """In so many seconds, take up what is known of the key of `row`, which is sent where nothing is.

    Whatever goes wrong, the row is told, and nobody waits for it for ever.
    """
    assert desk.keeper is not None
    try:
        await anyio.sleep(after)
        outcome = await recall(desk, desk.keeper, row, row.rules or KeyRules())
        if outcome is not None and not row.over:
            desk.settle(row, outcome)
        elif row.state is ItemState.NEW and not row.over:
            send(row)
    except asyncio.CancelledError:
        desk.halt(row, "stopped")
        raise
    except Exception as error:  # noqa: BLE001  a journal of the user's may raise anything; nothing was sent
        if not row.over:
            desk.fail(row, _not_taken_up(error))


def _not_taken_up(error: Exception) -> NanoBananaError:
    if isinstance(error, StorageError):
        return nothing_charged(error)
    return error if isinstance(error, NanoBananaError) else UsageError(f"the journal could not be asked: {error!r}")


async def recall(desk: Desk, keeper: Keeper, row: Row, rules: KeyRules) -> Outcome | None:
    """What became of the key of `row`; None where it goes on: it is new, or its task is followed from now on.

    None also where the row is over meanwhile: nobody wants to know any more.
    """
    place = _place_of(row)
    entry = await _at_rest(keeper, place)
    if entry is None or row.over:
        return None
    place.generation, place.token, place.found = entry.generation, entry.token or "", entry.state
    is_another = entry.fingerprint != place.fingerprint and entry.state is not ItemState.NEW
    if is_another and rules.on_change == "hold":
        return Skipped(item=row.item, index=row.index, reason="changed", error=_conflict(entry))
    if is_another and rules.on_change == "regenerate":
        place.generation, place.found = await keeper.journal.renew(place.scope, place.key), None
        return None
    if entry.state in (ItemState.ACCEPTED, ItemState.PENDING):
        follow_entry(desk, row, entry)
        return None
    if _is_sent_again(desk, entry, rules):
        if entry.state is ItemState.UNKNOWN:
            row.lost = lost_answer(entry)
            place.lost.add(place.token)
            desk.is_sent_as(row, place.token)
        return None
    return await outcome_of_entry(desk, row, entry)


async def _at_rest(keeper: Keeper, place: Place) -> Entry | None:
    """The entry of a key, once nobody sends it right now."""
    entry = await keeper.find(place.scope, place.key)
    while entry is not None and entry.state is ItemState.SENDING:
        if entry.is_owned:
            await anyio.sleep(LOOK_AGAIN)
        else:
            await keeper.journal.reap()
        entry = await keeper.find(place.scope, place.key)
    return entry


def _is_sent_again(desk: Desk, entry: Entry, rules: KeyRules) -> bool:
    """Whether what has failed, or whose answer was lost, is to be sent once more, as the user has said."""
    if entry.state is ItemState.UNKNOWN:
        return desk.settings.on_unknown == "resend"
    if entry.state is not ItemState.FAILED:
        return False
    error = restored(entry.error)
    may_pass_and_cost_nothing = error.retryable and error.charged == "no"
    return rules.retry_failed == "all" or (rules.retry_failed == "transient" and may_pass_and_cost_nothing)


def follow_entry(desk: Desk, row: Row, entry: Entry) -> None:
    """Follow from now on, in `row`, the task that was accepted for `entry`."""
    if entry.state is not ItemState.ACCEPTED:
        desk.note(row, ItemState.ACCEPTED)
    row.state, row.is_adopted = ItemState.ACCEPTED, True
    leader = desk.by_task.get(entry.task_id or "")
    if leader is not None:
        share(desk, row, leader)
    else:
        desk.is_sent_as(row, _place_of(row).token)
        desk.follow(row, task_of_entry(entry), first_look=0.0)
    for listener in tuple(row.listeners):
        listener.accepted(row)


async def outcome_of_entry(desk: Desk, row: Row, entry: Entry) -> Outcome | None:
    """What is told of `entry`, in the words of `row`; None where that is not over. Nothing is changed by it."""
    match entry.state:
        case ItemState.NEW | ItemState.SENDING | ItemState.ACCEPTED | ItemState.PENDING:
            return None
        case ItemState.SUCCEEDED | ItemState.SAVED:
            return await _succeeded(desk, row, entry)
        case ItemState.FAILED:
            return Failed(item=row.item, index=row.index, error=restored(entry.error))
        case ItemState.UNKNOWN:
            return Unknown(item=row.item, index=row.index, error=lost_answer(entry))
        case ItemState.DROPPED:
            return Failed(item=row.item, index=row.index, error=lost_answer(entry))
        case _:
            assert_never(entry.state)


async def _succeeded(desk: Desk, row: Row, entry: Entry) -> Outcome:
    """The success, with its files where they are still where they were put."""
    files = tuple(map(Path, entry.files)) if entry.state is ItemState.SAVED else ()
    _place_of(row).files = tuple(map(str, files))
    if not await are_there(files):
        files = ()
    return Succeeded(item=row.item, index=row.index, result=result_of_entry(desk, entry), files=files)


async def are_there(files: tuple[Path, ...]) -> bool:
    """Whether each of them is a file."""
    return await anyio.to_thread.run_sync(lambda: all(file.is_file() for file in files))


def item_of_entry(entry: Entry) -> Item:
    """The item of an entry, as far as it is written down: a prompt, the key, and the user's own data."""
    return Item(str(entry.request.get("prompt", "")), key=entry.key, data=entry.data)


def row_of_entry(entry: Entry) -> Row:
    """A row for an entry whose request is not at hand: nothing can be sent for it, but its task be followed."""
    place = Place(
        scope=entry.scope,
        key=entry.key,
        fingerprint=entry.fingerprint,
        request=entry.request,
        model=entry.model,
        dialect=entry.dialect,
        price=entry.price,
        data=entry.data,
        generation=entry.generation,
        token=entry.token or "",
        found=entry.state,
    )
    request = KieRequest(entry.model, input={}, credits=entry.price)
    return Row(item_of_entry(entry), request, place=place, is_begun=True)


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
