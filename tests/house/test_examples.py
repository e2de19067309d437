"""The examples work as they stand, against the emulator."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Limit, World
from nanobanana_async.models import known_models
from nanobanana_async.runs import read_items
from tests.scripted_kie import until

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmulatorServer]:
    """An emulator that the environment points to."""
    with EmulatorServer(World(EmulatorOptions(speed=50, seed=1, limit=Limit(1000, per=1)))) as running:
        monkeypatch.setenv("KIE_BASE_URL", running.base_url)
        monkeypatch.setenv("KIE_API_KEY", "any")
        yield running


def run(script: str, folder: Path) -> str:
    command = [sys.executable, "-W", "error", str(EXAMPLES / script)]
    done = subprocess.run(command, cwd=folder, env=os.environ, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def web_app() -> Any:
    """The module, which is in no package."""
    spec = importlib.util.spec_from_file_location("web_app", EXAMPLES / "web_app.py")
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

    assert lines[0].startswith("@ada http://127.0.0.1")
    assert lines[1] == "@bob This request was refused by the content policy. Please word it differently."


async def test_the_web_app_serves_pictures_and_orders(
    server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waited for in one request, or ordered and fetched later; who clicks twice pays once."""
    monkeypatch.setenv("IMAGES_DB", str(tmp_path / "images.db"))
    module = web_app()
    transport = httpx.ASGITransport(module.app)

    async with (
        module.app.router.lifespan_context(module.app),
        httpx.AsyncClient(transport=transport, base_url="http://app", timeout=60) as web,
    ):
        picture = await web.get("/picture", params={"prompt": "a banana"})
        refused = await web.get("/picture", params={"prompt": "a banana [fail:policy]"})
        for _ in range(2):
            await web.post("/orders/17", params={"prompt": "another"})
        fetched = await web.get("/orders/17")
        unheard_of = await web.get("/orders/18")

    assert picture.headers["content-type"].startswith("image/")
    assert (refused.status_code, refused.json()["detail"][:12]) == (422, "This request")
    assert fetched.json()["state"] in ("succeeded", "running")
    assert unheard_of.status_code == 404
    assert len(server.world.ledger.accepted) == 3  # the picture, the one that is refused later, and the order once


async def test_the_web_app_makes_nothing_for_who_has_gone(
    server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FastAPI does not cancel a handler; the app asks, and what waits for its turn is never sent."""
    monkeypatch.setenv("IMAGES_DB", str(tmp_path / "images.db"))
    module = web_app()
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
