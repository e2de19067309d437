"""The examples work as they stand, against the emulator."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from nanobanana_async import Client, OpenAIGeneration, OpenAIImages
from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Limit, World
from nanobanana_async.models import known_models
from nanobanana_async.runs import read_items
from nanobanana_async.testing import VirtualTimeLoop
from tests.scripted_images import PICTURE, URL, ScriptedImages
from tests.scripted_kie import until

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmulatorServer]:
    """An emulator that the environment points to."""
    with EmulatorServer(World(EmulatorOptions(speed=50, seed=1, limit=Limit(1000, per=1)))) as running:
        monkeypatch.setenv("KIE_BASE_URL", running.base_url)
        monkeypatch.setenv("KIE_API_KEY", "any")
        monkeypatch.setenv("NANOBANANA_IMAGES_BASE_URL", f"{running.base_url}/v1")
        monkeypatch.setenv("NANOBANANA_IMAGES_API_KEY", "any")
        yield running


def run(script: str, folder: Path) -> str:
    command = [sys.executable, "-W", "error", str(EXAMPLES / script)]
    done = subprocess.run(command, cwd=folder, env=os.environ, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def example(name: str) -> Any:
    """The module, which is in no package."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.usefixtures("server")
def test_the_quickstart_makes_four_pictures(tmp_path: Path) -> None:
    """And says where they are."""
    output = run("quickstart.py", tmp_path)

    assert "3 of 3 succeeded" in output
    assert len(list((tmp_path / "pictures").iterdir())) == 4


@pytest.mark.usefixtures("server")
def test_the_bot_answers_everybody(tmp_path: Path) -> None:
    """With a picture, or with words that are fit for users."""
    lines = sorted(run("bot.py", tmp_path).splitlines())

    assert re.match(r"@ada a banana on the moon: ImageData\(content=<\d+ bytes>, media_type='image/", lines[0])
    assert lines[1] == "@bob This request was refused by the content policy. Please word it differently."


async def told_by_the_bot(seconds: float) -> str:
    """Its words for a picture that a gateway takes so long for, and that has no id."""
    async with ScriptedImages(seconds=seconds).client(model="nano-banana-2-lite") as client:
        text, _ = await example("bot").answer(client, "ada", "a banana")
        return str(text)


def test_the_bot_names_no_id_where_there_is_none() -> None:
    """Nobody can ask for that picture later."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        in_time, too_late = runner.run(told_by_the_bot(100)), runner.run(told_by_the_bot(150))

    assert in_time == "@ada a banana:"
    assert too_late == "@ada this takes too long"


def test_the_resellers_example_pays_once_however_often_it_is_run(server: EmulatorServer, tmp_path: Path) -> None:
    """For a picture, the edit of its file, and a batch; and it says what they cost."""
    first, again = run("reseller.py", tmp_path), run("reseller.py", tmp_path)
    orders = [server.world.tasks.find(create.task_id or "") for create in server.world.ledger.creates]
    names = {"plate.png", "dusk.png", "dawn.png", "noon.png", "sunset.png"}

    assert {path.name for path in (tmp_path / "pictures").glob("*.png")} == names
    assert "3 images | 24 credits (0.12 USD)" in first
    assert "3 of 3 succeeded (3 by earlier runs)" in again
    assert sorted(bool(task.order.images) for task in orders if task is not None) == [False] * 4 + [True]


async def test_the_web_app_serves_pictures_and_orders(
    server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waited for in one request, or ordered and fetched later; who clicks twice pays once."""
    monkeypatch.setenv("IMAGES_DB", str(tmp_path / "images.db"))
    module = example("web_app")
    transport = httpx.ASGITransport(module.app)

    async with (
        module.app.router.lifespan_context(module.app),
        httpx.AsyncClient(transport=transport, base_url="http://app", timeout=60) as web,
    ):
        picture = await web.get("/picture", params={"prompt": "a banana"})
        refused = await web.get("/picture", params={"prompt": "a banana [fail:policy]"})
        for _ in range(2):
            await web.post("/orders/17", params={"prompt": "another"})
        asked_early = await web.get("/orders/17")
        await module.client().generate(module.NanoBanana2Lite("another"), key="17")
        fetched = await web.get("/orders/17")
        unheard_of = await web.get("/orders/18")

    assert picture.headers["content-type"].startswith("image/")
    assert (refused.status_code, refused.json()["detail"][:12]) == (422, "This request")
    assert asked_early.status_code == 200
    assert fetched.headers["content-type"].startswith("image/")
    assert unheard_of.status_code == 404
    assert len(server.world.ledger.accepted) == 3  # the picture, the one that is refused later, and the order once


async def test_the_web_app_serves_bytes_whatever_its_gateway_hands_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Base64 of a gateway that answers at once is a file of the journal: neither its path nor a URL is told."""
    monkeypatch.setenv("IMAGES_DB", str(tmp_path / "images.db"))
    module, gateway = example("web_app"), ScriptedImages()
    monkeypatch.setattr(module, "Client", partial(Client, OpenAIImages(URL, "any"), transport=gateway.transport))
    monkeypatch.setattr(module, "NanoBanana2Lite", OpenAIGeneration)

    async with (
        module.app.router.lifespan_context(module.app),
        httpx.AsyncClient(transport=httpx.ASGITransport(module.app), base_url="http://app") as web,
    ):
        picture = await web.get("/picture", params={"prompt": "a banana"})
        ordered = await web.post("/orders/17", params={"prompt": "another"})
        fetched = await web.get("/orders/17")

    assert [picture.content, fetched.content] == [PICTURE, PICTURE]
    assert fetched.headers["content-type"] == "image/png"
    assert ordered.json() == {"state": "ordered"}
    assert (tmp_path / "images.db.pictures").is_dir()


async def test_the_web_app_makes_nothing_for_who_has_gone(
    server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FastAPI does not cancel a handler; the app asks, and what waits for its turn is never sent."""
    monkeypatch.setenv("IMAGES_DB", str(tmp_path / "images.db"))
    module = example("web_app")
    sent: list[dict[str, Any]] = []
    messages = iter([{"type": "http.request", "body": b""}])

    async def receive() -> dict[str, Any]:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    path = {"path": "/picture", "raw_path": b"/picture", "query_string": b"prompt=a+banana", "headers": []}
    scope = {"type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "root_path": "", **path}
    server.world.faults.add("too-many,retry-after=600")
    async with module.app.router.lifespan_context(module.app):
        await module.app(scope, receive, send)
        await until(lambda: not module.client().statistics().queued)

    assert sent[0]["status"] == 499
    assert not server.world.ledger.accepted


def test_the_prompts_are_48_over_all_models() -> None:
    """Such as people use: several languages, ratios, resolutions, and edits."""
    rows = read_items(EXAMPLES / "prompts.jsonl")

    assert not rows.problems
    assert len(rows.rows) == 48
    assert set(rows.models) == {model.id for model in known_models("jobs")}
    assert min(Counter(rows.models).values()) >= 3


def test_the_products_work_with_their_template() -> None:
    """Every row names its file by its key."""
    rows = read_items(EXAMPLES / "products.csv", prompt="Studio photo of {name}, {colour}")

    assert not rows.problems
    assert all(row.has_own_key and row.item.data["price"] for row in rows.rows)
