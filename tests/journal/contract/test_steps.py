"""What becomes of an item and its attempt: one durable step at a time, by the tables alone."""

from __future__ import annotations

import pytest

from nanobanana_async.errors import UsageError
from nanobanana_async.lifecycle import ATTEMPT_MOVES, ITEM_MOVES, AttemptState, IllegalMoveError, ItemState
from tests.journal.conftest import AnyJournal
from tests.journal.steps import SCOPE, A, S, answered, bring, change, intent

HALF = "half \ud83d of a pair"


async def test_a_life_is_written_down_step_by_step(journal: AnyJournal, other: AnyJournal) -> None:
    """Another process reads at each step what is known by then."""
    await journal.claim(intent("k"))
    await journal.record(answered("k", task_id="t1", charged="yes"))
    accepted = await other.find(SCOPE, "k")
    await journal.record(
        change("k", S.SUCCEEDED, at=130.0, raw='{"ä": 1}', credits=3.5, created_at=101.5, completed_at=129.0)
    )
    await journal.record(change("k", S.SAVED, at=131.0, files=["a.png", "a-2.png"]))
    saved = await other.find(SCOPE, "k")

    assert accepted is not None
    assert (accepted.state, accepted.task_id, accepted.accepted_at, accepted.charged) == (
        S.ACCEPTED,
        "t1",
        101.0,
        "yes",
    )
    assert saved is not None
    assert (saved.state, saved.raw, saved.credits, saved.charged) == (S.SAVED, '{"ä": 1}', 3.5, "yes")
    assert (saved.files, saved.task_id, saved.accepted_at) == (("a.png", "a-2.png"), "t1", 101.0)
    assert (saved.created_at, saved.completed_at, saved.updated_at) == (101.5, 129.0, 131.0)


@pytest.mark.parametrize("state", ITEM_MOVES)
async def test_items_move_as_the_table_says(journal: AnyJournal, state: ItemState) -> None:
    """From each state to each other one; to send, a claim is needed; where it is already, nothing is done.

    What is new follows no attempt, so the one that was found has to be named.
    """
    by_itself = ITEM_MOVES[state] - {S.SENDING} - ({S.ACCEPTED} if state is S.NEW else set())
    for to in ITEM_MOVES:
        key = f"{state.value} {to.value}"
        await bring(journal, key, state)
        before = await journal.find(SCOPE, key)
        if to is state:
            assert not await journal.record(change(key, to, error={"reason": "late"}))
        elif to in by_itself:
            assert await journal.record(change(key, to))
        else:
            with pytest.raises(IllegalMoveError):
                await journal.record(change(key, to, error={"reason": "late"}))
        after = await journal.find(SCOPE, key)

        assert after is not None
        assert (after == before) is (to is state or to not in by_itself)
        assert after.state is (to if after != before else state)


WAYS_OF_ATTEMPTS = {A.SENDING: (), A.ABANDONED: (A.UNKNOWN, A.ABANDONED)}


@pytest.mark.parametrize("state", ATTEMPT_MOVES)
async def test_attempts_move_as_the_table_says(journal: AnyJournal, state: AttemptState) -> None:
    """From each state to each other one, by itself; the item stays where it is."""
    for to in ATTEMPT_MOVES:
        key = f"{state.value} {to.value}"
        await journal.claim(intent(key))
        for step in WAYS_OF_ATTEMPTS.get(state, (state,)):
            await journal.record(change(key, attempt=(f"{key}-1", step)))
        if to is state or to in ATTEMPT_MOVES[state]:
            assert await journal.record(change(key, attempt=(f"{key}-1", to))) is (to is not state)
        else:
            with pytest.raises(IllegalMoveError):
                await journal.record(change(key, attempt=(f"{key}-1", to)))
        entry = await journal.find(SCOPE, key)
        [attempt] = await journal.attempts(SCOPE, key)

        assert entry is not None
        assert entry.state is S.SENDING
        assert attempt.state is (to if to in ATTEMPT_MOVES[state] else state)


async def test_a_step_of_both_is_made_whole_or_not_at_all(journal: AnyJournal) -> None:
    """Where the item could move and its attempt couldn't, neither has."""
    await journal.claim(intent("k"))
    await journal.record(change("k", attempt=("k-1", A.REFUSED)))

    with pytest.raises(IllegalMoveError, match="'refused' to 'accepted'"):
        await journal.record(answered("k", task_id="t1", raw="{}"))
    entry = await journal.find(SCOPE, "k")
    [attempt] = await journal.attempts(SCOPE, "k")

    assert entry is not None
    assert (entry.state, entry.task_id, entry.raw) == (S.SENDING, None, None)
    assert attempt.state is A.REFUSED


async def test_a_step_of_what_is_not_there_is_a_bug(journal: AnyJournal) -> None:
    """No such key, no such generation, no such attempt."""
    with pytest.raises(IllegalMoveError, match="nothing stands there for 'k' in generation 1"):
        await journal.record(answered("k"))
    await journal.claim(intent("k"))
    for generation in (0, 2):
        with pytest.raises(IllegalMoveError, match=f"generation {generation}"):
            await journal.record(answered("k", generation=generation))
    with pytest.raises(IllegalMoveError, match="no attempt 'other'"):
        await journal.record(answered("k", token="other"))


async def test_what_a_step_leaves_out_stays(journal: AnyJournal) -> None:
    """None leaves what is there; a step without a state writes what it says and moves nothing."""
    await bring(journal, "k", S.SUCCEEDED, task_id="t1", raw="{}", credits=4.0, charged="yes", error={"reason": "x"})

    assert await journal.record(change("k", files=["a.png"], raw='{"more": 1}', at=140.0))
    entry = await journal.find(SCOPE, "k")

    assert entry is not None
    assert (entry.state, entry.task_id, entry.credits, entry.charged) == (S.SUCCEEDED, "t1", 4.0, "yes")
    assert (entry.raw, entry.files, entry.error) == ('{"more": 1}', ("a.png",), {"reason": "x"})
    assert (entry.updated_at, entry.accepted_at) == (140.0, 101.0)


async def test_an_adopted_task_is_the_items_own(journal: AnyJournal, other: AnyJournal) -> None:
    """What was unknown goes on by its id, and the process that has adopted it has moved it last."""
    await bring(journal, "k", S.UNKNOWN)

    assert await other.record(change("k", S.ACCEPTED, attempt=("k-1", A.ACCEPTED), task_id="t1", at=500.0))
    entry = await journal.find(SCOPE, "k")
    attempts = await journal.attempts(SCOPE, "k")

    assert entry is not None
    assert (entry.state, entry.task_id, entry.accepted_at) == (S.ACCEPTED, "t1", 101.0)
    assert entry.run != attempts[0].run


async def test_an_item_follows_the_attempt_that_it_moves_with(journal: AnyJournal) -> None:
    """The answer to an earlier attempt is noted with that alone, unless the item moves by it."""
    await bring(journal, "k", S.UNKNOWN)
    await journal.record(change("k", S.NEW))
    await journal.claim(intent("k", token="k-2", at=110.0))
    await journal.record(change("k", attempt=("k-1", A.ACCEPTED), task_id="t1", charged="yes"))
    on_the_wire = await journal.find(SCOPE, "k")
    await journal.record(answered("k", S.UNKNOWN, token="k-2"))
    await journal.record(change("k", S.ACCEPTED, attempt=("k-1", A.ACCEPTED)))
    adopted = await journal.find(SCOPE, "k")
    first, second = await journal.attempts(SCOPE, "k")

    assert on_the_wire is not None
    assert (on_the_wire.token, on_the_wire.task_id, on_the_wire.charged) == ("k-2", None, None)
    assert adopted is not None
    assert (adopted.token, adopted.task_id, adopted.charged, adopted.attempts) == ("k-1", "t1", "yes", 2)
    assert (first.task_id, second.task_id) == ("t1", None)


async def test_half_characters_do_not_lose_a_result(journal: AnyJournal) -> None:
    """A vendor's answer is kept whatever is in it, as the escapes that JSON has for them."""
    await journal.claim(intent("k", request={"prompt": HALF}, data=HALF))
    await journal.record(
        answered("k", S.SUCCEEDED, raw=f'"{HALF}"', task_id=HALF, error={"message": HALF}, files=[HALF])
    )
    entry = await journal.find(SCOPE, "k")

    assert entry is not None
    assert entry.raw == '"half \\ud83d of a pair"'
    assert entry.task_id == "half \\ud83d of a pair"
    assert (entry.request, entry.data, entry.error, entry.files) == ({"prompt": HALF}, HALF, {"message": HALF}, (HALF,))


async def test_an_error_that_is_no_json_is_refused(journal: AnyJournal) -> None:
    """In words, and the step is not made."""
    await journal.claim(intent("k"))

    with pytest.raises(UsageError, match="can't be written as JSON"):
        await journal.record(answered("k", error={"reason": object()}))
    entry = await journal.find(SCOPE, "k")

    assert entry is not None
    assert entry.state is S.SENDING


@pytest.mark.parametrize("verdict", [S.NEW, S.DROPPED])
@pytest.mark.parametrize("state", [A.UNKNOWN, A.ABANDONED])
async def test_a_lost_answer_may_be_found_after_a_verdict(
    journal: AnyJournal, verdict: ItemState, state: AttemptState
) -> None:
    """It was to be sent again, or to be forgotten; and it is paid for, whatever was said."""
    await bring(journal, "k", S.UNKNOWN, charged="unknown")
    said = ("k-1", state) if state is A.ABANDONED else None
    await journal.record(change("k", verdict, attempt=said, charged="no" if said else None))

    assert await journal.record(answered("k", S.ACCEPTED, task_id="t1", charged="yes"))
    entry = await journal.find(SCOPE, "k")

    assert entry is not None
    assert (entry.state, entry.token, entry.task_id, entry.charged) == (S.ACCEPTED, "k-1", "t1", "yes")


async def test_an_item_follows_no_attempt_that_nobody_made(journal: AnyJournal) -> None:
    """Beside an attempt, `token` names the one that it follows from then on: one that is not there is a bug."""
    await journal.claim(intent("k"))

    with pytest.raises(IllegalMoveError, match="no attempt 'k-9'"):
        await journal.record(change("k", S.UNKNOWN, attempt=("k-1", A.UNKNOWN), token="k-9"))
    assert await journal.counts(SCOPE) == {S.SENDING: 1}


async def test_an_answer_that_is_lost_when_its_task_is_known_is_none(journal: AnyJournal, other: AnyJournal) -> None:
    """A callback has named the task to another process, while the create was on the wire."""
    await journal.claim(intent("k"))
    await other.record(change("k", token="k-1", task_id="t1"))

    assert await journal.record(answered("k", S.UNKNOWN, charged="unknown", error={"reason": "unknown"}))
    entry = await journal.find(SCOPE, "k")

    assert entry is not None
    assert (entry.state, entry.task_id, entry.charged, entry.error) == (S.ACCEPTED, "t1", "yes", None)
    assert (await journal.attempts(SCOPE, "k"))[0].state is A.ACCEPTED
