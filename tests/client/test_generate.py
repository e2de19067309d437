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
    ServiceError,
    Task,
    TaskFailedError,
    UnknownOutcomeError,
)
from nanobanana_async.events import CreateRefused, Event, GateClosed
from nanobanana_async.values import WireReply
from tests.scripted_kie import ScriptedKie, record, said


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
    kie.creates = [said(429, "too high", retry_after="0"), said(429, "too high", status=429, retry_after="20")]
    events: list[Event] = []

    async with kie.client(on_event=events.append) as client:
        result = await client.generate("a banana")

    assert result.task_id == "task0"
    assert len(kie.prompts) == 3
    assert [event.again for event in events if isinstance(event, CreateRefused)] == [True, True]
    at_once, said_so = (event.seconds for event in events if isinstance(event, GateClosed))
    assert 0 < at_once < 0.5
    assert said_so == pytest.approx(20)


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

    async with kie.client() as client:
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
