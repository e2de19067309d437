"""A disk that fails: nothing is sent whose intent is not on it, and what is paid for is collected all the same."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from nanobanana_async import (
    Client,
    ClientClosedError,
    Item,
    NanoBananaError,
    Outcome,
    Polling,
    Rate,
    Skipped,
    StorageError,
)
from nanobanana_async.events import Event, RunStopped
from nanobanana_async.journal import Claimed, Entry, Intent, MemoryJournal
from nanobanana_async.lifecycle import ItemState
from tests.paying_once.failing_disk import FailingJournal, disk_error
from tests.paying_once.lives import assert_idle
from tests.scripted_kie import ScriptedKie, until

KEYED = [Item(f"banana {key}", key=key) for key in "abcd"]


async def run(client: Client) -> list[Outcome]:
    async with client.batch(KEYED, ordered=True) as batch:
        return [outcome async for outcome in batch]


async def test_without_an_intent_on_disk_nothing_is_sent() -> None:
    """A single call raises, and says that nothing was charged."""
    kie, journal = ScriptedKie(), FailingJournal()

    async with kie.client(journal=journal) as client:
        journal.is_full = True
        with pytest.raises(StorageError, match="disk is full") as caught:
            await client.generate("a banana", key="k")
        assert_idle(client)

    assert caught.value.charged == "no"
    assert not kie.prompts


@pytest.mark.parametrize("trouble", ["is_full", "is_gone"])
async def test_a_batch_stops_where_nothing_can_be_written(trouble: str) -> None:
    """Every item is skipped for the disk, and the run says so once."""
    kie, journal, events = ScriptedKie(), FailingJournal(), list[Event]()

    async with kie.client(journal=journal, on_event=events.append) as client:
        setattr(journal, trouble, True)
        outcomes = await run(client)
        assert_idle(client)

    assert [outcome.reason for outcome in outcomes if isinstance(outcome, Skipped)] == ["storage"] * 4
    assert {outcome.error.charged for outcome in outcomes if outcome.error} == {"no"}
    assert len([event for event in events if isinstance(event, RunStopped)]) == 1
    assert not kie.prompts


async def test_what_is_paid_for_is_collected_though_it_can_not_be_written() -> None:
    """The disk fills up under two tasks: both are told as they end, nothing more is sent, and that is said once."""
    kie, journal, events = ScriptedKie(), FailingJournal(), list[Event]()
    kie.state = "generating"

    async with kie.client(journal=journal, rate=Rate(2, per=600), on_event=events.append) as client:
        running = asyncio.ensure_future(run(client))
        await until(lambda: client.statistics().in_flight == 2 and not client.statistics().creating)
        journal.is_full = True
        kie.state = "success"
        outcomes = await running
        assert_idle(client)

    assert [outcome.state for outcome in outcomes] == ["succeeded", "succeeded", "skipped", "skipped"]
    assert [outcome.reason for outcome in outcomes if isinstance(outcome, Skipped)] == ["storage"] * 2
    assert len(kie.prompts) == 2
    assert len([event for event in events if isinstance(event, RunStopped)]) == 1


async def test_an_id_that_can_not_be_written_is_waited_for() -> None:
    """The disk fills up between the intent and the answer: the picture comes all the same."""
    kie, journal = ScriptedKie(), FailingJournal()
    kie.answering.clear()

    async with kie.client(journal=journal) as client:
        asking = asyncio.ensure_future(client.generate("a banana", key="k"))
        await until(lambda: kie.prompts)
        journal.is_full = True
        kie.answering.set()
        result = await asking
        assert_idle(client)

    assert result.task_id == "task0"


async def test_a_disk_that_has_room_again_is_used_again() -> None:
    """What was kept is written first, and the same client goes on."""
    kie, journal = ScriptedKie(), FailingJournal()
    kie.answering.clear()

    async with kie.client(journal=journal) as client:
        asking = asyncio.ensure_future(client.generate("a banana", key="a"))
        await until(lambda: kie.prompts)
        journal.is_full = True
        kie.answering.set()
        await asking
        with pytest.raises(StorageError):
            await client.generate("another", key="b")
        journal.is_full = False
        result = await client.generate("another", key="b")
        entry = await journal.find("", "a")

    assert result.task_id == "task1"
    assert entry is not None
    assert entry.state is ItemState.SUCCEEDED


async def test_each_time_the_disk_fills_up_is_told() -> None:
    """Once, and again after it had room in between."""
    kie, journal, events = ScriptedKie(), FailingJournal(), list[Event]()
    kie.state = "generating"

    async with kie.client(journal=journal, on_event=events.append, polling=Polling(interval=1)) as client:
        for key in "ab":
            journal.is_full = False
            task = await client.submit("a banana", key=key)
            await asyncio.sleep(1)
            journal.is_full = True
            kie.state = "success"
            await client.wait(task)
            await asyncio.sleep(1)
            kie.state = "generating"

    assert len([event for event in events if isinstance(event, RunStopped)]) == 2


async def test_a_journal_that_does_not_open_leaves_nothing_open() -> None:
    """The error is raised, and a second start may succeed."""
    kie, journal = ScriptedKie(), FailingJournal()
    journal.fails_to_open = True
    client = Client(api_key="test", transport=kie.transport, journal=journal)

    with pytest.raises(StorageError, match="can't be opened"):
        await client.start()
    journal.fails_to_open = False
    await client.start()
    await client.aclose()

    assert not kie.prompts


async def test_a_start_that_fails_after_the_opening_closes_the_journal() -> None:
    """Its lock would be held by nobody for as long as the process lives."""
    journal = FailingJournal()

    class Unreadable(FailingJournal):
        async def standing(self, since: float) -> None:  # type: ignore[override]  # it never returns
            raise disk_error("the disk failed")

    journal.__class__ = Unreadable
    with pytest.raises(StorageError, match="disk failed"):
        await Client(api_key="test", transport=ScriptedKie().transport, journal=journal).start()

    assert "closed" in repr(journal)


async def test_a_journal_that_can_not_be_closed_is_told_to_the_log() -> None:
    """Whoever closes a client has nothing to do about it."""
    kie, journal = ScriptedKie(), FailingJournal()

    async with kie.client(journal=journal) as client:
        result = await client.generate("a banana", key="k")
        journal.fails_to_close = True

    assert result.task_id == "task0"


async def test_a_batch_that_can_not_begin_lets_go_of_its_name() -> None:
    """The books could not be read; once they can, it runs."""
    kie, journal = ScriptedKie(), FailingJournal()

    async with kie.client(journal=journal) as client:
        spent = journal.spent
        journal.spent = _refuse  # type: ignore[method-assign, assignment]  # a disk that fails once
        with pytest.raises(StorageError):
            async with client.batch(KEYED, budget=100):
                pass
        journal.spent = spent  # type: ignore[method-assign]  # it works again
        outcomes = await run(client)

    assert len(outcomes) == 4


async def _refuse(_: str) -> None:
    raise disk_error("the disk failed")


@pytest.mark.parametrize("error", [StorageError("gone", charged="yes"), RuntimeError("a bug")])
async def test_a_key_that_can_not_be_looked_up_is_not_sent(error: Exception) -> None:
    """Whatever the journal raises, the caller is told, and that nothing was charged."""
    kie, journal = ScriptedKie(), FailingJournal()

    async def fail(scope: str, key: str, **more: Any) -> None:
        raise error

    async with kie.client(journal=journal) as client:
        journal.find = fail  # type: ignore[method-assign]  # a journal of somebody else's
        with pytest.raises(NanoBananaError, match=r"gone|a bug") as caught:
            await client.generate("a banana", key="k")
        assert_idle(client)

    assert caught.value.charged == "no"
    assert not kie.prompts


async def test_a_claim_that_breaks_is_given_back() -> None:
    """The journal had written it down, and then raised what no journal should."""
    kie, journal = ScriptedKie(), FailingJournal()
    claim = journal.claim

    async def broken(intent: Intent) -> Entry | Claimed:
        await claim(intent)
        raise RuntimeError("a bug")

    async with kie.client(journal=journal) as client:
        journal.claim = broken  # type: ignore[method-assign]  # a journal of somebody else's
        with pytest.raises(NanoBananaError, match="a bug"):
            await client.generate("a banana", key="k")
        journal.claim = claim  # type: ignore[method-assign]  # it works again
        result = await client.generate("a banana", key="k")

    assert result.task_id == "task0"
    assert len(kie.prompts) == 1


async def test_who_is_closed_while_he_waits_for_another_process_is_told() -> None:
    """What that does is its own affair."""
    kie, journal = ScriptedKie(), MemoryJournal()
    kie.answering.clear()

    async with kie.client(journal=journal) as one, kie.client(journal=journal.beside()) as other:
        first = asyncio.ensure_future(one.generate("a banana", key="k"))
        await until(lambda: kie.prompts)
        second = asyncio.ensure_future(other.generate("a banana", key="k"))
        await asyncio.sleep(5)
        await other.aclose()
        with pytest.raises(ClientClosedError):
            await second
        kie.answering.set()
        result = await first

    assert result.task_id == "task0"
