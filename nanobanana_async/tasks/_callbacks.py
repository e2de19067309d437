"""What a callback tells: the create with that token became that task. A lost answer is found again by it.

The token is that of one attempt, random and in the journal before the create was sent; so whoever names it was told it
by us. The task is looked at like any other: nothing that a callback says of its end is taken on trust.
"""

from __future__ import annotations

import attrs

from nanobanana_async.journal import Entry
from nanobanana_async.lifecycle import LOST, UNDER_WAY, WITHOUT_A_TASK, AttemptState, ItemState
from nanobanana_async.tasks._desk import Desk
from nanobanana_async.tasks._keeper import Keeper, Place
from nanobanana_async.tasks._recalling import follow_entry, place_of_entry, row_of_entry
from nanobanana_async.tasks._rows import Row


async def called_back(desk: Desk, token: str, task_id: str) -> bool:
    """Whether the token is known. What was lost is followed from now on, what is followed is looked at at once."""
    if _is_of_a_row(desk, token, task_id):
        return True
    if desk.keeper is None:
        return False
    await desk.keeper.written()
    found = await desk.keeper.journal.attempt_of(token=token)
    if _is_of_a_row(desk, token, task_id):  # it was taken up meanwhile
        return True
    if found is None:
        return False
    entry, attempt = found
    is_lost = attempt.state in LOST
    is_found_again = is_lost and entry.generation == attempt.generation and entry.state in WITHOUT_A_TASK
    if is_found_again or (entry.token == token and entry.state in UNDER_WAY and not entry.is_owned):
        _follow(desk, row_of_entry(entry), entry, token, task_id)
    elif attempt.state is AttemptState.SENDING and entry.token == token:  # another process waits for its answer
        desk.keeper.note(place_of_entry(entry, entry.generation), None, task_id=task_id)
    elif is_lost:
        _is_paid_too(desk.keeper, place_of_entry(entry, attempt.generation), token, task_id)
    return True


def _is_of_a_row(desk: Desk, token: str, task_id: str) -> bool:
    """Whether a row of this client has taken it."""
    row = desk.by_token.get(token)
    if row is None or row.place is None or desk.keeper is None:
        return False
    place = row.place
    if row.state is ItemState.SENDING and token == row.sent_as:
        row.called = task_id
        desk.keeper.note(place, None, task_id=task_id)  # so that a crash finds it
    elif row.state is ItemState.NEW and token in place.lost:
        _found(desk, row, place, token, task_id)
    elif row.state is ItemState.ACCEPTED and row.task is not None and row.task.id == task_id:
        _look_now(desk, row)
    elif token in place.lost:
        del place.lost[token]
        row.found = (token, task_id)  # another is on its way: if nothing comes of that, this is what there is
        _is_paid_too(desk.keeper, place, token, task_id)
    else:
        return False
    return True


def _is_paid_too(keeper: Keeper, place: Place, token: str, task_id: str) -> None:
    """An earlier answer was lost, and is found. Where another was sent meanwhile, two are paid for: both are noted."""
    earlier = attrs.evolve(place, token=token)
    keeper.note(earlier, ItemState.ACCEPTED, AttemptState.ACCEPTED, task_id=task_id, charged="yes")


def _found(desk: Desk, row: Row, place: Place, token: str, task_id: str) -> None:
    """The answer to an earlier create was lost, and it waits to be sent again: that is not needed any more."""
    desk.board.queue.withdraw(row)
    desk.board.waiting.strike(row)
    place.token, place.found = token, None
    place.lost.clear()
    row.is_found()
    desk.note(row, ItemState.ACCEPTED, AttemptState.ACCEPTED, task_id=task_id, charged="yes")
    row.move(ItemState.ACCEPTED)
    desk.follow_task(row, task_id, first_look=0.0)


def _look_now(desk: Desk, row: Row) -> None:
    if row.ticket and not row.looked_for:
        desk.board.waiting.set(row, desk.now())


def _follow(desk: Desk, row: Row, entry: Entry, token: str, task_id: str) -> None:
    assert row.place is not None
    row.place.token = token
    if entry.state in WITHOUT_A_TASK:
        desk.note(row, ItemState.ACCEPTED, AttemptState.ACCEPTED, task_id=task_id, charged="yes")
        entry = attrs.evolve(entry, state=ItemState.ACCEPTED, token=token, task_id=task_id)
    leader = desk.by_task.get(task_id)
    if leader is None or leader.place is None:  # else it is followed for its key
        follow_entry(desk, row, entry)
