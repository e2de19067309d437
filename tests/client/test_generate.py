"""One image: from a prompt to a result, and every way in which that ends otherwise."""

from __future__ import annotations

import asyncio

import pytest

from nanobanana_async import (
    BadImageError,
    BusyError,
    ConfigurationError,
    InvalidRequestError,
    KeyRefusedError,
    NanoBanana,
    NanoBananaError,
    NetworkError,
    NoResultError,
    OutOfCreditsError,
    PolicyError,
    Rate,
    ServiceError,
    StillRunningError,
    Task,
    TaskFailedError,
    TaskState,
    UnknownOutcomeError,
)
from nanobanana_async.events import CreateRefused, Event, GateClosed, TaskAccepted, TaskDetached, TaskSucceeded
from nanobanana_async.values import WireReply
from tests.scripted_kie import QUICK, ScriptedKie, record, said, until


async def test_a_prompt_becomes_a_result() -> None:
    """The result names the image, the task and what it cost."""
    kie = ScriptedKie()

    async with kie.client() as client:
        result = await client.generate("a banana")

    assert result.image == "https://files.example/task0.png"
    assert (result.task_id, result.credits, result.model) == ("task0", 4.0, "google/nano-banana")
    assert kie.prompts == ["a banana"]


async def test_a_submitted_task_is_waited_for_by_its_id_alone() -> None:
    """`submit` returns at acceptance; `wait` takes the task or its id, any number of times."""
    kie = ScriptedKie()

    async with kie.client() as client:
        task = await client.submit(NanoBanana("a banana"))
        results = [await client.wait(task), await client.wait(task.id), await client.wait(task.id)]

    assert task == Task("task0", model="google/nano-banana")
    assert {result.image for result in results} == {"https://files.example/task0.png"}
    assert len(kie.accepted) == 1


async def test_several_callers_wait_for_one_task_together() -> None:
    """They share its looks, and each gets the result, or an error of its own."""
    kie = ScriptedKie()
    kie.state = "generating"

    async with kie.client() as client:
        task = await client.submit("a banana")
        waiters = [asyncio.ensure_future(client.wait(task)) for _ in range(5)]
        await asyncio.sleep(0)
        kie.state = "fail"
        errors = await asyncio.gather(*waiters, return_exceptions=True)

    assert all(isinstance(error, TaskFailedError) for error in errors)
    assert len({id(error) for error in errors}) == 5


@pytest.mark.parametrize(
    ("answer", "error", "charged"),
    [
        (said(401, "You do not have access permissions"), KeyRefusedError, "no"),
        (said(402, "Credits insufficient : top up"), OutOfCreditsError, "no"),
        (said(500, "aspect_ratio is required"), InvalidRequestError, "no"),
        (said(422, "Your prompt was flagged"), PolicyError, "no"),
        (said(404, "Not Found"), ConfigurationError, "no"),
        (said(200, data=None), UnknownOutcomeError, "unknown"),
        (NetworkError("connection reset"), UnknownOutcomeError, "unknown"),
        (RuntimeError("a transport's own bug"), UnknownOutcomeError, "unknown"),
        (WireReply(200, {}, b"<html>Welcome</html>"), UnknownOutcomeError, "unknown"),
        (WireReply(301, {"location": "https://elsewhere.example"}, b""), ConfigurationError, "no"),
        (NetworkError("no such host", sent="no", permanent=True), ConfigurationError, "no"),
    ],
)
async def test_a_create_that_is_not_accepted_raises_what_it_means(
    answer: WireReply | BaseException, error: type[NanoBananaError], charged: str
) -> None:
    """The error's kind and `charged` follow the table; the create is sent once."""
    kie = ScriptedKie()
    kie.creates = [answer]

    async with kie.client() as client:
        with pytest.raises(error) as caught:
            await client.generate("a banana")

    assert caught.value.charged == charged
    assert len(kie.prompts) == 1
    assert caught.value.remedy
    assert caught.value.public_message


async def test_a_key_that_is_refused_once_is_asked_again_by_the_next_call() -> None:
    """A stop ends what is queued, not the client: after a top-up it works on."""
    kie = ScriptedKie()
    kie.creates = [said(402, "Credits insufficient : top up")]

    async with kie.client() as client:
        with pytest.raises(OutOfCreditsError):
            await client.generate("a banana")
        result = await client.generate("a banana")

    assert result.urls


async def test_a_refusal_for_being_too_fast_is_repeated_until_it_is_accepted() -> None:
    """429 is free and not queued: Retry-After is kept to, and the caller sees only the result."""
    kie = ScriptedKie()
    kie.creates = [said(429, "too high", retry_after="0"), said(429, "too high", status=429, retry_after="0.01")]
    events: list[Event] = []

    async with kie.client(on_event=events.append) as client:
        result = await client.generate("a banana")

    assert result.task_id == "task0"
    assert len(kie.prompts) == 3
    assert [event.again for event in events if isinstance(event, CreateRefused)] == [True, True]
    assert [event.seconds for event in events if isinstance(event, GateClosed)] == [0.0, pytest.approx(0.01)]


async def test_a_refusal_that_never_ends_is_given_up_at_the_deadline() -> None:
    """It cost nothing and may be tried again later."""
    kie = ScriptedKie()
    kie.creates = [said(429, "too high", retry_after="0.01")] * 1000

    async with kie.client(deadline=0.05) as client:
        with pytest.raises(BusyError) as caught:
            await client.generate("a banana", timeout=60)

    assert caught.value.charged == "no"
    assert caught.value.retryable


async def test_server_errors_are_repeated_twice_and_then_told() -> None:
    """Three attempts in all; each was refused by the gateway's own word."""
    kie = ScriptedKie()
    kie.creates = [said(500, "Server exception")] * 3

    async with kie.client(seed=QUICK) as client:
        with pytest.raises(ServiceError):
            await client.generate("a banana")

    assert len(kie.prompts) == 3
    assert not kie.accepted


async def test_a_lost_answer_is_sent_again_only_where_the_user_says_so() -> None:
    """`on_unknown="resend"` may pay twice, at most twice more, and counts it."""
    kie = ScriptedKie()
    kie.creates = [NetworkError("reset"), NetworkError("reset")]

    async with kie.client(on_unknown="resend") as client:
        result = await client.generate("a banana")
        duplicates = client.statistics().possible_duplicates

    assert result.task_id == "task0"
    assert duplicates == 2
    assert len(kie.prompts) == 3


async def test_a_task_that_fails_says_why_and_that_it_is_free() -> None:
    """A failed task is not charged (PROTOCOL §1.3)."""
    kie = ScriptedKie()
    kie.looks = [said(200, data=record("task0", "fail", failCode="500", failMsg="Internal Error", creditsConsumed=0))]

    async with kie.client() as client:
        with pytest.raises(TaskFailedError) as caught:
            await client.generate("a banana")

    assert (caught.value.charged, caught.value.task_id, caught.value.retryable) == ("no", "task0", True)


async def test_a_success_without_an_image_is_asked_again_twice() -> None:
    """Then it is an error of its own, which is charged."""
    kie = ScriptedKie()
    empty = said(200, data=record("task0", "success", resultJson="{}"))
    kie.looks = [empty, empty, empty]

    async with kie.client() as client:
        with pytest.raises(NoResultError) as caught:
            await client.generate("a banana")

    assert caught.value.charged == "yes"
    assert kie.polls["task0"] == 3


async def test_looks_that_fail_never_fail_a_task() -> None:
    """A record not there yet, silence, nonsense, a 429, a server error: it looks again."""
    kie = ScriptedKie()
    kie.looks = [
        said(422, "recordInfo is null"),
        NetworkError("reset"),
        RuntimeError("a transport's own bug"),
        WireReply(502, {}, b"<html>Bad Gateway</html>"),
        said(500, "Server exception"),
        said(200, data=record("task0", "on its way")),
        said(200, data=record("another task", "success")),
    ]

    async with kie.client() as client:
        result = await client.generate("a banana", timeout=60)

    assert result.task_id == "task0"
    assert kie.polls["task0"] == 8


async def test_a_look_that_is_refused_for_being_too_fast_slows_all_looks_down() -> None:
    """It waits as long as it is told to."""
    kie = ScriptedKie()
    kie.looks = [said(429, "too high", retry_after="0.05")]

    async with kie.client() as client:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await client.generate("a banana")

    assert loop.time() - began >= 0.05


async def test_a_key_refused_by_a_look_ends_the_polling_and_loses_nothing() -> None:
    """The task is paid for: its id is in the error, and can be waited for with a better key."""
    kie = ScriptedKie()
    kie.looks = [said(401, "Unauthorized")]

    async with kie.client() as client:
        with pytest.raises(StillRunningError) as caught:
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


async def test_what_can_not_be_asked_for_is_refused_before_anything_is_sent() -> None:
    """A wrong field, a wrong kind of request, fields beside a request, an image that isn't there."""
    kie = ScriptedKie()

    async with kie.client() as client:
        with pytest.raises(InvalidRequestError, match="16:10"):
            await client.generate("a banana", aspect_ratio="16:10")
        with pytest.raises(InvalidRequestError, match="neither a prompt nor a request"):
            await client.generate(42)  # type: ignore[call-overload]  # what a user may do by mistake
        with pytest.raises(InvalidRequestError, match="beside a request"):
            await client.generate(NanoBanana("a"), aspect_ratio="1:1")  # type: ignore[call-overload]  # as above
        with pytest.raises(BadImageError, match=r"nowhere\.png"):
            await client.generate("a banana", images="nowhere.png")
        with pytest.raises(InvalidRequestError, match="no task id"):
            await client.wait("  ")
        with pytest.raises(ConfigurationError, match="timeout"):
            await client.generate("a banana", timeout=0)

    assert not kie.transport.requests


async def test_the_clients_model_stands_in_for_the_gateways_default() -> None:
    """And a model named in the call stands above it."""
    kie = ScriptedKie()

    async with kie.client(model="nano-banana-pro") as client:
        first = await client.submit("a banana")
        second = await client.submit("a banana", model="nano-banana-2")

    assert (first.model, second.model) == ("nano-banana-pro", "nano-banana-2")
