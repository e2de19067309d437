"""What was to be made anew and came to nothing, at no cost: what is paid for stands, and whoever asked is told why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nanobanana_async.errors import PolicyError
from nanobanana_async.outcomes import Failed
from nanobanana_async.runs import costs_of, known_records, plan_batch, read_items
from tests.runs.files import A, B, Watch, by_key, json_lines, kie_with_files, pictures, run_on, written
from tests.scripted_kie import record, said

REFUSED = said(422, "Your prompt was flagged by the content policy")
FLAGGED = {"failCode": "422", "failMsg": "flagged by the content policy", "creditsConsumed": 0}
ANOTHER = {**A, "prompt": "another"}


@pytest.mark.parametrize("way", ["redo", "regenerate"])
async def test_the_picture_that_is_paid_for_stands(tmp_path: Path, way: str) -> None:
    """Manifest, report, status, plan and costs agree; the run says why, and ends with 1; the next one ends with 0."""
    source, out, watch = written(tmp_path / "rows.jsonl", json_lines(A, B)), tmp_path / "out", Watch()
    kie = kie_with_files()
    await run_on(kie, source, out)
    before, original = by_key(out), source.read_bytes()
    kie.creates = [REFUSED]
    asked: dict[str, Any] = {"redo": ["a"]} if way == "redo" else {"on_change": "regenerate"}
    if way == "regenerate":
        written(source, json_lines(ANOTHER, B))

    report = await run_on(kie, source, out, **asked, **watch.listeners)
    known = known_records(out)
    source.write_bytes(original)
    plan, again = await plan_batch(read_items(source), out), await run_on(kie, source, out)

    [outcome] = watch.outcomes
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, PolicyError)
    assert by_key(out) == before
    assert before["a"]["files"] == ["a.png"]
    assert {key: record.row() for key, record in known.records.items()} == before
    assert (report.counts, report.exit_code, report.not_renewed) == ({"succeeded": 2}, 1, 0)
    assert (report.left.kept, report.left.passing_anew, report.left.for_good) == (("a",), (), ())
    assert "2 of 2 succeeded, 1 not made anew | 8 credits" in str(report)
    assert costs_of([*known.records.values(), *known.others]) == report.costs == again.costs
    assert (plan.done, again.exit_code, again.counts) == (2, 0, {"succeeded": 2})
    assert pictures(out) == ["a.png", "b.png"]


async def test_a_task_that_fails_at_no_cost_leaves_what_stood_there(tmp_path: Path) -> None:
    """It was taken, and nothing came of it."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    kie = kie_with_files()
    await run_on(kie, source, out)
    before = by_key(out)
    kie.looks = [said(200, data=record("task1", "fail", **FLAGGED))]

    report = await run_on(kie, source, out, redo=["a"])

    assert kie.prompts == ["a", "a"]
    assert by_key(out) == before
    assert (report.counts, report.exit_code, report.left.kept) == ({"succeeded": 1}, 1, ("a",))


async def test_of_several_the_one_that_was_refused_is_tried_again_alone(tmp_path: Path) -> None:
    """The other is paid for anew already."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A, B)), tmp_path / "out"
    kie = kie_with_files()
    await run_on(kie, source, out)
    kie.creates = [REFUSED]
    await run_on(kie, source, out, redo=["a", "b"], in_flight=1)

    report = await run_on(kie, source, out, redo=["a", "b"])

    assert sorted(kie.prompts) == ["a", "a", "a", "b", "b"]
    assert (report.exit_code, report.counts) == (0, {"succeeded": 2})


async def test_files_are_told_from_the_folder_however_it_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where what is done is fetched again, and the folder was given as it is from here."""
    monkeypatch.chdir(tmp_path)
    source, kie = written(tmp_path / "rows.jsonl", json_lines(A)), kie_with_files()
    await run_on(kie, source, Path("out"))
    (tmp_path / "out" / "a.png").unlink()

    await run_on(kie, source, Path("out"))

    assert by_key(tmp_path / "out")["a"]["files"] == ["a.png"]
