"""The steps of items and attempts, as SQL. Each runs within a transaction that holds the right to write.

So what is read here still stands when it is written, whoever else has the file open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nanobanana_async.journal._entries import Change, Claimed, Draft, Entry, Intent
from nanobanana_async.journal._reading import newest_entry
from nanobanana_async.journal._rules import (
    OF_ATTEMPT,
    OF_ITEM,
    LeftSending,
    answer_lost,
    changed_fields,
    followed_after,
    is_stale,
    is_step,
    is_taken_up,
    may_claim,
    no_item,
    refuse_renewal,
    refuse_unwritable,
    written,
)
from nanobanana_async.journal._runs import Runs
from nanobanana_async.journal._schema import IS_OPEN
from nanobanana_async.lifecycle import AttemptState, ItemState

if TYPE_CHECKING:
    import sqlite3

_NEWEST = """
    select id, generation, state, attempts, token from item where scope = ? and key = ? order by generation desc limit 1
"""

_ENTER = """
    insert into item (scope, key, generation, state, run, attempts, token, entered_at, updated_at,
                      fingerprint, request, data, model, dialect, price)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_CLAIM = """
    update item
    set state = 'sending', run = ?, attempts = ?, token = ?, updated_at = ?,
        error = null, files = null, created_at = null, completed_at = null,
        fingerprint = ?, request = ?, data = ?, model = ?, dialect = ?, price = ?
    where id = ?
"""

_SEND = """
    insert into attempt (item, number, token, state, run, price, sent_at) values (?, ?, ?, 'sending', ?, ?, ?)
"""

# The item, and the attempt that the change names; where it names none, the one that the item follows.
_LOCATE = """
    select item.id, item.state, item.token, attempt.number, attempt.state
    from item left join attempt on attempt.item = item.id and attempt.token = coalesce(?, item.token)
    where scope = ? and key = ? and generation = ?
"""

_KEEP_ANSWER = "insert into answer (item, raw) values (?, ?) on conflict (item) do update set raw = excluded.raw"

_RENEW = """
    insert into item (scope, key, generation, state, run, entered_at, updated_at,
                      fingerprint, request, data, model, dialect, price)
    select scope, key, generation + 1, 'new', ?, ?, ?, fingerprint, request, data, model, dialect, price
    from item where id = ?
"""

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
    if connection.execute(_NEWEST, (draft.scope, draft.key)).fetchone() is None:
        whose = (draft.scope, draft.key, 1, ItemState.NEW.value, runs.own, 0, None, draft.at, draft.at)
        connection.execute(_ENTER, whose + columns)
    return newest_entry(connection, runs, draft.scope, draft.key)


def claim(connection: sqlite3.Connection, runs: Runs, intent: Intent, columns: Wanted) -> Entry | Claimed:
    """Item and a new attempt are `sending`; or the entry that stands in the way."""
    scope, key, at, token = intent.scope, intent.key, intent.at, intent.token
    known = connection.execute(_NEWEST, (scope, key)).fetchone()
    item, generation, state, attempts, followed = known or (None, 0, ItemState.NEW.value, 0, None)
    if not may_claim(intent, generation, ItemState(state), followed):
        return newest_entry(connection, runs, scope, key)
    if item is None or (intent.renews and state != ItemState.NEW.value):
        connection.execute("update item set is_newest = 0 where id = ?", (item,))
        generation, number = generation + 1, max(intent.number, 1)
        whose = (scope, key, generation, ItemState.SENDING.value, runs.own, number, token, at, at)
        item = connection.execute(_ENTER, whose + columns).lastrowid
    else:
        number = max(intent.number, attempts + 1)
        connection.execute(_CLAIM, (runs.own, number, token, at, *columns, item))
        connection.execute("delete from answer where item = ?", (item,))
    connection.execute(_SEND, (item, number, token, runs.own, intent.price, at))
    return Claimed(generation, number)


def record(connection: sqlite3.Connection, runs: Runs, change: Change, *, run: str | None = None) -> bool:
    """Take the step; False where it is done already, or is none of the item's business any more.

    `run` is who took it, None this one. Raises: IllegalMoveError, and nothing has changed.
    """
    found = connection.execute(_LOCATE, (change.about, change.scope, change.key, change.generation)).fetchone()
    if found is None:
        raise no_item(change)
    item, state, followed, number, sent = found
    named = AttemptState(sent) if change.attempt is not None and sent is not None else None
    if is_stale(change, ItemState(state), followed):
        alone = change.of_attempt_alone
        if is_step(alone, ItemState(state), named):
            _record_attempt(connection, alone, item, number)
        return False
    is_done = not is_step(change, ItemState(state), named)
    if is_done and not is_taken_up(change, ItemState(state)):
        return False
    _record_attempt(connection, change, item, number)
    _record_item(connection, run or runs.own, change, (item, state, followed))
    return not is_done


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


def renew(connection: sqlite3.Connection, runs: Runs, scope: str, key: str, at: float) -> int:
    """The number of a generation in the state `new`."""
    known = connection.execute(_NEWEST, (scope, key)).fetchone()
    refuse_renewal(scope, key, None if known is None else ItemState(known[2]))
    item, generation, state, _, _ = known
    if state == ItemState.NEW.value:
        return int(generation)
    connection.execute("update item set is_newest = 0 where id = ?", (item,))
    connection.execute(_RENEW, (runs.own, at, at, item))
    return int(generation) + 1


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
