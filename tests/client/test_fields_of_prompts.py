"""The fields that stand beside a prompt: the same in one call and in a batch, and the same to a type checker."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from nanobanana_async import Client, InvalidRequestError, OpenAIEdit, OpenAIGeneration, OpenAIImages
from nanobanana_async.values import WireRequest
from tests.scripted_images import PICTURE, URL, ScriptedImages
from tests.scripted_kie import ScriptedKie
from tests.storage.pictures import make_png

EXTRA = {"quality": "high"}


def said(request: WireRequest) -> dict[str, Any]:
    """The fields of a create."""
    return dict(json.loads(request.body)) if request.body else dict(request.form)


async def test_a_prompt_takes_what_a_request_of_the_gateway_takes() -> None:
    """In a call, a submission, a batch and a list alike; words may come from a file of settings."""
    gateway = ScriptedImages()
    settings: dict[str, str] = {"response_format": "b64_json"}
    handed = settings["response_format"]

    async with Client(OpenAIImages(URL, "key"), transport=gateway.transport) as client:
        await client.generate("a", response_format=handed, extra=EXTRA)
        await client.submit("a", response_format="b64_json", extra={"quality": "high"})
        await client.generate_all(["a"], response_format=handed, extra=EXTRA)
        async with client.batch(["a"], response_format=handed, extra=EXTRA) as batch:
            assert [outcome.state async for outcome in batch] == ["succeeded"]
        await client.generate(OpenAIGeneration("a", response_format=handed, extra=EXTRA))

    assert len(gateway.requests) == 5
    assert {json.dumps(said(request), sort_keys=True) for request in gateway.requests} == {
        '{"model": "nano-banana-2", "prompt": "a", "quality": "high", "response_format": "b64_json"}'
    }


async def test_a_word_that_is_none_is_refused_when_it_is_read() -> None:
    """A type checker can't tell what stands in a file of settings."""
    gateway = ScriptedImages()

    async with Client(OpenAIImages(URL, "key"), transport=gateway.transport) as client:
        for field in ("response_format", "aspect_ratio", "resolution"):
            wrong: dict[str, Any] = {field: "b64"}
            with pytest.raises(InvalidRequestError, match=f"{field}='b64'"):
                await client.generate("a", **wrong)
            with pytest.raises(InvalidRequestError, match=f"{field}='b64'"):
                client.batch(["a"], **wrong)
            with pytest.raises(InvalidRequestError, match=f"{field}='b64'"):
                client.plan(["a"], **wrong)

    assert gateway.requests == []


async def test_the_prompts_of_a_batch_share_pictures() -> None:
    """One picture in ten settings: however it was given, each prompt is an edit of it."""
    gateway = ScriptedImages()
    photo = make_png(5, 3)
    one_shot: Any = (image for image in [photo])

    async with Client(OpenAIImages(URL, "key"), transport=gateway.transport) as client:
        outcomes = await client.generate_all(["at dusk", "at dawn"], images=one_shot)
        outcomes += await client.generate_all(["in rain"], images=base64.b64encode(photo).decode())
        outcomes += await client.generate_all([OpenAIGeneration("a request has its own")], images=photo)

    assert [outcome.state for outcome in outcomes] == ["succeeded"] * 4
    carried = [request.files or said(request).get("image") for request in gateway.requests]
    assert [bool(images) for images in carried] == [True, True, True, False]


async def test_pictures_are_uploaded_for_the_prompts_of_a_batch(tmp_path: Path) -> None:
    """At a gateway that takes links, and by the model that edits."""
    kie = ScriptedKie()
    (tmp_path / "cat.png").write_bytes(PICTURE)

    async with kie.client() as client:
        plan = client.plan(["a", "b"], images=tmp_path / "cat.png")
        with pytest.raises(InvalidRequestError, match="is an open file"), (tmp_path / "cat.png").open("rb") as file:
            client.batch(["a"], images=file)  # type: ignore[arg-type]  # as users of other packages write
        with pytest.raises(InvalidRequestError, match="response_format"):
            client.batch(["a"], response_format="url")

    assert plan.models == {"google/nano-banana-edit": 2}


def test_no_images_are_none() -> None:
    """As in a single call."""
    plan = Client(OpenAIImages(URL, "key", 0.04)).plan(["a", OpenAIEdit("b", images=PICTURE)], images=[])

    assert (plan.count, plan.invalid) == (2, {})
    assert Client().plan(["a"], images=()).models == {"google/nano-banana": 1}
