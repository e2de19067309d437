"""What an earlier call, or an earlier run, has left under a key: taken up where it stands, and never paid for again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn, assert_never

import anyio
import anyio.to_thread
import attrs

from nanobanana_async.errors import KeyConflictError, NanoBananaError, StorageError, UnknownOutcomeError, UsageError
from nanobanana_async.journal import Entry, Standing
from nanobanana_async.lifecycle import LOST, UNDER_WAY, ItemState
from nanobanana_async.outcomes import Failed, Outcome, Skipped, Succeeded, Unknown
from nanobanana_async.tasks._desk import Desk
from nanobanana_async.tasks._keeper import Keeper, KeyRules, Place, found_in, nothing_charged
from nanobanana_async.tasks._rows import MOST_RESENT, UNKNOWN_TIME, Row
from nanobanana_async.tasks._sharing import share
from nanobanana_async.tasks._unfetched import GONE
from nanobanana_async.tasks._written_errors import restored
from nanobanana_async.values import JSON, Item, Result, Task

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
        error = KeyConflictError(f"another request is under way under the key {place.key!r}")
        error.key = place.key
        raise error
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
    entry = await _at_rest(keeper, row, place)
    if entry is None or row.over:
        return None
    place.stands_as(entry)
    is_under_way = entry.state in UNDER_WAY
    if place.key in rules.redo and not is_under_way:  # else it is the one that was asked for
        place.renews = place.found is not None
        return None
    is_another = entry.fingerprint != place.fingerprint and entry.state is not ItemState.NEW
    if is_another and (_is_free(entry) or rules.on_change != "keep"):
        return _changed(desk, row, entry, rules)
    if is_under_way:
        place.price = entry.price
        follow_entry(desk, row, entry)
        return None
    await _count_lost(keeper, row, entry)
    if _is_sent_again(desk, row, entry, rules):
        if entry.state is ItemState.UNKNOWN:
            row.lost = lost_answer(entry)
            desk.is_sent_as(row, place.token)
        return None
    return await outcome_of_entry(desk, row, entry)


def _is_free(entry: Entry) -> bool:
    """Whether the key may stand for another request: what was sent under it was refused, and cost nothing."""
    return entry.state is ItemState.FAILED and restored(entry.error).charged == "no"


def _changed(desk: Desk, row: Row, entry: Entry, rules: KeyRules) -> Outcome | None:
    """What becomes of `row`, whose key was used for another request, which is not simply kept."""
    if rules.on_change == "hold" and not _is_free(entry):
        return Skipped(item=row.item, index=row.index, reason="changed", error=_conflict(entry))
    _leave_to_itself(desk, entry)
    _place_of(row).renews = True
    return None


def _leave_to_itself(desk: Desk, entry: Entry) -> None:
    """What was paid for with other words is followed to its end, though another is made in its place."""
    if entry.state in UNDER_WAY and entry.task_id not in desk.by_task:
        follow_entry(desk, row_of_entry(entry), entry)


async def _at_rest(keeper: Keeper, row: Row, place: Place) -> Entry | None:
    """The entry of a key, once nobody sends it right now."""
    entry = await keeper.find(place.scope, place.key)
    while entry is not None and entry.state is ItemState.SENDING and not row.over:
        row.is_sent_elsewhere = entry.is_owned
        if entry.is_owned:
            await anyio.sleep(LOOK_AGAIN)
        else:
            await keeper.journal.reap()
        entry = await keeper.find(place.scope, place.key)
    row.is_sent_elsewhere = False
    return entry


async def _count_lost(keeper: Keeper, row: Row, entry: Entry) -> None:
    """How many answers were lost by all runs: where such creates are sent again, that has an end.

    Where one is to be sent again by somebody's word, it may have been charged all the same.
    """
    if entry.state not in (ItemState.NEW, ItemState.UNKNOWN) or not entry.attempts:
        return
    attempts = await keeper.journal.attempts(entry.scope, entry.key)
    lost = [one for one in attempts if one.generation == entry.generation and one.state in LOST]
    row.lost_before = len(lost)
    if entry.state is ItemState.NEW and any(one.charged != "no" for one in lost):
        row.lost = lost_answer(attrs.evolve(entry, error=None, sent_at=lost[-1].sent_at))


def _is_sent_again(desk: Desk, row: Row, entry: Entry, rules: KeyRules) -> bool:
    """Whether what has failed, or whose answer was lost, is to be sent once more, as the user has said."""
    if entry.state is ItemState.UNKNOWN:
        return desk.settings.on_unknown == "resend" and row.lost_before <= MOST_RESENT
    if entry.state is not ItemState.FAILED:
        return False
    error = restored(entry.error)
    may_pass_and_cost_nothing = error.retryable and error.charged == "no"
    return rules.retry_failed == "all" or (rules.retry_failed == "transient" and may_pass_and_cost_nothing)


def follow_entry(desk: Desk, row: Row, entry: Entry) -> None:
    """Follow from now on, in `row`, the task that was accepted for `entry`."""
    desk.note(row, ItemState.ACCEPTED)  # where it is so already, it says who follows it now
    row.state, row.is_adopted = ItemState.ACCEPTED, True
    row.found = None
    if row.lost is not None:  # it was to be sent again, and is found
        row.is_found()
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
            return Failed(item=row.item, index=row.index, error=_told_again(entry))
        case ItemState.UNKNOWN:
            return Unknown(item=row.item, index=row.index, error=lost_answer(entry))
        case ItemState.DROPPED:
            return Failed(item=row.item, index=row.index, error=_given_up(entry))
        case _:
            assert_never(entry.state)


async def _succeeded(desk: Desk, row: Row, entry: Entry) -> Outcome:
    """The success, with its files where they are still where they were put."""
    files = tuple(map(Path, entry.files)) if entry.state is ItemState.SAVED else ()
    _place_of(row).files = tuple(map(str, files))
    if not await are_there(files):
        files = ()
    assert desk.keeper is not None
    result = await result_of_entry(desk, desk.keeper, entry)
    return Succeeded(item=row.item, index=row.index, result=result, files=files)


async def are_there(files: tuple[Path, ...]) -> bool:
    """Whether each of them is a file."""
    return await anyio.to_thread.run_sync(lambda: all(file.is_file() for file in files))


def item_of_entry(entry: Entry) -> Item:
    """The item of an entry, as far as it is written down: a prompt, the key, and the user's own data."""
    return Item(str(entry.request.get("prompt", "")), key=entry.key, data=entry.data)


def row_of_entry(entry: Entry) -> Row:
    """A row for an entry whose request is not at hand: nothing can be sent for it, but its task be followed."""
    request = _Recalled(entry.model, entry.dialect, entry.price, entry.request)
    return Row(item_of_entry(entry), request, place=place_of_entry(entry, entry.generation), is_begun=True)


def place_of_entry(entry: Entry, generation: int) -> Place:
    """Where a generation of its key stands in the journal."""
    return Place(
        scope=entry.scope,
        key=entry.key,
        fingerprint=entry.fingerprint,
        request=entry.request,
        model=entry.model,
        dialect=entry.dialect,
        price=entry.price,
        data=entry.data,
        generation=generation,
        token=entry.token or "",
        found=found_in(entry),
    )


@attrs.frozen
class _Recalled:
    """A request of which only the journal knows: what stands there of it, and nothing that could be sent."""

    model: str
    dialect: str
    credits: float | None
    _fields: Mapping[str, JSON]

    images = ()
    expected = UNKNOWN_TIME

    def fields(self) -> Mapping[str, JSON]:
        """As they were written down."""
        return self._fields

    def vendor_input(self, image_urls: Sequence[str]) -> NoReturn:  # noqa: ARG002  a Request's
        """It can't be sent. Raises: UsageError."""
        raise UsageError(f"a request for {self.model!r} is known from the journal alone and can't be sent")


def task_of_entry(entry: Entry) -> Task:
    """The task that was accepted for `entry`, as far as it is written down."""
    assert entry.task_id is not None
    since = entry.created_at or entry.accepted_at or entry.sent_at
    created_at = datetime.fromtimestamp(since, UTC) if since is not None else None
    return Task(entry.task_id, model=entry.model, dialect=entry.dialect, created_at=created_at)


async def result_of_entry(desk: Desk, keeper: Keeper, entry: Entry) -> Result:
    """The result as the gateway told it, read anew from what it said; with the pictures that came in the answer."""
    said = None
    if entry.raw is not None:
        said = desk.dialect(entry.dialect).read_kept(entry.task_id, entry.model, entry.raw)
    if said is None:
        return Result(entry.task_id, entry.model, (), entry.credits)
    return attrs.evolve(said, urls=tuple([await _found(keeper, url) for url in said.urls]))


async def _found(keeper: Keeper, url: str) -> str:
    """The URL of a picture, also of one that the journal has kept; where that is gone, it stays a digest."""
    return (await keeper.journal.kept(url.removeprefix(GONE)) or url) if url.startswith(GONE) else url


def lost_answer(entry: Entry) -> UnknownOutcomeError:
    """The error of an answer that was lost in an earlier call, or with the process that waited for it."""
    error = restored(entry.error) if entry.error is not None else None
    if isinstance(error, UnknownOutcomeError):
        return error
    sent = "" if entry.sent_at is None else f" at {datetime.fromtimestamp(entry.sent_at, UTC):%Y-%m-%d %H:%M:%S} UTC"
    return UnknownOutcomeError(f"the create for {entry.key!r} was sent{sent}, and its process ended before the answer")


def _told_again(entry: Entry) -> NanoBananaError:
    """The error of an earlier call. To call once more as it was called tells it once more: the remedy says how to."""
    error = restored(entry.error)
    if error.retryable:
        error.remedy = 'That is how this key has failed before; retry_failed="transient" sends it again.'
    return error


def _given_up(entry: Entry) -> UnknownOutcomeError:
    return UnknownOutcomeError(
        f"the answer to the create for {entry.key!r} was lost, and it was given up",
        remedy=f"To make it, and perhaps to pay twice: redo=[{entry.key!r}] of a batch, --redo of the command line.",
    )


def _conflict(entry: Entry) -> KeyConflictError:
    prompt = str(entry.request.get("prompt", ""))
    error = KeyConflictError(f"the key {entry.key!r} was used for another request: {entry.model}, {prompt[:80]!r}")
    error.key = entry.key
    return error


def _place_of(row: Row) -> Place:
    assert row.place is not None
    return row.place
