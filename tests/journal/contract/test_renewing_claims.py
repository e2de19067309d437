"""A key that is made anew by a claim: until then it is what it was, and after that nothing of it is forgotten."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from nanobanana_async.journal import Claimed, Entry, Found, Spent
from nanobanana_async.lifecycle import AttemptState, ItemState
from tests.journal.conftest import AnyJournal
from tests.journal.steps import PRICE, SCOPE, WAYS, A, S, answered, bring, change, intent, renewing

OVER = [state for state in WAYS if state not in (S.NEW, S.SENDING)]


@pytest.mark.parametrize("state", OVER)
async def test_any_state_but_sending_may_be_made_anew(journal: AnyJournal, state: ItemState) -> None:
    """The next generation is being sent at once, with nothing of the one before."""
    await bring(journal, "k", state, task_id="t1", raw="{}", files=["a.png"], error={"reason": "x"}, charged="yes")

    claimed = await journal.claim(renewing(state, price=8.0, at=150.0))
    entry = await journal.find(SCOPE, "k")

    assert claimed == Claimed(2, 1)
    assert entry is not None
    assert (entry.generation, entry.state, entry.attempts, entry.token) == (2, S.SENDING, 1, "k-2")
    assert (entry.fingerprint, entry.price, entry.run) == ("f2", 8.0, journal.run)
    assert (entry.task_id, entry.raw, entry.files, entry.error, entry.charged) == (None, None, (), None, None)
    assert (entry.entered_at, entry.updated_at, entry.sent_at) == (150.0, 150.0, 150.0)
    assert [entry.generation async for entry in journal.entries()] == [2]


async def test_until_the_claim_it_is_what_it_was(journal: AnyJournal) -> None:
    """Whoever was told to make it anew, and does not come to that, has changed nothing."""
    await bring(journal, "k", S.SAVED, task_id="t1", raw="{}", files=["a.png"])
    before = await journal.find(SCOPE, "k")

    for wrong in ({"generation": 2}, {"state": S.SUCCEEDED}, {"token": "k-0"}):
        said = await journal.claim(renewing(S.SAVED, instead_of=attrs.evolve(Found(1, S.SAVED, "k-1"), **wrong)))
        assert said == before
    assert await journal.claim(renewing(S.SAVED, instead_of=None)) == before
    assert await journal.find(SCOPE, "k") == before
    assert len(await journal.attempts(SCOPE, "k")) == 1


@pytest.mark.parametrize("state", [S.ACCEPTED, S.PENDING])
async def test_the_one_before_comes_to_its_end(journal: AnyJournal, other: AnyJournal, state: ItemState) -> None:
    """What was paid for under it is heard to its end, and the newest generation is as it was."""
    await bring(journal, "k", state, task_id="t1", charged="yes")
    await journal.claim(renewing(state))
    before = await journal.find(SCOPE, "k")

    assert await other.record(change("k", S.SUCCEEDED, token="k-1", credits=3.0, charged="yes", raw="{}"))
    first, second = await journal.attempts(SCOPE, "k")

    assert await journal.find(SCOPE, "k") == before
    assert (first.generation, first.state, first.task_id, first.credits) == (1, A.ACCEPTED, "t1", 3.0)
    assert (second.generation, second.number, second.state) == (2, 1, A.SENDING)
    assert await journal.spent(SCOPE) == Spent(spent=3.0, reserved=PRICE)


async def test_the_lost_answer_of_the_one_before_may_still_be_found(journal: AnyJournal) -> None:
    """It is noted there, and so is what it costs; the newest generation is as it was."""
    await bring(journal, "k", S.UNKNOWN, charged="unknown")
    await journal.claim(renewing(S.UNKNOWN))
    before = await journal.find(SCOPE, "k")

    assert await journal.record(answered("k", S.ACCEPTED, task_id="t1", charged="yes"))
    first, _ = await journal.attempts(SCOPE, "k")

    assert await journal.find(SCOPE, "k") == before
    assert (first.state, first.task_id, first.charged) == (A.ACCEPTED, "t1", "yes")


async def test_generations_are_counted(journal: AnyJournal, other: AnyJournal) -> None:
    """One after the other, whoever begins them."""
    await bring(journal, "k", S.FAILED)
    claimed = []
    for number, one in ((2, journal), (3, other), (4, journal)):
        claimed.append(await one.claim(renewing(S.FAILED, generation=number)))
        await one.record(answered("k", S.FAILED, token=f"k-{number}", generation=number))

    assert claimed == [Claimed(2, 1), Claimed(3, 1), Claimed(4, 1)]
    assert [attempt.generation for attempt in await other.attempts(SCOPE, "k")] == [1, 2, 3, 4]


async def test_of_two_who_would_make_it_anew_one_does(journal: AnyJournal, other: AnyJournal) -> None:
    """The other is told of the generation that has begun."""
    await bring(journal, "k", S.SUCCEEDED)

    claimed = await journal.claim(renewing(S.SUCCEEDED))
    late = await other.claim(renewing(S.SUCCEEDED, token="late"))

    assert claimed == Claimed(2, 1)
    assert isinstance(late, Entry)
    assert (late.generation, late.state, late.token) == (2, S.SENDING, "k-2")
    assert len(await other.attempts(SCOPE, "k")) == 2


async def test_what_is_being_sent_is_not_made_anew(journal: AnyJournal) -> None:
    """Nobody knows yet what becomes of it."""
    await journal.claim(intent("k"))
    before = await journal.find(SCOPE, "k")

    assert await journal.claim(renewing(S.SENDING)) == before
    assert len(await journal.attempts(SCOPE, "k")) == 1


async def test_what_is_new_needs_no_generation_of_its_own(journal: AnyJournal) -> None:
    """Nothing was made of it yet: neither where nothing stands there, nor where the last create was refused."""
    assert await journal.claim(intent("k", renews=True)) == Claimed(1, 1)
    await journal.record(answered("k", S.NEW))

    assert await journal.claim(renewing(S.NEW)) == Claimed(1, 2)


async def test_a_key_keeps_its_place(journal: AnyJournal) -> None:
    """Entries come in the order in which their keys came first, each once, as it is now."""
    for key in "abc":
        await bring(journal, key, S.FAILED)
    await journal.claim(renewing(S.FAILED, "a"))
    await journal.record(answered("a", generation=2, token="a-2"))
    await journal.claim(renewing(S.FAILED, "b"))

    assert [(entry.key, entry.generation) async for entry in journal.entries(SCOPE)] == [("a", 2), ("b", 2), ("c", 1)]
    assert [entry.key async for entry in journal.entries(SCOPE, {S.ACCEPTED, S.FAILED})] == ["a", "c"]
    assert await journal.counts(SCOPE) == {S.ACCEPTED: 1, S.SENDING: 1, S.FAILED: 1}


NOTHING_CAME = pytest.mark.parametrize("end", [A.REFUSED, A.NOT_SENT])


@NOTHING_CAME
@pytest.mark.parametrize("state", OVER)
async def test_where_nothing_came_of_it_the_one_before_stands(
    journal: AnyJournal, other: AnyJournal, state: ItemState, end: AttemptState
) -> None:
    """As it was, for all who look; what was sent for the other stays in the books, and so does its number."""
    await bring(journal, "k", state, task_id="t1", raw="{}", error={"reason": "x"}, charged="yes")
    before = await journal.find(SCOPE, "k")
    assert before is not None
    spent = await journal.spent(SCOPE)
    await journal.claim(renewing(state))
    await journal.record(change("k", S.NEW, generation=2, attempt=("k-2", end)))

    for one in (journal, other):
        assert await one.find(SCOPE, "k") == before
        assert [entry async for entry in one.entries(SCOPE)] == [before]
        assert [entry async for entry in one.entries(SCOPE, {state})] == [before]
        assert [entry async for entry in one.entries(SCOPE, {S.NEW})] == []
        assert await one.counts(SCOPE) == {state: 1}
        assert await one.spent(SCOPE) == spent
        assert await one.attempt_of(token="k-2") == (before, (await one.attempts(SCOPE, "k"))[1])
    assert [(attempt.generation, attempt.state) for attempt in await journal.attempts(SCOPE, "k")][1] == (2, end)


async def test_it_may_be_made_anew_once_more(journal: AnyJournal, other: AnyJournal) -> None:
    """In the same generation, by who has found what stands; and it stands as soon as it is being sent."""
    await bring(journal, "k", S.SAVED, files=["a.png"])
    await journal.claim(renewing(S.SAVED))
    await journal.record(change("k", S.NEW, generation=2, attempt=("k-2", A.REFUSED)))
    before = await journal.find(SCOPE, "k")

    assert await other.claim(intent("k", token="no")) == before
    assert await other.claim(renewing(S.SAVED, generation=3, token="no", over="k-2")) == before
    assert await other.claim(renewing(S.SAVED, token="k-3")) == Claimed(2, 2)
    assert await other.record(answered("k", S.ACCEPTED, generation=2, token="k-3", task_id="t2"))
    entry = await journal.find(SCOPE, "k")

    assert entry is not None
    assert (entry.generation, entry.state, entry.token, entry.task_id) == (2, S.ACCEPTED, "k-3", "t2")
    assert (entry.files, entry.fingerprint, entry.attempts) == ((), "f2", 2)


async def test_what_may_have_been_taken_does_not_come_to_nothing(journal: AnyJournal) -> None:
    """An answer of it was lost, and somebody has had it sent again: that was refused, and it is still to be made."""
    await bring(journal, "k", S.SUCCEEDED)
    await journal.claim(renewing(S.SUCCEEDED))
    await journal.record(change("k", S.UNKNOWN, generation=2, attempt=("k-2", A.UNKNOWN)))
    await journal.record(change("k", S.NEW, generation=2))
    first = await journal.find(SCOPE, "k")
    await journal.claim(intent("k", token="k-3"))
    await journal.record(change("k", S.NEW, generation=2, attempt=("k-3", A.REFUSED)))
    second = await journal.find(SCOPE, "k")

    assert first is not None
    assert second is not None
    assert (first.generation, first.state) == (second.generation, second.state) == (2, S.NEW)


@pytest.mark.parametrize("state", [state for state in OVER if state not in (S.FAILED, S.DROPPED)])
@pytest.mark.parametrize("how", ["refused", "failed free"])
async def test_what_failed_at_no_cost_puts_nothing_away(
    journal: AnyJournal, other: AnyJournal, state: ItemState, how: str
) -> None:
    """What is, or may be, paid for stands again; whose create it was is told of the failure."""
    await bring(journal, "k", state, task_id="t1", raw="{}", charged="yes")
    before = await journal.find(SCOPE, "k")
    assert before is not None
    await journal.claim(renewing(state))
    said: dict[str, Any] = {"generation": 2, "token": "k-2", "charged": "no", "error": {"reason": "policy"}}
    if how == "refused":
        await journal.record(answered("k", S.FAILED, **said))
    else:
        await journal.record(answered("k", S.ACCEPTED, generation=2, token="k-2", task_id="t2", charged="yes"))
        await journal.record(change("k", S.FAILED, **said))

    assert await other.find(SCOPE, "k") == before
    assert await other.counts(SCOPE) == {state: 1}
    assert await other.claim(renewing(state, token="k-3")) == Claimed(2, 2)


@pytest.mark.parametrize("charged", ["yes", "unknown"])
async def test_what_failed_and_may_have_cost_stands(journal: AnyJournal, charged: Any) -> None:
    """It has to be told, and not paid for again by itself."""
    await bring(journal, "k", S.SUCCEEDED, charged="yes")
    await journal.claim(renewing(S.SUCCEEDED))
    await journal.record(answered("k", S.ACCEPTED, generation=2, token="k-2", charged="yes"))
    await journal.record(change("k", S.FAILED, generation=2, token="k-2", charged=charged))
    entry = await journal.find(SCOPE, "k")

    assert entry is not None
    assert (entry.generation, entry.state) == (2, S.FAILED)


async def test_what_failed_after_a_failure_stands(journal: AnyJournal) -> None:
    """The newest failure says more than the one before."""
    await bring(journal, "k", S.FAILED, charged="no")
    await journal.claim(renewing(S.FAILED))
    await journal.record(answered("k", S.FAILED, generation=2, token="k-2", charged="no"))
    entry = await journal.find(SCOPE, "k")

    assert entry is not None
    assert (entry.generation, entry.state) == (2, S.FAILED)
