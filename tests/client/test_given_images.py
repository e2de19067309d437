"""Images that were sent come back in many an answer: whoever paid for a picture is never given his own."""

from __future__ import annotations

from pathlib import Path

import pytest

from nanobanana_async import Client, NoResultError, OpenAIEdit, OpenAIGeneration, OpenAIImages, StillRunningError
from nanobanana_async import UnknownOutcomeError as Unknown
from nanobanana_async.transport import json_reply
from nanobanana_async.values import JSON
from tests.scripted_images import IN_THE_ANSWER, URL, ScriptedImages, error, made

MINE = "https://me.example/in.png"
MADE = "https://files.example/a.png"


@pytest.mark.parametrize("kind", [OpenAIEdit, OpenAIGeneration])
@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"request_id": "r", "image_urls": [MINE]}, Unknown),
        ({"created": 1, "images": [MINE], "data": []}, NoResultError),
        ({"created": 1, "data": [{"url": MINE}]}, NoResultError),
    ],
)
async def test_an_answer_with_nothing_else_has_no_picture(
    kind: type[OpenAIEdit | OpenAIGeneration], body: JSON, told: type[Exception]
) -> None:
    """It may be paid for all the same, and is told as that."""
    gateway = ScriptedImages(made(IN_THE_ANSWER), json_reply(body))

    async with gateway.client() as client:
        await client.generate("a banana")
        with pytest.raises(told):
            await client.generate(kind("at dusk", images=[MINE]))


async def test_what_was_made_stands_beside_it_now_and_later(tmp_path: Path) -> None:
    """Also for a later run, which reads what was kept."""
    body = {"created": 1, "image_urls": [MINE], "data": [{"url": MINE}, {"url": MADE}]}
    gateway = ScriptedImages(json_reply(body))

    async with gateway.client(journal=tmp_path / "run.db") as client:
        first = await client.generate(OpenAIEdit("at dusk", images=[MINE]), key="k")
    async with gateway.client(journal=tmp_path / "run.db") as client:
        again = await client.generate(OpenAIEdit("at dusk", images=[MINE]), key="k")

    assert first.urls == again.urls == (MADE,)


async def test_a_refusal_that_shows_it_is_a_refusal() -> None:
    """Nothing was charged."""
    refused = json_reply({"error": {"message": "bad request"}, "data": [{"url": MINE}]}, 400)
    gateway = ScriptedImages(made(IN_THE_ANSWER), refused, error(400, "bad request"))

    async with gateway.client() as client:
        await client.generate("a banana")
        outcomes = await client.generate_all([OpenAIEdit("at dusk", images=[MINE]), "b"])

    assert [(outcome.state, outcome.charged) for outcome in outcomes] == [("failed", "no")] * 2


async def test_a_task_that_shows_it_is_waited_for() -> None:
    """Until it has a picture of its own."""
    shown, done = {"task_id": "abc", "image_urls": [MINE]}, {"task_id": "abc", "image_urls": [MINE, MADE]}
    gateway = ScriptedImages(*(json_reply(body) for body in (shown, shown, done)))

    async with Client(OpenAIImages(URL, "key", mode="async"), transport=gateway.transport) as client:
        result = await client.generate(OpenAIEdit("at dusk", images=[MINE]))

    assert result.urls == (MADE,)
    assert len(gateway.requests) == 3


async def test_a_task_of_which_nothing_else_is_ever_shown_is_still_running() -> None:
    """At its deadline."""
    shown = json_reply({"task_id": "abc", "image_urls": [MINE]})
    gateway = ScriptedImages(*[shown] * 99)

    async with Client(OpenAIImages(URL, "key", mode="async"), transport=gateway.transport, deadline=60) as client:
        with pytest.raises(StillRunningError):
            await client.generate(OpenAIEdit("at dusk", images=[MINE]))
