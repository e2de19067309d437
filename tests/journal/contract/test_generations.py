"""A key that is made anew: the next generation begins, and the earlier ones are not forgotten."""

from __future__ import annotations

import pytest

from nanobanana_async.errors import UsageError
from nanobanana_async.journal import Claimed
from nanobanana_async.lifecycle import ItemState
from tests.journal.conftest import AnyJournal
from tests.journal.steps import SCOPE, WAYS, A, S, answered, bring, change, intent


@pytest.mark.parametrize("state", [state for state in WAYS if state not in (S.NEW, S.SENDING)])
async def test_a_generation_begins_as_new(journal: AnyJournal, other: AnyJournal, state: ItemState) -> None:
    """With the same request, and nothing of what became of the one before."""
    await bring(journal, "k", state, task_id="t1", raw="{}", files=["a.png"], error={"reason": "x"}, charged="yes")

    assert await other.renew(SCOPE, "k") == 2
    entry = await journal.find(SCOPE, "k")

    assert entry is not None
    assert (entry.generation, entry.state, entry.attempts, entry.request) == (2, S.NEW, 0, {"prompt": "a k"})
    assert (entry.task_id, entry.raw, entry.files, entry.error, entry.charged) == (None, None, (), None, None)
    assert (entry.entered_at, entry.updated_at) == (300.0, 300.0)
    assert await journal.claim(intent("k", token="k-2")) == Claimed(2, 1)


async def test_what_is_new_is_not_renewed(journal: AnyJournal) -> None:
    """Whoever asks twice has begun one generation."""
    await bring(journal, "k", S.SAVED)

    assert [await journal.renew(SCOPE, "k") for _ in range(3)] == [2, 2, 2]


async def test_what_cannot_be_renewed_is_said(journal: AnyJournal) -> None:
    """What nobody knows, and what somebody sends right now."""
    with pytest.raises(UsageError, match="nothing is known of the key 'k' of the batch 'b'"):
        await journal.renew(SCOPE, "k")
    await journal.claim(intent("k", scope=""))
    with pytest.raises(UsageError, match="the key 'k' is being sent right now"):
        await journal.renew("", "k")


async def test_an_earlier_generation_hears_its_answer(journal: AnyJournal) -> None:
    """What was paid for is noted where it was sent, and the newest one is as it was."""
    await bring(journal, "k", S.ACCEPTED, task_id="t1")
    await journal.renew(SCOPE, "k")
    await journal.claim(intent("k", token="k-2"))
    before = await journal.find(SCOPE, "k")

    assert await journal.record(change("k", S.SUCCEEDED, credits=3.0, charged="yes", raw="{}"))
    assert not await journal.record(change("k", S.SUCCEEDED))
    assert await journal.find(SCOPE, "k") == before
    first, second = await journal.attempts(SCOPE, "k")
    assert (first.generation, first.task_id, first.credits, first.state) == (1, "t1", 3.0, A.ACCEPTED)
    assert (second.generation, second.number, second.state) == (2, 1, A.SENDING)


async def test_a_key_keeps_its_place(journal: AnyJournal) -> None:
    """Entries come in the order in which their keys came first, each once, as it is now."""
    for key in "abc":
        await bring(journal, key, S.FAILED)
    await journal.renew(SCOPE, "a")
    await journal.claim(intent("a", token="a-2"))
    await journal.record(answered("a", generation=2, token="a-2"))
    await journal.renew(SCOPE, "b")

    assert [(entry.key, entry.generation) async for entry in journal.entries(SCOPE)] == [("a", 2), ("b", 2), ("c", 1)]
    assert [entry.key async for entry in journal.entries(SCOPE, {S.ACCEPTED, S.FAILED})] == ["a", "c"]
    assert await journal.counts(SCOPE) == {S.ACCEPTED: 1, S.NEW: 1, S.FAILED: 1}
