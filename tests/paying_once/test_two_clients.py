"""Two clients on one journal, as two processes are: neither sends what the other does, nor undoes what it has seen."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from nanobanana_async import Client, Kie, Polling, Rate, StillRunningError, Succeeded, Task, TaskFailedError, UsageError
from nanobanana_async.lifecycle import AttemptState, ItemState
from nanobanana_async.values import WireReply, WireRequest
from tests.paying_once.answers import LOST, REFUSED
from tests.paying_once.asking import EITHER, Ask, generate
from tests.paying_once.conftest import Shelf
from tests.paying_once.fates import FatefulKie
from tests.paying_once.lives import PatientKie, assert_idle, attempts_of, doomed, entry_of
from tests.scripted_kie import said, until

FAILED_BEFORE: dict[str, Any] = {"answer": REFUSED, "policies": {}, "again": {"retry_failed": True}}
LOST_BEFORE: dict[str, Any] = {"answer": LOST, "policies": {"on_unknown": "resend"}, "again": {}}
BEFORE = pytest.mark.parametrize("before", [FAILED_BEFORE, LOST_BEFORE], ids=["failed", "lost"])
"""What an earlier run has left under the key, and how it is told to be sent once more."""


@EITHER
@BEFORE
async def test_what_both_would_send_again_is_sent_by_one(shelf: Shelf, ask: Ask, before: dict[str, Any]) -> None:
    """One has found it and waits for its turn; meanwhile the other sends it, and takes long: it is waited for."""
    kie, policies = PatientKie(), before["policies"]
    kie.creates.append(before["answer"])
    async with kie.client(journal=shelf()) as client:
        with pytest.raises(Exception, match=r"content policy|no answer came"):
            await generate(client)

    async with (
        kie.client(journal=shelf(), **policies) as one,
        kie.client(journal=shelf(), rate=Rate(1, per=10), **policies) as other,
    ):
        await other.submit("something else")  # its window is full for ten seconds
        kie.creates.append(_slow(kie))
        late = asyncio.ensure_future(ask(other, **before["again"]))
        await asyncio.sleep(0.1)
        got = [await ask(one, **before["again"]), await late]

    assert got == ["slow", "slow"]
    assert kie.prompts == ["a banana", "something else", "a banana"]
    assert len(await attempts_of(shelf(), "k")) == 2


def _slow(kie: PatientKie) -> Any:
    async def answer(_: WireRequest) -> WireReply:
        await asyncio.sleep(15)
        return said(200, data={"taskId": "slow"})

    return answer


async def test_who_sees_a_failure_late_does_not_undo_the_next_attempt(shelf: Shelf) -> None:
    """One has made it anew before the other looks: its failure is told to its own caller, and to nobody else."""
    kie = FatefulKie()
    kie.state = "generating"
    seldom = Polling(shortest=20, interval=20)

    async with (
        kie.client(journal=shelf(), polling=Polling(first=1, interval=2)) as one,
        kie.client(journal=shelf(), polling=seldom) as other,
    ):
        first = asyncio.ensure_future(generate(one))
        await asyncio.sleep(25)
        late = asyncio.ensure_future(generate(other))
        await asyncio.sleep(2)
        kie.fail("task0")
        with pytest.raises(TaskFailedError):
            await first
        again = asyncio.ensure_future(generate(one, retry_failed=True))
        with pytest.raises(TaskFailedError):
            await late
        await asyncio.sleep(1)
        meanwhile = await other.lookup("k")
        kie.succeed("task1")
        got = [await again, await generate(other), await generate(other, retry_failed=True)]

    assert isinstance(meanwhile, Task)
    assert meanwhile.id == "task1"
    assert got == ["task1", "task1", "task1"]
    assert kie.accepted == ["task0", "task1"]
    assert await attempts_of(shelf(), "k") == [AttemptState.ACCEPTED, AttemptState.ACCEPTED]


async def _both_wait(one: Client, other: Client) -> list[asyncio.Task[str | None]]:
    """Both clients follow the one task of the key."""
    waiting = [asyncio.ensure_future(generate(one))]
    await asyncio.sleep(5)
    waiting.append(asyncio.ensure_future(generate(other)))
    await asyncio.sleep(2)
    return waiting


async def test_who_is_closed_leaves_the_task_to_the_other(shelf: Shelf) -> None:
    """It is pending for one; the other sees its success, and the journal has that."""
    kie = FatefulKie()
    kie.state = "generating"

    async with kie.client(journal=shelf()) as other:
        async with kie.client(journal=shelf()) as one:
            first, second = await _both_wait(one, other)
        with pytest.raises(StillRunningError):
            await first
        left = await entry_of(shelf(), "k")
        kie.state = "success"
        result = await second
        outcome = await other.lookup("k")

    assert left.state is ItemState.PENDING
    assert result == "task0"
    assert isinstance(outcome, Succeeded)
    assert outcome.credits == 4.0
    assert kie.accepted == ["task0"]


async def test_who_gives_up_late_does_not_undo_a_success(shelf: Shelf) -> None:
    """He has not looked since: he tells his caller so, and the journal keeps the picture."""
    kie = FatefulKie()
    kie.state = "generating"

    async with kie.client(journal=shelf(), polling=Polling(first=500, shortest=500)) as one:
        async with kie.client(journal=shelf()) as other:
            first, second = await _both_wait(one, other)
            kie.state = "success"
            result = await second
        await one.aclose()
        with pytest.raises(StillRunningError):
            await first

    assert result == "task0"
    assert (await entry_of(shelf(), "k")).state is ItemState.SUCCEEDED


async def test_a_task_is_his_who_has_taken_it_up(shelf: Shelf) -> None:
    """Its process was killed, and another follows it: a third leaves it to that."""
    kie, journal = FatefulKie(), shelf()
    kie.state = "generating"

    async with kie.client(journal=shelf()) as other, kie.client(journal=shelf()) as third:
        async with doomed(kie, journal) as one:
            await one.submit("a banana", key="k")
            await asyncio.sleep(1)
            journal.abandon()
        waiting = asyncio.ensure_future(generate(other))
        await asyncio.sleep(5)
        left = [outcome async for outcome in third.pending()]
        kie.state = "success"
        result = await waiting

    assert left == []
    assert result == "task0"


async def test_a_second_client_on_one_journal_is_refused_and_the_first_goes_on(shelf: Shelf) -> None:
    """What it has in flight, what it has on the wire, and what it is asked for next are all in the journal."""
    kie, journal = FatefulKie(), shelf()
    kie.state = "generating"

    async with kie.client(journal=journal) as first:
        running = asyncio.ensure_future(first.generate("in flight", key="flight"))
        await until(lambda: kie.accepted)
        kie.answering.clear()
        sending = asyncio.ensure_future(first.generate("on the wire", key="wire"))
        await until(lambda: len(kie.prompts) == 2)
        with pytest.raises(UsageError, match="open already"):
            await Client(Kie("another-key"), transport=kie.transport, journal=journal).start()
        kie.answering.set()
        kie.state = "success"
        made = [await running, await sending, await first.generate("new", key="new")]
        assert_idle(first)

    assert [result.task_id for result in made] == ["task0", "task1", "task2"]
    for key in ("flight", "wire", "new"):
        assert (await entry_of(shelf(), key)).state is ItemState.SUCCEEDED
