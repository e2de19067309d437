"""Looks that get no answer: no task is held past its time, and none that is done is kept waiting for long."""

from __future__ import annotations

import asyncio
import logging

import pytest

from nanobanana_async import (
    Pending,
    Polling,
    Rate,
    StillRunningError,
    Succeeded,
    TaskState,
)
from nanobanana_async.testing import Emulator
from nanobanana_async.values import WireReply
from tests.scripted_kie import ScriptedKie, said

LIFELIKE = Polling()


@pytest.mark.parametrize("retry_after", [None, "60"])
async def test_a_deadline_holds_although_looks_are_refused(retry_after: str | None) -> None:
    """Three hundred tasks whose looks are refused for ever: none is waited for much longer than its quarter of an hour.

    Looks wait for their turn, and a turn may not come.
    """
    kie = ScriptedKie()
    refused = said(429, "too high") if retry_after is None else said(429, "too high", retry_after=retry_after)
    kie.looks = [refused] * 100_000
    loop = asyncio.get_running_loop()

    async with kie.client(polling=LIFELIKE) as client:
        began = loop.time()
        outcomes = await client.generate_all(f"b {n}" for n in range(300))

    assert {type(outcome) for outcome in outcomes} == {Pending}
    assert loop.time() - began < 930


@pytest.mark.parametrize("answer", [said(429, "slow", retry_after="3600"), said(500, "down", retry_after="3600")])
async def test_one_refused_look_puts_a_task_off_by_a_minute_at_most(answer: WireReply) -> None:
    """However long the gateway asks for: the task has a deadline, and one look a minute harms nobody."""
    kie = ScriptedKie()
    kie.looks = [answer]
    loop = asyncio.get_running_loop()

    async with kie.client(polling=Polling(first=10.0)) as client:
        began = loop.time()
        await client.generate("a")

    assert loop.time() - began < 75


async def test_who_watches_is_told_at_once_that_it_was_accepted() -> None:
    """And not only when the first look is due."""
    kie = ScriptedKie()
    loop = asyncio.get_running_loop()

    async with kie.client(polling=Polling(first=30.0)) as client:
        task = await client.submit("a")
        began = loop.time()
        seen = [(state.state, loop.time() - began < 1) async for state in client.watch(task)]

    assert seen == [(TaskState.WAITING, True), (TaskState.SUCCESS, False)]


async def test_an_id_that_nobody_has_ever_seen_is_given_up_after_the_grace(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody says that it is paid for, and nobody waits for it for a quarter of an hour."""
    loop = asyncio.get_running_loop()

    async with Emulator().client() as client:
        began = loop.time()
        with pytest.raises(StillRunningError, match="no record") as caught:
            await client.wait("nosuchid")
        took = loop.time() - began

    assert 90 <= took < 115
    assert caught.value.charged == "unknown"
    assert "Check the task id" in caught.value.remedy
    assert "paid for" not in caplog.text


async def test_an_answer_to_any_question_shows_that_the_address_is_right() -> None:
    """The balance was told; a create that meets a proxy's page then is unknown, and no reason to stop the rest."""
    kie = ScriptedKie()
    kie.others["/api/v1/chat/credit"] = said(200, data=100)
    kie.creates = [WireReply(502, {"content-type": "text/html"}, b"<html>bad gateway</html>")]

    async with kie.client() as client:
        await client.balance()
        outcomes = await client.generate_all(["a", "b", "c"])

    assert sorted(outcome.state for outcome in outcomes) == ["succeeded", "succeeded", "unknown"]


async def test_a_short_deadline_for_tasks_does_not_end_a_run_at_a_refusal() -> None:
    """It counts from acceptance; how long the gateway may keep everybody out is another matter."""
    kie = ScriptedKie()
    kie.creates = [said(200, data={"taskId": "task0"}), said(429, "slow", retry_after="30")]

    async with kie.client(deadline=20) as client:
        outcomes = await client.generate_all(f"b {n}" for n in range(20))

    assert all(isinstance(outcome, Succeeded) for outcome in outcomes)


@pytest.mark.wall_clock
async def test_who_does_not_wait_is_sent_at_once_where_he_can_be() -> None:
    """`queue_timeout=0` on a clock that never stands still."""
    kie = ScriptedKie()

    async with kie.client(rate=Rate(20, per=10)) as client:
        await client.generate("first")
        for number in range(10):
            await client.generate(f"b {number}", queue_timeout=0)

    assert len(kie.accepted) == 11


def test_a_loop_that_ends_under_a_client_sends_nothing_more(caplog: pytest.LogCaptureFixture) -> None:
    """Never closed, its workers cancelled one by one: none of them begins with the next in the queue."""
    caplog.set_level(logging.CRITICAL)
    kie = ScriptedKie()
    kie.answering.clear()

    async def main() -> None:
        async with kie.client(rate=Rate(20, per=10)) as client:
            client.batch(f"b {number}" for number in range(10))
            caller = asyncio.gather(*(client.submit(f"b {number}") for number in range(10)))
            await asyncio.sleep(0.05)
            loop = asyncio.get_running_loop()
            for task in asyncio.all_tasks(loop) - {asyncio.current_task()}:
                task.cancel()
            await asyncio.sleep(0.05)
            await asyncio.gather(caller, return_exceptions=True)

    with asyncio.Runner() as runner:
        runner.run(main())

    assert len(kie.prompts) == 1
