"""Pictures that came in answers, in the folder of the journal: what a kill leaves there, and what somebody removes."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from nanobanana_async import OpenAIImages
from nanobanana_async.outcomes import Succeeded
from nanobanana_async.runs import RunReport, run_batch
from tests.runs.files import LIMITLESS, A, Watch, json_lines, pictures, written
from tests.scripted_images import URL, ScriptedImages

REMOVED, KEPT = 601.0, 590.0
"""Seconds since somebody wrote there, on either side of ten minutes."""


async def run_there(gateway: ScriptedImages, source: Path, out: Path, **options: Any) -> RunReport:
    """A run at a gateway that answers with the picture."""
    settings: dict[str, Any] = {"gateway": OpenAIImages(URL, "key", 0.04), "rate": LIMITLESS}
    return await run_batch(source, out, transport=gateway.transport, **settings, **options)


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_what_a_kill_left_half_written_there_is_removed(tmp_path: Path, elsewhere: bool) -> None:
    """Once nobody can be writing it any more: others may use the journal at the same time."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    journal = tmp_path / "elsewhere.db" if elsewhere else out / "run.db"
    folder = journal.with_name(f"{journal.name}.pictures")
    folder.mkdir(parents=True)
    old, new = folder / ".0123456789abcdef.part", folder / ".fedcba9876543210.part"
    ours, strange = folder / ("0" * 64 + ".png"), folder / ".mine.part"
    for path, age in ((old, REMOVED), (new, KEPT), (ours, REMOVED), (strange, REMOVED)):
        path.touch()
        os.utime(path, (time.time() - age,) * 2)

    await run_there(ScriptedImages(), source, out, journal=journal)

    assert [path.exists() for path in (old, new, ours, strange)] == [False, True, True, True]


async def test_a_picture_is_put_back_where_the_error_says(tmp_path: Path) -> None:
    """The path stands in it as it is to be written; the next run finds the copy there, and pays for nothing."""
    source, out, gateway, watch = (
        written(tmp_path / "rows.jsonl", json_lines(A)),
        tmp_path / "out",
        ScriptedImages(),
        Watch(),
    )
    await run_there(gateway, source, out)
    [kept] = (out / "run.db.pictures").iterdir()
    copy = shutil.move(out / "a.png", tmp_path / "copy.png")
    kept.unlink()
    await run_there(gateway, source, out, on_outcome=watch.listeners["on_outcome"])
    [outcome] = watch.outcomes
    assert isinstance(outcome, Succeeded)
    assert outcome.file_error is not None
    said = outcome.file_error.remedy

    shutil.copy(copy, said.split("'")[1])
    report = await run_there(gateway, source, out)

    assert repr(str(kept)) in said
    assert (report.exit_code, pictures(out)) == (0, ["a.png", f"run.db.pictures/{kept.name}"])
    assert len(gateway.requests) == 1
