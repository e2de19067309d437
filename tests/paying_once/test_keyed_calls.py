"""A key stands for one image, whoever asks for it, how often, and whatever became of who asked first."""

from __future__ import annotations

import asyncio

import pytest

from nanobanana_async import (
    PolicyError,
    Rate,
    Succeeded,
    TaskState,
    UnknownOutcomeError,
)
from nanobanana_async.lifecycle import AttemptState, ItemState
from tests.paying_once.answers import BUSY, LOST, REFUSED
from tests.paying_once.asking import EITHER, Ask, generate, submit
from tests.paying_once.conftest import Shelf
from tests.paying_once.lives import assert_idle, attempts_of, doomed, entry_of, killed_on_the_wire
from tests.scripted_kie import ScriptedKie, until


@EITHER
async def test_a_key_is_paid_for_once(shelf: Shelf, ask: Ask) -> None:
    """Asked for again, it is what there is; also by the next client."""
    kie = ScriptedKie()

    async with kie.client(journal=shelf()) as client:
        first, second = await ask(client), await ask(client)
        await asyncio.sleep(60)
        assert_idle(client)
    async with kie.client(journal=shelf()) as client:
        third = await ask(client)

    assert first == second == third == "task0"
    assert kie.accepted == ["task0"]


@EITHER
async def test_asked_for_at_once_it_is_sent_once(shelf: Shelf, ask: Ask) -> None:
    """Callers of one client share one row."""
    kie = ScriptedKie()

    async with kie.client(journal=shelf()) as client:
        got = await asyncio.gather(*(ask(client) for _ in range(5)))

    assert set(got) == {"task0"}
    assert len(kie.prompts) == 1


@EITHER
async def test_two_processes_send_it_once(shelf: Shelf, ask: Ask) -> None:
    """One gets the right to send; the other waits until it is known what became of it."""
    kie = ScriptedKie()
    kie.answering.clear()

    async with kie.client(journal=shelf()) as one, kie.client(journal=shelf()) as other:
        asking = [asyncio.ensure_future(ask(client)) for client in (one, other)]
        await until(lambda: kie.prompts)
        await asyncio.sleep(5)
        kie.answering.set()
        got = await asyncio.gather(*asking)
        assert_idle(one)
        assert_idle(other)

    assert set(got) == {"task0"}
    assert len(kie.prompts) == 1


async def test_the_result_is_the_same(shelf: Shelf) -> None:
    """What the gateway said is kept as it came, and read anew."""
    kie = ScriptedKie()

    async with kie.client(journal=shelf()) as client:
        first = await client.generate("a banana", key="k")
    async with kie.client(journal=shelf()) as client:
        again = await client.generate("a banana", key="k")
        task = await client.submit("a banana", key="k")

    assert again == first
    assert (task.id, task.state) == (first.task_id, TaskState.SUCCESS)


@EITHER
async def test_what_a_killed_process_had_accepted_is_followed(shelf: Shelf, ask: Ask) -> None:
    """Its id is known, and so it is waited for."""
    kie, journal = ScriptedKie(), shelf()
    kie.state = "generating"
    async with doomed(kie, journal) as client:
        await submit(client)
        await asyncio.sleep(1)

    kie.state = "success"
    async with kie.client(journal=shelf()) as client:
        got = await ask(client)

    assert got == "task0"
    assert len(kie.prompts) == 1


async def test_to_submit_what_runs_gives_its_task_at_once(shelf: Shelf) -> None:
    """Nobody who submits waits for the picture: not in the same client, and not in the next."""
    kie, journal = ScriptedKie(), shelf()
    kie.state = "generating"

    async with doomed(kie, journal) as client:
        tasks = [await client.submit("a banana", key="k", timeout=5) for _ in range(2)]
    async with kie.client(journal=shelf()) as client:
        tasks.append(await client.submit("a banana", key="k", timeout=5))

    assert [task.id for task in tasks] == ["task0"] * 3


@EITHER
async def test_what_a_killed_process_was_sending_is_unknown(shelf: Shelf, ask: Ask) -> None:
    """Nobody will ever hear the answer; nothing is sent again by itself."""
    kie = ScriptedKie()
    await killed_on_the_wire(kie, shelf())

    async with kie.client(journal=shelf()) as client:
        with pytest.raises(UnknownOutcomeError, match="its process ended") as caught:
            await ask(client)

    assert caught.value.charged == "unknown"
    assert len(kie.prompts) == 1


async def test_who_waits_for_a_process_that_dies_is_told_so(shelf: Shelf) -> None:
    """While it lives it is waited for; once it is dead, what it was sending is unknown."""
    kie, journal = ScriptedKie(), shelf()
    kie.answering.clear()

    async with kie.client(journal=shelf()) as other, doomed(kie, journal) as client:
        asyncio.ensure_future(generate(client)).add_done_callback(lambda task: task.cancelled() or task.exception())
        await until(lambda: kie.prompts)
        waiting = asyncio.ensure_future(generate(other))
        await asyncio.sleep(10)
        assert not waiting.done()
        journal.abandon()
        with pytest.raises(UnknownOutcomeError):
            await waiting
        kie.answering.set()

    assert len(kie.prompts) == 1


@EITHER
async def test_a_lost_answer_is_told_again_in_the_same_words(shelf: Shelf, ask: Ask) -> None:
    """The second run knows no more than the first."""
    kie = ScriptedKie()
    kie.creates.append(LOST)

    async with kie.client(journal=shelf()) as client:
        with pytest.raises(UnknownOutcomeError) as first:
            await ask(client)
    async with kie.client(journal=shelf()) as client:
        with pytest.raises(UnknownOutcomeError) as second:
            await ask(client)

    assert second.value.message == first.value.message
    assert len(kie.prompts) == 1


@EITHER
async def test_told_to_resend_it_sends_once_more_and_counts_it(shelf: Shelf, ask: Ask) -> None:
    """It may be paid for twice, and the statistics say so."""
    kie = ScriptedKie()
    kie.creates.append(LOST)
    async with kie.client(journal=shelf()) as client:
        with pytest.raises(UnknownOutcomeError):
            await ask(client)

    async with kie.client(journal=shelf(), on_unknown="resend") as client:
        got = await ask(client)
        await asyncio.sleep(300)  # the lost one has a slot for as long as it may run
        assert_idle(client, possible_duplicates=1)

    assert got == "task0"
    assert len(kie.prompts) == 2
    assert await attempts_of(shelf(), "k") == [AttemptState.UNKNOWN, AttemptState.ACCEPTED]


async def test_what_is_told_to_be_resent_and_never_was_stays_unknown(shelf: Shelf) -> None:
    """A stop between the telling and the sending forgets nothing: a later run that holds, holds."""
    kie = ScriptedKie()
    kie.creates.append(LOST)
    async with kie.client(journal=shelf()) as client:
        with pytest.raises(UnknownOutcomeError):
            await generate(client)
    async with kie.client(journal=shelf(), on_unknown="resend", rate=Rate(1, per=3600)) as client:
        with pytest.raises(UnknownOutcomeError):
            await generate(client, timeout=5)

    assert (await entry_of(shelf(), "k")).state is ItemState.UNKNOWN


@EITHER
async def test_a_failure_is_told_again_as_it_was(shelf: Shelf, ask: Ask) -> None:
    """The same error in all that a program may look at, and nothing is sent for it."""
    kie = ScriptedKie()
    kie.creates.append(REFUSED)

    async with kie.client(journal=shelf()) as client:
        with pytest.raises(PolicyError) as first:
            await ask(client)
    async with kie.client(journal=shelf()) as client:
        with pytest.raises(PolicyError) as again:
            await ask(client)

    told = ("reason", "message", "charged", "credits", "retryable", "remedy", "public_message", "task_id")
    assert {name: getattr(again.value, name) for name in told} == {name: getattr(first.value, name) for name in told}
    assert len(kie.prompts) == 1


@EITHER
async def test_a_failure_is_sent_again_where_that_is_asked_for(shelf: Shelf, ask: Ask) -> None:
    """`retry_failed=True` makes it anew, under the same key."""
    kie = ScriptedKie()
    kie.creates.append(REFUSED)
    async with kie.client(journal=shelf()) as client:
        with pytest.raises(PolicyError):
            await ask(client)

        got = await ask(client, retry_failed=True)

    assert got == "task0"
    assert len(kie.prompts) == 2


async def test_a_caller_who_comes_after_one_who_left_is_served(shelf: Shelf) -> None:
    """The first was cancelled while his create was on the wire; refused, it is sent again for the second."""
    kie = ScriptedKie()
    kie.answering.clear()
    kie.creates.append(BUSY)

    async with kie.client(journal=shelf()) as client:
        first = asyncio.ensure_future(generate(client))
        await until(lambda: kie.prompts)
        first.cancel()
        await asyncio.sleep(0)
        second = asyncio.ensure_future(generate(client))
        await asyncio.sleep(0.1)
        kie.answering.set()
        got = await second
        assert_idle(client)

    assert got == "task0"
    assert len(kie.prompts) == 2


async def test_a_lookup_says_what_is_known(shelf: Shelf) -> None:
    """Of a key that was made; of another nothing."""
    kie = ScriptedKie()

    async with kie.client(journal=shelf()) as client:
        result = await client.generate("a banana", key="k", data={"row": 1})
        outcome = await client.lookup("k")
        nothing = await client.lookup("other")

    assert isinstance(outcome, Succeeded)
    assert (outcome.result, outcome.item.key, outcome.item.data) == (result, "k", {"row": 1})
    assert nothing is None
