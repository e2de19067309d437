"""The example that asks for nothing that only one gateway takes: it runs at all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nanobanana_async import Kie, OpenAIImages, Polling
from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Limit, World
from nanobanana_async.runs import read_items, run_batch

FILE = Path(__file__).parents[2] / "examples" / "any_gateway.jsonl"


@pytest.mark.parametrize("mode", [None, "sync", "async"])
async def test_one_file_runs_at_every_gateway(tmp_path: Path, mode: Any) -> None:
    """A picture for each line, and the images of the edits are seen."""
    world = World(EmulatorOptions(speed=1000, seed=1, limit=Limit(1000, per=1)))
    with EmulatorServer(world) as server:
        url = server.base_url
        gateway = Kie("any", base_url=url) if mode is None else OpenAIImages(url, "any", price=0.04, mode=mode)
        report = await run_batch(FILE, tmp_path, gateway=gateway, polling=Polling(speed=1000))

    assert dict(report.counts) == {"succeeded": 12}
    assert sum(bool(task.order.images) for task in world.tasks) == 2


def test_it_shows_what_is_the_same_everywhere() -> None:
    """Lines with a model and without one, and edits."""
    rows = read_items(FILE, gateway=Kie()).rows
    there = read_items(FILE, gateway=OpenAIImages("https://reseller.example")).rows

    assert {row.request.model for row in rows} == {
        "google/nano-banana",
        "google/nano-banana-edit",
        "nano-banana-2",
    }
    assert {row.request.model for row in there} == {"nano-banana", "nano-banana-2"}
    assert [row.key for row in rows if row.has_own_key] == [row.key for row in there if row.has_own_key]
