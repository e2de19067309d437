"""Our client against LiteLLM's proxy: what it mocks, and what it relays to a gateway behind it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from nanobanana_async import (
    Client,
    InvalidRequestError,
    Item,
    KeyRefusedError,
    NanoBananaError,
    NetworkError,
    OpenAIEdit,
    OpenAIGeneration,
    OpenAIImages,
    OutOfCreditsError,
    PolicyError,
    UnknownOutcomeError,
)
from nanobanana_async.emulator import EmulatorServer
from tests.interop.file_host import PICTURE, FileHost
from tests.interop.foreign import KEY, LITELLM
from tests.interop.litellm_server import MOCKED, RELAYED, LiteLLM
from tests.scripted_kie import until

pytestmark = LITELLM.is_needed


def relayed(prompt: str, **fields: Any) -> OpenAIGeneration:
    return OpenAIGeneration(prompt, model=RELAYED, **fields)


# --- what it mocks -------------------------------------------------------------------------------------------------


async def test_a_picture_is_read_and_saved(litellm: LiteLLM, files: FileHost, tmp_path: Path) -> None:
    """From where the answer says that it is; the key goes nowhere but to the gateway."""
    before = len(files.keys)

    async with Client(litellm.gateway) as client:
        result = await client.generate("a banana", model=MOCKED)
        picture = await client.read(result)
        [path] = await client.save(result, tmp_path / "banana.png")

    assert result.urls == (f"{files.url}/picture.png",)
    assert (picture.width, picture.height) == (64, 48)
    assert path.read_bytes() == PICTURE
    assert "usage" in result.raw
    assert files.keys[before:] == [None, None]


async def test_a_batch_that_is_run_again_sends_nothing(litellm: LiteLLM, tmp_path: Path) -> None:
    """Its pictures are there already."""
    items = [Item(f"banana {number}", key=f"k{number}") for number in range(10)]
    before = litellm.creates
    states = []
    for _ in range(2):
        async with Client(litellm.gateway, model=MOCKED, journal=tmp_path / "run.db") as client:
            outcomes = await client.generate_all(items, save_to=tmp_path / "out")
            states.append([(outcome.state, len(outcome.files)) for outcome in outcomes])

    assert states == [[("succeeded", 1)] * 10] * 2
    assert litellm.creates - before == 10
    assert len(list((tmp_path / "out").glob("*.png"))) == 10


@pytest.mark.parametrize(
    ("key", "request_", "words"),
    [
        ("sk-wrong", OpenAIGeneration("a banana", model=MOCKED), "No connected db"),
        (KEY, OpenAIGeneration("a banana", model="nobody-has-this"), "Invalid model name"),
        (KEY, OpenAIGeneration("a banana", model=RELAYED, response_format="b64_json"), "response_format"),
    ],
    ids=["a wrong key", "a model that is not there", "a field that it does not take"],
)
async def test_a_refusal_is_one_of_our_errors(
    litellm: LiteLLM, key: str, request_: OpenAIGeneration, words: str
) -> None:
    """In its own words. (Without a database, to it a wrong key is a wrong request.)"""
    before = litellm.creates

    async with Client(OpenAIImages(litellm.gateway.base_url, key)) as client:
        with pytest.raises(InvalidRequestError, match=words) as caught:
            await client.generate(request_)

    assert (caught.value.reason, caught.value.charged) == ("invalid", "no")
    assert litellm.creates - before == 1


# --- what it relays ------------------------------------------------------------------------------------------------


async def test_a_generation_gets_through_with_all_its_fields(litellm: LiteLLM, upstream: EmulatorServer) -> None:
    """Ratio and size are those of the picture."""
    async with Client(litellm.gateway) as client:
        result = await client.generate(relayed("a wide banana", aspect_ratio="16:9", resolution="2K"))
        picture = await client.read(result)
    order = list(upstream.world.tasks)[-1].order

    assert (order.prompt, order.aspect_ratio, order.resolution) == ("a wide banana", "16:9", "2K")
    assert picture.width / picture.height == pytest.approx(16 / 9, rel=0.02)


async def test_an_edit_gets_through_with_its_pictures(
    litellm: LiteLLM, upstream: EmulatorServer, tmp_path: Path
) -> None:
    """Our form is read by its parser, and what it makes of that by our emulator."""
    photo = tmp_path / "photo.png"
    photo.write_bytes(PICTURE)

    async with Client(litellm.gateway) as client:
        request = OpenAIEdit("‘größer’ & nicer", images=[photo, PICTURE], model=RELAYED, aspect_ratio="9:16")
        picture = await client.read(await client.generate(request))
    order = list(upstream.world.tasks)[-1].order

    assert (order.prompt, order.aspect_ratio, len(order.images)) == ("‘größer’ & nicer", "9:16", 2)
    assert picture.width / picture.height == pytest.approx(9 / 16, rel=0.02)


@pytest.mark.parametrize(
    ("fault", "kind", "reason"),
    [
        ("fail,kind=policy", PolicyError, "policy"),
        ("unauthorized", KeyRefusedError, "key_refused"),
        ("no-credits", OutOfCreditsError, "out_of_credits"),
        ("invalid", InvalidRequestError, "invalid"),
    ],
)
async def test_a_refusal_from_behind_it_is_recognised(
    litellm: LiteLLM, upstream: EmulatorServer, fault: str, kind: type[NanoBananaError], reason: str
) -> None:
    """Wrapped in its words, it is the same error."""
    upstream.world.faults.add(fault)
    before = litellm.creates

    async with Client(litellm.gateway) as client:
        with pytest.raises(kind) as caught:
            await client.generate(relayed(f"a banana with {fault}"))

    assert (caught.value.reason, caught.value.charged) == (reason, "no")
    assert litellm.creates - before == 1


async def test_an_answer_that_was_lost_behind_it_is_unknown(litellm: LiteLLM, upstream: EmulatorServer) -> None:
    """It is told as an error in OpenAI's form, though the picture was made and is paid for: not sent again by us."""
    before = litellm.creates

    async with Client(litellm.gateway) as client:
        await client.generate("a banana", model=MOCKED)
        upstream.world.faults.add("closed")
        with pytest.raises(NanoBananaError) as lost:
            await client.generate(relayed("a lost banana"))

    assert lost.value.charged == "unknown"
    assert litellm.creates - before == 2


async def test_a_relay_that_is_killed_leaves_its_create_unknown(litellm: LiteLLM, upstream: EmulatorServer) -> None:
    """Behind it the picture is being made, and paid for; what is sent afterwards never arrives."""
    async with Client(litellm.gateway) as client:
        await client.generate("a banana", model=MOCKED)
        upstream.world.faults.add("slow,seconds=60")
        paid = upstream.world.ledger.paid
        asking = asyncio.ensure_future(client.generate(relayed("a slow banana")))
        await until(lambda: upstream.world.ledger.paid > paid)
        litellm.server.kill()
        with pytest.raises(UnknownOutcomeError) as lost:
            await asking
    async with Client(litellm.gateway) as client:
        with pytest.raises(NetworkError) as refused:
            await client.generate(relayed("another"))

    assert (lost.value.charged, refused.value.charged, refused.value.sent) == ("unknown", "no", "no")
    assert upstream.world.ledger.paid > paid
