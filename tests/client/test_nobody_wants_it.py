"""What nobody wants any more is not sent again: not after a refusal or a failure, and not for a source left open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import pytest

from nanobanana_async import Batch, Client, Item, Polling
from nanobanana_async.events import CreateRefused, Event
from nanobanana_async.testing import Emulator
from nanobanana_async.values import WireReply
from tests.scripted_kie import ScriptedKie, record, said, until

REFUSALS = [said(429, "too high"), said(500, "Internal Error"), said(455, "maintenance")]


@pytest.fixture(params=REFUSALS, ids=["429", "500", "455"])
def refusal(request: pytest.FixtureRequest) -> WireReply:
    """An answer to a create after which it would be sent again."""
    assert isinstance(request.param, WireReply)
    return request.param


async def held(refusal: WireReply) -> ScriptedKie:
    """A gateway that lets its first create wait for an answer, and refuses it then."""
    kie = ScriptedKie()
    kie.answering.clear()
    kie.creates = [refusal]
    return kie


async def answered(kie: ScriptedKie) -> None:
    """All that may still come, has come."""
    kie.answering.set()
    await asyncio.sleep(600)


async def test_a_create_is_not_repeated_for_a_caller_who_is_gone(refusal: WireReply) -> None:
    """He was cancelled while it was on the wire: what it is refused for is read, and that is the end of it."""
    kie = await held(refusal)

    async with kie.client() as client:
        caller = asyncio.ensure_future(client.generate("a banana"))
        await until(lambda: kie.prompts)
        caller.cancel()
        with suppress(asyncio.CancelledError):
            await caller
        await answered(kie)
        now = client.statistics()

    assert (kie.prompts, kie.accepted) == (["a banana"], [])
    assert (now.queued, now.in_flight) == (0, 0)


async def test_a_create_is_not_repeated_for_a_batch_that_was_left(refusal: WireReply) -> None:
    """Nor does it stay in `uncollected` as one that may be charged, once it is known that it is not."""
    kie = await held(refusal)

    async with kie.client() as client:
        async with client.batch(["a banana"]) as batch:
            await until(lambda: kie.prompts)
        left = [outcome.charged for outcome in batch.uncollected]
        await answered(kie)

    assert kie.prompts == ["a banana"]
    assert (left, batch.uncollected) == (["unknown"], ())


async def test_a_create_is_not_repeated_once_sending_was_stopped(refusal: WireReply) -> None:
    """It comes out as what it is: not made, not charged; and the event says that it is not sent again."""
    kie = await held(refusal)
    events: list[Event] = []

    async with kie.client(on_event=events.append) as client, client.batch(["a banana", "b"]) as batch:
        await until(lambda: kie.prompts)
        batch.stop_sending()
        kie.answering.set()
        outcomes = [outcome async for outcome in batch]

    assert [outcome.charged for outcome in outcomes] == ["no", "no"]
    assert kie.prompts == ["a banana"]
    assert [event.again for event in events if isinstance(event, CreateRefused)] == [False]


async def test_those_refused_beside_one_that_stops_the_run_are_skipped() -> None:
    """The credits are gone: a 429 or a 500 on the wire at that moment brings no create of its own."""
    kie = ScriptedKie()
    kie.creates = [said(200, data={"taskId": "task0"})]

    async with kie.client() as client:
        await client.generate("first")
        kie.answering.clear()
        kie.creates = [said(402, "Credits insufficient"), said(429, "too high"), said(500, "Internal Error")]
        work = asyncio.ensure_future(client.generate_all(["a", "b", "c"]))
        await until(lambda: kie.on_the_wire == 3)
        kie.answering.set()
        outcomes = await work

    assert len(kie.prompts) == 4
    assert [outcome.charged for outcome in outcomes] == ["no"] * 3
    assert {outcome.state for outcome in outcomes} <= {"skipped", "failed"}


async def test_failed_tasks_of_a_batch_that_was_left_are_not_made_again() -> None:
    """Nobody is there to have them."""
    emulator = Emulator(faults=["fail"])

    async with emulator.client() as client:
        async with client.batch(f"banana {number}" for number in range(4)) as batch:
            await until(lambda: len(emulator.ledger.accepted) == 4)
        await asyncio.sleep(600)

    assert len(emulator.ledger.creates) == 4
    assert batch.uncollected == ()


async def test_a_source_is_closed_with_the_batch_that_is_left() -> None:
    """A generator that stands at a `yield` gets to its `finally`; also one that is not async."""
    ended: list[str] = []

    async def one_by_one() -> AsyncIterator[str]:
        try:
            while True:
                yield "a banana"
        finally:
            ended.append("async")

    def at_once() -> Iterator[str]:
        try:
            while True:
                yield "a banana"
        finally:
            ended.append("plain")

    async with Emulator().client() as client:
        for source in (one_by_one(), at_once()):
            async with client.batch(source) as batch:
                await anext(aiter(batch))

    assert ended == ["async", "plain"]


async def test_a_batch_that_feeds_another_ends_with_it() -> None:
    """Drafts that finals are made from: once nobody wants finals, no more drafts are paid for."""
    emulator = Emulator()

    async def drafts(client: Client) -> AsyncIterator[Item]:
        async with client.batch(f"draft {number}" for number in range(400)) as batch:
            async for outcome in batch:
                yield Item(f"final of {outcome.item.request}")

    async with emulator.client() as client:
        async with client.batch(drafts(client)) as finals:
            await anext(aiter(finals))
        paid = len(emulator.ledger.accepted)
        await asyncio.sleep(1000)

    assert len(emulator.ledger.accepted) <= paid + 1


async def test_a_source_that_holds_on_to_its_cancellation_holds_nobody_up(caplog: pytest.LogCaptureFixture) -> None:
    """The batch is left all the same, and the log says what goes on."""
    release = asyncio.Event()

    async def stubborn() -> AsyncIterator[str]:
        yield "a banana"
        while not release.is_set():
            with suppress(asyncio.CancelledError):
                await release.wait()

    async with Emulator().client() as client:
        async with client.batch(stubborn()) as batch:
            await anext(aiter(batch))
        release.set()

    assert "goes on after the batch" in caplog.text


@pytest.mark.parametrize("ending", [asyncio.CancelledError, GeneratorExit])
async def test_what_ends_a_source_is_told_as_such(ending: type[BaseException]) -> None:
    """Raised as it is, it would be taken for a cancellation of whoever reads the outcomes."""

    class Broken:
        def __aiter__(self) -> AsyncIterator[str]:
            return self

        async def __anext__(self) -> str:
            raise ending

    async with Emulator().client() as client, client.batch(Broken()) as batch:
        with pytest.raises(Exception, match=ending.__name__):
            await anext(aiter(batch))


async def test_an_item_that_is_stopped_as_it_is_queued_leaves_nothing() -> None:
    """`stop_sending` from an event, before its picture is uploaded."""
    kie = ScriptedKie()
    batches: list[Batch] = []

    def stop(_: Event) -> None:
        batches[0].stop_sending()

    async with kie.client(on_event=stop, polling=Polling()) as client:
        async with client.batch(["a", "b"]) as batch:
            batches.append(batch)
            outcomes = [outcome async for outcome in batch]
        now = client.statistics()

    assert [outcome.state for outcome in outcomes] == ["skipped", "skipped"]
    assert (now.preparing, now.queued) == (0, 0)
    assert kie.prompts == []


async def test_records_of_another_task_are_not_given_for_one_that_failed() -> None:
    """It was made again for the batch; who asked for the first by its id is told of the first."""
    kie = ScriptedKie()
    kie.looks = [said(200, data=record("task0", "fail", failCode="500", failMsg="Internal Error"))]

    async with kie.client(polling=Polling(first=5.0)) as client, client.batch(["a"]) as batch:
        await until(lambda: kie.accepted)
        with pytest.raises(Exception, match="task0 failed"):
            await client.wait("task0")
        outcome = await anext(aiter(batch))

    assert outcome.task_id == "task1"
