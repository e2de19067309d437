"""Callbacks that come when their process is no more, or their create was sent again: what they tell is not lost."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from nanobanana_async import Client, Item, Rate, Succeeded, Unknown, UnknownOutcomeError
from nanobanana_async.journal import Entry
from nanobanana_async.lifecycle import AttemptState, ItemState
from nanobanana_async.tasks import OnChange
from tests.paying_once.answers import BUSY, LOST
from tests.paying_once.asking import generate
from tests.paying_once.conftest import Shelf
from tests.paying_once.fates import FatefulKie
from tests.paying_once.lives import PatientKie, assert_idle, doomed, entry_of, made_for
from tests.paying_once.test_callbacks import manager_of
from tests.scripted_kie import until


async def lost_with_its_process(kie: PatientKie, shelf: Shelf, named: str) -> None:
    """A create is on the wire, a callback names its task, and then the process is killed."""
    journal = shelf()
    kie.answering.clear()
    async with doomed(kie, journal) as client:
        asking = asyncio.ensure_future(generate(client))
        await until(lambda: kie.prompts)
        (attempt,) = await journal.attempts("", "k")
        assert await manager_of(client).called_back(attempt.token, named)
        await asyncio.sleep(1)
        journal.abandon()
        asking.cancel()
    kie.answering.set()


async def test_a_task_that_was_named_outlives_a_kill(shelf: Shelf) -> None:
    """The answer was never heard: the next run has the task all the same, and follows it."""
    kie = PatientKie()
    await lost_with_its_process(kie, shelf, "task9")

    left = await entry_of(shelf(), "k")
    async with kie.client(journal=shelf()) as client:
        result = await client.generate("a banana", key="k")

    assert (left.state, left.task_id, left.charged) == (ItemState.ACCEPTED, "task9", "yes")
    assert result.task_id == "task9"
    assert len(kie.prompts) == 1


async def test_a_task_that_was_named_is_among_what_was_left(shelf: Shelf) -> None:
    """It is under way, and not unknown."""
    kie = PatientKie()
    await lost_with_its_process(kie, shelf, "task9")

    async with kie.client(journal=shelf()) as client:
        left = [(outcome.state, outcome.task_id) async for outcome in client.pending()]

    assert left == [("succeeded", "task9")]


async def lost_and_resent(kie: PatientKie, shelf: Shelf, *answers: Any) -> None:
    """A run whose create is lost, and another that is told to send it again and has these answers."""
    kie.creates.append(LOST)
    async with kie.client(journal=shelf()) as client:
        with pytest.raises(UnknownOutcomeError):
            await generate(client)
    kie.creates += answers
    async with kie.client(journal=shelf(), on_unknown="resend") as client:
        await asyncio.gather(generate(client, timeout=200), return_exceptions=True)
    kie.creates.clear()


async def called(kie: PatientKie, shelf: Shelf, number: int, task_id: str, times: int = 1) -> Entry:
    """What becomes of the key where a later run is called back for the create of that number."""
    token = (await made_for(shelf()))[number].token
    async with kie.client(journal=shelf()) as client:
        for _ in range(times):
            assert await manager_of(client).called_back(token, task_id)
        await asyncio.sleep(300)
        assert_idle(client)
    return await entry_of(shelf(), "k")


@pytest.mark.parametrize("times", [1, 3])
async def test_an_older_answer_that_is_found_once_it_was_made_again_is_paid_too(shelf: Shelf, times: int) -> None:
    """The key keeps the picture that it has, and the books have both."""
    kie = PatientKie()
    await lost_and_resent(kie, shelf)

    entry = await called(kie, shelf, 0, "task9", times)
    lost, made = await made_for(shelf())

    assert (entry.state, entry.task_id) == (ItemState.SUCCEEDED, "task0")
    assert (lost.state, lost.task_id, lost.charged) == (AttemptState.ACCEPTED, "task9", "yes")
    assert (made.state, made.task_id) == (AttemptState.ACCEPTED, "task0")
    assert not kie.polls["task9"]


async def test_an_older_answer_that_is_found_while_the_next_runs_is_paid_too(shelf: Shelf) -> None:
    """What runs is followed to its end by who waits for it."""
    kie = FatefulKie()
    kie.state = "generating"
    await lost_and_resent(kie, shelf)

    left = await called(kie, shelf, 0, "task9")
    kie.state = "success"
    async with kie.client(journal=shelf()) as client:
        got = await generate(client)
    lost, _ = await made_for(shelf())

    assert (left.state, left.task_id) == (ItemState.PENDING, "task0")
    assert (lost.state, lost.task_id) == (AttemptState.ACCEPTED, "task9")
    assert got == "task0"


@pytest.mark.parametrize("number", range(3))
async def test_of_several_answers_that_were_lost_any_may_be_found(shelf: Shelf, number: int) -> None:
    """The key has the task of that create, and comes to its end with nobody waiting."""
    kie = PatientKie()
    await lost_and_resent(kie, shelf, LOST, LOST)

    entry = await called(kie, shelf, number, "task9")
    made = await made_for(shelf())

    assert (entry.state, entry.task_id, entry.token) == (ItemState.SUCCEEDED, "task9", made[number].token)
    assert [attempt.state for attempt in made].count(AttemptState.UNKNOWN) == 2
    assert made[number].state is AttemptState.ACCEPTED
    assert len(made) > 2
    assert not kie.accepted


async def test_a_lost_answer_is_found_though_it_was_to_be_sent_again(shelf: Shelf) -> None:
    """Its next create was refused: it came back to the one that was lost, and that is found."""
    kie = PatientKie()
    await lost_and_resent(kie, shelf, *[BUSY] * 50)

    entry = await called(kie, shelf, 0, "task9")

    assert (entry.state, entry.task_id) == (ItemState.SUCCEEDED, "task9")
    assert not kie.accepted


@pytest.mark.parametrize("number", [0, 1])
async def test_of_two_that_were_lost_either_is_found_while_it_waits_to_be_sent_again(shelf: Shelf, number: int) -> None:
    """It is not sent any more, and the key follows the create that was found."""
    kie = PatientKie()
    kie.creates += [LOST, LOST, *[BUSY] * 50]

    async with kie.client(journal=shelf(), on_unknown="resend") as client:
        asking = asyncio.ensure_future(generate(client))
        await until(lambda: len(kie.prompts) == 3 and not client.statistics().creating)
        made = await made_for(shelf())
        assert await manager_of(client).called_back(made[number].token, "task9")
        got = await asking
    entry = await entry_of(shelf(), "k")

    assert got == "task9"
    assert (entry.state, entry.task_id, entry.token) == (ItemState.SUCCEEDED, "task9", made[number].token)
    assert len(kie.prompts) == 3


async def test_what_another_run_had_lost_is_found_while_it_is_sent_again(shelf: Shelf) -> None:
    """The create that takes its place is on the wire: it is read to its end, and both are paid for."""
    kie = PatientKie()
    kie.creates.append(LOST)
    async with kie.client(journal=shelf()) as client:
        with pytest.raises(UnknownOutcomeError):
            await generate(client)
    (lost,) = await made_for(shelf())

    async with kie.client(journal=shelf(), on_unknown="resend") as client:
        kie.answering.clear()
        asking = asyncio.ensure_future(generate(client))
        await until(lambda: len(kie.prompts) == 2)
        assert await manager_of(client).called_back(lost.token, "task9")
        kie.answering.set()
        got = await asking
    first, second = await made_for(shelf())

    assert got == "task0"
    assert (first.task_id, first.charged, second.task_id) == ("task9", "yes", "task0")


@pytest.mark.parametrize("answers", [[LOST], [LOST, LOST]], ids=["made", "lost-too"])
async def test_an_answer_of_an_earlier_generation_is_noted_there(shelf: Shelf, answers: list[Any]) -> None:
    """The key was made anew since, or may have been: it stands for the new one, and the old one is paid for."""
    kie = PatientKie()
    kie.creates += answers
    async with kie.client(journal=shelf()) as client:
        await _batch(client, "old words", "hold")
        await _batch(client, "new words", "regenerate")
    token = (await made_for(shelf(), scope="many"))[0].token

    async with kie.client(journal=shelf()) as client:
        assert await manager_of(client).called_back(token, "task9")
        await asyncio.sleep(300)
        known = await client.lookup("k", name="many")
    old, new = await made_for(shelf(), scope="many")

    made: list[str | None] = [] if len(answers) == 2 else ["task0"]
    assert isinstance(known, Succeeded if made else Unknown)
    assert (old.generation, old.state, old.task_id, old.charged) == (1, AttemptState.ACCEPTED, "task9", "yes")
    assert (new.generation, [new.task_id]) == (2, made or [None])


async def _batch(client: Client, prompt: str, on_change: OnChange) -> None:
    async with client.batch([Item(prompt, key="k")], name="many", on_change=on_change) as batch:
        async for _ in batch:
            pass


async def test_a_callback_for_what_is_followed_elsewhere_disturbs_nobody(shelf: Shelf) -> None:
    """Another client of the journal follows the task: it is known, and left to that."""
    kie = FatefulKie()
    kie.state = "generating"

    async with kie.client(journal=shelf()) as one, kie.client(journal=shelf(), rate=Rate(1, per=1)) as other:
        asking = asyncio.ensure_future(generate(one))
        await until(lambda: kie.accepted and not one.statistics().creating)
        await asyncio.sleep(1)
        token = (await made_for(shelf()))[0].token
        assert await manager_of(other).called_back(token, "task0")
        assert_idle(other)
        kie.state = "success"
        got = await asking

    assert got == "task0"
