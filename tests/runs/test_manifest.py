"""The manifest: what a later run goes by, and what is done where it is damaged or can't be written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nanobanana_async import ConfigurationError, Kie, StorageError
from nanobanana_async.outcomes import Outcome, Skipped, Succeeded
from nanobanana_async.runs import COLUMNS, manifest_row, run_batch
from nanobanana_async.runs._manifest import read_manifest, write_manifest
from nanobanana_async.values import Item, Result
from tests.runs.files import (
    A,
    B,
    by_key,
    json_lines,
    kie_with_files,
    manifest,
    run_on,
    sheet,
    written,
)
from tests.scripted_kie import ScriptedKie

GOOD = {"key": "z", "state": "succeeded"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"key": "a"', "manifest.jsonl:2: the manifest is damaged: "),
        ("[]", "it is no object"),
        ("[" * 100_000, "damaged"),
        (b"\xff", "damaged"),
        ('{"state": "failed"}', "'key' can't be None"),
        ({**GOOD, "key": ""}, "'key' can't be ''"),
        ({**GOOD, "state": "done"}, "'state' can't be 'done'"),
        ({**GOOD, "state": []}, "'state' can't be"),
        ({**GOOD, "state": "pending"}, "names no 'task_id'"),
        ({**GOOD, "files": ["../a.png"]}, "'files' can't be"),
        ({**GOOD, "files": ["/a.png"]}, "'files' can't be"),
        ({**GOOD, "files": [""]}, "'files' can't be"),
        ({**GOOD, "files": ["C:a.png"]}, "'files' can't be"),
        ({**GOOD, "files": "a.png"}, "'files' can't be"),
        ({**GOOD, "urls": [1]}, "'urls' can't be"),
        ({**GOOD, "credits": -1}, "'credits' can't be"),
        ({**GOOD, "credits": True}, "'credits' can't be"),
        ({**GOOD, "charged": "perhaps"}, "'charged' can't be"),
        ({**GOOD, "error": "x"}, "'error' can't be"),
        ({**GOOD, "created_at": "noon"}, "Invalid isoformat"),
        ({"key": "a", "state": "failed"}, "the key 'a' stands there twice"),
    ],
)
async def test_a_damaged_manifest_sends_nothing(tmp_path: Path, line: Any, message: str) -> None:
    """It is named with its line; what it stood for would be paid for again."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    out.mkdir()
    raw = json_lines(line).encode() if isinstance(line, dict) else line if isinstance(line, bytes) else line.encode()
    content = json_lines({"key": "a", "state": "skipped"}).encode() + raw
    written(out / "manifest.jsonl", content)
    kie = ScriptedKie()

    with pytest.raises(ConfigurationError) as caught:
        await run_on(kie, source, out)

    assert message in str(caught.value)
    assert "manifest.jsonl:2:" in str(caught.value)
    assert kie.prompts == []
    assert (out / "manifest.jsonl").read_bytes() == content


async def test_a_manifest_that_can_not_be_read_sends_nothing(tmp_path: Path) -> None:
    """With the system's words."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    (out / "manifest.jsonl").mkdir(parents=True)

    with pytest.raises(ConfigurationError, match=r"can't be read: Is a directory"):
        await run_batch(source, out, gateway=Kie("k"))


async def test_a_manifest_of_another_release_or_editor_is_read(tmp_path: Path) -> None:
    """Unknown columns, missing ones, a byte-order mark, blank lines, a time without a zone."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A, B)), tmp_path / "out"
    out.mkdir()
    rows = [
        {"key": "a", "state": "skipped", "new": 1},
        {"key": "old", "state": "failed", "created_at": "2026-01-02T03:04:05"},
    ]
    written(out / "manifest.jsonl", "\ufeff\n" + json_lines(*rows) + "\n")

    report = await run_on(kie_with_files(), source, out)

    assert report.counts == {"succeeded": 2}
    assert by_key(out)["old"]["created_at"] == "2026-01-02T03:04:05.000Z"


async def test_a_table_that_is_held_open_ends_no_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The JSON lines are what counts; a warning says so."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    (out / "manifest.csv").mkdir(parents=True)

    report = await run_on(kie_with_files(), source, out)

    assert report.exit_code == 0
    assert "manifest.csv" in caplog.text
    assert by_key(out)["a"]["state"] == "succeeded"


async def test_a_manifest_that_can_not_be_written_is_told_to_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What is paid for is named by its task, once, for a human to keep."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A, B)), tmp_path / "out"
    kie = kie_with_files()
    await run_on(kie, source, out, only=["a"])

    def spoil(_: Outcome) -> None:
        (out / "manifest.jsonl").unlink()
        (out / "manifest.jsonl").mkdir()

    with pytest.raises(StorageError, match=r"manifest\.jsonl"):
        await run_on(kie, source, out, on_outcome=spoil)

    lines = [line for line in caplog.messages if "not in the manifest" in line]
    assert lines == ["not in the manifest: key b, task task1, succeeded"]
    assert [path.name for path in out.iterdir() if path.suffix == ".part"] == []


def test_the_table_reads_like_the_lines(tmp_path: Path) -> None:
    """An empty folder has no rows in either."""
    write_manifest(tmp_path, [])

    assert sheet(tmp_path) == manifest(tmp_path) == []
    assert read_manifest(tmp_path) == {}


def test_an_outcome_is_told_in_the_columns_of_a_manifest(tmp_path: Path) -> None:
    """Whatever was asked, and wherever its files are; a task of somebody else's is known by its id."""
    result = Result("t1", "nano-banana-2", ("https://e.com/a.png",), 8.0)
    made = Succeeded(item=Item("a cat", key="a"), result=result, files=(tmp_path / "x" / "a.png",))
    fetched = Succeeded(item=Item(""), result=result)

    assert manifest_row(made, folder=tmp_path)["files"] == ["x/a.png"]
    assert manifest_row(made)["files"] == [str(tmp_path / "x" / "a.png")]
    assert manifest_row(made)["request"] == {"prompt": "a cat"}
    assert tuple(manifest_row(made)) == COLUMNS
    assert (manifest_row(fetched)["key"], manifest_row(fetched)["request"]) == ("t1", {})
    assert manifest_row(Skipped(item=Item("a cat", key="a"), reason="changed"))["error"]["reason"] == "changed"
