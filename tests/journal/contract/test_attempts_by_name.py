"""An attempt that is asked for by its token or its task, as a callback or a user names it."""

from __future__ import annotations

from nanobanana_async.journal import Found
from tests.journal.conftest import AnyJournal
from tests.journal.steps import SCOPE, A, S, answered, bring, change, intent


async def test_an_attempt_is_found_by_its_token_and_by_its_task(journal: AnyJournal, other: AnyJournal) -> None:
    """By any process, with the entry of its key; of all scopes."""
    await bring(journal, "k", S.ACCEPTED, task_id="t1", charged="yes")
    await journal.claim(intent("k", scope="", token="single"))
    [attempt] = await other.attempts(SCOPE, "k")
    entry = await other.find(SCOPE, "k")

    assert entry is not None
    assert await other.attempt_of(token="k-1") == (entry, attempt)
    assert await other.attempt_of(task_id="t1") == (entry, attempt)
    single = await other.attempt_of(token="single")
    assert single is not None
    assert (single[0].scope, single[1].task_id) == ("", None)


async def test_what_nobody_made_is_not_found(journal: AnyJournal) -> None:
    """Another's token, another's task; nor is an attempt that has no task yet found by naming none."""
    await journal.claim(intent("k"))

    assert await journal.attempt_of(token="k-2") is None
    assert await journal.attempt_of(task_id="t1") is None
    assert await journal.attempt_of(task_id="k-1") is None
    assert await journal.attempt_of() is None


async def test_an_older_attempt_is_found_with_what_its_key_is_today(journal: AnyJournal) -> None:
    """Of the same generation, and of one before: the attempt says which, the entry is the newest."""
    await bring(journal, "k", S.UNKNOWN)
    await journal.claim(intent("k", token="k-2", instead_of=Found(1, S.UNKNOWN, "k-1")))
    await journal.record(answered("k", S.ACCEPTED, token="k-2", task_id="t2"))
    await journal.claim(intent("k", token="k-3", instead_of=Found(1, S.ACCEPTED, "k-2"), renews=True))

    lost, second = await journal.attempt_of(token="k-1"), await journal.attempt_of(task_id="t2")

    assert lost is not None
    assert second is not None
    assert lost[0] == second[0] == await journal.find(SCOPE, "k")
    assert (lost[0].generation, lost[0].token) == (2, "k-3")
    assert (lost[1].generation, lost[1].number, lost[1].state) == (1, 1, A.UNKNOWN)
    assert (second[1].generation, second[1].number, second[1].state) == (1, 2, A.ACCEPTED)


async def test_of_several_that_became_one_task_the_last_that_was_sent_is_meant(journal: AnyJournal) -> None:
    """Somebody has adopted it by hand under another key."""
    for key, at in (("a", 100.0), ("b", 300.0), ("c", 200.0)):
        await journal.claim(intent(key, at=at))
        await journal.record(answered(key, task_id="t1"))

    found = await journal.attempt_of(task_id="t1")

    assert found is not None
    assert (found[0].key, found[1].token) == ("b", "b-1")


async def test_a_task_is_found_as_soon_as_it_is_named(journal: AnyJournal) -> None:
    """By a callback, before the answer to its create has come: nothing moves by that."""
    await journal.claim(intent("k"))
    before = await journal.find(SCOPE, "k")

    assert await journal.record(change("k", token="k-1", task_id="t1"))
    found = await journal.attempt_of(task_id="t1")

    assert before is not None
    assert found is not None
    assert (found[0].state, found[1].state, found[1].answered_at) == (S.SENDING, A.SENDING, None)
