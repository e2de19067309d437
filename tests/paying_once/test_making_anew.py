"""A key that is to be made anew: until its create is sent the old picture is what there is, and it stays paid for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from nanobanana_async import Client, Item, Outcome, Pending, Rate, Succeeded, Unknown
from nanobanana_async.lifecycle import AttemptState, ItemState
from tests.paying_once.answers import BUSY, LOST
from tests.paying_once.conftest import Shelf
from tests.paying_once.fates import FatefulKie
from tests.paying_once.lives import AnyJournal, PatientKie, assert_idle, attempts_of, entry_of, no_room, spent_on
from tests.paying_once.runs_of import run
from tests.paying_once.slow_disk import slow_to_say
from tests.scripted_kie import said, until

CHANGED: dict[str, Any] = {"prompt": "new words", "rules": {"on_change": "regenerate"}}
REDONE: dict[str, Any] = {"prompt": "old words", "rules": {"redo": ["k"]}}
ANEW = pytest.mark.parametrize("anew", [CHANGED, REDONE], ids=["regenerate", "redo"])
"""The two ways to have a key made anew: by other words, and by its name."""


async def batch(client: Client, prompt: str = "old words", **settings: Any) -> Outcome:
    """The outcome of the only item."""
    (outcome,), _ = await run(client, [Item(prompt, key="k")], **settings)
    return outcome


async def made_anew(client: Client, anew: dict[str, Any], **settings: Any) -> Outcome:
    """What comes of it where it is to be made anew."""
    return await batch(client, anew["prompt"], **anew["rules"], **settings)


async def assert_still_there(kie: PatientKie, shelf: Shelf) -> None:
    """The old picture is what there is: told by a lookup, and given to who asks with the old words."""
    sent = len(kie.prompts)
    async with kie.client(journal=shelf()) as client:
        known = await client.lookup("k", name="default")
        again = await batch(client)
    entry = await entry_of(shelf(), "k", scope="default")

    assert isinstance(known, Succeeded)
    assert (known.task_id, again.task_id) == ("task0", "task0")
    assert (entry.generation, entry.state) == (1, ItemState.SUCCEEDED)
    assert len(kie.prompts) == sent


@ANEW
async def test_what_the_budget_does_not_reach_for_stays_what_it_is(shelf: Shelf, anew: dict[str, Any]) -> None:
    """Nothing was sent, and so nothing is forgotten."""
    kie = PatientKie()
    async with kie.client(journal=shelf()) as client:
        await batch(client)
        short = await made_anew(client, anew, budget=4)

    assert short.state == "skipped"
    await assert_still_there(kie, shelf)


@ANEW
async def test_what_waits_for_its_turn_stays_what_it_is(shelf: Shelf, anew: dict[str, Any]) -> None:
    """The process is killed before it comes to it."""
    kie, journal = PatientKie(), shelf()
    async with kie.client(journal=shelf()) as client:
        await batch(client)
    async with kie.client(journal=journal, rate=Rate(1, per=3600)) as client:
        waiting = asyncio.ensure_future(made_anew(client, anew))
        await asyncio.sleep(60)
        assert not waiting.done()
        journal.abandon()
        waiting.cancel()

    await assert_still_there(kie, shelf)


@ANEW
async def test_what_can_not_be_claimed_stays_what_it_is(shelf: Shelf, anew: dict[str, Any]) -> None:
    """The disk is full."""
    kie, journal = PatientKie(), shelf()
    async with kie.client(journal=journal) as client:
        await batch(client)
        journal.claim = no_room  # type: ignore[method-assign]  # a disk that has no room just then
        outcome = await made_anew(client, anew)

    assert outcome.state == "skipped"
    await assert_still_there(kie, shelf)


@ANEW
async def test_what_is_made_anew_is_paid_for_beside_the_old_one(shelf: Shelf, anew: dict[str, Any]) -> None:
    """Both are in the books; the key stands for the new one, in the next run as well."""
    kie = PatientKie()
    async with kie.client(journal=shelf()) as client:
        await batch(client)
        new = await made_anew(client, anew)
        await asyncio.sleep(300)
        assert_idle(client)
    async with kie.client(journal=shelf()) as client:
        again = await batch(client, anew["prompt"])

    entry = await entry_of(shelf(), "k", scope="default")
    assert (new.task_id, again.task_id) == ("task1", "task1")
    assert (entry.generation, entry.state, entry.attempts) == (2, ItemState.SUCCEEDED, 1)
    assert await spent(shelf()) == 8.0
    assert kie.accepted == ["task0", "task1"]


async def spent(journal: AnyJournal) -> float:
    """What the books have as taken by the batch."""
    sums = await spent_on(journal, "default")
    assert (sums.reserved, sums.possible) == (0.0, 0.0)
    return sums.spent


@pytest.mark.parametrize("left", ["pending", "accepted"])
async def test_an_old_task_that_runs_is_followed_to_its_end(shelf: Shelf, left: str) -> None:
    """It is paid for: what it comes to is in the books, though another is made in its place."""
    kie, journal = FatefulKie(), shelf()
    kie.state = "generating"
    async with kie.client(journal=journal) as client, client.batch([Item("old words", key="k")]):
        await until(lambda: kie.accepted and not client.statistics().creating)
        await asyncio.sleep(1)
        if left == "accepted":
            journal.abandon()

    async with kie.client(journal=shelf()) as client:
        making = asyncio.ensure_future(made_anew(client, CHANGED))
        await asyncio.sleep(60)
        kie.succeed("task1")
        new = await making
        looks = kie.polls["task0"]
        await asyncio.sleep(60)
        kie.succeed("task0", creditsConsumed=3.0)
        await asyncio.sleep(300)
        assert_idle(client)
        known = await client.lookup("k", name="default")

    assert new.task_id == "task1"
    assert kie.polls["task0"] > looks > 0
    assert isinstance(known, Succeeded)
    assert known.task_id == "task1"
    assert await spent(shelf()) == 7.0


async def test_an_old_task_that_fails_gives_its_credits_back(shelf: Shelf) -> None:
    """The books have it as free, and the new one as it is."""
    kie = FatefulKie()
    kie.state = "generating"
    async with kie.client(journal=shelf(), deadline=60) as client:
        first = await batch(client)
    kie.fail("task0")
    kie.succeed("task1")

    async with kie.client(journal=shelf()) as client:
        new = await made_anew(client, CHANGED)
        await asyncio.sleep(300)

    assert isinstance(first, Pending)
    assert new.task_id == "task1"
    assert await spent(shelf()) == 4.0


async def test_an_old_task_that_somebody_waits_for_is_not_looked_at_twice(shelf: Shelf) -> None:
    """He waits for it by its id: what it comes to is in the books by that."""
    kie = FatefulKie()
    kie.state = "generating"
    async with kie.client(journal=shelf(), deadline=60) as client:
        await batch(client)

    async with kie.client(journal=shelf()) as client:
        waiting = asyncio.ensure_future(client.wait("task0"))
        await asyncio.sleep(5)
        making = asyncio.ensure_future(made_anew(client, CHANGED))
        await asyncio.sleep(5)
        assert client.statistics().in_flight == 2
        kie.state = "success"
        old, new = await waiting, await making
        await asyncio.sleep(300)

    assert (old.task_id, new.task_id) == ("task0", "task1")
    assert await spent(shelf()) == 8.0


async def test_redo_leaves_alone_what_is_under_way(shelf: Shelf) -> None:
    """It is the one that was asked for, perhaps by the run that was killed: it is waited for."""
    kie = FatefulKie()
    kie.state = "generating"
    async with kie.client(journal=shelf(), deadline=60) as client:
        await batch(client)
    kie.state = "success"

    async with kie.client(journal=shelf()) as client:
        outcome = await made_anew(client, REDONE)

    assert outcome.task_id == "task0"
    assert kie.accepted == ["task0"]


@ANEW
async def test_a_lost_answer_that_is_made_anew_stays_possible(shelf: Shelf, anew: dict[str, Any]) -> None:
    """The key stands for the new one; the old one may have been charged, and the books say so."""
    kie = PatientKie()
    kie.creates.append(LOST)
    async with kie.client(journal=shelf()) as client:
        first = await batch(client)
        new = await made_anew(client, anew)
    sums = await spent_on(shelf(), "default")

    assert isinstance(first, Unknown)
    assert new.state == "succeeded"
    assert (sums.spent, sums.possible) == (4.0, 4.0)
    assert await attempts_of(shelf(), "k", scope="default") == [AttemptState.UNKNOWN, AttemptState.ACCEPTED]


@ANEW
@pytest.mark.parametrize("answer", [said(402, "Insufficient credits"), BUSY], ids=["no-credits", "busy"])
async def test_what_was_refused_stays_what_it_is(shelf: Shelf, anew: dict[str, Any], answer: Any) -> None:
    """The create in its place was refused, and the run was stopped: nothing is made, and nothing is forgotten."""
    kie = PatientKie()
    async with kie.client(journal=shelf()) as client:
        await batch(client)
    kie.creates += [answer] * 50
    async with kie.client(journal=shelf()) as client:
        running = asyncio.ensure_future(made_anew(client, anew))
        await until(lambda: len(kie.prompts) > 1)
        await asyncio.sleep(0.1)
        await client.aclose()
        outcome = await running
    kie.creates.clear()

    assert outcome.state == "skipped"
    await assert_still_there(kie, shelf)


@ANEW
async def test_a_claim_that_nobody_uses_forgets_nothing(shelf: Shelf, anew: dict[str, Any]) -> None:
    """The client is closed between the claim and the create: nothing was sent."""
    kie, journal = PatientKie(), shelf()
    async with kie.client(journal=journal) as client:
        await batch(client)
        with slow_to_say(journal):
            making = asyncio.ensure_future(made_anew(client, anew))
            await asyncio.sleep(0.5)
            await client.aclose(grace=0)
            await making

    await assert_still_there(kie, shelf)


@ANEW
async def test_a_batch_that_is_left_while_it_claims_forgets_nothing(shelf: Shelf, anew: dict[str, Any]) -> None:
    """The claim is granted when nobody wants it any more."""
    kie, journal = PatientKie(), shelf()
    async with kie.client(journal=journal) as client:
        await batch(client)
        with slow_to_say(journal):
            async with client.batch([Item(anew["prompt"], key="k")], **anew["rules"]):
                await asyncio.sleep(0.5)
            await asyncio.sleep(60)

    await assert_still_there(kie, shelf)


@pytest.mark.parametrize("on_change", ["hold", "regenerate", "keep"])
async def test_what_was_refused_for_other_words_puts_no_picture_away(shelf: Shelf, on_change: str) -> None:
    """New words that no task was made for, and cost nothing: with the old ones it is the picture that is paid for."""
    kie = PatientKie()
    async with kie.client(journal=shelf()) as client:
        await batch(client)
        kie.creates += [said(400, "bad words"), said(400, "worse words")]
        refused = [await batch(client, words, on_change="regenerate") for words in ("new words", "newer words")]
        again = await batch(client, on_change=on_change)
    async with kie.client(journal=shelf()) as client:
        later = await batch(client, on_change=on_change)

    assert [outcome.state for outcome in refused] == ["failed", "failed"]
    assert (again.task_id, later.task_id) == ("task0", "task0")
    assert kie.prompts == ["old words", "new words", "newer words"]
