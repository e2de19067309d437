"""What earlier runs have left: told in whatever state it is, followed to its end, and asked about in silence."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from nanobanana_async import (
    Client,
    ConfigurationError,
    Failed,
    Item,
    Outcome,
    Pending,
    StillRunningError,
    Succeeded,
    Task,
    Unknown,
)
from nanobanana_async.journal import Change
from nanobanana_async.lifecycle import ItemState
from tests.paying_once.answers import LOST, REFUSED
from tests.paying_once.conftest import Shelf
from tests.paying_once.lives import AnyJournal, PatientKie, assert_idle, doomed, entry_of, opened
from tests.scripted_kie import said, until


async def left_over(kie: PatientKie, journal: AnyJournal) -> None:
    """A process that is killed with a single call, and two items of a batch, under way; and with an answer lost."""
    kie.state = "generating"
    kie.creates.append(LOST)
    async with doomed(kie, journal) as client:
        with pytest.raises(Exception, match="no answer came"):
            await client.generate("lost", key="lost")
        await client.submit("single", key="single")
        async with client.batch([Item(f"item {key}", key=key) for key in "ab"], name="many"):
            await until(lambda: len(kie.accepted) == 3)
            await asyncio.sleep(1)
            journal.abandon()


async def told(client: Client, **of: Any) -> dict[str | None, str]:
    """The states of all that is pending, by key."""
    return {outcome.item.key: outcome.state async for outcome in client.pending(**of)}


async def test_everything_that_was_left_is_told(shelf: Shelf) -> None:
    """Of single calls and of batches; afterwards only what is unknown is left."""
    kie = PatientKie()
    await left_over(kie, shelf())
    kie.state = "success"

    async with kie.client(journal=shelf()) as client:
        first = await told(client)
        again = await told(client)
        await asyncio.sleep(300)
        assert_idle(client)

    assert first == {"lost": "unknown", "single": "succeeded", "a": "succeeded", "b": "succeeded"}
    assert again == {"lost": "unknown"}
    assert len(kie.prompts) == 4


@pytest.mark.parametrize(("name", "keys"), [("", {"lost", "single"}), ("many", {"a", "b"}), ("none", set())])
async def test_it_may_be_asked_of_one_name(shelf: Shelf, name: str, keys: set[str]) -> None:
    """The single calls have the empty one."""
    kie = PatientKie()
    await left_over(kie, shelf())
    kie.state = "success"

    async with kie.client(journal=shelf()) as client:
        found = await told(client, name=name)

    assert set(found) == keys


async def test_what_is_unknown_is_told_and_left_as_it_is(shelf: Shelf) -> None:
    """Also by a client that is told to resend: to ask is not to send."""
    kie = PatientKie()
    await left_over(kie, shelf())

    async with kie.client(journal=shelf(), on_unknown="resend") as client:
        outcome = await client.lookup("lost")
        found = await told(client, name="")
        assert client.statistics().possible_duplicates == 0

    assert isinstance(outcome, Unknown)
    assert found["lost"] == "unknown"
    assert (await entry_of(shelf(), "lost")).state is ItemState.UNKNOWN
    assert len(kie.prompts) == 4


async def test_who_breaks_out_may_ask_again(shelf: Shelf) -> None:
    """What runs goes on, and is told to who asks next."""
    kie = PatientKie()
    await left_over(kie, shelf())

    async with kie.client(journal=shelf()) as client:
        asking = asyncio.ensure_future(told(client, name="many"))
        await asyncio.sleep(5)
        asking.cancel()
        await asyncio.wait([asking])
        kie.state = "success"
        found = await told(client, name="many")

    assert found == {"a": "succeeded", "b": "succeeded"}


async def test_who_breaks_out_after_the_first_leaves_the_rest(shelf: Shelf) -> None:
    """The others come to their end by themselves, and are in the journal then."""
    kie = PatientKie()
    await left_over(kie, shelf())
    kie.state = "success"

    async with kie.client(journal=shelf()) as client:
        async for _ in client.pending(name="many"):
            break
        await asyncio.sleep(300)
        assert_idle(client)

    assert {(await entry_of(shelf(), key, scope="many")).state for key in "ab"} == {ItemState.SUCCEEDED}


async def test_what_a_batch_has_taken_up_is_its_own(shelf: Shelf) -> None:
    """It is told there, and not here as well."""
    kie = PatientKie()
    await left_over(kie, shelf())

    items = [Item(f"item {key}", key=key) for key in "ab"]
    async with kie.client(journal=shelf()) as client, client.batch(items, name="many") as batch:
        await asyncio.sleep(5)
        found = await told(client, name="many")
        kie.state = "success"
        outcomes = [outcome async for outcome in batch]

    assert found == {}
    assert [outcome.state for outcome in outcomes] == ["succeeded", "succeeded"]


@pytest.mark.parametrize("first", ["by its id", "by pending"])
async def test_a_task_that_is_waited_for_in_two_ways_is_looked_at_in_one(shelf: Shelf, first: str) -> None:
    """By its id or as what was left, and by its key: all are told, and the journal hears of one end."""
    kie = PatientKie()
    await left_over(kie, shelf())

    async with kie.client(journal=shelf()) as client:
        one = asyncio.ensure_future(client.wait("task0") if first == "by its id" else told(client, name=""))
        await asyncio.sleep(0.1)
        other = asyncio.ensure_future(client.generate("single", key="single"))
        await asyncio.sleep(30)
        assert client.statistics().in_flight == 4  # its own, those of the batch, and perhaps the lost one's
        kie.state = "success"
        await one
        result = await other
        await asyncio.sleep(300)
        assert_idle(client)

    assert result.task_id == "task0"
    assert (await entry_of(shelf(), "single")).state is ItemState.SUCCEEDED


async def test_what_is_shared_is_left_together(shelf: Shelf) -> None:
    """A client that is closed tells both, and the journal once."""
    kie = PatientKie()
    await left_over(kie, shelf())

    async with kie.client(journal=shelf()) as client:
        one = asyncio.ensure_future(client.wait("task0"))
        await asyncio.sleep(1)
        other = asyncio.ensure_future(client.generate("single", key="single"))
        await asyncio.sleep(1)
        await client.aclose()
        errors = await asyncio.gather(one, other, return_exceptions=True)

    assert [type(error) for error in errors] == [StillRunningError] * 2
    assert (await entry_of(shelf(), "single")).state is ItemState.PENDING


async def test_what_another_process_is_at_is_left_to_it(shelf: Shelf) -> None:
    """As long as it lives; then it is taken up."""
    kie, journal = PatientKie(), shelf()
    kie.state = "generating"

    async with kie.client(journal=shelf()) as client:
        async with doomed(kie, journal) as other:
            await other.submit("a banana", key="k")
            while_it_lives = await told(client)
            journal.abandon()
        kie.state = "success"
        after_its_death = await told(client)

    assert while_it_lives == {}
    assert after_its_death == {"k": "succeeded"}


async def test_a_task_that_takes_too_long_is_pending_again(shelf: Shelf) -> None:
    """And so is left to the next run."""
    kie = PatientKie()
    await left_over(kie, shelf())

    async with kie.client(journal=shelf(), deadline=5) as client:
        first = await told(client, name="many")
    kie.state = "success"
    async with kie.client(journal=shelf()) as client:
        second = await told(client, name="many")

    assert first == {"a": "pending", "b": "pending"}
    assert second == {"a": "succeeded", "b": "succeeded"}


async def test_a_client_that_is_closed_ends_the_asking(shelf: Shelf) -> None:
    """Each task is told as pending, and stays so for the next run."""
    kie = PatientKie()
    await left_over(kie, shelf())

    async with kie.client(journal=shelf()) as client:
        asking = asyncio.ensure_future(told(client, name="many"))
        await asyncio.sleep(5)
        await client.aclose()
        found = await asking

    assert found == {"a": "pending", "b": "pending"}


async def test_a_lookup_knows_every_state(shelf: Shelf) -> None:
    """Its task while that runs, its outcome once it is over, and nothing for what was never sent."""
    kie = PatientKie()
    await left_over(kie, shelf())
    kie.creates += [said(402, "Insufficient credits"), REFUSED]
    async with kie.client(journal=shelf(), deadline=5) as client:
        for key in ("no-credits", "refused"):
            with pytest.raises(Exception, match=r"credits|content policy"):
                await client.generate("a banana", key=key)
        await told(client, name="many")

    found: dict[str, Task | Outcome | None] = {}
    async with kie.client(journal=shelf()) as client:
        for key in ("single", "lost", "no-credits", "refused", "never"):
            found[key] = await client.lookup(key)
        found["a"] = await client.lookup("a", name="many")

    kinds = {key: type(what) for key, what in found.items()}
    assert kinds == {
        "single": Task,
        "lost": Unknown,
        "no-credits": type(None),
        "refused": Failed,
        "never": type(None),
        "a": Pending,
    }
    assert isinstance(found["single"], Task)
    assert found["single"].id == "task0"


async def test_a_lookup_sees_what_a_dead_process_was_sending(shelf: Shelf) -> None:
    """It is unknown as soon as that is dead, whoever asks first."""
    kie, journal = PatientKie(), shelf()
    kie.answering.clear()

    async with kie.client(journal=shelf()) as client, doomed(kie, journal) as other:
        asking = asyncio.ensure_future(other.generate("a banana", key="k"))
        await until(lambda: kie.prompts)
        before = await client.lookup("k")
        journal.abandon()
        after = await client.lookup("k")
        asking.cancel()

    assert isinstance(before, Task)
    assert not before.id
    assert isinstance(after, Unknown)


async def test_a_key_that_was_adopted_by_hand_is_followed(shelf: Shelf) -> None:
    """Somebody has found its task in the vendor's log; and one that was dropped is told as failed."""
    kie = PatientKie()
    await left_over(kie, shelf())
    kie.creates.append(LOST)
    async with kie.client(journal=shelf()) as client:
        with pytest.raises(Exception, match="no answer came"):
            await client.generate("dropped", key="dropped")
    async with opened(shelf()) as journal:
        await journal.record(Change(scope="", key="lost", generation=1, at=0.0, to=ItemState.ACCEPTED, task_id="found"))
        await journal.record(Change(scope="", key="dropped", generation=1, at=0.0, to=ItemState.DROPPED))

    kie.state = "success"
    async with kie.client(journal=shelf()) as client:
        result = await client.generate("lost", key="lost")
        dropped = await client.lookup("dropped")
        known = await client.lookup("lost")

    assert result.task_id == "found"
    assert isinstance(known, Succeeded)
    assert isinstance(dropped, Failed)
    assert dropped.charged == "unknown"


@pytest.mark.parametrize("ask", ["lookup", "pending"])
async def test_without_a_journal_there_is_no_past(ask: str) -> None:
    """It is said how to get one."""
    async with PatientKie().client() as client:
        with pytest.raises(ConfigurationError, match="has no journal"):
            if ask == "lookup":
                await client.lookup("k")
            else:
                await told(client)
