"""What is in a journal of SQLite, as values again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from nanobanana_async.journal._entries import Attempt, Entry
from nanobanana_async.journal._rules import ARRIVED, COUNTED, Bill, spent_on
from nanobanana_async.journal._runs import Runs
from nanobanana_async.journal._schema import IS_OPEN, is_one_of
from nanobanana_async.journal._standing import InFlight, Sent, Spent, Standing
from nanobanana_async.lifecycle import AttemptState, ItemState

if TYPE_CHECKING:
    import sqlite3

PAGE = 100
"""Entries that are read at once: few enough to hold up neither writers nor the loop."""

_LONGEST_ANSWER = 3600.0
"""Seconds after which no answer is waited for any more, with a wide margin: what was sent earlier counts no longer."""

_COLUMNS = {
    "scope": "item.scope",
    "key": "item.key",
    "generation": "item.generation",
    "state": "item.state",
    "fingerprint": "fingerprint",
    "request": "request",
    "data": "data",
    "model": "model",
    "dialect": "dialect",
    "price": "coalesce(attempt.price, item.price)",
    "attempts": "attempts",
    "run": "item.run",
    "entered_at": "entered_at",
    "updated_at": "updated_at",
    "token": "item.token",
    "sent_at": "sent_at",
    "accepted_at": "case when attempt.state in ('accepted', 'answered') then answered_at end",
    "task_id": "task_id",
    "credits": "credits",
    "charged": "charged",
    "raw": "raw",
    "error": "error",
    "files": "files",
    "created_at": "created_at",
    "completed_at": "completed_at",
}
"""The fields of an `Entry`, and where they are."""

_ENTRY = f"""
    select {", ".join(_COLUMNS.values())}, item.id, is_newest
    from item
    left join attempt on attempt.item = item.id and attempt.token = item.token
    left join answer on answer.item = item.id
"""  # noqa: S608  made of our own words

_FIND = f"{_ENTRY} where item.scope = ? and item.key = ? and item.is_newest"

# First generations give the order; where another one stands, it is looked up, whatever its state.
_PAGE = f"""
    {_ENTRY} where item.id > ? and item.generation = 1 and (? is null or item.scope = ?)
    and (item.is_newest = 0 or ? or instr(?, ' ' || item.state || ' '))
    order by item.id limit ?
"""

_ATTEMPTS = """
    select generation, number, attempt.token, attempt.state, attempt.run, attempt.price, sent_at, answered_at, task_id,
           credits, charged
    from item join attempt on attempt.item = item.id
    where scope = ? and key = ? order by generation, number
"""

_ATTEMPT_OF = """
    select scope, key, generation, number, attempt.token, attempt.state, attempt.run, attempt.price, sent_at,
           answered_at, task_id, credits, charged
    from attempt join item on attempt.item = item.id
    where (attempt.token = ? or attempt.task_id = ?) order by sent_at desc limit 1
"""

# "Not indexed": to go over the table is many times as fast as to look up each item of a scope by its key.
_COUNTS = "select state, count(*) from item not indexed where scope = ? and is_newest group by state"

_SENT = f"""
    select sent_at, answered_at from attempt
    where sent_at >= ? and (answered_at is null or answered_at >= ?)
    and {is_one_of(ARRIVED)}
    order by sent_at, answered_at
"""  # noqa: S608  made of our own words

_TAKEN = f"select 1 from attempt where {is_one_of(COUNTED)} limit 1"  # noqa: S608  as above

_IN_FLIGHT = f"""
    select item.scope, item.key, item.state, attempt.task_id, item.model, attempt.sent_at,
           case when attempt.state in ('accepted', 'answered') then attempt.answered_at end
    from item join attempt on attempt.item = item.id and attempt.token = item.token
    where item.{IS_OPEN}
    order by attempt.sent_at, item.scope, item.key
"""  # noqa: S608  made of our own words

_BILLS = """
    select attempt.state, item.state, attempt.token = item.token, charged, credits is null,
           total(attempt.price), total(credits), count(*), count(*) - count(attempt.price)
    from item not indexed join attempt on attempt.item = item.id
    where scope = ? group by 1, 2, 3, 4, 5
"""


def find(connection: sqlite3.Connection, runs: Runs, scope: str, key: str) -> Entry | None:
    """What is known of a key, in the generation that stands for it."""
    row = connection.execute(_FIND, (scope, key)).fetchone()
    return None if row is None else _entry_of(row, runs)


def is_bound(connection: sqlite3.Connection, runs: Runs) -> bool:
    """Whether it is of one gateway for good: a create in it was, or may have been, taken; or somebody is at work."""
    if connection.execute(_TAKEN).fetchone() is not None:
        return True
    return any(runs.is_alive(run) for (run,) in connection.execute("select id from run where ended_at is null"))


def newest_entry(connection: sqlite3.Connection, runs: Runs, scope: str, key: str) -> Entry:
    """What is known of a key that stands there."""
    entry = find(connection, runs, scope, key)
    assert entry is not None
    return entry


def page(
    connection: sqlite3.Connection, runs: Runs, after: int, scope: str | None, states: Collection[ItemState]
) -> tuple[list[Entry], int | None]:
    """The entries of the next keys after the place `after`, and the place of the last one; None at the end."""
    words = " ".join(["", *(state.value for state in states), ""])
    rows = connection.execute(_PAGE, (after, scope, scope, not states, words, PAGE)).fetchall()
    entries = [
        _entry_of(row, runs) if is_newest else newest_entry(connection, runs, row[0], row[1])
        for *row, _, is_newest in rows
    ]
    wanted = [entry for entry in entries if not states or entry.state in states]
    return wanted, rows[-1][-2] if rows else None


def attempts(connection: sqlite3.Connection, scope: str, key: str) -> list[Attempt]:
    """Every attempt for a key, of all its generations."""
    return [_attempt(row) for row in connection.execute(_ATTEMPTS, (scope, key))]


def attempt_of(
    connection: sqlite3.Connection, runs: Runs, token: str | None, task_id: str | None
) -> tuple[Entry, Attempt] | None:
    """The attempt with that token or task, and the newest entry of its key."""
    row = connection.execute(_ATTEMPT_OF, (token, task_id)).fetchone()
    if row is None:
        return None
    scope, key, *fields = row
    return newest_entry(connection, runs, scope, key), _attempt(fields)


def _attempt(row: Sequence[Any]) -> Attempt:
    """The attempt in a row of `_ATTEMPTS`: the columns are in the order of the fields."""
    fields = dict(zip((field.name for field in attrs.fields(Attempt)), row, strict=True))
    return Attempt(**{**fields, "state": AttemptState(fields["state"])})


def counts(connection: sqlite3.Connection, scope: str) -> Counter[ItemState]:
    """How many entries are in each state."""
    return Counter({ItemState(state): count for state, count in connection.execute(_COUNTS, (scope,))})


def standing(connection: sqlite3.Connection, since: float) -> Standing:
    """What counts against the limits, and what is in flight."""
    sent = connection.execute(_SENT, (since - _LONGEST_ANSWER, since))
    in_flight = (
        InFlight(
            scope=scope,
            key=key,
            state=ItemState(state),
            task_id=task_id,
            model=model,
            sent_at=sent_at,
            accepted_at=accepted_at,
        )
        for scope, key, state, task_id, model, sent_at, accepted_at in connection.execute(_IN_FLIGHT)
    )
    return Standing(tuple(Sent(*times) for times in sent), tuple(in_flight))


def spent(connection: sqlite3.Connection, scope: str) -> Spent:
    """What a scope has cost, and may still cost."""
    return spent_on(
        Bill(
            AttemptState(attempt),
            ItemState(item),
            is_followed=bool(is_followed),
            charged=charged,
            price=price,
            credits=None if has_no_credits else credits,
            count=count,
            unpriced=unpriced,
        )
        for attempt, item, is_followed, charged, has_no_credits, price, credits, count, unpriced in connection.execute(
            _BILLS, (scope,)
        )
    )


def _entry_of(row: Sequence[Any], runs: Runs) -> Entry:
    """The entry in a row of `_ENTRY`."""
    fields = dict(zip(_COLUMNS, row, strict=False))  # a place and a mark come after them
    fields["state"] = ItemState(fields["state"])
    fields["files"] = tuple(json.loads(fields["files"] or "[]"))
    for name in ("request", "data", "error"):
        fields[name] = None if fields[name] is None else json.loads(fields[name])
    return Entry(**fields, is_owned=runs.is_alive(fields["run"]))
