"""A callback that comes while its create is on the wire, at a close, or after another was sent: nothing is lost."""

from __future__ import annotations

import asyncio

import pytest

from nanobanana_async import Item, Succeeded, Unknown, UnknownOutcomeError
from nanobanana_async.journal import MemoryJournal
from nanobanana_async.lifecycle import AttemptState, ItemState
from tests.paying_once.answers import BUSY, LOST
from tests.paying_once.asking import generate
from tests.paying_once.conftest import Shelf
from tests.paying_once.fates import FatefulKie
from tests.paying_once.lives import PatientKie, entry_of, made_for, spent_on
from tests.paying_once.runs_of import run
from tests.paying_once.test_callbacks import manager_of
from tests.scripted_kie import until


async def test_a_task_that_was_named_outlives_a_close(shelf: Shelf) -> None:
    """The answer was never heard: the next run has the task all the same, as after a kill."""
    kie = PatientKie()
    kie.answering.clear()
    async with kie.client(journal=shelf()) as client:
        asking = asyncio.ensure_future(generate(client))
        await until(lambda: kie.prompts)
        (attempt,) = await made_for(shelf())
        assert await manager_of(client).called_back(attempt.token, "task9")
        await client.aclose(grace=1)
        await asyncio.wait([asking])
    kie.answering.set()

    async with kie.client(journal=shelf()) as client:
        got = await generate(client)

    assert got == "task9"
    assert len(kie.prompts) == 1


async def lost_and_refused(kie: PatientKie, shelf: Shelf) -> None:
    kie.creates += [LOST] + [BUSY] * 50
    async with kie.client(journal=shelf(), on_unknown="resend") as client:
        with pytest.raises(UnknownOutcomeError):
            await generate(client, timeout=5)
    kie.creates.clear()


async def test_a_refused_create_is_no_task_of_an_unknown_key(shelf: Shelf) -> None:
    """An earlier answer was lost, this one was heard: a callback for its token is not believed."""
    kie = PatientKie()
    await lost_and_refused(kie, shelf)
    lost, refused, *_ = await made_for(shelf())

    async with kie.client(journal=shelf()) as client:
        await manager_of(client).called_back(refused.token, "task9")
        await asyncio.sleep(300)
        known = await client.lookup("k")
    entry = await entry_of(shelf(), "k")

    assert isinstance(known, Unknown)
    assert (entry.state, entry.token) == (ItemState.UNKNOWN, lost.token)
    assert not kie.polls


async def test_a_callback_to_another_process_is_not_forgotten(shelf: Shelf) -> None:
    """It comes while the create is on the wire, to a client that does not send it; then the answer is lost."""
    kie = PatientKie()
    kie.answering.clear()
    kie.creates.append(LOST)

    async with kie.client(journal=shelf()) as one, kie.client(journal=shelf()) as other:
        asking = asyncio.ensure_future(generate(one))
        await until(lambda: kie.prompts)
        (attempt,) = await made_for(shelf())
        assert await manager_of(other).called_back(attempt.token, "task9")
        kie.answering.set()
        await asyncio.wait([asking])
        await asyncio.sleep(1)
        got = await generate(other)

    assert got == "task9"


async def test_a_task_that_is_waited_for_by_its_id_and_then_named_is_of_its_key() -> None:
    """The callback tells whose it is: the journal hears of its end, as it does where the key is asked for."""
    kie, journal = PatientKie(), MemoryJournal()
    kie.creates.append(LOST)
    kie.state = "generating"

    async with kie.client(journal=journal) as client:
        with pytest.raises(UnknownOutcomeError):
            await generate(client)
        by_id = asyncio.ensure_future(client.wait("task9"))
        await asyncio.sleep(1)
        await manager_of(client).called_back((await journal.attempts("", "k"))[0].token, "task9")
        await asyncio.sleep(1)
        kie.state = "success"
        await by_id
        await asyncio.sleep(300)
        known = await client.lookup("k")

    assert isinstance(known, Succeeded)


async def test_a_callback_that_comes_again_forgets_no_lost_answer(shelf: Shelf) -> None:
    """Lost, sent again, failed, to be made once more and refused: it is unknown. The failed task's callback repeats."""
    kie = FatefulKie()
    kie.creates.append(LOST)
    kie.fail("task0")
    async with kie.client(journal=shelf(), on_unknown="resend") as client:
        running = asyncio.ensure_future(run(client, [Item("a banana", key="k")], name="many"))
        await until(lambda: kie.accepted)
        kie.creates += [BUSY] * 50
        await until(lambda: len(kie.prompts) > 2)
        await asyncio.sleep(0.1)
        await client.aclose()
        (first,), _ = await running
    made = await made_for(shelf(), scope="many")

    async with kie.client(journal=shelf()) as client:
        await manager_of(client).called_back(made[1].token, "task0")
        await asyncio.sleep(300)
        known = await client.lookup("k", name="many")

    assert first.state == "unknown"
    assert made[0].state is AttemptState.UNKNOWN
    assert isinstance(known, Unknown)


async def test_a_lost_answer_is_told_in_the_same_words_after_a_refusal(shelf: Shelf) -> None:
    """It came back to what it was: no process has ended."""
    kie = PatientKie()
    await lost_and_refused(kie, shelf)

    async with kie.client(journal=shelf()) as client:
        with pytest.raises(UnknownOutcomeError, match="no answer came"):
            await generate(client)


async def test_a_task_that_failed_beside_a_lost_answer_is_no_second_doubt(shelf: Shelf) -> None:
    """The caller can't be told that nothing was charged; but the books know which of the two may have been."""
    kie = FatefulKie()
    kie.creates.append(LOST)
    kie.fates["task0"] = {
        "state": "fail",
        "failCode": "400",
        "failMsg": "flagged by the content policy",
        "creditsConsumed": 0,
    }
    async with kie.client(journal=shelf(), on_unknown="resend") as client:
        (outcome,), _ = await run(client, [Item("a banana", key="k")], name="many")
    spent = await spent_on(shelf(), "many")

    assert (outcome.state, outcome.charged) == ("failed", "unknown")
    assert (spent.spent, spent.reserved, spent.possible) == (0.0, 0.0, 4.0)
