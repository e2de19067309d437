"""One task that several wait for: each may tell what he saw of it, and nobody undoes what another has seen."""

from __future__ import annotations

import pytest

from nanobanana_async.lifecycle import IllegalMoveError, ItemState
from tests.journal.conftest import AnyJournal
from tests.journal.steps import SCOPE, S, bring, change

OVER = (S.SUCCEEDED, S.SAVED, S.FAILED)


async def test_who_says_that_he_follows_a_task_has_it(journal: AnyJournal, other: AnyJournal) -> None:
    """It is accepted already, and so that is no step; but from now on it is his."""
    await bring(journal, "k", S.ACCEPTED, task_id="t1", charged="yes")

    assert not await other.record(change("k", S.ACCEPTED, token="k-1", at=120.0))
    entry = await journal.find(SCOPE, "k")

    assert entry is not None
    assert (entry.state, entry.run, entry.updated_at) == (S.ACCEPTED, other.run, 120.0)
    assert (entry.token, entry.task_id, entry.charged, entry.accepted_at) == ("k-1", "t1", "yes", 101.0)


@pytest.mark.parametrize("token", [None, "k-9"])
async def test_who_names_no_attempt_of_it_takes_nothing_over(
    journal: AnyJournal, other: AnyJournal, token: str | None
) -> None:
    """He may follow another one, and the entry stays whose it was."""
    await bring(journal, "k", S.ACCEPTED, task_id="t1")
    before = await journal.find(SCOPE, "k")

    assert not await other.record(change("k", S.ACCEPTED, token=token))
    assert await journal.find(SCOPE, "k") == before


@pytest.mark.parametrize("end", [S.SUCCEEDED, S.FAILED])
async def test_who_gives_up_keeps_nobody_from_telling_the_end(
    journal: AnyJournal, other: AnyJournal, end: ItemState
) -> None:
    """It is pending for one, and over for the other, who looked longer."""
    await bring(journal, "k", S.PENDING, task_id="t1", charged="yes")

    assert await other.record(change("k", end, token="k-1", raw="{}", credits=3.0, charged="yes", at=130.0))
    entry = await journal.find(SCOPE, "k")

    assert entry is not None
    assert (entry.state, entry.raw, entry.credits, entry.run) == (end, "{}", 3.0, other.run)


@pytest.mark.parametrize("to", [S.PENDING, S.ACCEPTED])
@pytest.mark.parametrize("state", OVER)
async def test_what_is_over_is_not_given_up_or_taken_up(
    journal: AnyJournal, other: AnyJournal, state: ItemState, to: ItemState
) -> None:
    """Who comes late has seen less of the same task: no step, and no error."""
    await bring(journal, "k", state, task_id="t1", charged="yes", files=["a.png"])
    before = await journal.find(SCOPE, "k")

    assert not await other.record(change("k", to, token="k-1", error={"reason": "still_running"}, charged="unknown"))
    assert await journal.find(SCOPE, "k") == before
    with pytest.raises(IllegalMoveError):
        await other.record(change("k", to))


async def test_what_is_saved_is_not_undone_by_who_saw_it_succeed(journal: AnyJournal, other: AnyJournal) -> None:
    """His answer says no more than the one that led to the file."""
    await bring(journal, "k", S.SAVED, files=["a.png"], raw='{"first": 1}', credits=4.0)
    before = await journal.find(SCOPE, "k")

    assert not await other.record(change("k", S.SUCCEEDED, token="k-1", raw="{}", credits=0.0, charged="no"))
    assert await journal.find(SCOPE, "k") == before


async def test_what_is_saved_is_undone_by_who_finds_its_files_gone(journal: AnyJournal) -> None:
    """He has no answer to tell, and the one there is stays."""
    await bring(journal, "k", S.SAVED, files=["a.png"], raw="{}")

    assert await journal.record(change("k", S.SUCCEEDED, token="k-1"))
    entry = await journal.find(SCOPE, "k")

    assert entry is not None
    assert (entry.state, entry.raw) == (S.SUCCEEDED, "{}")


@pytest.mark.parametrize("state", [S.SUCCEEDED, S.FAILED])
async def test_the_first_to_tell_an_end_has_told_it(journal: AnyJournal, other: AnyJournal, state: ItemState) -> None:
    """Who tells the same end again changes neither the answer nor the bill."""
    await bring(journal, "k", state, raw='{"first": 1}', credits=4.0, charged="yes")
    before = await journal.find(SCOPE, "k")

    assert not await other.record(change("k", state, token="k-1", raw="{}", credits=0.0, charged="no"))
    assert await journal.find(SCOPE, "k") == before
