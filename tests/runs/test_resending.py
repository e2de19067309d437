"""Lost answers that are sent again, as the user has said: a few times, however many runs it takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from nanobanana_async import NetworkError
from nanobanana_async.pricing import Price
from nanobanana_async.runs import Verdicts, costs_of, known_records, plan_batch, read_items, settle
from nanobanana_async.values import WireReply
from tests.runs.files import A, B, Watch, by_key, json_lines, kie_with_files, rewritten, run_on, written
from tests.scripted_kie import said

LOST = NetworkError("reset")


@pytest.mark.parametrize("runs", [1, 2, 4])
async def test_a_create_is_sent_again_twice_at_the_most(tmp_path: Path, runs: int) -> None:
    """In all runs together; then it is held, and may have been paid for three times."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    kie = kie_with_files()
    kie.creates = [LOST] * 20
    await run_on(kie, source, out)
    for _ in range(runs):
        report = await run_on(kie, source, out, on_unknown="resend")

    assert kie.prompts == ["a"] * 3
    assert report.counts == {"unknown": 1}
    assert report.costs.perhaps.credits == 12.0
    assert (await plan_batch(read_items(source), out, on_unknown="resend")).unknown == 1


async def test_what_was_refused_meanwhile_is_none_of_these(tmp_path: Path) -> None:
    """Only answers that were lost count."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    kie = kie_with_files()
    refused = said(455, "maintenance")
    kie.creates = [LOST, refused, refused, LOST]
    await run_on(kie, source, out)
    report = await run_on(kie, source, out, on_unknown="resend")

    assert report.counts == {"succeeded": 1}
    assert kie.prompts == ["a"] * 5


async def test_a_plan_says_what_it_may_cost_at_the_most(tmp_path: Path) -> None:
    """A new one three times its price, one that was lost once twice; nothing is said where none is sent again."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A, B)), tmp_path / "out"
    kie, watch = kie_with_files(), Watch()
    kie.creates = [LOST]
    await run_on(kie, source, out, only=["a"])

    rows = read_items(source)
    plan, held = await plan_batch(rows, out, on_unknown="resend"), await plan_batch(rows, out)
    report = await run_on(kie, source, out, on_unknown="resend", **watch.listeners)

    assert (plan.price, plan.most) == (Price(8.0), Price(20.0))
    assert plan.row()["most"] == {"credits": 20.0, "dollars": 0.1, "unpriced": 0}
    assert (held.price, held.most, held.row()["most"]) == (Price(4.0), None, None)
    assert watch.plans == [plan]
    assert report.counts == {"succeeded": 2}


async def test_what_a_person_has_sent_again_counts_as_well(tmp_path: Path) -> None:
    """It was lost once before, so it is sent again by itself once less."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    kie = kie_with_files()
    kie.creates = [LOST] * 20
    await run_on(kie, source, out)
    await settle(out, Verdicts(resend=["a"]))

    await run_on(kie, source, out, on_unknown="resend")

    assert kie.prompts == ["a"] * 3
    assert by_key(out)["a"]["state"] == "unknown"


@pytest.mark.parametrize(("charged", "creates"), [("no", 2), ("unknown", 1)])
async def test_a_failure_that_may_be_paid_for_is_not_sent_again_by_itself(
    tmp_path: Path, charged: str, creates: int
) -> None:
    """Though it may pass: the plan says so, as it then is."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    kie = kie_with_files()
    await run_on(kie, source, out)
    (out / "run.db").unlink()
    passing = {"reason": "service", "message": "busy", "remedy": "", "retryable": True, "charged": charged}
    rewritten(out, a={"state": "failed", "task_id": None, "charged": charged, "error": passing, "files": []})

    plan = await plan_batch(read_items(source), out)
    await run_on(kie, source, out)

    assert plan.to_send == creates - 1
    assert len(kie.prompts) == creates


@pytest.mark.parametrize(("refusal", "state"), [(said(422, "flagged"), "failed"), (said(402, "none left"), "skipped")])
async def test_what_is_refused_after_a_lost_answer_may_be_charged(
    tmp_path: Path, refusal: WireReply, state: str
) -> None:
    """Manifest, status and report say so alike; the lost create is counted once, and the key stays what it is."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    kie = kie_with_files()
    kie.creates = [LOST, refusal]
    await run_on(kie, source, out)
    await settle(out, Verdicts(resend=["a"]))
    told = by_key(out)["a"]

    report = await run_on(kie, source, out)
    now, known = by_key(out)["a"], known_records(out)

    assert (told["state"], told["charged"]) == ("skipped", "unknown")
    assert "paid for twice" in told["error"]["remedy"]
    assert (now["state"], now["charged"], report.counts) == (state, "unknown", {state: 1})
    assert known.records["a"].row() == now
    assert (report.costs.perhaps.credits, report.costs.unknown) == (4.0, 1)
    assert costs_of([*known.records.values(), *known.others]) == report.costs
    assert report.left.lost_before == (("a",) if state == "skipped" else ())
    assert report.left.given_up == (("a",) if state == "failed" else ())


async def test_what_was_not_taken_and_is_refused_then_has_cost_nothing(tmp_path: Path) -> None:
    """A person has said so of the lost one."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    kie = kie_with_files()
    kie.creates = [LOST, said(422, "flagged")]
    await run_on(kie, source, out)
    await settle(out, Verdicts(not_taken=["a"]))

    report = await run_on(kie, source, out)

    assert (by_key(out)["a"]["charged"], report.costs.unknown) == ("no", 0)
