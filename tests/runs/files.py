"""Batch files on disk, and a gateway that makes what they ask for."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nanobanana_async import Kie, Polling, Rate
from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Limit, World
from nanobanana_async.outcomes import Outcome
from nanobanana_async.runs import Plan, Rows, RunReport, read_items, run_batch
from nanobanana_async.values import WireReply
from tests.scripted_kie import FAST, ScriptedKie
from tests.storage.pictures import make_png

SPEED = 1000.0
LIMITLESS = Rate(10_000, per=1)
PNG = make_png()


def written(path: Path, content: str | bytes) -> Path:
    """`content` at `path`."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def json_lines(*rows: Any) -> str:
    """A JSONL file of `rows`."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def said(rows: Rows) -> list[str]:
    """The problems, without the name of the file."""
    return [str(problem).removeprefix(rows.source).removeprefix(":") for problem in rows.problems]


def rows_of(tmp_path: Path, name: str, content: str | bytes, **options: Any) -> Rows:
    """What is read of a file."""
    return read_items(written(tmp_path / name, content), **options)


def good(rows: Rows) -> Rows:
    """`rows`, which have no problems."""
    assert said(rows) == []
    return rows


@contextmanager
def emulator(**options: Any) -> Iterator[EmulatorServer]:
    """An emulator that is fast and lets everything through."""
    options = {"speed": SPEED, "seed": 1, "limit": Limit(10_000, per=1), **options}
    with EmulatorServer(World(EmulatorOptions(**options))) as server:
        yield server


async def run_at(server: EmulatorServer, source: str | Path | Rows, folder: Path, **options: Any) -> RunReport:
    """A run at an emulator, with looks that follow each other fast."""
    polling = Polling(speed=SPEED, shortest=0.01, per_second=1000)
    settings = {"gateway": Kie("k", base_url=server.base_url), "polling": polling, "rate": LIMITLESS, **options}
    return await run_batch(source, folder, **settings)


async def run_on(kie: ScriptedKie, source: str | Path | Rows, folder: Path, **options: Any) -> RunReport:
    """A run at a gateway that answers what a test says."""
    settings = {"gateway": Kie("k"), "transport": kie.transport, "polling": FAST, "rate": LIMITLESS, **options}
    return await run_batch(source, folder, **settings)


def manifest(folder: Path) -> list[dict[str, Any]]:
    """The rows of the manifest of `folder`."""
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines()]


def by_key(folder: Path) -> dict[str, dict[str, Any]]:
    """The rows of the manifest by key."""
    return {row["key"]: row for row in manifest(folder)}


def sheet(folder: Path) -> list[dict[str, str]]:
    """The rows of the manifest's table."""
    return list(csv.DictReader(io.StringIO((folder / "manifest.csv").read_text("utf-8-sig"), newline="")))


def pictures(folder: Path) -> list[str]:
    """The names of the pictures in `folder`."""
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix in (".png", ".jpg", ".webp")
    )


A, B, C = ({"prompt": name, "key": name} for name in "abc")


def kie_with_files(count: int = 20) -> ScriptedKie:
    """A gateway whose file host has the pictures of its tasks."""
    kie = ScriptedKie()
    kie.others = {f"/task{n}.png": WireReply(200, {}, PNG) for n in range(count)}
    return kie


def rewritten(folder: Path, **rows: dict[str, Any]) -> None:
    """The manifest of `folder`, with some of its rows changed by key."""
    lines = [{**row, **rows.get(row["key"], {})} for row in manifest(folder)]
    written(folder / "manifest.jsonl", json_lines(*lines))


class Watch:
    """What a run told its listeners."""

    def __init__(self) -> None:
        self.plans: list[Plan] = []
        self.outcomes: list[Outcome] = []

    @property
    def listeners(self) -> dict[str, Any]:
        return {"on_plan": self.plans.append, "on_outcome": self.outcomes.append}
