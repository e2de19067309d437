"""A gateway that answers a create with the picture itself: the same client, and nothing is paid for twice."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from nanobanana_async import (
    BadImageError,
    Client,
    InvalidRequestError,
    KeyRefusedError,
    NetworkError,
    NoResultError,
    OpenAIEdit,
    OpenAIImages,
    OutOfCreditsError,
    PolicyError,
    Rate,
    Succeeded,
    Task,
    TaskState,
    Unknown,
    UnknownOutcomeError,
)
from nanobanana_async.journal import SQLiteJournal
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.transport import json_reply
from tests.scripted_images import IN_THE_ANSWER, PICTURE, URL, ScriptedImages, error, made
from tests.scripted_kie import until

LOST = NetworkError("no answer came in time")


async def test_a_picture_that_comes_in_the_answer_is_read_and_saved_like_any_other(tmp_path: Path) -> None:
    """Its URL has its content; what the answer says besides is in `raw`, and its content is not."""
    gateway = ScriptedImages()

    async with gateway.client() as client:
        result = await client.generate("a banana", aspect_ratio="4:3")
        picture = await client.read(result)
        (path,) = await client.save(result, tmp_path / "banana.png")

    assert result.image.startswith("data:image/png;base64,")
    assert (picture.content, picture.width, picture.height) == (PICTURE, 4, 3)
    assert path.read_bytes() == PICTURE
    assert result.raw["usage"] == {"total_tokens": 3}
    assert IN_THE_ANSWER["b64_json"] not in json.dumps(result.raw)
    assert result.model == "nano-banana-2"


async def test_a_link_in_the_answer_is_a_link() -> None:
    """To be fetched when it is wanted."""
    gateway = ScriptedImages(made({"url": "https://files.example/a.png"}))

    async with gateway.client() as client:
        result = await client.generate("a banana")

    assert result.urls == ("https://files.example/a.png",)


async def test_what_was_submitted_is_done_and_can_be_waited_for() -> None:
    """The task has no id that anybody could ask about; it carries its result."""
    gateway = ScriptedImages()

    async with gateway.client() as client:
        task = await client.submit("a banana")
        result = await client.wait(task)
        seen = [state async for state in client.watch(task)]
        now = await client.status(task)

    assert (task.id, task.state, task.dialect) == ("", TaskState.SUCCESS, "images")
    assert task.result == result
    assert seen == [task]
    assert now == task
    assert len(gateway.requests) == 1


async def test_a_task_without_an_id_and_a_result_is_none() -> None:
    """There is nothing that could be asked."""
    async with ScriptedImages().client() as client:
        with pytest.raises(InvalidRequestError, match="no task id"):
            await client.wait(Task(""))


@pytest.mark.parametrize("on_unknown", ["hold", "resend"])
async def test_a_lost_answer_is_unknown_and_not_sent_again_unless_that_is_asked_for(on_unknown: str) -> None:
    """A create may last for minutes: a relay cuts it, and the picture is paid for."""
    gateway = ScriptedImages(made(IN_THE_ANSWER), LOST)

    async with gateway.client(on_unknown=on_unknown) as client:
        await client.generate("a banana")
        if on_unknown == "hold":
            with pytest.raises(UnknownOutcomeError) as caught:
                await client.generate("another")
            assert caught.value.charged == "unknown"
        else:
            await client.generate("another")

    assert len(gateway.requests) == (2 if on_unknown == "hold" else 3)


async def test_an_answer_without_an_image_is_an_error_of_its_own() -> None:
    """It was made, as far as anybody can tell: it is not asked for again."""
    gateway = ScriptedImages(made())

    async with gateway.client() as client:
        with pytest.raises(NoResultError) as caught:
            await client.generate("a banana")

    assert caught.value.charged == "yes"
    assert len(gateway.requests) == 1


@pytest.mark.parametrize("extra", ["", "x" * 3 + " y" * 70_000])
async def test_an_answer_that_can_not_be_read_is_told_and_kept(tmp_path: Path, extra: str) -> None:
    """It is paid for, and may have the picture in a form that nobody here knows: without the key, and bounded."""
    key, link = "sk-0123456789abcdef", "s3://bucket/paid-for.png"
    gateway = ScriptedImages(made({"url": f"{link}?key={key}", "extra": extra}))
    journal = SQLiteJournal(tmp_path / "journal.db")

    async with Client(OpenAIImages(URL, key), transport=gateway.transport, journal=journal) as client:
        with pytest.raises(NoResultError, match=link) as caught:
            await client.generate("a banana", key="k")
        found = await journal.find("", "k")

    assert found is not None
    assert (found.state, found.charged) == (ItemState.FAILED, "yes")
    assert link in (found.raw or "")
    assert len(found.raw or "") <= 64 * 1024
    problem = caught.value.problem
    assert problem is not None
    assert link in problem.text
    assert len(problem.text) <= 301
    assert key not in f"{caught.value} {problem.text} {found.raw} {found.error}"


@pytest.mark.parametrize("body", [{"error": {"message": "do request failed"}}, {"error": "upstream timeout"}])
@pytest.mark.parametrize("status", [200, 500])
async def test_a_create_of_which_a_relay_has_heard_nothing_is_sent_once(body: dict[str, object], status: int) -> None:
    """The picture may be made, and paid for."""
    gateway = ScriptedImages(made(IN_THE_ANSWER), json_reply(body, status))

    async with gateway.client() as client:
        await client.generate("a banana")
        with pytest.raises(UnknownOutcomeError, match="a relay has heard nothing") as caught:
            await client.generate("another")

    assert caught.value.charged == "unknown"
    assert 'mode="async"' in caught.value.remedy
    assert len(gateway.requests) == 2


async def test_a_first_answer_that_a_relay_has_cut_names_what_helps() -> None:
    """Every other would be cut as well: no more are sent."""
    gateway = ScriptedImages(json_reply({"message": "Endpoint request timed out"}, 504))

    async with gateway.client() as client:
        outcomes = await client.generate_all(["a", "b", "c"])

    assert [outcome.state for outcome in outcomes] == ["unknown", "skipped", "skipped"]
    assert outcomes[1].error is not None
    assert 'mode="async"' in outcomes[1].error.remedy
    assert len(gateway.requests) == 1


async def test_a_picture_beside_an_error_is_not_bought_again() -> None:
    """It is there, and paid for."""
    body = {"error": {"message": "one of two failed"}, "data": [IN_THE_ANSWER]}
    gateway = ScriptedImages(json_reply(body, 500))

    async with gateway.client() as client:
        result = await client.generate("a banana")
        picture = await client.read(result)

    assert picture.content == PICTURE
    assert len(gateway.requests) == 1


async def test_the_price_is_the_one_that_the_user_gave() -> None:
    """What an answer calls credits is in nobody knows what unit: a budget is kept by the price."""
    cheap = json_reply({"created": 1, "data": [IN_THE_ANSWER], "credits": 0, "usage": {"credits": 0.04}})
    gateway = ScriptedImages(*[cheap] * 9)

    async with gateway.client(price=0.04) as client, client.batch(map(str, range(9)), budget=40) as batch:
        outcomes = [outcome async for outcome in batch]

    assert [outcome.state for outcome in outcomes].count("succeeded") == 5
    assert {outcome.charged for outcome in outcomes if outcome.ok} == {"yes"}
    assert len(gateway.requests) == 5


async def test_a_prompt_that_is_forbidden_stops_no_other() -> None:
    """A 403 is about the key, but not in these words."""
    gateway = ScriptedImages(made(IN_THE_ANSWER), error(403, "Your request was blocked by our moderation system"))

    async with gateway.client() as client:
        await client.generate("a banana")
        outcomes = await client.generate_all(["a", "b"])

    assert sorted(outcome.state for outcome in outcomes) == ["failed", "succeeded"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (error(400, "Your request was rejected", "moderation_blocked"), PolicyError),
        (error(400, "Invalid value: 'x'", "invalid_value"), InvalidRequestError),
        (error(401, "Incorrect API key provided", "invalid_api_key"), KeyRefusedError),
        (error(403, "not for this key"), KeyRefusedError),
        (error(404, "The model does not exist", "model_not_found"), InvalidRequestError),
        (error(429, "You exceeded your current quota", "insufficient_quota"), OutOfCreditsError),
    ],
)
async def test_errors_in_openais_form_are_those_of_the_one_tree(answer: object, kind: type[Exception]) -> None:
    """With the same reasons; nothing was charged."""
    gateway = ScriptedImages(answer)  # type: ignore[arg-type]  # pytest's parameters have no type

    async with gateway.client() as client:
        with pytest.raises(kind) as caught:
            await client.generate("a banana")

    assert getattr(caught.value, "charged", None) == "no"
    assert len(gateway.requests) == 1


async def test_a_page_under_the_base_url_stops_the_run_and_names_it() -> None:
    """Somebody has mistyped it: one request, not a window of them."""
    gateway = ScriptedImages(json_reply({"hello": "world"}))

    async with gateway.client() as client:
        outcomes = await client.generate_all(["a", "b", "c"])

    assert isinstance(outcomes[0], Unknown)
    assert {outcome.state for outcome in outcomes[1:]} == {"skipped"}
    assert len(gateway.requests) == 1


# --- limits --------------------------------------------------------------------------------------------------------


async def test_creates_that_last_long_are_sent_at_the_rate_all_the_same() -> None:
    """Each takes 60 s, so 60 s' worth of them are on the wire together, and their answers hold back none."""
    gateway = ScriptedImages(made(IN_THE_ANSWER), seconds=60.0)

    async with gateway.client(rate=Rate(20, per=10)) as client:
        await client.generate("a banana")  # until a gateway was heard, one window of creates is all it gets
        outcomes = await client.generate_all([f"banana {number}" for number in range(200)])

    assert {outcome.state for outcome in outcomes} == {"succeeded"}
    assert gateway.most_on_the_wire > 90
    windows = zip(gateway.sent_at, gateway.sent_at[20:], strict=False)
    assert min(later - sooner for sooner, later in windows) >= 10.0
    assert gateway.sent_at[-1] - gateway.sent_at[1] <= 1.2 * 10.0 * 200 / 20 + 5.0


async def test_requests_in_flight_are_the_tasks_in_flight() -> None:
    """No more are on the wire than may run at once."""
    gateway = ScriptedImages(seconds=30.0)

    async with gateway.client(in_flight=3) as client:
        await client.generate_all([f"banana {number}" for number in range(10)])

    assert gateway.most_on_the_wire == 3


async def test_a_refusal_stops_everybody_for_as_long_as_it_says() -> None:
    """It was not queued and cost nothing; it is tried again."""
    busy = error(429, "Rate limit reached", "rate_limit_exceeded", retry_after="40")
    gateway = ScriptedImages(made(IN_THE_ANSWER), busy)

    async with gateway.client() as client:
        await client.generate("a banana")
        await client.generate("another")

    assert gateway.sent_at[2] - gateway.sent_at[1] >= 40.0


async def test_headers_that_say_that_nothing_is_left_are_believed() -> None:
    """The next would be refused: it waits for the limit's reset, counted from when the last was sent."""
    left = made(IN_THE_ANSWER, x_ratelimit_remaining_requests="0", x_ratelimit_reset_requests="1m0s")
    gateway = ScriptedImages(left, seconds=10.0)

    async with gateway.client() as client:
        await client.generate("a banana")
        await client.generate("another")

    assert 59.0 <= gateway.sent_at[1] - gateway.sent_at[0] <= 61.0


async def test_a_close_waits_for_the_answers_on_the_wire() -> None:
    """They are all there is of what is paid for."""
    gateway = ScriptedImages(seconds=30.0)
    client = await Client(OpenAIImages(URL, "key"), transport=gateway.transport).start()
    asking = asyncio.ensure_future(client.generate("a banana"))
    await until(lambda: gateway.requests)
    await asyncio.sleep(5.0)
    await client.aclose(grace=200)

    assert (await asking).urls


async def test_a_report_tells_how_long_pictures_took() -> None:
    """From the create to its answer; prices are those that were told."""
    gateway = ScriptedImages(seconds=12.0)

    async with gateway.client(price=0.04) as client, client.batch(["a", "b"], budget=100) as batch:
        outcomes = [outcome async for outcome in batch]
        report = batch.report()

    assert all(isinstance(outcome, Succeeded) for outcome in outcomes)
    assert report.generation == pytest.approx(12.0)
    assert (report.unpriced, report.about) == (2, 16.0)


# --- images in -----------------------------------------------------------------------------------------------------


async def test_local_images_go_into_the_create_itself(tmp_path: Path) -> None:
    """As files of a form, all under one name; nothing is uploaded before."""
    photo = tmp_path / "photo.png"
    photo.write_bytes(PICTURE)
    gateway = ScriptedImages()

    async with gateway.client() as client:
        await client.generate(OpenAIEdit("at dusk", images=[photo, PICTURE, "https://files.example/c.png"]))

    (request,) = gateway.requests
    assert request.url == f"{URL}/images/edits"
    assert [part.name for part in request.files] == ["image"] * 3
    assert [part.content for part in request.files] == [PICTURE, PICTURE, b"https://files.example/c.png"]
    assert request.form["prompt"] == "at dusk"


async def test_an_image_that_can_not_be_read_fails_its_item_before_anything_is_sent(tmp_path: Path) -> None:
    """And gives its place in the window back."""
    gateway = ScriptedImages()

    async with gateway.client(rate=Rate(1, per=60)) as client:
        with pytest.raises(BadImageError):
            await client.generate("at dusk", images=tmp_path / "nothing.png")
        await client.generate("a banana", timeout=1.0)

    assert len(gateway.requests) == 1
