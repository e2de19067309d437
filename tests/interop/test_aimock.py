"""Our client against aimock, which plays OpenAI's images API: what it answers, and what goes wrong on request."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

import pytest

from nanobanana_async import (
    Client,
    ConfigurationError,
    Item,
    KeyRefusedError,
    NanoBananaError,
    NetworkError,
    NoResultError,
    OpenAIEdit,
    OpenAIImages,
    OutOfCreditsError,
    PolicyError,
    ServiceError,
    Succeeded,
    Unknown,
    UnknownOutcomeError,
)
from tests.interop.aimock_server import POLICY, Aimock
from tests.interop.file_host import PICTURE, FileHost
from tests.interop.foreign import AIMOCK, KEY
from tests.scripted_kie import until

pytestmark = AIMOCK.is_needed

LINK, CONTENT = "a banana as a link", "a banana in the answer"


# --- what it answers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prompt", [LINK, CONTENT])
async def test_a_picture_is_read_and_saved(aimock: Aimock, files: FileHost, tmp_path: Path, prompt: str) -> None:
    """Whether it is in the answer or behind a link in it; and the key goes nowhere but to the gateway."""
    before = len(files.keys)

    async with Client(aimock.gateway) as client:
        result = await client.generate(prompt, aspect_ratio="4:3")
        picture = await client.read(result)
        [path] = await client.save(result, tmp_path / "banana.png")

    assert (picture.content, picture.width, picture.height) == (PICTURE, 64, 48)
    assert path.read_bytes() == PICTURE
    assert result.model == "nano-banana-2"
    assert result.created_at is not None
    assert abs(result.created_at.timestamp() - time.time()) < 3600
    assert files.keys[before:] == ([None, None] if prompt == LINK else [])


async def test_what_else_is_in_an_answer_is_kept(aimock: Aimock) -> None:
    """All but the content of the picture."""
    async with Client(aimock.gateway) as client:
        result = await client.generate(CONTENT)

    assert result.raw["data"][0]["revised_prompt"] == "a nicer banana"
    assert str(result.raw["data"][0]["b64_json"]).startswith("sha256:")


async def test_two_pictures_are_two_files(aimock: Aimock, tmp_path: Path) -> None:
    """One came in the answer, the other did not."""
    async with Client(aimock.gateway) as client:
        result = await client.generate("a banana, twice")
        paths = await client.save(result, tmp_path / "banana.png")

    assert [path.name for path in paths] == ["banana.png", "banana-2.png"]
    assert [path.read_bytes() for path in paths] == [PICTURE, PICTURE]


async def test_an_edit_of_local_files_is_understood(aimock: Aimock, tmp_path: Path) -> None:
    """Its form is read by a parser that is not ours."""
    photo = tmp_path / "größer.png"
    photo.write_bytes(PICTURE)

    async with Client(aimock.gateway) as client:
        request = OpenAIEdit(f"‘größer’\n{CONTENT}", images=[photo, PICTURE], model="their-own-model")
        picture = await client.read(await client.generate(request))
    [create] = aimock.creates

    assert picture.content == PICTURE
    assert create["path"] == "/v1/images/edits"
    assert create["body"]["model"] == "their-own-model"
    assert aimock.prompts == [f"‘größer’\n{CONTENT}"]


@pytest.mark.parametrize("prompt", [LINK, CONTENT])
async def test_a_batch_that_is_run_again_sends_nothing(aimock: Aimock, tmp_path: Path, prompt: str) -> None:
    """The pictures of before are handed out."""
    items = [Item(f"{prompt}, number {number}", key=f"k{number}") for number in range(10)]
    runs = []
    for _ in range(2):
        client = Client(aimock.gateway, journal=tmp_path / "run.db")
        async with client, client.batch(items, save_to=tmp_path / "out", budget=80, ordered=True) as batch:
            runs.append([outcome async for outcome in batch])

    assert sorted(aimock.prompts) == sorted(str(item.request) for item in items)
    assert [outcome.state for outcome in runs[0]] == ["succeeded"] * 10
    assert [outcome.result for outcome in runs[1]] == [outcome.result for outcome in runs[0]]
    assert {file.read_bytes() for outcome in runs[1] for file in outcome.files} == {PICTURE}
    assert len(list((tmp_path / "out").glob("*.png"))) == 10


# --- what goes wrong -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prompt", "kind", "reason"),
    [
        ("forbidden", PolicyError, "policy"),
        ("too expensive", OutOfCreditsError, "out_of_credits"),
        ("nobody has an answer to this", ConfigurationError, "usage"),
    ],
)
async def test_a_refusal_is_one_of_our_errors(
    aimock: Aimock, prompt: str, kind: type[NanoBananaError], reason: str
) -> None:
    """It was sent once, and cost nothing. (To aimock a prompt that it has no answer to is a path that is not there.)"""
    async with Client(aimock.gateway) as client:
        with pytest.raises(kind) as caught:
            await client.generate(prompt)

    assert (caught.value.reason, caught.value.charged) == (reason, "no")
    assert len(aimock.creates) == 1
    assert KEY not in str(caught.value)


async def test_a_refusal_keeps_the_words_of_the_gateway(aimock: Aimock) -> None:
    """And the word that OpenAI has for it."""
    async with Client(aimock.gateway) as client:
        with pytest.raises(PolicyError, match=f"{re.escape(POLICY)}.*moderation_blocked") as caught:
            await client.generate("forbidden")

    assert caught.value.public_message


async def test_a_wrong_key_stops_the_run(aimock: Aimock) -> None:
    """One request, not one for each item."""
    gateway = OpenAIImages(aimock.gateway.base_url, "sk-wrong")

    async with Client(gateway) as client:
        outcomes = await client.generate_all([f"{LINK}, number {number}" for number in range(50)])

    assert {(outcome.state, outcome.charged) for outcome in outcomes} == {("skipped", "no")}
    assert any(isinstance(outcome.error, KeyRefusedError) for outcome in outcomes)
    assert len(aimock.creates) < 25


async def test_too_many_is_waited_out(aimock: Aimock) -> None:
    """As long as `Retry-After` says."""
    began = time.monotonic()

    async with Client(aimock.gateway) as client:
        result = await client.generate("busy at first")

    assert result.urls
    assert len(aimock.creates) == 2
    assert time.monotonic() - began >= 1


async def test_an_answer_without_a_picture_is_said_to_be_one(aimock: Aimock) -> None:
    """It is not asked for again."""
    async with Client(aimock.gateway) as client:
        with pytest.raises(NoResultError) as caught:
            await client.generate("none at all")

    assert caught.value.charged == "yes"
    assert len(aimock.creates) == 1


async def test_an_error_of_the_server_is_tried_again_a_little(aimock: Aimock) -> None:
    """It says itself that it has failed: twice more, and then it has."""
    aimock.chaos(dropRate=1)

    async with Client(aimock.gateway) as client:
        with pytest.raises(ServiceError) as caught:
            await client.generate(LINK)

    assert (caught.value.reason, caught.value.charged) == ("service", "no")
    assert len(aimock.creates) == 3


@pytest.mark.parametrize("what", ["malformedRate", "disconnectRate"])
async def test_a_lost_answer_is_unknown(aimock: Aimock, what: str) -> None:
    """No JSON, or nothing at all: it is held, and not sent again."""
    async with Client(aimock.gateway) as client:
        await client.generate(LINK)
        aimock.chaos(**{what: 1})
        [outcome] = await client.generate_all([CONTENT])

    assert isinstance(outcome, Unknown)
    assert outcome.charged == "unknown"
    assert len(aimock.creates) == 2


async def test_a_server_that_is_killed_leaves_its_creates_unknown(aimock: Aimock, tmp_path: Path) -> None:
    """Those on the wire; what is sent afterwards never arrives, and costs nothing. A later run sends none of it."""
    async with Client(aimock.gateway, journal=tmp_path / "run.db") as client:
        await client.generate(LINK, key="before")
        aimock.chaos(latencyMs=30_000)
        before = aimock.arrived
        asking = asyncio.ensure_future(client.generate(CONTENT, key="under way"))
        await until(lambda: aimock.arrived > before)
        aimock.server.kill()
        with pytest.raises(UnknownOutcomeError) as lost:
            await asking
    async with Client(aimock.gateway, journal=tmp_path / "run.db") as client:
        with pytest.raises(NetworkError) as refused:
            await client.generate(LINK, key="after")
        states = {key: await client.lookup(key) for key in ("before", "under way", "after")}

    assert (lost.value.charged, refused.value.charged, refused.value.sent) == ("unknown", "no", "no")
    assert isinstance(states["before"], Succeeded)
    assert isinstance(states["under way"], Unknown)
    assert states["after"] is None
