"""A folder that may cost so much, over all the runs that it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nanobanana_async import ConfigurationError
from tests.runs.files import Watch, emulator, json_lines, run_at, written

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


async def test_what_a_budget_covers_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    """With what earlier runs have spent of it; where it covers all, nothing is said."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(*LINES)), tmp_path / "out"
    watch = Watch()

    with emulator() as server:
        for budget in (11, 15, 100):
            await run_at(server, source, out, budget=budget, **watch.listeners)

    first, second, third = watch.plans
    assert first.on_budget == "the budget of 11 credits covers 2 of 5"
    assert second.on_budget == "the budget of 15 credits (8 of it spent by earlier runs) covers 1 of 3"
    assert (third.on_budget, third.covered, third.beyond, third.spent) == (None, 2, 0, 12)


async def test_a_budget_that_earlier_runs_have_spent_is_named_whole(tmp_path: Path) -> None:
    """Not what is left of it, which nobody has given."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(*LINES)), tmp_path / "out"

    with emulator() as server:
        await run_at(server, source, out, budget=8)
        again = await run_at(server, source, out, budget=8)

    assert again.stopped_by is not None
    assert again.stopped_by.message == ("the budget of 8 credits is spent: 0 are left, and this one costs 4")


async def test_a_budget_that_is_none_is_refused(tmp_path: Path) -> None:
    """Before anything is sent."""
    source = written(tmp_path / "rows.jsonl", json_lines(*LINES))

    with emulator() as server, pytest.raises(ConfigurationError, match="budget"):
        await run_at(server, source, tmp_path / "out", budget=-1)


async def test_what_nobody_knows_the_price_of_is_not_taken_for_nothing(tmp_path: Path) -> None:
    """Paid for at a price that no record and no line tells, it would be spent once more: the run says so."""
    line = {"model": "google/nano-banana", "input": {"prompt": "a banana"}, "key": "odd"}
    source, out = written(tmp_path / "rows.jsonl", json_lines(line)), tmp_path / "out"
    priced = written(tmp_path / "priced.jsonl", json_lines({**line, "credits": 4}, *LINES))

    with emulator(record_shape="old") as server:
        await run_at(server, source, out)
        with pytest.raises(ConfigurationError, match="'odd'; nothing was sent") as caught:
            await run_at(server, source, out, budget=100)
        without = await run_at(server, source, out)
        report = await run_at(server, priced, out, budget=11)

    assert "credits" in caught.value.remedy
    assert dict(without.counts) == {"succeeded": 1}
    assert dict(report.counts) == {"succeeded": 2, "skipped": 4}  # 4 are spent, and one more fits into the rest


async def test_what_was_left_out_this_time_is_spent_all_the_same(tmp_path: Path) -> None:
    """By its documented price where its record names none, though its line is not among those that were asked for."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(*LINES)), tmp_path / "out"

    with emulator(record_shape="old") as server:
        await run_at(server, source, out, only=["k0", "k1"])
        report = await run_at(server, source, out, only=["k2", "k3"], budget=13)

    assert dict(report.counts) == {"succeeded": 1, "skipped": 1}


@pytest.mark.parametrize(
    ("name", "value"),
    [("budget", "10"), ("budget", float("inf")), ("rate", "20/10"), ("on_event", 5), ("on_plan", run_at)],
)
async def test_a_setting_that_can_not_be_used_is_refused(tmp_path: Path, name: str, value: Any) -> None:
    """Before the folder is made."""
    source = written(tmp_path / "rows.jsonl", json_lines(*LINES))

    with emulator() as server, pytest.raises(ConfigurationError, match=f"{name}="):
        await run_at(server, source, tmp_path / "out", **{name: value})

    assert not (tmp_path / "out").exists()
