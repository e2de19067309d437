"""What the README tells people of a reseller is true, and so is what it tells those who come from `openai`."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from nanobanana_async import (
    Client,
    HttpxTransport,
    InvalidRequestError,
    LegacyNanoBanana,
    NanoBananaError,
    OpenAIImages,
    Polling,
    Rate,
)
from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Limit, World
from nanobanana_async.gateways import ImagesMode
from nanobanana_async.models import known_models
from nanobanana_async.testing import Emulator, VirtualTimeLoop
from tests.house.test_readme import PYTHON, README
from tests.scripted_images import PICTURE, ScriptedImages

SECTION = README.split("## Other gateways")[1].split("## The command line")[0]
ROWS = [line.split("|")[1:3] for line in SECTION.splitlines() if line.startswith("| ")]
MODELS = README.split("## Models")[1].split("##")[0]


@pytest.fixture(scope="module")
def server() -> Iterator[EmulatorServer]:
    """A reseller on a port, which is done with a picture at once."""
    with EmulatorServer(World(EmulatorOptions(seed=1, speed=1e6, limit=Limit(100_000)))) as running:
        yield running


def at(url: str, mode: ImagesMode = "sync", **policies: Any) -> Client:
    polling = Polling(first=0, interval=0.01)
    return Client(OpenAIImages(f"{url}/v1", "any", mode=mode), **{"polling": polling, **policies})


async def raised(asked: Callable[[], Any]) -> str:
    """The name of the error that comes of it."""
    with pytest.raises((NanoBananaError, openai.APIError)) as caught:
        await asked()
    return type(caught.value).__name__


async def raised_there(url: str, *, timeout: float = 60) -> str:
    """What the `openai` package raises."""
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0, timeout=timeout) as client:
        return await raised(lambda: client.images.generate(model="nano-banana-2", prompt="a banana"))


async def raised_here(fault: str) -> str:
    """What this one raises where the same goes wrong; on virtual time, for it waits where that is worth it."""
    async with Emulator(seed=1, faults=[fault]).client(gateway="openai-images") as client:
        return await raised(lambda: client.generate("a banana"))


def stand_in_a_row(errors: list[str]) -> bool:
    return any(all(f"`{error}`" in cell for error, cell in zip(errors, row, strict=True)) for row in ROWS)


@pytest.mark.parametrize(
    "fault",
    [
        "unauthorized",
        "disabled",
        "too-many",
        "key-capped",
        "validation",
        "invalid,kind=check",
        "invalid,kind=image",
        "invalid,kind=policy",
        "invalid,kind=declined",
        "not-found",
        "server-error",
        "maintenance",
        *(f"bad-gateway,status={status}" for status in (502, 503, 504, 520, 524)),
        "closed",
        "silent",
    ],
)
def test_errors_stand_side_by_side_as_they_are_raised(server: EmulatorServer, fault: str) -> None:
    """Each has the name that the table gives it, beside the one of the `openai` package."""
    server.world.faults.clear()
    server.world.faults.add(fault)

    there = asyncio.run(raised_there(server.base_url, timeout=1 if fault == "silent" else 60))
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        here = runner.run(raised_here(fault))

    server.world.faults.clear()
    assert stand_in_a_row([there, here]), (there, here)


async def test_where_nothing_was_sent_it_is_no_lost_answer() -> None:
    """A gateway that nobody listens for has taken nothing."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"

        async with at(url) as client:
            errors = [await raised_there(url), await raised(lambda: client.generate("a banana", timeout=3))]

    assert errors == ["APIConnectionError", "NetworkError"]
    assert stand_in_a_row(errors)


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_what_it_took_is_where_the_page_says(server: EmulatorServer, mode: ImagesMode) -> None:
    """A level deeper where the answer is a task's record."""
    async with at(server.base_url, mode) as client:
        raw = (await client.generate("a banana")).raw

    found = raw["data"]["usage"] if mode == "async" else raw["usage"]
    assert found["total_tokens"] > 0
    assert all(f'`result.raw{path}["usage"]`' in SECTION for path in ("", '["data"]'))


async def test_a_picture_is_read_however_it_was_handed_over(server: EmulatorServer, tmp_path: Path) -> None:
    """As a link, as base64, and as base64 that a journal has put into a file."""
    kinds: list[str] = []
    async with at(server.base_url) as plain, at(server.base_url, journal=tmp_path / "images.db") as kept:
        for client, form in ((plain, "url"), (plain, "b64_json"), (kept, "b64_json")):
            result = await client.generate("a banana", response_format=form)
            kinds.append(result.image.split(":")[0])
            assert (await client.read(result)).content.startswith(b"\x89PNG")

    assert kinds == ["http", "data", "file"]


async def test_headers_and_query_go_through_a_client_of_the_users(server: EmulatorServer) -> None:
    """With every request, beside ours."""
    seen: list[httpx.Request] = []

    async def note(request: httpx.Request) -> None:
        seen.append(request)

    own = httpx.AsyncClient(headers={"X-Title": "mine"}, params={"version": "1"}, event_hooks={"request": [note]})
    async with own, at(server.base_url, transport=HttpxTransport(own)) as client:
        await client.generate("a banana")

    assert (seen[0].headers["x-title"], seen[0].url.params["version"]) == ("mine", "1")
    assert seen[0].headers["authorization"] == "Bearer any"


async def test_a_submit_waits_for_the_picture_and_has_no_id(server: EmulatorServer) -> None:
    """The task itself is what is waited for; an empty id is answered with what to do."""
    async with at(server.base_url) as client:
        task = await client.submit("a banana")
        result = await client.wait(task)
        with pytest.raises(InvalidRequestError) as caught:
            await client.wait(task.id)

    assert (task.id, task.result) == ("", result)
    assert "pass the Task" in caught.value.remedy
    assert 'mode="async"' in caught.value.remedy


async def sent_after(**policies: Any) -> float:
    """Seconds from the first to the last of 45 calls that are asked for at once."""
    gateway = ScriptedImages(seconds=15)
    async with gateway.client(**policies) as client:
        await asyncio.gather(*(client.generate(f"banana {number}") for number in range(45)))
    return gateway.sent_at[-1] - gateway.sent_at[0]


def test_the_limits_of_kie_hold_here_until_a_user_says_otherwise() -> None:
    """By the clock of a gateway that takes a quarter of a minute."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        by_default = runner.run(sent_after())
        raised_limits = runner.run(sent_after(rate=Rate(200, per=10), in_flight=500))

    assert by_default > 20
    assert raised_limits < 10
    assert "of 45 calls at once the last leaves after more than 20 s" in SECTION
    assert "rate=Rate(200, per=10), in_flight=500" in SECTION


def row_of(first: str) -> list[str]:
    """The cells of the row of the table of models that begins with `first`."""
    [row] = [line for line in MODELS.splitlines() if line.startswith(f"| {first}")]
    return [cell.strip() for cell in row.split("|")[1:-1]]


def test_the_models_of_resellers_are_in_the_table() -> None:
    """Each with its resolutions."""
    _, models, images, ratios, resolutions, *_ = row_of("`OpenAIGeneration`")
    known = known_models("images")

    assert re.findall("`(.+?)`", models) == [info.id for info in known]
    assert resolutions == " / ".join(" ".join(info.resolutions) or "–" for info in known)
    assert {(f"{least}–{most}, edits 1–{most}") for least, most in (info.images for info in known)} == {images}
    assert {str(len(info.aspect_ratios)) for info in known} == {ratios}


def test_the_models_of_the_older_endpoint_are_in_the_table() -> None:
    """With the images that each takes, and what the request takes beside."""
    _, models, images, *_ = row_of("`LegacyNanoBanana`")
    known = known_models("generate")
    request = LegacyNanoBanana("x", negative_prompt="y", seed=1, steps=20, guidance_scale=20, width=640, height=480)

    assert re.findall("`(.+?)`", models) == [info.id for info in known]
    assert images == " / ".join(f"{least}–{most}" if most else "–" for least, most in (info.images for info in known))
    assert all(f"`{name}`" in MODELS for name in request.fields() if name != "prompt")
    for wrong in ({"steps": 19}, {"steps": 61}, {"guidance_scale": 0.9}, {"guidance_scale": 21}):
        with pytest.raises(InvalidRequestError):
            LegacyNanoBanana("x", **wrong)


async def test_the_web_app_of_the_page_serves_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its bytes, also where the gateway hands it over as base64; who clicks twice pays once."""
    monkeypatch.chdir(tmp_path)
    gateway = ScriptedImages()
    names: dict[str, Any] = {}
    [block] = [block for block in PYTHON if "FastAPI(" in block]
    exec(compile(block, "README.md", "exec"), names)  # the page's own code
    names["Client"] = lambda **settings: Client(
        OpenAIImages("https://r.example", "any"), transport=gateway.transport, **settings
    )
    app = names["app"]

    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as web,
    ):
        answers = [await web.get("/image", params={"prompt": "a banana", "order": "17"}) for _ in range(2)]

    assert [(answer.content, answer.headers["content-type"]) for answer in answers] == [(PICTURE, "image/png")] * 2
    assert len(gateway.requests) == 1
