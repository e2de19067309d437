"""An output folder that is moved, removed or replaced under a run: nothing more is sent, and nothing put there."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from nanobanana_async import StorageError
from nanobanana_async.outcomes import Succeeded
from tests.runs.files import A, B, C, Watch, by_key, json_lines, kie_with_files, pictures, run_on, written
from tests.scripted_kie import ScriptedKie, until


def moved(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))


def replaced(folder: Path) -> None:
    moved(folder)
    folder.mkdir()


GONE = [shutil.rmtree, moved, replaced]


async def cut_off(kie: ScriptedKie, source: Path, out: Path, gone: Callable[[Path], None], **options: object) -> Watch:
    """A run that has one task accepted when its folder goes. What it told."""
    kie.state, watch = "generating", Watch()
    run = asyncio.create_task(run_on(kie, source, out, in_flight=1, **watch.listeners, **options))
    await until(lambda: kie.polls.total() > 1)
    gone(out)
    kie.state = "success"
    with pytest.raises(StorageError, match=r"out' was moved, removed or replaced while a run was at work"):
        await run
    return watch


@pytest.mark.parametrize("gone", GONE)
@pytest.mark.parametrize("journal", [None, "book.db"])
async def test_nothing_is_sent_or_saved_once_the_folder_is_gone(
    tmp_path: Path, gone: Callable[[Path], None], journal: str | None
) -> None:
    """What is paid for is told with its task, and why it is not saved; nothing is made under the old name."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A, B, C)), tmp_path / "out"
    kie = kie_with_files()
    watch = await cut_off(kie, source, out, gone, journal=None if journal is None else tmp_path / journal)

    [done] = [outcome for outcome in watch.outcomes if isinstance(outcome, Succeeded)]
    assert done.file_error is not None
    assert "was moved, removed or replaced" in done.file_error.message
    assert done.file_error.task_id == "task0"
    assert kie.prompts == ["a"]
    assert not list(out.glob("*"))


@pytest.mark.parametrize("journal", [None, "book.db"])
async def test_it_goes_on_where_the_folder_is_by_now(tmp_path: Path, journal: str | None) -> None:
    """What was paid for is fetched, and the rest is sent; a journal elsewhere is found by what the folder tells."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A, B)), tmp_path / "out"
    kie = kie_with_files()
    await cut_off(kie, source, out, moved, journal=None if journal is None else tmp_path / journal)

    report = await run_on(kie, source, tmp_path / "elsewhere")

    assert report.exit_code == 0
    assert sorted(kie.prompts) == ["a", "b"]
    assert pictures(tmp_path / "elsewhere") == ["a.png", "b.png"]


async def test_what_nobody_was_told_is_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """By its key, its task and its state: the last place for what stands in no manifest."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    kie = kie_with_files()
    kie.state = "generating"
    run = asyncio.create_task(run_on(kie, source, out))
    await until(lambda: kie.polls.total() > 1)
    shutil.rmtree(out)
    run.cancel()
    with pytest.raises(StorageError):
        await run

    assert "not in the manifest: key a, task task0, pending" in caplog.text
    assert not out.exists()


async def test_a_folder_is_free_after_a_run(tmp_path: Path) -> None:
    """Nothing is left of its lock."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    await run_on(kie_with_files(), source, out)

    assert {path.name for path in out.iterdir()} == {
        "a.png",
        "run.db",
        "run.db.locks",
        "manifest.jsonl",
        "manifest.csv",
    }
    assert by_key(out)["a"]["state"] == "succeeded"
