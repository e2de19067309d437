"""One emulator taken for each of the gateways, by a client of this package, on virtual time."""

from __future__ import annotations

import asyncio
import io
from typing import Any, get_args

import pytest
from PIL import Image

from nanobanana_async import Client, LegacyNanoBanana, OpenAIEdit, OpenAIGeneration, PolicyError
from nanobanana_async.emulator import EmulatorOptions, Limit, OptionError
from nanobanana_async.testing import Emulator, emulated_client
from nanobanana_async.testing._emulator import GatewayName
from tests.emulator.customer import make_png

GATEWAYS: tuple[GatewayName, ...] = get_args(GatewayName)
IMAGES = GATEWAYS[1:]
SHAPES: list[dict[str, Any]] = [
    {},
    {"images_item": "both"},
    {"images_item": "both", "images_url": "data", "images_b64": "prefixed"},
    {"images_url": "data"},
    {"images_b64": "prefixed"},
    {"images_task": "data"},
    {"rate_headers": True},
    *({"images_errors": style} for style in ("text", "message", "msg")),
]


async def size_of(client: Client, request: object) -> tuple[int, int]:
    """The size of the picture that a request brings, measured on the picture."""
    picture = await client.read(await client.generate(request))  # type: ignore[call-overload]  # any request
    image = Image.open(io.BytesIO(picture.content))
    return image.size


@pytest.mark.parametrize("gateway", GATEWAYS)
async def test_a_batch_runs_at_every_gateway(gateway: GatewayName) -> None:
    """At the limit, none over it, and each picture paid for once."""
    emulator = Emulator(EmulatorOptions(limit=Limit(20, per=10), seed=3))

    async with emulator.client(gateway=gateway) as client:
        outcomes = await client.generate_all(f"banana {number}" for number in range(60))

    assert all(outcome.ok for outcome in outcomes)
    assert len(emulator.ledger.accepted) == 60
    assert emulator.ledger.over_limit == 0
    assert not emulator.ledger.charged_twice()
    assert not emulator.ledger.hung_up


@pytest.mark.parametrize("gateway", IMAGES)
@pytest.mark.parametrize("options", SHAPES, ids=str)
async def test_every_shape_of_an_answer_is_understood(gateway: GatewayName, options: dict[str, Any]) -> None:
    """Addresses, base64 and data URLs, ids here and there; and a failure in every form of errors."""
    emulator = Emulator(EmulatorOptions(**options))
    wide = OpenAIGeneration("a banana", model="nano-banana", aspect_ratio="16:9")
    edit = OpenAIEdit("bigger", model="nano-banana-2", images=[make_png(64, 32)], response_format="b64_json")

    async with emulator.client(gateway=gateway) as client:
        sizes = [await size_of(client, request) for request in (wide, edit)]
        with pytest.raises(PolicyError) as caught:
            await client.generate("[fail:policy]")

    assert sizes == [(1368, 768), (1448, 728)]
    assert caught.value.charged == "no"
    assert emulator.ledger.paid == 4 + 8


@pytest.mark.parametrize("shape", ["flat", "wrapped", "mixed"])
async def test_every_record_of_the_older_endpoint_is_understood(shape: Any) -> None:
    """In whichever form it comes."""
    emulator = Emulator(EmulatorOptions(generate_record=shape))
    requests = [LegacyNanoBanana(f"banana {number}", width=96, height=64, steps=30) for number in range(8)]

    async with emulator.client() as client:
        sizes = [await size_of(client, request) for request in requests]
        with pytest.raises(PolicyError):
            await client.generate(LegacyNanoBanana("[fail:policy]"))

    assert sizes == [(96, 64)] * 8


async def test_an_emulated_client_may_be_one_of_a_reseller() -> None:
    """In a line, as the usual one."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    async with emulated_client(gateway="openai-images", speed=1) as client:
        result = await client.generate("a banana")

    assert result.urls[0].startswith("http://emulator.localhost/files/results/task_")
    assert loop.time() - began >= 5


def test_a_gateway_that_is_none_is_named() -> None:
    """With those that there are."""
    words = "gateway='openai' is not allowed: kie, openai-images, openai-images-async"

    with pytest.raises(OptionError, match=words):
        Emulator().client(gateway="openai")  # type: ignore[arg-type]  # wrong on purpose
