"""The steps of items and attempts, as SQL. Each runs within a transaction that holds the right to write.

So what is read here still stands when it is written, whoever else has the file open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nanobanana_async.journal._entries import Change, Claimed, Draft, Entry, Intent
from nanobanana_async.journal._reading import newest_entry
from nanobanana_async.journal._rules import (
    COUNTED,
    OF_ATTEMPT,
    OF_ITEM,
    LeftSending,
    answer_lost,
    changed_fields,
    followed_after,
    found,
    is_found,
    is_stale,
    is_step,
    is_taken_up,
    may_claim,
    may_come_to_nothing,
    no_attempt,
    no_item,
    refuse_unwritable,
    stands_behind,
    written,
)
from nanobanana_async.journal._runs import Runs
from nanobanana_async.journal._schema import IS_OPEN, is_one_of
from nanobanana_async.lifecycle import AttemptState, ItemState

if TYPE_CHECKING:
    import sqlite3

_STANDING = """
    select id, generation, state, attempts, token from item where scope = ? and key = ? and is_newest
"""

_NEXT = "select id, attempts from item where scope = ? and key = ? and generation = ?"

_ENTER = """
    insert into item (scope, key, generation, state, run, attempts, token, entered_at, updated_at,
                      fingerprint, request, data, model, dialect, price)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_CLAIM = """
    update item
    set is_newest = 1, state = 'sending', run = ?, attempts = ?, token = ?, updated_at = ?,
        error = null, files = null, created_at = null, completed_at = null,
        fingerprint = ?, request = ?, data = ?, model = ?, dialect = ?, price = ?
    where id = ?
"""

_SEND = """
    insert into attempt (item, number, token, state, run, price, sent_at) values (?, ?, ?, 'sending', ?, ?, ?)
"""

# The item, and the attempt that the change names; where it names none, the one that the item follows.
_LOCATE = """
    select item.id, item.state, item.token, attempt.number, attempt.state, attempt.task_id
    from item left join attempt on attempt.item = item.id and attempt.token = coalesce(?, item.token)
    where scope = ? and key = ? and generation = ?
"""

_KEEP_ANSWER = "insert into answer (item, raw) values (?, ?) on conflict (item) do update set raw = excluded.raw"

_COSTS = f"""
    select 1 from attempt
    where item = ? and coalesce(charged, '') <> 'no' and {is_one_of(COUNTED)}
"""  # noqa: S608  made of our own words

_IS_THERE = "select 1 from attempt where item = ? and token = ?"

_STATE = "select state from item where scope = ? and key = ? and generation = ?"

_STEP_BACK = "update item set is_newest = (generation = ?) where scope = ? and key = ? and generation in (?, ?)"

# Without the words of its condition SQLite would not see that the index of what is open has them all.
_LEFT = f"""
    select scope, key, generation, item.token, attempt.state, task_id, item.run
    from item join attempt on attempt.item = item.id and attempt.token = item.token
    where item.{IS_OPEN} and item.state = 'sending' order by item.id
"""  # noqa: S608  made of our own words

Wanted = tuple[Any, ...]
"""What a draft says of the request, as it is written."""


def wanted(draft: Draft) -> Wanted:
    """The columns of a draft, made before anything is queued. Raises: UsageError where they can't be written."""
    refuse_unwritable(draft)
    request, data = written(dict(draft.request), of=draft), written(draft.data, of=draft)
    return (draft.fingerprint, request, data, draft.model, draft.dialect, draft.price)


def enter(connection: sqlite3.Connection, runs: Runs, draft: Draft, columns: Wanted) -> Entry:
    """What stands there for a key, `new` if nothing did."""
    if connection.execute(_STANDING, (draft.scope, draft.key)).fetchone() is None:
        whose = (draft.scope, draft.key, 1, ItemState.NEW.value, runs.own, 0, None, draft.at, draft.at)
        connection.execute(_ENTER, whose + columns)
    return newest_entry(connection, runs, draft.scope, draft.key)


def claim(connection: sqlite3.Connection, runs: Runs, intent: Intent, columns: Wanted) -> Entry | Claimed:
    """Item and a new attempt are `sending`; or the entry that stands in the way."""
    scope, key, at, token = intent.scope, intent.key, intent.at, intent.token
    known = connection.execute(_STANDING, (scope, key)).fetchone()
    item, generation, state, attempts, followed = known or (None, 0, ItemState.NEW.value, 0, None)
    if not may_claim(intent, generation, ItemState(state), followed):
        return newest_entry(connection, runs, scope, key)
    if item is None or (intent.renews and state != ItemState.NEW.value):
        connection.execute("update item set is_newest = 0 where id = ?", (item,))
        generation += 1  # which is there already where it has come to nothing before
        item, attempts = connection.execute(_NEXT, (scope, key, generation)).fetchone() or (None, 0)
    number = max(intent.number, attempts + 1)
    if item is None:
        whose = (scope, key, generation, ItemState.SENDING.value, runs.own, number, token, at, at)
        item = connection.execute(_ENTER, whose + columns).lastrowid
    else:
        connection.execute(_CLAIM, (runs.own, number, token, at, *columns, item))
        connection.execute("delete from answer where item = ?", (item,))
    connection.execute(_SEND, (item, number, token, runs.own, intent.price, at))
    return Claimed(generation, number)


def record(connection: sqlite3.Connection, runs: Runs, change: Change, *, run: str | None = None) -> bool:
    """Take the step; False where it is done already, or is none of the item's business any more.

    `run` is who took it, None this one. Raises: IllegalMoveError, and nothing has changed.
    """
    located = connection.execute(_LOCATE, (change.about, change.scope, change.key, change.generation)).fetchone()
    if located is None:
        raise no_item(change)
    item, state, followed, number, sent, task_id = located
    if is_found(change, task_id):
        change = found(change)
    named = AttemptState(sent) if change.attempt is not None and sent is not None else None
    if is_stale(change, ItemState(state), followed):
        alone = change.of_attempt_alone
        if is_step(alone, ItemState(state), named):
            _record_attempt(connection, alone, item, number)
        return False
    is_done = not is_step(change, ItemState(state), named)
    if is_done and not is_taken_up(change, ItemState(state)):
        return False
    _refuse_to_follow_nothing(connection, change, item)
    _record_attempt(connection, change, item, number)
    _record_item(connection, run or runs.own, change, (item, state, followed))
    if may_come_to_nothing(change, ItemState(state), change.generation):
        _step_back(connection, change, item)
    return not is_done


def _refuse_to_follow_nothing(connection: sqlite3.Connection, change: Change, item: int) -> None:
    """Raises: IllegalMoveError where the item would follow an attempt that nobody has made."""
    if change.token in (None, change.about):
        return
    if connection.execute(_IS_THERE, (item, change.token)).fetchone() is None:
        raise no_attempt(change, change.token)


def _step_back(connection: sqlite3.Connection, change: Change, item: int) -> None:
    """The generation before stands again, where no attempt of this one costs anything."""
    scope, key, before = change.scope, change.key, change.generation - 1
    state = connection.execute(_STATE, (scope, key, before)).fetchone()[0]
    if stands_behind(ItemState(state), change) and connection.execute(_COSTS, (item,)).fetchone() is None:
        connection.execute(_STEP_BACK, (before, scope, key, before, change.generation))


def _record_attempt(connection: sqlite3.Connection, change: Change, item: int, number: int | None) -> None:
    fields = changed_fields(change, OF_ATTEMPT)
    if change.attempt is not None:
        fields["state"] = change.attempt[1].value
    if number is None or not fields:
        return
    answered_at = None if change.attempt is None else change.at
    columns = "".join(f"{name} = ?, " for name in fields)
    # The first step that names it tells when its answer came, or was given up.
    update = f"update attempt set {columns}answered_at = coalesce(answered_at, ?) where item = ? and number = ?"  # noqa: S608  names of ours
    connection.execute(update, (*fields.values(), answered_at, item, number))


def _record_item(connection: sqlite3.Connection, run: str, change: Change, found: tuple[int, str, str | None]) -> None:
    item, state, followed = found
    fields = changed_fields(change, OF_ITEM)
    raw = fields.pop("raw", None)
    if raw is not None:
        connection.execute(_KEEP_ANSWER, (item, raw))
    if change.to is not None:
        fields["state"] = change.to.value
    if change.error is not None:
        fields["error"] = written(dict(change.error), of=change)
    if change.files is not None:
        fields["files"] = written(change.files, of=change)
    columns = "".join(f"{name} = ?, " for name in fields)
    update = f"update item set {columns}run = ?, token = ?, updated_at = ? where id = ? and state = ?"  # noqa: S608  names of ours
    connection.execute(update, (*fields.values(), run, followed_after(change, followed), change.at, item, state))


def reap(connection: sqlite3.Connection, runs: Runs, at: float) -> list[Entry]:
    """Make `unknown` what runs that are no more have left `sending`; it stays theirs."""
    left = connection.execute(_LEFT).fetchall()
    dead = {run for run in {row[-1] for row in left} if runs.bury(run)}
    ends = [
        (answer_lost(LeftSending(scope, key, generation, token, AttemptState(state), task_id), at=at), run)
        for scope, key, generation, token, state, task_id, run in left
        if run in dead
    ]
    for end, run in ends:
        record(connection, runs, end, run=run)
    return [newest_entry(connection, runs, end.scope, end.key) for end, _ in ends]
