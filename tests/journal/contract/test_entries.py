"""Going over a journal: in order, page by page, and never all at once."""

from __future__ import annotations

from collections import Counter

from nanobanana_async.journal._reading import PAGE
from tests.journal.conftest import AnyJournal
from tests.journal.steps import SCOPE, S, answered, bring, change, intent

MANY = 2 * PAGE + 7


async def test_every_entry_comes_once_and_in_order(journal: AnyJournal) -> None:
    """In the order in which the keys came, over several pages."""
    keys = [f"{(7 * number) % MANY:04}" for number in range(MANY)]
    for key in keys:
        await journal.claim(intent(key))

    assert [entry.key async for entry in journal.entries(SCOPE)] == keys
    assert [entry.key async for entry in journal.entries()] == keys
    assert [entry.key async for entry in journal.entries("other")] == []


async def test_entries_are_those_that_are_asked_for(journal: AnyJournal) -> None:
    """By batch and by state; each is what `find` gives."""
    for scope in ("a", "b"):
        for key in ("1", "2", "3"):
            await journal.claim(intent(key, scope=scope))
        await journal.record(answered("1", scope=scope, task_id="t1", raw="{}"))
        await journal.record(answered("2", S.UNKNOWN, scope=scope, error={"reason": "unknown"}))

    found = [entry async for entry in journal.entries(states=[S.UNKNOWN, S.ACCEPTED])]

    assert [(entry.scope, entry.key) for entry in found] == [("a", "1"), ("a", "2"), ("b", "1"), ("b", "2")]
    assert found == [await journal.find(entry.scope, entry.key) for entry in found]
    assert [entry.scope async for entry in journal.entries("b", {S.SENDING})] == ["b"]
    assert [entry async for entry in journal.entries("b", {S.SAVED})] == []


async def test_a_journal_may_change_while_it_is_read(journal: AnyJournal, other: AnyJournal) -> None:
    """Nobody has to wait for who reads, and no key comes twice."""
    for number in range(MANY):
        await journal.claim(intent(str(number)))
    seen: Counter[str] = Counter()
    async for entry in journal.entries(SCOPE):
        seen[entry.key] += 1
        await other.record(answered(entry.key))

    assert seen == Counter(str(number) for number in range(MANY))
    assert await journal.counts(SCOPE) == {S.ACCEPTED: MANY}


async def test_counts_are_of_one_batch(journal: AnyJournal) -> None:
    """By state, each key once."""
    await bring(journal, "1", S.SAVED)
    await bring(journal, "2", S.SAVED)
    await bring(journal, "3", S.FAILED)
    await journal.claim(intent("4", scope="other"))
    await journal.record(change("3", S.NEW))

    assert await journal.counts(SCOPE) == {S.SAVED: 2, S.NEW: 1}
    assert await journal.counts("") == {}
