"""A folder of a release that had a manifest and no journal: nothing that it paid for is paid again."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from nanobanana_async import OpenAIImages
from nanobanana_async.journal import Intent, SQLiteJournal, read_journal
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.runs import plan_batch, read_items
from nanobanana_async.runs._taking_over import TAKEN_OVER
from tests.runs.files import (
    PNG,
    A,
    B,
    C,
    Watch,
    by_key,
    emulator,
    json_lines,
    kie_with_files,
    manifest,
    pictures,
    rewritten,
    run_at,
    run_on,
    written,
)

WRONG_SETTING = {"reason": "usage", "message": "no price", "remedy": "say it", "retryable": False}
D, E = {"prompt": "d", "key": "d"}, {"prompt": "e", "key": "e"}


def without_journal(folder: Path) -> None:
    """The folder as a release without one left it."""
    for path in folder.glob("run.db*"):
        if path.is_file():
            path.unlink()


async def test_each_state_goes_on_as_before(tmp_path: Path) -> None:
    """Done, pending, unknown, failed for good, and in passing; the manifest says the same of them."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A, B, C, D, E)), tmp_path / "out"
    watch = Watch()
    kie = kie_with_files()
    await run_on(kie, source, out)
    error = {"reason": "policy", "message": "no", "remedy": "other words", "retryable": False}
    rewritten(
        out,
        b={"state": "pending", "files": [], "urls": [], "completed_at": None},
        c={"state": "unknown", "charged": "unknown", "task_id": None, "files": [], "urls": [], "error": error},
        d={"state": "failed", "charged": "no", "credits": None, "files": [], "urls": [], "error": error},
        e={"state": "failed", "charged": "no", "task_id": None, "files": [], "error": {**error, "retryable": True}},
    )
    before = by_key(out)
    without_journal(out)
    (out / "b.png").unlink()

    report = await run_on(kie, source, out, **watch.listeners)

    [plan] = watch.plans
    assert (plan.done, plan.adopted, plan.unknown, plan.failed, plan.retried) == (1, 1, 1, 1, 1)
    assert sorted(kie.prompts) == ["a", "b", "c", "d", "e", "e"]
    assert report.counts == {"succeeded": 3, "unknown": 1, "failed": 1}
    after = by_key(out)
    assert after["a"] == before["a"]
    assert {key: after["d"][key] for key in ("state", "error", "task_id")} == {
        key: before["d"][key] for key in ("state", "error", "task_id")
    }
    assert after["c"]["charged"] == "unknown"


async def test_a_picture_that_was_paid_for_is_fetched_again(tmp_path: Path) -> None:
    """By the address that the manifest has."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"

    with emulator() as server:
        await run_at(server, source, out)
        without_journal(out)
        (out / "a.png").unlink()
        report = await run_at(server, source, out)
        assert len(server.world.ledger.creates) == 1

    assert (report.exit_code, pictures(out)) == (0, ["a.png"])


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_a_resellers_folder_is_taken_over_as_such(tmp_path: Path, mode: Literal["sync", "async"]) -> None:
    """What is pending there is asked for as it was, and a picture that is gone is fetched by the address it had."""
    row = {"model": "nano-banana-2"}
    source, out = written(tmp_path / "rows.jsonl", json_lines({**A, **row}, {**B, **row})), tmp_path / "out"

    with emulator() as server:
        there = OpenAIImages(server.base_url, "k", price=0.02, mode=mode)
        await run_at(server, source, out, gateway=there)
        if mode == "async":
            rewritten(out, b={"state": "pending", "files": [], "urls": [], "completed_at": None})
        without_journal(out)
        for picture in out.glob("*.png"):
            picture.unlink()
        report = await run_at(server, source, out, gateway=there)
        assert len(server.world.ledger.creates) == 2

    assert (report.exit_code, pictures(out)) == (0, ["a.png", "b.png"])
    assert {entry.dialect for entry in read_journal(out / "run.db", "default").entries} == {"images"}


async def test_a_changed_row_is_known_by_what_the_manifest_tells(tmp_path: Path) -> None:
    """A key of the user's with another request is held; one with the same is done, wherever its images are now."""
    root = tmp_path / "root"
    root.mkdir()
    written(root / "in.png", PNG)
    rows = [A, {**B, "images": "in.png"}]
    source, out = written(root / "rows.jsonl", json_lines(*rows)), root / "out"
    watch = Watch()

    with emulator() as server:
        await run_at(server, source, out)
        without_journal(out)
        moved = root.rename(tmp_path / "moved")
        written(moved / "rows.jsonl", json_lines({**A, "prompt": "other"}, rows[1]))
        await run_at(server, moved / "rows.jsonl", moved / "out", **watch.listeners)
        assert len(server.world.ledger.creates) == 2

    assert (watch.plans[0].changed, watch.plans[0].done) == (1, 1)


async def test_a_dry_run_knows_what_would_be_taken_over(tmp_path: Path) -> None:
    """And makes no journal; a budget counts it."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A, B)), tmp_path / "out"

    with emulator() as server:
        await run_at(server, source, out, only=["a"])
    without_journal(out)
    plan = await plan_batch(read_items(source), out, budget=7)

    assert (plan.done, plan.to_send, plan.spent, plan.covered) == (1, 1, 4, 0)
    assert not (out / "run.db").exists()


async def test_a_take_over_that_was_cut_short_is_finished(tmp_path: Path) -> None:
    """What it was killed in the middle of is known by its task."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    kie = kie_with_files()
    await run_on(kie, source, out)
    without_journal(out)
    killed = SQLiteJournal(out / "run.db", inline=True)
    await killed.open("kie https://api.kie.ai")
    intent = Intent(
        scope="default",
        key="a",
        fingerprint=TAKEN_OVER,
        request={"prompt": "a"},
        model="google/nano-banana",
        dialect="jobs",
        at=0.0,
        token="t",
    )
    await killed.claim(intent)
    killed.abandon()

    report = await run_on(kie, source, out)

    assert (report.counts, kie.prompts) == ({"succeeded": 1}, ["a"])
    [entry] = read_journal(out / "run.db", "default").entries
    assert (entry.state, entry.task_id, entry.files) == (ItemState.SAVED, "task0", ("a.png",))


async def test_a_manifest_that_is_damaged_is_made_anew_where_there_is_a_journal(tmp_path: Path) -> None:
    """The journal is what counts: nothing is sent again, and the manifest is whole."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A, B)), tmp_path / "out"

    with emulator() as server:
        await run_at(server, source, out)
        before = manifest(out)
        written(out / "manifest.jsonl", '{"key": ')
        report = await run_at(server, source, out)
        assert len(server.world.ledger.creates) == 2

    assert report.exit_code == 0
    assert manifest(out) == before


async def test_what_was_never_asked_for_is_no_failure_for_good(tmp_path: Path) -> None:
    """A setting was wrong then; now it is sent."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A, B)), tmp_path / "out"
    kie = kie_with_files()
    await run_on(kie, source, out, only=["a"])
    line = {**by_key(out)["a"], "key": "b", "state": "failed", "task_id": None, "files": [], "urls": []}
    written(out / "manifest.jsonl", json_lines(by_key(out)["a"], {**line, "charged": "no", "error": WRONG_SETTING}))

    report = await run_on(kie, source, out)

    assert (report.exit_code, sorted(kie.prompts)) == (0, ["a", "b"])
