"""What a callback tells: the create with that token became that task. A lost answer is found again by it.

The token is that of one attempt, random and in the journal before the create was sent; so whoever names it was told it
by us. The task is looked at like any other: nothing that a callback says of its end is taken on trust.
"""

from __future__ import annotations

import attrs

from nanobanana_async.errors import StorageError
from nanobanana_async.events import TaskAccepted
from nanobanana_async.journal import Entry
from nanobanana_async.lifecycle import AttemptState, ItemState
from nanobanana_async.tasks._desk import Desk
from nanobanana_async.tasks._keeper import Keeper, Place
from nanobanana_async.tasks._recalling import follow_entry, row_of_entry
from nanobanana_async.tasks._rows import Row
from nanobanana_async.values import Task

_MAY_BE_FOUND = (ItemState.UNKNOWN, ItemState.ACCEPTED, ItemState.PENDING)


async def called_back(desk: Desk, token: str, task_id: str) -> bool:
    """Whether the token is known. What was lost is followed from now on, what is followed is looked at at once."""
    row = desk.by_token.get(token)
    if row is not None and row.place is not None:
        await _of_row(desk, row, row.place, token, task_id)
        return True
    if desk.keeper is None:
        return False
    entry = await _entry_of(desk.keeper, token)
    row = desk.by_token.get(token)  # it may have been taken up meanwhile
    if row is not None and row.place is not None:
        await _of_row(desk, row, row.place, token, task_id)
    elif entry is not None and (entry.state is ItemState.UNKNOWN or not entry.is_owned):
        _follow(desk, row_of_entry(entry), entry, task_id)
    return entry is not None


async def _of_row(desk: Desk, row: Row, place: Place, token: str, task_id: str) -> None:
    match row.state:
        case ItemState.SENDING if token == place.token:
            row.called = task_id
        case ItemState.NEW if token in place.lost:
            await _found(desk, row, place, token, task_id)
        case ItemState.ACCEPTED if row.task is not None and row.task.id == task_id:
            _look_now(desk, row)
        case _ if token in place.lost and desk.keeper is not None:
            # An earlier answer was lost, and it was sent again: two are paid for, and the journal says so.
            earlier = attrs.evolve(place, token=token)
            desk.keeper.note(earlier, None, AttemptState.ACCEPTED, task_id=task_id, charged="yes")
        case _:
            pass


async def _found(desk: Desk, row: Row, place: Place, token: str, task_id: str) -> None:
    """The answer to an earlier create was lost, and it waits to be sent again: that is not needed any more."""
    assert row.request is not None
    desk.board.queue.withdraw(row)
    desk.board.waiting.strike(row)
    if place.found is not ItemState.UNKNOWN and not await _is_taken_from_new(desk, place):
        desk.contested(row)
        return
    place.token, place.found, row.lost = token, None, None
    desk.note(row, ItemState.ACCEPTED, AttemptState.ACCEPTED, task_id=task_id, charged="yes")
    if row.over:
        return
    row.state = ItemState.ACCEPTED
    task = Task(task_id, model=row.request.model, dialect=row.request.dialect)
    desk.follow(row, task, first_look=0.0)
    for listener in tuple(row.listeners):
        listener.accepted(row)
    desk.announce(TaskAccepted(at=desk.wall(), item=row.item, task=task))


async def _is_taken_from_new(desk: Desk, place: Place) -> bool:
    """Whether nobody can send it any more: it was refused since, and stands as new, with no way on but this.

    Where the disk fails, the task is followed all the same: it is paid for.
    """
    assert desk.keeper is not None
    try:
        if await desk.keeper.claim(place) is not None:
            return False
    except StorageError:
        return True
    desk.keeper.note(place, None, AttemptState.NOT_SENT)
    return True


def _look_now(desk: Desk, row: Row) -> None:
    if row.ticket and not row.looked_for:
        desk.board.waiting.set(row, desk.now())


async def _entry_of(keeper: Keeper, token: str) -> Entry | None:
    await keeper.written()
    async for entry in keeper.journal.entries(None, _MAY_BE_FOUND):
        if entry.token == token:
            return await keeper.find(entry.scope, entry.key)
    return None


def _follow(desk: Desk, row: Row, entry: Entry, task_id: str) -> None:
    if entry.state is ItemState.UNKNOWN:
        desk.note(row, ItemState.ACCEPTED, AttemptState.ACCEPTED, task_id=task_id, charged="yes")
        entry = attrs.evolve(entry, state=ItemState.ACCEPTED, task_id=task_id)
    if entry.state in (ItemState.ACCEPTED, ItemState.PENDING) and entry.task_id not in desk.by_task:
        follow_entry(desk, row, entry)
