"""A folder that may cost so much, over all the runs that it takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from nanobanana_async import ConfigurationError
from tests.runs.files import emulator, json_lines, run_at, written

LINES = [{"prompt": f"banana {n}", "key": f"k{n}"} for n in range(5)]


async def test_a_budget_is_that_of_the_folder(tmp_path: Path) -> None:
    """Two fit; run again, none does; with more, the rest is made, and nothing twice."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(*LINES)), tmp_path / "out"

    with emulator() as server:
        first = await run_at(server, source, out, budget=11)
        again = await run_at(server, source, out, budget=11)
        more = await run_at(server, source, out, budget=20)
        accepted = len(server.world.ledger.accepted)

    assert [dict(report.counts) for report in (first, again, more)] == [
        {"succeeded": 2, "skipped": 3},
        {"succeeded": 2, "skipped": 3},
        {"succeeded": 5},
    ]
    assert [report.exit_code for report in (first, again, more)] == [3, 3, 0]
    assert "budget" in str(again)
    assert accepted == 5


async def test_what_may_have_been_charged_is_spent(tmp_path: Path) -> None:
    """A create whose answer was lost in the first run leaves less for the second."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(*LINES)), tmp_path / "out"

    with emulator() as server:
        server.world.faults.add("closed,nth=2")
        await run_at(server, source, out, budget=8)
        server.world.faults.clear()
        report = await run_at(server, source, out, budget=12)

    assert dict(report.counts) == {"succeeded": 2, "unknown": 1, "skipped": 2}


async def test_a_budget_that_is_none_is_refused(tmp_path: Path) -> None:
    """Before anything is sent."""
    source = written(tmp_path / "rows.jsonl", json_lines(*LINES))

    with emulator() as server, pytest.raises(ConfigurationError, match="budget"):
        await run_at(server, source, tmp_path / "out", budget=-1)
