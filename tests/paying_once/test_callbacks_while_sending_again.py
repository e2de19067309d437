"""A lost answer is sent again, and its callback comes at an awkward moment: what it names is what there is."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from nanobanana_async import Client, Item, StillRunningError, Unknown, UnknownOutcomeError
from nanobanana_async.journal import Change, MemoryJournal
from nanobanana_async.lifecycle import AttemptState, ItemState
from nanobanana_async.values import WireReply, WireRequest
from tests.paying_once.answers import BUSY, LOST, REFUSED
from tests.paying_once.asking import generate
from tests.paying_once.conftest import Shelf
from tests.paying_once.fates import FatefulKie
from tests.paying_once.lives import PatientKie, entry_of, made_for
from tests.paying_once.runs_of import run
from tests.paying_once.test_callbacks import manager_of
from tests.scripted_kie import Answer, said, until

BROKEN = said(500, "Internal Error, Please try again later.")


async def called(client: Client, shelf: Shelf, number: int, task_id: str, *, name: str = "") -> bool:
    """The callback for that create comes, which says that it became that task."""
    attempts = await made_for(shelf(), scope=name)
    return await manager_of(client).called_back(attempts[number].token, task_id)


class Gate:
    """Keeps one answer back until it is open."""

    def __init__(self, answer: Answer) -> None:
        self.answer, self.opened = answer, asyncio.Event()

    async def __call__(self, request: WireRequest) -> WireReply:
        await self.opened.wait()
        if isinstance(self.answer, BaseException):
            raise self.answer
        assert isinstance(self.answer, WireReply)
        return self.answer


@pytest.mark.parametrize("second", [BUSY, REFUSED, BROKEN, said(402, "Insufficient credits")])
async def test_what_was_found_is_followed_where_the_next_create_is_refused(shelf: Shelf, second: Answer) -> None:
    """However: nothing more is sent for it, and the key is that task's."""
    kie = PatientKie()
    gate = Gate(second)
    kie.creates += [LOST, gate]
    async with kie.client(journal=shelf(), on_unknown="resend") as client:
        asking = asyncio.ensure_future(generate(client, timeout=3600))
        await until(lambda: len(kie.prompts) == 2)
        assert await called(client, shelf, 0, "task9")
        gate.opened.set()
        got = await asking
    first, refused = await made_for(shelf())

    assert got == "task9"
    assert len(kie.prompts) == 2
    assert (first.state, first.charged) == (AttemptState.ACCEPTED, "yes")
    assert (refused.state, refused.charged) == (AttemptState.REFUSED, "no")
    assert (await entry_of(shelf(), "k")).state is ItemState.SUCCEEDED


async def test_what_was_found_is_followed_where_the_next_answer_is_lost_as_well(shelf: Shelf) -> None:
    """The second may have been charged, and the books say so; the caller has his picture."""
    kie = PatientKie()
    gate, journal = Gate(LOST), shelf()
    kie.creates += [LOST, gate]
    async with kie.client(journal=journal, on_unknown="resend") as client:
        asking = asyncio.ensure_future(generate(client, timeout=3600))
        await until(lambda: len(kie.prompts) == 2)
        assert await called(client, shelf, 0, "task9")
        gate.opened.set()
        got = await asking
        spent = await journal.spent("")

    assert got == "task9"
    assert len(kie.prompts) == 2
    assert (spent.spent, spent.possible) == (4.0, 4.0)


async def test_a_close_leaves_what_was_found_to_the_next_run(shelf: Shelf) -> None:
    """Another create is on the wire, and is cut short."""
    kie = PatientKie()
    kie.creates += [LOST, Gate(BUSY)]
    async with kie.client(journal=shelf(), on_unknown="resend") as client:
        asking = asyncio.ensure_future(generate(client, timeout=3600))
        await until(lambda: len(kie.prompts) == 2)
        assert await called(client, shelf, 0, "task9")
        await client.aclose(grace=1)
        await asyncio.wait([asking])
    assert isinstance(asking.exception(), StillRunningError)
    left = await entry_of(shelf(), "k")
    async with kie.client(journal=shelf()) as client:
        got = await generate(client)

    assert (left.state, left.task_id) == (ItemState.PENDING, "task9")
    assert got == "task9"
    assert len(kie.prompts) == 2


class SlowDisk(MemoryJournal):
    """What is noted takes a while."""

    async def record(self, change: Change) -> bool:
        done = await super().record(change)
        await asyncio.sleep(0.2)
        return done


async def test_what_is_found_while_its_next_create_waits_for_the_disk_is_not_sent_again() -> None:
    """Its row has its turn already; the callback is the first create's, and not that of the one to come."""
    kie, journal = PatientKie(), SlowDisk()
    kie.creates += [LOST, LOST]

    async with kie.client(journal=journal, on_unknown="resend") as client:
        asking = asyncio.ensure_future(generate(client, timeout=3600))
        await until(lambda: kie.prompts)
        await asyncio.sleep(0.1)
        (lost,) = await journal.attempts("", "k")
        assert await manager_of(client).called_back(lost.token, "task9")
        got = await asking
        attempts = await journal.attempts("", "k")

    assert got == "task9"
    assert len(kie.prompts) == 1
    assert [(one.state, one.task_id, one.charged) for one in attempts] == [(AttemptState.ACCEPTED, "task9", "yes")]


@pytest.mark.parametrize("answer", [BROKEN, BUSY, REFUSED])
async def test_who_has_called_back_was_not_refused(shelf: Shelf, answer: Answer) -> None:
    """The callback came before the answer: there is a task, whatever the answer says, and it is looked at."""
    kie = PatientKie()
    kie.answering.clear()
    kie.creates += [answer]
    async with kie.client(journal=shelf()) as client:
        asking = asyncio.ensure_future(generate(client, timeout=3600))
        await until(lambda: kie.prompts)
        assert await called(client, shelf, 0, "task9")
        kie.answering.set()
        got = await asking
    (attempt,) = await made_for(shelf())

    assert got == "task9"
    assert (attempt.state, attempt.task_id) == (AttemptState.ACCEPTED, "task9")
    assert len(kie.prompts) == 1


@pytest.mark.parametrize("policy", ["hold", "resend"])
async def test_whom_another_process_was_told_of_is_not_lost(shelf: Shelf, policy: Any) -> None:
    """The callback comes to a client that does not send it: who sent it has his picture, and is not charged twice."""
    kie = PatientKie()
    kie.answering.clear()
    kie.creates += [LOST]

    async with kie.client(journal=shelf(), on_unknown=policy) as one, kie.client(journal=shelf()) as other:
        asking = asyncio.ensure_future(run(one, [Item("a banana", key="k")], name="many", budget=4))
        await until(lambda: kie.prompts)
        assert await called(other, shelf, 0, "task9", name="many")
        kie.answering.set()
        (outcome,), report = await asking

    assert outcome.task_id == "task9"
    assert (report.credits, report.possible_duplicates) == (4.0, 0)
    assert len(kie.prompts) == 1


async def test_what_is_found_in_time_is_no_possible_duplicate(shelf: Shelf) -> None:
    """It waits for its turn: that is given up, and what was reserved for it is there for others."""
    kie = FatefulKie()
    kie.creates += [LOST] + [BUSY] * 5
    async with kie.client(journal=shelf(), on_unknown="resend") as client:
        items = [Item("a banana", key="k"), Item("a kiwi", key="l")]
        running = asyncio.ensure_future(run(client, items, name="many", budget=12))
        await until(lambda: len(kie.prompts) > 1)
        await asyncio.sleep(0.1)
        assert await called(client, shelf, 0, "task9", name="many")
        outcomes, report = await running

    assert [outcome.state for outcome in outcomes] == ["succeeded", "succeeded"]
    assert report.possible_duplicates == 0


@pytest.mark.parametrize("verdict", [ItemState.NEW, ItemState.DROPPED])
async def test_a_callback_overrules_what_a_person_said(shelf: Shelf, verdict: ItemState) -> None:
    """It was not taken, or is to be forgotten: but it was taken, so it is paid for, and there is a picture."""
    kie = PatientKie()
    kie.creates += [LOST]
    journal = shelf()
    async with kie.client(journal=journal) as client:
        with pytest.raises(UnknownOutcomeError):
            await generate(client)
        (lost,) = await journal.attempts("", "k")
        abandoned = (lost.token, AttemptState.ABANDONED)
        await journal.record(
            Change(scope="", key="k", generation=1, at=0.0, to=verdict, attempt=abandoned, charged="no")
        )
        assert await manager_of(client).called_back(lost.token, "task9")
        await asyncio.sleep(300)
        got = await generate(client)
        spent = await journal.spent("")

    assert got == "task9"
    assert len(kie.prompts) == 1
    assert (spent.spent, spent.possible) == (4.0, 0.0)


async def test_what_is_to_be_sent_again_by_word_may_have_been_charged(shelf: Shelf) -> None:
    """It is refused then: nobody can say that nothing was charged, and other words are not sent under its key."""
    kie = PatientKie()
    kie.creates += [LOST, REFUSED]
    journal = shelf()
    async with kie.client(journal=journal) as client:
        first, _ = await run(client, [Item("a banana", key="k")], name="many")
        await journal.record(Change(scope="many", key="k", generation=1, at=0.0, to=ItemState.NEW))
        second, _ = await run(client, [Item("a banana", key="k")], name="many")
        third, _ = await run(client, [Item("other words", key="k")], name="many")

    assert isinstance(first[0], Unknown)
    assert (second[0].state, second[0].charged) == ("failed", "unknown")
    assert third[0].state == "skipped"
    assert len(kie.prompts) == 2


async def test_a_batch_whose_client_is_closed_while_it_takes_an_item_in_ends(shelf: Shelf) -> None:
    """A budget waits for a task to be settled: that item is skipped, and the iteration comes to its end."""
    kie = PatientKie()
    kie.state = "generating"

    async with (
        kie.client(journal=shelf()) as client,
        client.batch([Item(f"banana {number}", key=f"k{number}") for number in range(6)], budget=8) as batch,
    ):
        await until(lambda: len(kie.accepted) == 2)
        await asyncio.sleep(1)
        await client.aclose(grace=0)
        outcomes = []
        with pytest.raises(Exception, match="before all items were read"):
            async for outcome in batch:
                outcomes.append(outcome.state)

    assert outcomes == ["pending", "pending", "skipped"]


async def test_what_was_found_is_followed_where_the_next_task_fails(shelf: Shelf) -> None:
    """It was sent again and taken, and then the lost one was found: where the second fails, no third is paid for."""
    kie = FatefulKie()
    kie.creates += [LOST]
    kie.state = "generating"
    journal = shelf()
    async with kie.client(journal=journal, on_unknown="resend") as client:
        running = asyncio.ensure_future(run(client, [Item("a banana", key="k")], name="many", budget=12))
        await until(lambda: kie.accepted)
        await asyncio.sleep(1)
        assert await called(client, shelf, 0, "task9", name="many")
        kie.succeed("task9")
        kie.fail("task0")
        (outcome,), report = await running
        spent = await journal.spent("many")

    assert outcome.task_id == "task9"
    assert len(kie.prompts) == 2
    assert (spent.spent, spent.possible) == (4.0, 0.0)
    assert (report.credits, report.possible_duplicates) == (4.0, 0)
