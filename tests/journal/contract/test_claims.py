"""The right to send: durable before it is used, and never had by two."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from nanobanana_async.errors import UsageError
from nanobanana_async.journal import Claimed, Draft, Entry
from nanobanana_async.lifecycle import ItemState
from tests.journal.conftest import AnyJournal, Journals
from tests.journal.steps import PRICE, SCOPE, WAYS, A, S, answered, bring, change, intent


async def test_an_intent_is_written_down_whole(journal: AnyJournal, other: AnyJournal) -> None:
    """Another process reads every word of it, and sees who is at work on it."""
    claimed = await journal.claim(intent("k", data=[1, "zwei"], request={"prompt": "ä\n", "images": ["a.png"]}))
    entry = await other.find(SCOPE, "k")

    assert claimed == Claimed(1, 1)
    assert isinstance(entry, Entry)
    assert (entry.state, entry.generation, entry.attempts, entry.token) == (S.SENDING, 1, 1, "k-1")
    assert (entry.request, entry.data) == ({"prompt": "ä\n", "images": ["a.png"]}, [1, "zwei"])
    assert (entry.fingerprint, entry.model, entry.dialect, entry.price) == ("f1", "google/nano-banana", "jobs", PRICE)
    assert (entry.entered_at, entry.sent_at, entry.updated_at, entry.accepted_at) == (100.0, 100.0, 100.0, None)
    assert (entry.task_id, entry.charged, entry.files, entry.error) == (None, None, (), None)
    assert entry.is_owned


async def test_who_comes_second_is_told_what_stands_there(journal: AnyJournal, other: AnyJournal) -> None:
    """Whatever he wanted to send under the key."""
    await journal.claim(intent("k"))

    entry = await other.claim(intent("k", token="mine", fingerprint="f2"))

    assert entry == await other.find(SCOPE, "k")
    assert isinstance(entry, Entry)
    assert (entry.fingerprint, entry.token) == ("f1", "k-1")


@pytest.mark.parametrize("state", [state for state in WAYS if state is not S.NEW])
async def test_only_what_is_new_can_be_claimed(journal: AnyJournal, state: ItemState) -> None:
    """In every other state the entry is given, and nothing has changed."""
    await bring(journal, "k", state)
    before = await journal.find(SCOPE, "k")

    assert await journal.claim(intent("k", token="again")) == before
    assert await journal.find(SCOPE, "k") == before
    assert len(await journal.attempts(SCOPE, "k")) == 1


async def test_of_many_at_once_one_wins(journals: Journals) -> None:
    """Five journals on one content, each asked four times."""
    several = [journals() for _ in range(5)]
    for one in several:
        await one.open("kie")

    said = await asyncio.gather(
        *(one.claim(intent("k", token=f"{number} {again}")) for number, one in enumerate(several) for again in range(4))
    )

    assert sum(isinstance(one, Claimed) for one in said) == 1
    assert len(await several[0].attempts(SCOPE, "k")) == 1
    for one in several:
        await one.aclose()


async def test_what_was_refused_is_claimed_anew(journal: AnyJournal, other: AnyJournal) -> None:
    """With a new attempt, and the request as it is now; of the last answer nothing is left but the attempt."""
    await journal.claim(intent("k"))
    await journal.record(answered("k", S.NEW, error={"reason": "busy"}, charged="no", raw="busy"))
    refused = await other.find(SCOPE, "k")

    claimed = await other.claim(intent("k", token="k-2", number=2, fingerprint="f2", price=8.0, at=102.0))
    entry = await journal.find(SCOPE, "k")
    first, second = await journal.attempts(SCOPE, "k")

    assert refused is not None
    assert (refused.token, refused.charged, refused.error) == (None, None, {"reason": "busy"})
    assert claimed == Claimed(1, 2)
    assert entry is not None
    assert (entry.fingerprint, entry.price, entry.attempts) == ("f2", 8.0, 2)
    assert (entry.error, entry.raw) == (None, None)
    assert (first.state, first.price, first.charged, first.answered_at) == (A.REFUSED, PRICE, "no", 101.0)
    assert (second.state, second.price, second.number, second.sent_at) == (A.SENDING, 8.0, 2, 102.0)
    assert first.run != second.run


async def test_attempts_are_counted_by_the_journal(journal: AnyJournal) -> None:
    """Who doesn't know of another's attempt takes the next number; who knows better is believed."""
    numbers = []
    for number, token in ((1, "a"), (1, "b"), (7, "c")):
        claimed = await journal.claim(intent("k", number=number, token=token))
        assert isinstance(claimed, Claimed)
        numbers.append(claimed.number)
        await journal.record(answered("k", S.NEW, token=token))

    assert numbers == [1, 2, 7]


async def test_a_key_is_one_thing_in_each_scope(journal: AnyJournal) -> None:
    """The same key of another batch is another thing."""
    await journal.claim(intent("k"))

    assert isinstance(await journal.claim(intent("k", scope="")), Claimed)
    assert await journal.find("c", "k") is None


async def test_what_is_entered_is_new_and_nobodys(journal: AnyJournal) -> None:
    """It can fail before it is sent, or be claimed; what stands there already is left as it is."""
    draft = Draft(scope=SCOPE, key="k", fingerprint="f1", request={"prompt": "a k"}, model="m", dialect="jobs", at=99.0)

    entered, again = await journal.enter(draft), await journal.enter(intent("k"))
    failed = await journal.record(change("k", S.FAILED, error={"reason": "bad_image"}, charged="no"))

    assert (entered.state, entered.attempts, entered.token, entered.entered_at) == (S.NEW, 0, None, 99.0)
    assert again == entered
    assert failed
    assert await journal.attempts(SCOPE, "k") == []
    await journal.record(change("k", S.NEW))
    assert await journal.claim(intent("k")) == Claimed(1, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"data": datetime(2026, 1, 1, tzinfo=UTC)},
        {"data": {1: {2}}},
        {"request": {"x": b"bytes"}},
        {"key": "half \ud800"},
    ],
    ids=str,
)
async def test_what_cannot_be_written_is_never_claimed(journal: AnyJournal, wrong: dict[str, Any]) -> None:
    """It is said in words, and nothing stands there after."""
    with pytest.raises(UsageError, match="can't be written"):
        await journal.claim(intent(**{"key": "k", **wrong}))

    assert await journal.find(SCOPE, "k") is None


async def test_what_was_handed_in_is_cut_loose(journal: AnyJournal) -> None:
    """What the caller does to his own objects later changes nothing that is written."""
    request, data = {"prompt": "a k"}, {"row": [1]}
    await journal.claim(intent("k", request=request, data=data))
    request["prompt"] = "another"
    data["row"].append(2)
    entry = await journal.find(SCOPE, "k")

    assert entry is not None
    assert (entry.request, entry.data) == ({"prompt": "a k"}, {"row": [1]})
