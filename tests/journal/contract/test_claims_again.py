"""The right to send once more: for who has found what stands there now, and for one of them alone."""

from __future__ import annotations

import asyncio
from typing import Any

import attrs
import pytest

from nanobanana_async.journal import Claimed, Entry, Found, Journal, Spent
from nanobanana_async.lifecycle import AttemptState, ItemState
from tests.journal.conftest import AnyJournal, Journals
from tests.journal.steps import PRICE, SCOPE, WAYS, A, S, bring, change, intent

AGAIN = (S.FAILED, S.UNKNOWN)
"""The states of what may be sent once more under the same generation."""


async def found(journal: Journal, key: str = "k") -> Found:
    """What stands there now."""
    entry = await journal.find(SCOPE, key)
    assert entry is not None
    return Found(entry.generation, entry.state, entry.token)


@pytest.mark.parametrize("state", AGAIN)
async def test_what_failed_or_was_lost_is_claimed_by_who_has_found_it(journal: AnyJournal, state: ItemState) -> None:
    """As it is wanted now, with one more attempt; of the one before nothing changes."""
    await bring(journal, "k", state, error={"reason": "x"}, raw="{}", charged="unknown")
    before = await journal.attempts(SCOPE, "k")

    more = {"fingerprint": "f2", "price": 8.0, "at": 150.0}
    claimed = await journal.claim(intent("k", token="k-2", instead_of=Found(1, state, "k-1"), **more))
    entry = await journal.find(SCOPE, "k")
    first, second = await journal.attempts(SCOPE, "k")

    assert claimed == Claimed(1, 2)
    assert entry is not None
    assert (entry.state, entry.token, entry.attempts, entry.generation) == (S.SENDING, "k-2", 2, 1)
    assert (entry.fingerprint, entry.price, entry.entered_at, entry.sent_at) == ("f2", 8.0, 100.0, 150.0)
    assert (entry.error, entry.raw, entry.charged) == (None, None, None)
    assert [first] == before
    assert (second.token, second.state, second.price) == ("k-2", A.SENDING, 8.0)


@pytest.mark.parametrize("state", AGAIN)
@pytest.mark.parametrize(
    "wrong",
    [{"generation": 2}, {"state": S.NEW}, {"state": S.SUCCEEDED}, {"token": "k-0"}, {"token": None}],
    ids=str,
)
async def test_who_has_found_something_else_is_told_what_stands_there(
    journal: AnyJournal, state: ItemState, wrong: dict[str, Any]
) -> None:
    """Another generation, another state or another attempt: somebody was there in between."""
    await bring(journal, "k", state)
    before = await journal.find(SCOPE, "k")

    said = await journal.claim(intent("k", token="k-2", instead_of=attrs.evolve(Found(1, state, "k-1"), **wrong)))

    assert said == before == await journal.find(SCOPE, "k")
    assert len(await journal.attempts(SCOPE, "k")) == 1


@pytest.mark.parametrize("state", [state for state in WAYS if state not in (S.NEW, *AGAIN)])
async def test_nothing_else_is_sent_once_more(journal: AnyJournal, state: ItemState) -> None:
    """However well it is known: what is on its way, or there, needs none, and what was given up gets none."""
    await bring(journal, "k", state)
    before = await journal.find(SCOPE, "k")

    assert await journal.claim(intent("k", token="k-2", instead_of=await found(journal))) == before
    assert await journal.find(SCOPE, "k") == before


@pytest.mark.parametrize("state", AGAIN)
async def test_of_two_who_would_send_it_again_one_does(
    journal: AnyJournal, other: AnyJournal, state: ItemState
) -> None:
    """The other is told who does; and what he has found stands no more, though it fails once again."""
    await bring(journal, "k", state)
    seen = await found(journal)
    claimed = await journal.claim(intent("k", token="k-2", instead_of=seen))
    late = await other.claim(intent("k", token="k-3", instead_of=seen))
    await journal.record(change("k", S.FAILED, attempt=("k-2", A.REFUSED)))
    later = await other.claim(intent("k", token="k-4", instead_of=seen))
    last = await other.claim(intent("k", token="k-5", instead_of=await found(other)))

    assert claimed == Claimed(1, 2)
    assert isinstance(late, Entry)
    assert (late.state, late.token, late.run) == (S.SENDING, "k-2", journal.run)
    assert isinstance(later, Entry)
    assert (later.state, later.token) == (S.FAILED, "k-2")
    assert last == Claimed(1, 3)


@pytest.mark.parametrize("state", AGAIN)
async def test_of_many_at_once_who_would_send_it_again_one_does(
    journals: Journals, journal: AnyJournal, state: ItemState
) -> None:
    """Four journals on one content, each asked three times."""
    await bring(journal, "k", state)
    seen, several = await found(journal), [journals() for _ in range(4)]
    for one in several:
        await one.open("kie https://api.example.com")

    said = await asyncio.gather(
        *(one.claim(intent("k", token=f"{n} {m}", instead_of=seen)) for n, one in enumerate(several) for m in range(3))
    )

    assert sum(isinstance(one, Claimed) for one in said) == 1
    assert len(await journal.attempts(SCOPE, "k")) == 2
    for one in several:
        await one.aclose()


@pytest.mark.parametrize("state", AGAIN)
async def test_what_is_new_by_now_is_claimed_as_such(journal: AnyJournal, state: ItemState) -> None:
    """Somebody has put it back, or it was never there: there is nothing that could be forgotten."""
    await bring(journal, "k", state)
    seen = await found(journal)
    await journal.record(change("k", S.NEW))

    assert await journal.claim(intent("k", token="k-2", instead_of=seen)) == Claimed(1, 2)
    assert await journal.claim(intent("l", instead_of=seen)) == Claimed(1, 1)


@pytest.mark.parametrize("end", [A.REFUSED, A.NOT_SENT])
@pytest.mark.parametrize(("state", "spent"), [(S.UNKNOWN, Spent(possible=PRICE)), (S.FAILED, Spent(spent=1.0))])
async def test_what_comes_to_nothing_goes_back(
    journal: AnyJournal, other: AnyJournal, state: ItemState, spent: Spent, end: AttemptState
) -> None:
    """The item follows again what it followed before, with all that was said of it, and may be sent once more."""
    charged = {"charged": "unknown"} if state is S.UNKNOWN else {"charged": "yes", "credits": 1.0}
    await bring(journal, "k", state, task_id="t1", **charged)
    before, seen = await journal.find(SCOPE, "k"), await found(journal)
    await other.claim(intent("k", token="k-2", instead_of=seen))

    assert await other.record(change("k", state, attempt=("k-2", end), token="k-1", charged="no", at=120.0))
    entry = await journal.find(SCOPE, "k")
    first, second = await journal.attempts(SCOPE, "k")

    assert before is not None
    assert entry == attrs.evolve(before, attempts=2, run=str(other.run), updated_at=120.0, error=None)
    assert (first.state, first.charged) == (A.UNKNOWN if state is S.UNKNOWN else A.ACCEPTED, charged["charged"])
    assert (second.state, second.charged, second.answered_at) == (end, "no", 120.0)
    assert await journal.spent(SCOPE) == spent
    assert await found(journal) == seen
    assert await journal.claim(intent("k", token="k-3", instead_of=seen)) == Claimed(1, 3)
