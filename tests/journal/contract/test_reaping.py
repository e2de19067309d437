"""What is done on behalf of a run that is no more: it stays that run's, and what a callback had told of it counts."""

from __future__ import annotations

from typing import Any

import pytest

from nanobanana_async.journal import Attempt, Entry
from nanobanana_async.lifecycle import AttemptState
from tests.journal.conftest import GATEWAY, Journals
from tests.journal.steps import SCOPE, A, S, change, intent


async def test_a_run_has_a_name_while_it_is_open(journals: Journals) -> None:
    """Each opening another one; it is that of whom it moves and of what it sends."""
    journal, other = journals(), journals()
    before = journal.run
    await journal.open(GATEWAY)
    await other.open(GATEWAY)
    first, others = journal.run, other.run
    await journal.claim(intent("k"))
    entry, [attempt] = await other.find(SCOPE, "k"), await other.attempts(SCOPE, "k")
    await journal.aclose()
    closed = journal.run
    await journal.open(GATEWAY)
    second = journal.run
    journal.abandon()
    await other.aclose()

    assert (before, closed, journal.run) == (None, None, None)
    assert None not in (first, second, others)
    assert len({first, second, others}) == 3
    assert entry is not None
    assert entry.run == attempt.run == first


async def reaped(journals: Journals, *told: dict[str, Any]) -> tuple[Entry, Attempt, str | None]:
    """The key ``k`` and its attempt, once the run that was sending it is dead; and the name of that."""
    dead, heir = journals(), journals()
    await dead.open(GATEWAY)
    name = dead.run
    await dead.claim(intent("k"))
    for step in told:
        await dead.record(change("k", **step))
    dead.abandon()
    await heir.open(GATEWAY, clock=lambda: 300.0)
    entry, [attempt] = await heir.find(SCOPE, "k"), await heir.attempts(SCOPE, "k")
    await heir.aclose()
    assert entry is not None
    return entry, attempt, name


async def test_what_the_dead_have_left_stays_theirs(journals: Journals) -> None:
    """Who finds it has not sent it, and may be asked what others have left."""
    entry, attempt, dead = await reaped(journals)

    assert (entry.state, entry.run, entry.is_owned) == (S.UNKNOWN, dead, False)
    assert (attempt.run, attempt.task_id) == (dead, None)


@pytest.mark.parametrize("state", [None, A.UNKNOWN])
async def test_a_task_that_a_callback_had_named_is_not_lost(journals: Journals, state: AttemptState | None) -> None:
    """Nobody heard the answer; but what became of it is known, and paid for."""
    told: list[dict[str, Any]] = [{"token": "k-1", "task_id": "t1"}]
    told += [{"attempt": ("k-1", state)}] if state is not None else []
    entry, attempt, dead = await reaped(journals, *told)

    assert (entry.state, entry.task_id, entry.charged, entry.run) == (S.ACCEPTED, "t1", "yes", dead)
    assert (attempt.state, attempt.task_id, attempt.charged) == (A.ACCEPTED, "t1", "yes")
    assert entry.accepted_at == (300.0 if state is None else 101.0)


@pytest.mark.parametrize("state", [A.REFUSED, A.NOT_SENT, A.ACCEPTED])
async def test_what_was_half_told_is_unknown_and_its_attempt_what_it_was(
    journals: Journals, state: AttemptState
) -> None:
    """The one was written, and not the other: no step of ours does that, and none is guessed."""
    entry, attempt, dead = await reaped(journals, {"attempt": ("k-1", state), "charged": "no"})

    assert (entry.state, entry.run) == (S.UNKNOWN, dead)
    assert (attempt.state, attempt.charged) == (state, "no")
