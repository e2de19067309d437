"""A callback that names a token of ours: a lost answer is found by it, and a task that runs is looked at at once."""

from __future__ import annotations

import asyncio

import pytest

from nanobanana_async import Client, Polling, Rate, Succeeded, UnknownOutcomeError
from nanobanana_async.journal import MemoryJournal
from nanobanana_async.lifecycle import AttemptState, ItemState
from nanobanana_async.tasks import TaskManager
from tests.paying_once.answers import BUSY, LOST
from tests.paying_once.lives import PatientKie, assert_idle, doomed, killed_on_the_wire
from tests.scripted_kie import said, until


def manager_of(client: Client) -> TaskManager:
    """What a receiver of callbacks speaks to."""
    return client._open().manager


async def token_of(journal: MemoryJournal, key: str, number: int = -1) -> str:
    return (await journal.attempts("", key))[number].token


async def test_a_lost_answer_is_found_again() -> None:
    """The key was unknown; now it has a task, and comes to its end with nobody waiting."""
    kie, journal = PatientKie(), MemoryJournal()
    kie.creates.append(LOST)

    async with kie.client(journal=journal) as client:
        with pytest.raises(UnknownOutcomeError):
            await client.generate("a banana", key="k")
        is_known = await manager_of(client).called_back(await token_of(journal, "k"), "task9")
        result = await client.generate("a banana", key="k")
        await asyncio.sleep(300)
        assert_idle(client)
        attempts = await journal.attempts("", "k")

    assert is_known
    assert result.task_id == "task9"
    assert len(kie.prompts) == 1
    assert [(attempt.state, attempt.task_id) for attempt in attempts] == [(AttemptState.ACCEPTED, "task9")]


async def test_the_answer_that_a_dead_process_never_heard_is_found_again() -> None:
    """Its token is in the journal since before the create left."""
    kie, journal = PatientKie(), MemoryJournal()
    await killed_on_the_wire(kie, journal)

    async with kie.client(journal=journal) as client:
        await manager_of(client).called_back(await token_of(journal, "k"), "task9")
        await asyncio.sleep(300)
        outcome = await client.lookup("k")

    assert isinstance(outcome, Succeeded)
    assert outcome.task_id == "task9"


async def test_a_callback_may_come_before_the_answer_is_lost() -> None:
    """What it said is remembered until then: the caller gets the picture and hears of no trouble."""
    kie, journal = PatientKie(), MemoryJournal()
    kie.answering.clear()
    kie.creates.append(LOST)

    async with kie.client(journal=journal) as client:
        asking = asyncio.ensure_future(client.generate("a banana", key="k"))
        await until(lambda: kie.prompts)
        await manager_of(client).called_back(await token_of(journal, "k"), "task9")
        kie.answering.set()
        result = await asking

    assert result.task_id == "task9"


async def test_what_waits_to_be_sent_again_need_not_be() -> None:
    """The answer was lost, and it was to be resent: the callback comes in time."""
    kie, journal = PatientKie(), MemoryJournal()
    kie.creates += [LOST, BUSY] * 2

    async with kie.client(journal=journal, on_unknown="resend") as client:
        asking = asyncio.ensure_future(client.generate("a banana", key="k"))
        await until(lambda: len(kie.prompts) == 2)
        await asyncio.sleep(0)
        await manager_of(client).called_back(await token_of(journal, "k", 0), "task9")
        result = await asking
        await asyncio.sleep(300)
        assert_idle(client, possible_duplicates=1)

    assert result.task_id == "task9"
    assert len(kie.prompts) == 2


async def test_a_task_that_runs_is_looked_at_now() -> None:
    """The callback says that it is over, and nobody waits for the next look."""
    kie, journal = PatientKie(), MemoryJournal()
    kie.state = "generating"

    async with kie.client(journal=journal, polling=Polling(first=500, shortest=500)) as client:
        asking = asyncio.ensure_future(client.generate("a banana", key="k"))
        await until(lambda: kie.accepted and not client.statistics().creating)
        began = asyncio.get_running_loop().time()
        kie.state = "success"
        await manager_of(client).called_back(await token_of(journal, "k"), "task0")
        await asking

    assert asyncio.get_running_loop().time() - began < 5


async def test_two_pictures_of_one_key_are_both_in_the_books() -> None:
    """It was sent again, and then the first answer is found: the journal has both tasks, the key the second."""
    kie, journal = PatientKie(), MemoryJournal()
    kie.state = "generating"
    kie.creates.append(LOST)

    async with kie.client(journal=journal, on_unknown="resend") as client:
        task = await client.submit("a banana", key="k")
        await manager_of(client).called_back(await token_of(journal, "k", 0), "task9")
        kie.state = "success"
        await client.wait(task)
        attempts = await journal.attempts("", "k")

    assert [attempt.task_id for attempt in attempts] == ["task9", "task0"]


@pytest.mark.parametrize("state", [ItemState.SUCCEEDED, None])
async def test_a_callback_that_says_nothing_new_changes_nothing(state: ItemState | None) -> None:
    """It comes again after the end; or its token was never ours."""
    kie, journal = PatientKie(), MemoryJournal()

    async with kie.client(journal=journal) as client:
        await client.generate("a banana", key="k")
        token = await token_of(journal, "k") if state else "never ours"
        await manager_of(client).called_back(token, "task0")
        entry = await journal.find("", "k")
        assert_idle(client)

    assert entry is not None
    assert entry.state is ItemState.SUCCEEDED


async def test_without_a_journal_no_token_is_known() -> None:
    """There is none."""
    async with PatientKie().client() as client:
        assert not await manager_of(client).called_back("token", "task0")


async def test_what_another_run_had_lost_and_this_one_would_resend_is_found() -> None:
    """It waits for its turn to be sent again; the callback spares that."""
    kie, journal = PatientKie(), MemoryJournal()
    kie.creates.append(LOST)
    async with kie.client(journal=journal) as client:
        with pytest.raises(UnknownOutcomeError):
            await client.generate("a banana", key="k")

    async with kie.client(journal=journal, on_unknown="resend", rate=Rate(1, per=3600)) as client:
        asking = asyncio.ensure_future(client.generate("a banana", key="k"))
        await asyncio.sleep(1)
        await manager_of(client).called_back(await token_of(journal, "k"), "task9")
        result = await asking
        await asyncio.sleep(300)
        assert_idle(client)

    assert result.task_id == "task9"
    assert len(kie.prompts) == 1


async def test_a_refused_create_is_no_task_whoever_says_so() -> None:
    """Its answer was heard: a callback for its token is not believed."""
    kie, journal = PatientKie(), MemoryJournal()
    kie.creates += [said(422, "high demand (E003)")]

    async with kie.client(journal=journal) as client:
        asking = asyncio.ensure_future(client.generate("a banana", key="k"))
        await until(lambda: len(kie.prompts) == 1 and not client.statistics().creating)
        await manager_of(client).called_back(await token_of(journal, "k"), "task9")
        result = await asking

    assert result.task_id == "task0"


async def test_a_task_that_a_dead_process_had_is_followed_when_it_calls() -> None:
    """Nobody has asked for it yet: it comes to its end all the same."""
    kie, journal = PatientKie(), MemoryJournal()
    kie.state = "generating"
    async with doomed(kie, journal) as client:
        await client.submit("a banana", key="k")
        await asyncio.sleep(1)
        token = await token_of(journal, "k")
        journal.abandon()

    kie.state = "success"
    async with kie.client(journal=journal) as client:
        assert await manager_of(client).called_back(token, "task0")
        await asyncio.sleep(300)
        outcome = await client.lookup("k")

    assert isinstance(outcome, Succeeded)
