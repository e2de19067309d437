"""The tables of a journal in SQLite, and the steps that lead from each version of them to the next.

A journal says in its header what it is (`application_id`) and which version (`user_version`): how many of the steps
have been made. A new one begins at 0 and takes them all; a step that was once released is never changed, only followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nanobanana_async.lifecycle import AttemptState

APPLICATION_ID = 0x4E42_4A4C
"""The letters NBJL, which say that a SQLite file is a journal of this package."""

Step = Sequence[str]
"""The statements that make one version of the tables out of the one before."""

_WHOSE = """
    create table gateway (  -- one row: the gateway that all of it is about
        id integer primary key check (id = 1),
        name text not null
    )
"""

_RUNS = """
    create table run (  -- for people: who was at work here, and when; its lock file says whether it still is
        id text primary key,
        pid integer not null,
        host text not null,
        started_at real not null,
        ended_at real
    ) without rowid
"""

_ITEMS = """
    create table item (  -- one generation of a key; ids rise, so those of first generations tell the order of keys
        id integer primary key,
        scope text not null,
        key text not null,
        generation integer not null,
        is_newest integer not null default 1,  -- of those that have not come to nothing: the one that stands
        state text not null,
        fingerprint text not null,
        request text not null,  -- JSON, as are data, error and files
        data text not null,
        model text not null,
        dialect text not null,
        price real,
        run text not null,  -- who moved it last
        attempts integer not null default 0,
        token text,  -- of the attempt that it follows
        entered_at real not null,
        updated_at real not null,
        error text,
        files text,
        created_at real,
        completed_at real
    )
"""

_ATTEMPTS = """
    create table attempt (  -- one create on the wire, with what was said of its task and its money
        item integer not null,
        number integer not null,
        token text not null,
        state text not null,
        run text not null,  -- who sent it
        price real,
        sent_at real not null,
        answered_at real,
        task_id text,
        credits real,
        charged text,
        primary key (item, number)
    ) without rowid
"""

_ANSWERS = """
    create table answer (  -- apart from the items, so that what goes over these all has less to read
        item integer primary key,
        raw text not null
    )
"""

IS_OPEN = "state in ('sending', 'accepted', 'pending', 'unknown')"
"""The condition of the index that is small, whatever the journal holds: what is over is not in it."""


def is_one_of(states: Iterable[AttemptState]) -> str:
    """The condition that an attempt, whose column ``state`` is, ended as one of `states`."""
    return f"state in ({', '.join(sorted(repr(state.value) for state in states))})"


STEPS: tuple[Step, ...] = (
    (
        _WHOSE,
        _RUNS,
        _ITEMS,
        "create unique index item_by_key on item (scope, key, generation)",
        f"create index item_open on item (state) where {IS_OPEN}",
        _ATTEMPTS,
        "create index attempt_by_time on attempt (sent_at)",
        _ANSWERS,
    ),
    (
        "create index attempt_by_token on attempt (token)",
        "create index attempt_by_task on attempt (task_id) where task_id is not null",
    ),
)
