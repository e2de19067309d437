"""What a folder has cost: paid, perhaps paid, and for rows that nobody asks for any more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nanobanana_async import NetworkError, Rate
from nanobanana_async.emulator import Limit
from nanobanana_async.runs import Others, Record, costs_of
from tests.runs.files import A, B, C, emulator, json_lines, kie_with_files, pictures, run_at, run_on, written

NEW = {"prompt": "new", "key": "new"}


def record(key: str, state: str, **rest: Any) -> Record:
    return Record(key=key, state=state, model="google/nano-banana", request={"prompt": "x"}, **rest)


def test_what_is_not_known_to_be_paid_stands_beside_what_is() -> None:
    """So that the sum and a budget, which counts both, agree."""
    costs = costs_of(
        [
            record("a", "succeeded", charged="yes", credits=4.0),
            record("b", "pending", charged="yes", task_id="t"),
            record("c", "unknown", charged="unknown"),
            record("d", "unknown", charged="unknown"),
            record("e", "failed"),
            record("f", "skipped"),
        ]
    )

    assert str(costs) == (
        "4 credits (0.02 USD), and about 4 (0.02 USD) for 1 whose records name none, "
        "and up to 8 credits (0.04 USD) more for 2 unknown"
    )
    assert costs.row()["perhaps"] == {"credits": 8.0, "items": 2}


def test_what_has_no_price_is_said_to_have_none() -> None:
    """It is not taken for nothing."""
    costs = costs_of([Record(key="a", state="unknown", model="newest", charged="unknown")])

    assert str(costs) == "perhaps 1 of unknown price"


async def test_a_report_says_what_may_come_on_top(tmp_path: Path) -> None:
    """For the rows whose create was lost."""
    source = written(tmp_path / "rows.jsonl", json_lines(A, B))
    kie = kie_with_files()
    kie.creates = [NetworkError("reset")]

    report = await run_on(kie, source, tmp_path / "out")

    assert "| 4 credits (0.02 USD), and up to 4 credits (0.02 USD) more for 1 unknown |" in str(report)


async def test_rows_that_are_no_longer_in_the_file_are_in_the_sum(tmp_path: Path) -> None:
    """They were paid for; their pictures stay, and are named while they are there."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A, B)), tmp_path / "out"

    with emulator() as server:
        await run_at(server, source, out)
        first = await run_at(server, written(source, json_lines(NEW, B)), out)
        (out / "a.png").unlink()
        second = await run_at(server, written(source, json_lines(NEW)), out)

    assert (first.credits, first.gone.rows, first.gone.credits, first.gone.files) == (12.0, 1, 4.0, ("a.png",))
    gone = "1 row is no longer in the file: of the cost, 4 credits (0.02 USD); its picture stays: a.png"
    assert gone in str(first).splitlines()
    assert "2 rows are no longer in the file: of the cost, 8 credits (0.04 USD); their pictures stay: b.png" in str(
        second
    )
    assert pictures(out) == ["b.png", "new.png"]


async def test_rows_that_were_not_asked_for_are_told_apart(tmp_path: Path) -> None:
    """They are in the file, or may be: it was not read to its end."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A, B, C)), tmp_path / "out"

    with emulator() as server:
        await run_at(server, source, out)
        some = await run_at(server, source, out, only=["b"])
        first = await run_at(server, source, out, limit=1)

    for report in (some, first):
        assert (report.credits, report.left_out.rows, report.left_out.credits, report.gone.rows) == (12.0, 2, 8.0, 0)
        assert "2 rows are not asked for in this run: of the cost, 8 credits (0.04 USD)" in str(report).splitlines()


def test_what_is_gone_is_told_with_what_may_be_paid_for_it() -> None:
    """By their prices where no record names any; and no more pictures are named than can be read."""
    unknown = Others.of([record("a", "unknown", charged="unknown")])
    many = Others(5, files=tuple(f"{n}.png" for n in range(5)))
    silent = Others.of([record(key, "succeeded", charged="yes") for key in "ab"])

    assert unknown.told("gone") == "1 row is gone: of the cost, up to 4 credits (0.02 USD) for 1 unknown"
    assert silent.told("gone") == "2 rows are gone: of the cost, about 8 credits (0.04 USD)"
    assert many.told("gone").endswith("; their pictures stay: 0.png, 1.png, 2.png and 2 more")


async def test_rows_that_cost_nothing_are_not_missed(tmp_path: Path) -> None:
    """A refused prompt that was taken out of the file has left nothing behind."""
    source, out = tmp_path / "rows.jsonl", tmp_path / "out"

    with emulator() as server:
        await run_at(server, written(source, json_lines({**A, "prompt": "a [fail:policy]"}, B)), out)
        report = await run_at(server, written(source, json_lines(B)), out)

    assert (report.credits, report.gone.rows) == (4.0, 0)


@pytest.mark.parametrize(("limit", "is_lower"), [(5, True), (20, False)])
async def test_a_limit_that_is_lower_than_told_is_said_at_the_end(tmp_path: Path, limit: int, is_lower: bool) -> None:
    """So that the next run can be told."""
    lines = [{"prompt": f"banana {n}"} for n in range(8)]
    source = written(tmp_path / "rows.jsonl", json_lines(*lines))

    with emulator(limit=Limit(limit, per=0.5)) as server:
        report = await run_at(server, source, tmp_path / "out", rate=Rate(20, per=0.5))

    assert (report.kept_rate is not None) == is_lower
    assert ("the account takes about" in str(report)) == is_lower
