"""Waiting for one image: looks that fail, callers that go, and time that runs out."""

from __future__ import annotations

import asyncio

import pytest

from nanobanana_async import (
    BusyError,
    InvalidRequestError,
    KeyRefusedError,
    NanoBananaError,
    NetworkError,
    Rate,
    StillRunningError,
    TaskState,
    UnknownOutcomeError,
)
from nanobanana_async.events import Event, TaskAccepted, TaskDetached, TaskSucceeded
from nanobanana_async.values import WireReply
from tests.scripted_kie import Answer, ScriptedKie, record, said, until


async def test_looks_that_fail_never_fail_a_task() -> None:
    """A record not there yet, silence, nonsense, a 429, a server error: it looks again."""
    kie = ScriptedKie()
    kie.looks = [
        said(422, "recordInfo is null"),
        NetworkError("reset"),
        WireReply(502, {}, b"<html>Bad Gateway</html>"),
        said(500, "Server exception"),
        said(200, data=record("task0", "on its way")),
        said(200, data=record("another task", "success")),
    ]

    async with kie.client() as client:
        result = await client.generate("a banana", timeout=60)

    assert result.task_id == "task0"
    assert kie.polls["task0"] == 7


async def test_a_look_that_is_refused_for_being_too_fast_slows_all_looks_down() -> None:
    """It waits as long as it is told to."""
    kie = ScriptedKie()
    kie.looks = [said(429, "too high", retry_after="50")]

    async with kie.client() as client:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await client.generate("a banana")

    assert loop.time() - began == pytest.approx(50, abs=0.1)


async def test_a_key_refused_by_a_look_ends_the_polling_and_loses_nothing() -> None:
    """The task is paid for: its id is in the error, and can be waited for with a better key."""
    kie = ScriptedKie()
    kie.looks = [said(401, "Unauthorized"), said(401, "Unauthorized")]

    async with kie.client() as client:
        with pytest.raises(KeyRefusedError) as caught:
            await client.generate("a banana")

    assert caught.value.task_id == "task0"
    assert caught.value.charged == "yes"


async def test_a_task_that_outlasts_its_time_keeps_its_id() -> None:
    """`StillRunningError`: the task lives on, and `wait` takes it up again."""
    kie = ScriptedKie()
    kie.state = "generating"

    async with kie.client() as client:
        with pytest.raises(StillRunningError) as caught:
            await client.generate("a banana", timeout=0.05)
        kie.state = "success"
        assert caught.value.task_id is not None
        result = await client.wait(caught.value.task_id)

    assert result.task_id == "task0"
    assert len(kie.accepted) == 1


async def test_a_task_is_left_at_the_clients_deadline() -> None:
    """A caller with more patience than the client's `deadline` is told at his own."""
    kie = ScriptedKie()
    kie.state = "waiting"

    async with kie.client(deadline=0.02) as client:
        task = await client.submit("a banana")
        with pytest.raises(StillRunningError):
            await client.wait(task, timeout=0.06)


@pytest.mark.parametrize(
    ("answer", "kind", "why"),
    [
        (NetworkError("no connection", sent="no"), NetworkError, "no connection"),
        (said(429, "too many requests"), BusyError, "too many requests"),
        (said(455, "maintenance"), BusyError, "maintenance"),
    ],
)
async def test_a_caller_is_told_why_nobody_is_let_in(answer: Answer, kind: type[Exception], why: str) -> None:
    """Also one who was never sent himself: a gateway that is gone is not said to be busy. Nothing was charged."""
    kie = ScriptedKie()

    async with kie.client() as client:
        kie.creates += [answer] * 50
        first = asyncio.ensure_future(client.generate("a banana", timeout=0.4))
        await until(lambda: kie.prompts)
        second = asyncio.ensure_future(client.generate("a kiwi", timeout=0.3))
        told = await asyncio.gather(first, second, return_exceptions=True)
        kie.creates.clear()
        await client.generate("a plum", timeout=3600)

    for error, seconds in zip(told, ("0.4", "0.3"), strict=True):
        assert isinstance(error, NanoBananaError)
        assert type(error) is kind
        assert str(error).startswith(f"not accepted within {seconds} s: {why}")
        assert error.charged == "no"


async def test_what_can_not_be_sent_in_time_was_not_sent() -> None:
    """A caller whose time is up while the window is full: `BusyError`, uncharged, and nothing leaves later."""
    kie = ScriptedKie()

    async with kie.client(rate=Rate(1, per=3600)) as client:
        await client.generate("first")
        with pytest.raises(BusyError) as caught:
            await client.generate("second", timeout=0.02)
        queued = client.statistics().queued

    assert caught.value.charged == "no"
    assert queued == 0
    assert kie.prompts == ["first"]


async def test_a_caller_out_of_time_while_its_create_is_on_the_wire_is_told_that_nobody_knows() -> None:
    """The create is read to its end all the same, and its id is announced."""
    kie = ScriptedKie()
    kie.answering.clear()
    events: list[Event] = []

    async with kie.client(on_event=events.append) as client:
        with pytest.raises(StillRunningError) as caught:
            await client.generate("a banana", timeout=0.02)
        kie.answering.set()

    assert caught.value.charged == "unknown"
    assert any(isinstance(event, TaskAccepted) for event in events)


async def test_a_cancelled_caller_is_detached_and_its_create_read_to_its_end() -> None:
    """The id is kept: on the event stream, and the task is looked at until it is over."""
    kie = ScriptedKie()
    kie.answering.clear()
    events: list[Event] = []

    async with kie.client(on_event=events.append) as client:
        caller = asyncio.ensure_future(client.generate("a banana"))
        await until(lambda: kie.prompts)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        kie.answering.set()
        await until(lambda: not client.statistics().in_flight)

    assert [event.task for event in events if isinstance(event, TaskDetached)] == [None]
    assert [event.result.task_id for event in events if isinstance(event, TaskSucceeded)] == ["task0"]


async def test_a_cancelled_caller_whose_request_is_still_queued_takes_it_back() -> None:
    """What was not sent is not sent."""
    kie = ScriptedKie()

    async with kie.client(rate=Rate(1, per=3600)) as client:
        await client.generate("first")
        caller = asyncio.ensure_future(client.generate("second"))
        await until(lambda: client.statistics().queued)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        assert client.statistics().queued == 0

    assert kie.prompts == ["first"]


async def test_the_status_of_a_task_is_asked_for_without_waiting() -> None:
    """Passing failures are asked again; an unknown id is an error."""
    kie = ScriptedKie()
    kie.state = "generating"
    kie.looks = [NetworkError("reset"), said(429, "slow", retry_after="0.001")]

    async with kie.client() as client:
        task = await client.status("task9")
        kie.looks = [said(422, "recordInfo is null")]
        with pytest.raises(InvalidRequestError, match="task9"):
            await client.status(task)

    assert task.state is TaskState.GENERATING


async def test_the_balance_is_asked_for_a_few_times() -> None:
    """Questions are free; three failures are told."""
    kie = ScriptedKie()
    path = "/api/v1/chat/credit"

    async with kie.client() as client:
        kie.others[path] = said(200, data=5916.25)
        balance = await client.balance()
        kie.others[path] = said(401, "Unauthorized")
        with pytest.raises(KeyRefusedError):
            await client.balance()
        kie.others[path] = NetworkError("reset")
        with pytest.raises(NetworkError):
            await client.balance()

    assert balance == 5916.25


async def test_a_transport_that_breaks_once_is_asked_again() -> None:
    """What is paid for is not given up for that."""
    kie = ScriptedKie()
    kie.looks = [RuntimeError("a transport's own bug")] * 2

    async with kie.client() as client:
        result = await client.generate("a banana")

    assert result.task_id == "task0"


async def test_a_transport_that_is_broken_is_told_soon_and_the_task_is_kept() -> None:
    """An error that is no failure of the network is a bug: it does not wait for the deadline."""
    kie = ScriptedKie()
    kie.looks = [RuntimeError("a transport's own bug")] * 3

    async with kie.client() as client:
        with pytest.raises(StillRunningError, match="a transport's own bug") as caught:
            await client.generate("a banana")

    assert (caught.value.task_id, caught.value.charged) == ("task0", "yes")


@pytest.mark.parametrize("answer", [said(422, "Your prompt was flagged"), said(402, "Credits insufficient")])
async def test_after_a_lost_answer_nobody_says_that_nothing_was_charged(answer: WireReply) -> None:
    """With `on_unknown="resend"`: what the second create says of itself says nothing of the first."""
    kie = ScriptedKie()
    kie.creates = [NetworkError("reset"), answer]

    async with kie.client(on_unknown="resend") as client:
        (outcome,) = await client.generate_all(["a banana"])

    assert outcome.charged == "unknown"
    assert len(kie.prompts) == 2


async def test_a_client_that_closes_sends_nothing_again() -> None:
    """Whatever `on_unknown` says, a create that is cut off by the close is unknown."""
    kie = ScriptedKie()
    kie.answering.clear()

    async with kie.client(on_unknown="resend") as client:
        caller = asyncio.ensure_future(client.generate("a banana"))
        await until(lambda: kie.prompts)
        await client.aclose(grace=0)
    with pytest.raises(UnknownOutcomeError):
        await caller

    assert len(kie.prompts) == 1


async def test_time_that_runs_out_after_a_lost_answer_tells_of_it() -> None:
    """The second create waits for its turn; the first may have been charged."""
    kie = ScriptedKie()
    kie.creates = [NetworkError("reset")]

    async with kie.client(on_unknown="resend", rate=Rate(1, per=3600)) as client:
        with pytest.raises(UnknownOutcomeError):
            await client.generate("a banana", timeout=0.02)
