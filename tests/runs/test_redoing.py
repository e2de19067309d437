"""What is made anew, on purpose or because its row has changed: nothing is put away before the new one is taken."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from nanobanana_async.runs import Plan, RunReport, plan_batch, read_items
from nanobanana_async.runs._folder_note import read_note
from nanobanana_async.values import WireReply
from tests.runs.files import PNG, A, B, C, Watch, by_key, json_lines, kie_with_files, pictures, run_on, written
from tests.scripted_kie import ScriptedKie, said, until

NO_CREDITS = said(402, "Credits insufficient")
BUSY = said(429, "Your call frequency is too high", retry_after="600")
REGENERATE = {"on_change": "regenerate"}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Three rows."""
    return written(tmp_path / "rows.jsonl", json_lines(A, B, C))


async def planned(source: Path, out: Path, **options: Any) -> Plan:
    return await plan_batch(read_items(source), out, **options)


def changed(source: Path) -> None:
    """Each row asks for another picture under its key."""
    written(source, json_lines(*({**row, "prompt": f"another {row['prompt']}"} for row in (A, B, C))))


@pytest.mark.parametrize("options", [{"redo": ["a", "b", "c"]}, REGENERATE])
@pytest.mark.parametrize("way", ["refused", "budget", "interrupted"])
async def test_what_is_not_sent_after_all_stays_as_it_was(
    source: Path, tmp_path: Path, options: dict[str, Any], way: str
) -> None:
    """Its picture, its costs and its place in the manifest; the next run without it finds all of it done."""
    out, kie = tmp_path / "out", kie_with_files()
    await run_on(kie, source, out)
    before, original = by_key(out), source.read_bytes()
    if "on_change" in options:
        changed(source)
    kie.creates = [NO_CREDITS if way == "refused" else BUSY] * 9
    run = asyncio.create_task(run_on(kie, source, out, **options, budget=12 if way == "budget" else None))
    if way == "interrupted":
        await until(lambda: len(kie.prompts) > 3 and not kie.on_the_wire)
        run.cancel()
    [report] = await asyncio.gather(run, return_exceptions=True)
    after = by_key(out)
    source.write_bytes(original)
    kie.creates = []
    again = await run_on(kie, source, out)

    assert isinstance(report, asyncio.CancelledError if way == "interrupted" else RunReport)
    assert after == before
    assert (again.exit_code, again.counts, again.credits) == (0, {"succeeded": 3}, 12.0)
    assert len(kie.accepted) == 3
    assert pictures(out) == ["a.png", "b.png", "c.png"]


async def test_the_same_command_makes_anew_only_what_was_not_yet(source: Path, tmp_path: Path) -> None:
    """However the run was cut short; the plan says so. Run again after its end, it makes all of it anew once more."""
    out, kie = tmp_path / "out", kie_with_files()
    await run_on(kie, source, out)
    kie.creates = [said(200, data={"taskId": "task3"}), NO_CREDITS]
    kie.accepted.append("task3")

    cut_short = await run_on(kie, source, out, redo=["a", "b"], in_flight=1)
    plan = await planned(source, out, redo=["a", "b"])
    await run_on(kie, source, out, redo=["a", "b"])
    finished = list(kie.prompts)
    once_more = await planned(source, out, redo=["a", "b"])

    assert (cut_short.exit_code, cut_short.not_renewed) == (3, 1)
    assert (plan.renewed, plan.done, plan.renewed_before) == (1, 2, 1)
    assert finished == ["a", "b", "c", "a", "b", "b"]
    assert once_more.renewed == 2
    assert not (out / "run.json").exists()


async def test_what_is_on_its_way_is_the_one_that_was_asked_for(source: Path, tmp_path: Path) -> None:
    """A run that was killed in the middle has sent it: it is waited for, and what is left is sent."""
    out, kie = tmp_path / "out", kie_with_files()
    await run_on(kie, source, out)
    kie.state = "generating"
    run = asyncio.create_task(run_on(kie, source, out, redo=["a", "b"], in_flight=1))
    await until(lambda: kie.polls["task3"])
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    kie.state = "success"

    plan = await planned(source, out, redo=["a", "b"])
    report = await run_on(kie, source, out, redo=["a", "b"])

    assert (plan.adopted, plan.renewed, plan.done) == (1, 1, 1)
    assert report.credits == 20.0
    assert sorted(kie.prompts) == ["a", "a", "b", "b", "c"]


async def test_without_being_asked_for_nothing_more_is_made_anew(source: Path, tmp_path: Path) -> None:
    """And what was asked for before stays noted, for whoever asks for it again."""
    out, kie = tmp_path / "out", kie_with_files()
    await run_on(kie, source, out)
    kie.creates = [NO_CREDITS]
    await run_on(kie, source, out, redo=["a"])
    noted = read_note(out)
    await run_on(kie, source, out)

    assert noted.redo == {"a": 1}
    assert read_note(out) == noted
    assert sorted(kie.prompts) == ["a", "a", "b", "c"]


@pytest.mark.parametrize("between", [{}, {"only": ["c"]}, {"redo": ["c"]}])
async def test_what_was_made_anew_is_not_made_once_more_whatever_ran_in_between(
    source: Path, tmp_path: Path, between: dict[str, Any]
) -> None:
    """The same command goes on where it was stopped; then nothing is noted any more."""
    out, kie = tmp_path / "out", kie_with_files()
    await run_on(kie, source, out)
    kie.creates = [said(200, data={"taskId": "task3"}), NO_CREDITS]
    kie.accepted.append("task3")
    await run_on(kie, source, out, redo=["a", "b"], in_flight=1)
    kie.creates = []
    await run_on(kie, source, out, **between)
    in_between = read_note(out).redo

    report = await run_on(kie, source, out, redo=["a", "b"])

    assert in_between == {"a": 1, "b": 1}
    assert report.exit_code == 0
    assert kie.prompts.count("a") == 2
    assert kie.prompts[-1] == "b"
    assert not (out / "run.json").exists()


async def test_a_note_of_what_a_lost_journal_knew_says_nothing(source: Path, tmp_path: Path) -> None:
    """What is taken over by the manifest begins anew, and is made anew where that is asked for."""
    out, kie = tmp_path / "out", kie_with_files()
    await run_on(kie, source, out)
    (out / "run.json").write_text('{"redo": {"a": 3, "gone": 1}}')

    plan = await planned(source, out, redo=["a"])
    report = await run_on(kie, source, out, redo=["a"])

    assert plan.renewed == 1
    assert report.exit_code == 0
    assert sorted(kie.prompts) == ["a", "a", "b", "c"]
    assert not (out / "run.json").exists()


async def test_a_changed_row_whose_task_is_on_its_way_is_made_and_the_old_one_followed(tmp_path: Path) -> None:
    """The plan says that there is one; what it has cost is in the sum, and no picture of it is in the manifest."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    kie, watch = kie_with_files(), Watch()
    kie.state = "generating"
    await run_on(kie, source, out, deadline=0.01)
    changed(source)
    written(source, json_lines({**A, "prompt": "another"}))
    kie.state = "success"

    report = await run_on(kie, source, out, **REGENERATE, **watch.listeners)

    assert (watch.plans[0].renewed, watch.plans[0].overtaken) == (1, 1)
    assert kie.polls["task0"] > 1
    assert (report.counts, report.credits) == ({"succeeded": 1}, 8.0)
    assert by_key(out)["a"]["task_id"] == "task1"


async def test_a_row_of_a_manifest_that_was_taken_over_is_the_same_row(source: Path, tmp_path: Path) -> None:
    """Its missing picture is fetched, whatever is said of changes."""
    out, kie = tmp_path / "out", kie_with_files()
    await run_on(kie, source, out)
    (out / "run.db").unlink()
    (out / "a.png").unlink()

    report = await run_on(kie, source, out, **REGENERATE)

    assert report.exit_code == 0
    assert sorted(kie.prompts) == ["a", "b", "c"]
    assert kie.others["/task0.png"] == WireReply(200, {}, PNG)
    assert pictures(out) == ["a.png", "b.png", "c.png"]


async def test_one_that_was_refused_may_be_made_anew_later(source: Path, tmp_path: Path) -> None:
    """The refusal was of that time; both pictures are there then."""
    out, kie = tmp_path / "out", ScriptedKie()
    kie.others = {f"/task{n}.png": WireReply(200, {}, PNG) for n in range(9)}
    await run_on(kie, source, out)
    kie.creates = [NO_CREDITS]
    await run_on(kie, source, out, redo=["a"])

    report = await run_on(kie, source, out, redo=["a"])

    assert (report.exit_code, report.credits) == (0, 16.0)
    assert pictures(out) == ["a.png", "a~2.png", "b.png", "c.png"]
    assert by_key(out)["a"]["files"] == ["a~2.png"]
