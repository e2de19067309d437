"""A share of the contract over real sockets, with files and kills that are real: it holds there as in process."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from nanobanana_async import Client, Polling, Rate, Unknown
from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Limit, World
from tests.cli.batches import keyed_bananas
from tests.cli.shell import killed_after, run_to_end
from tests.paying_once.sellers import EVERY, Seller, counted
from tests.runs.files import manifest

pytestmark = pytest.mark.wall_clock

SPEED = 100
LIMIT = Limit(400, per=10)


@pytest.fixture
def server(seller: Seller) -> Iterator[EmulatorServer]:
    """A gateway on a port, a hundred times as fast as life."""
    with EmulatorServer(World(EmulatorOptions(seed=1, speed=SPEED, limit=LIMIT, **seller.options))) as server:
        yield server


def client_of(seller: Seller, server: EmulatorServer, **policies: Any) -> Client:
    rate, polling = Rate(LIMIT.count, per=LIMIT.per), Polling(speed=SPEED)
    return Client(seller.gateway(server.base_url), rate=rate, polling=polling, **policies)


@EVERY
async def test_pictures_come_and_a_batch_is_paid_for_once(
    seller: Seller, server: EmulatorServer, tmp_path: Path
) -> None:
    """From words, from a picture, and many of them, twice."""
    async with client_of(seller, server) as client:
        edited = await client.read(await client.generate(seller.edit("at dusk")))
    runs = []
    for _ in range(2):
        async with client_of(seller, server, journal=tmp_path / "run.db") as client:
            runs.append(await client.generate_all(seller.items(6), save_to=tmp_path / "out"))

    assert Image.open(io.BytesIO(edited.content)).size == (edited.width, edited.height)
    assert [counted(run) for run in runs] == [{"succeeded": 6}] * 2
    assert {file for outcome in runs[1] for file in outcome.files} == set((tmp_path / "out").iterdir())
    assert len(server.world.ledger.creates) == 7
    assert not server.world.ledger.charged_twice()
    assert not server.world.ledger.keys_at_files


@EVERY
@pytest.mark.parametrize("fault", ["closed", "reset", "cut", "bad-gateway", "gzip-bomb"])
async def test_a_lost_answer_is_unknown(seller: Seller, server: EmulatorServer, fault: str) -> None:
    """And is not sent again."""
    async with client_of(seller, server) as client:
        await client.generate(seller.order("a first banana"))
        server.world.faults.add(fault)
        [outcome] = await client.generate_all([seller.order("a banana")])

    assert isinstance(outcome, Unknown)
    assert len(server.world.ledger.creates) == 2


@pytest.mark.parametrize("gateway", ["openai-images", "openai-images-async"])
def test_a_command_that_is_killed_is_carried_on(gateway: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By SIGKILL, three times, while it sends, waits and saves; the last run knows what became of each line."""
    monkeypatch.setenv("NANOBANANA_IMAGES_API_KEY", "test")
    count = 40
    source, out = keyed_bananas(tmp_path, count), tmp_path / "out"
    with EmulatorServer(World(EmulatorOptions(seed=1, speed=20, limit=LIMIT))) as server:
        at = ("--gateway", gateway, "--base-url", f"{server.base_url}/v1", "--rate", "400/10", "--speed", 20)
        command = ("batch", source, "-o", out, *at)
        for seconds in (0.05, 0.3, 0.6):
            killed_after(seconds, *command)
        said = run_to_end(*command)
    rows = manifest(out)
    states = Counter(row["state"] for row in rows)
    ledger = server.world.ledger

    assert "Traceback" not in said.err
    assert set(states) <= {"succeeded", "unknown"}
    assert states.total() == count
    assert not ledger.charged_twice()
    assert not ledger.over_limit
    assert states["succeeded"] <= len(ledger.accepted) <= count
    for name in (name for row in rows for name in row["files"]):
        with Image.open(out / name) as picture:
            picture.load()
