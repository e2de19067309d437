"""Steps of somebody who follows another attempt than the item does by now: their money is noted, and nothing moves."""

from __future__ import annotations

from typing import Any

import pytest

from nanobanana_async.journal import Attempt, Claimed, Entry, Found, Spent
from nanobanana_async.lifecycle import AttemptState, IllegalMoveError, ItemState
from tests.journal.conftest import AnyJournal
from tests.journal.steps import PRICE, SCOPE, A, S, answered, bring, change, intent


async def sent_again(journal: AnyJournal, first: ItemState, second: ItemState = S.SENDING) -> None:
    """The key ``k``, brought into a state with ``k-1``, and then sent once more with ``k-2``."""
    await bring(journal, "k", first)
    again = intent("k", token="k-2", at=110.0, instead_of=Found(1, first, "k-1"))
    assert isinstance(await journal.claim(again), Claimed)
    if second is not S.SENDING:
        await journal.record(answered("k", second, token="k-2", task_id="t2"))


async def known(journal: AnyJournal) -> tuple[Entry, Attempt, Attempt]:
    """The entry of ``k``, and its two attempts."""
    entry = await journal.find(SCOPE, "k")
    assert entry is not None
    first, second = await journal.attempts(SCOPE, "k")
    return entry, first, second


@pytest.mark.parametrize("to", [S.FAILED, S.SUCCEEDED, S.PENDING, S.SAVED, S.UNKNOWN, S.NEW, None])
@pytest.mark.parametrize("second", [S.SENDING, S.ACCEPTED, S.UNKNOWN])
async def test_an_older_attempt_moves_nothing(
    journal: AnyJournal, other: AnyJournal, second: ItemState, to: ItemState | None
) -> None:
    """Whatever is said of the item: its state, its files, its answer and its error are another's."""
    await sent_again(journal, S.FAILED, second)
    before, _, its = await known(journal)

    said = {"raw": "{}", "files": ["a.png"], "error": {"reason": "x"}, "created_at": 1.0, "completed_at": 2.0}
    step = change("k", to, token="k-1", charged="yes", credits=1.0, task_id="t1", **said)
    is_taken = await other.record(step)
    entry, first, second_attempt = await known(journal)

    assert not is_taken
    assert entry == before
    assert second_attempt == its
    assert (first.state, first.charged, first.credits, first.task_id) == (A.ACCEPTED, "yes", 1.0, "t1")


async def test_an_older_attempt_gets_its_own_state(journal: AnyJournal) -> None:
    """Its answer was lost, and is found once another was sent: it is paid for, and the item goes on as it is."""
    await sent_again(journal, S.UNKNOWN)
    before, _, _ = await known(journal)

    found = change("k", attempt=("k-1", A.ACCEPTED), task_id="t1", charged="yes", at=120.0)
    assert not await journal.record(found)
    assert not await journal.record(found)
    entry, first, _ = await known(journal)

    assert entry == before
    assert (first.state, first.task_id, first.charged, first.answered_at) == (A.ACCEPTED, "t1", "yes", 101.0)
    assert await journal.spent(SCOPE) == Spent(spent=PRICE, reserved=PRICE)


async def test_what_was_said_of_an_older_attempt_is_not_said_anew(journal: AnyJournal) -> None:
    """A step that is done already changes no bill."""
    await sent_again(journal, S.UNKNOWN)
    await journal.record(change("k", attempt=("k-1", A.ACCEPTED), task_id="t1", charged="yes"))

    assert not await journal.record(change("k", attempt=("k-1", A.ACCEPTED), task_id="t9", charged="no"))
    _, first, _ = await known(journal)

    assert (first.task_id, first.charged) == ("t1", "yes")


@pytest.mark.parametrize("state", [A.REFUSED, A.NOT_SENT, A.SENDING])
async def test_an_older_attempt_moves_by_the_table(journal: AnyJournal, state: AttemptState) -> None:
    """An answer that was lost is no refusal; and nothing has changed."""
    await sent_again(journal, S.UNKNOWN)
    before = await known(journal)

    with pytest.raises(IllegalMoveError, match=f"'unknown' to '{state.value}'"):
        await journal.record(change("k", S.FAILED, attempt=("k-1", state), charged="no"))

    assert await known(journal) == before


async def test_an_attempt_that_nobody_made_is_no_ones(journal: AnyJournal) -> None:
    """Named without a state it says nothing to anybody; with one it is a bug."""
    await sent_again(journal, S.FAILED)
    before = await known(journal)

    assert not await journal.record(change("k", S.FAILED, token="k-9", charged="no"))
    with pytest.raises(IllegalMoveError, match="no attempt 'k-9'"):
        await journal.record(change("k", S.UNKNOWN, attempt=("k-9", A.UNKNOWN)))

    assert await known(journal) == before


@pytest.mark.parametrize("older", [{"attempt": ("k-1", A.ACCEPTED)}, {"attempt": ("k-1", A.ACCEPTED), "token": "k-1"}])
async def test_a_lost_answer_is_found_by_an_older_token(journal: AnyJournal, older: dict[str, Any]) -> None:
    """As long as nothing came of what was sent after it: the item follows from then on what was found."""
    await sent_again(journal, S.UNKNOWN, S.UNKNOWN)

    assert await journal.record(change("k", S.ACCEPTED, task_id="t1", charged="yes", at=120.0, **older))
    entry, first, second = await known(journal)

    assert (entry.state, entry.token, entry.task_id, entry.charged) == (S.ACCEPTED, "k-1", "t1", "yes")
    assert (entry.attempts, entry.accepted_at, entry.updated_at) == (2, 101.0, 120.0)
    assert (first.state, second.state) == (A.ACCEPTED, A.UNKNOWN)


@pytest.mark.parametrize("second", [S.SENDING, S.ACCEPTED, S.FAILED])
async def test_a_lost_answer_is_too_late_once_something_came_of_the_next(
    journal: AnyJournal, second: ItemState
) -> None:
    """The item goes on with what it has, and two are paid for."""
    await sent_again(journal, S.UNKNOWN, second)
    before, _, _ = await known(journal)

    found = change("k", S.ACCEPTED, attempt=("k-1", A.ACCEPTED), task_id="t1", charged="yes")
    assert not await journal.record(found)
    entry, first, _ = await known(journal)

    assert entry == before
    assert (first.state, first.task_id, first.charged) == (A.ACCEPTED, "t1", "yes")
