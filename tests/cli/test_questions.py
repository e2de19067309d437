"""`balance`, `models` and `status`: questions, answered on stdout."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import pytest

from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Limit
from nanobanana_async.models import known_models
from tests.cli.shell import FAST, nanobanana


def row(key: str, state: str, **rest: Any) -> dict[str, Any]:
    return {"key": key, "state": state, "task_id": None, "credits": None, **rest}


def with_manifest(folder: Path, *rows: dict[str, Any]) -> Path:
    (folder / "manifest.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return folder


def test_the_balance_is_said_in_credits_and_dollars(gateway: EmulatorServer) -> None:
    """And nothing else; as JSON for a program."""
    assert nanobanana("balance").out == "10000 credits (50.00 USD)\n"
    assert nanobanana("balance", "--json").rows == [{"credits": 10000.0, "usd": 50.0}]


def test_the_balance_needs_no_key_at_the_emulator() -> None:
    """One is started for the question."""
    assert nanobanana("balance", "--emulator").out == "10000 credits (50.00 USD)\n"


@pytest.mark.parametrize("options", [EmulatorOptions(keys=["other"])])
def test_a_refused_key_is_exit_code_3(gateway: EmulatorServer) -> None:
    """One error and its remedy, no traceback."""
    said = nanobanana("balance")

    assert said.code == 3
    assert len(said.err.splitlines()) == 2


def test_the_models_are_a_table_that_no_pipe_folds() -> None:
    """A line each, and what their letters stand for; no key is needed."""
    lines = nanobanana("models").out.splitlines()
    rows = [line.split() for line in lines]

    for info in known_models("jobs"):
        assert [row[1] for row in rows if row and row[0] == info.id] == [info.name]
    assert any("1K 2K 4K" in line and "8 12 18" in line and "0.04 0.06 0.09" in line for line in lines)
    assert "ratios B: 1:1 2:3" in nanobanana("models").out


def test_on_a_narrow_terminal_no_name_is_cut_short() -> None:
    """A model at a time, folded between words."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    command = [sys.executable, "-m", "nanobanana_async", "models"]
    subprocess.run(command, stdin=slave, stdout=slave, stderr=slave, check=True, env={**os.environ, "TERM": "xterm"})
    os.close(slave)
    lines = read_all(master).splitlines()

    assert {info.id for info in known_models("jobs")} <= set(lines)
    assert all(len(line.rstrip()) <= 60 for line in lines if line.startswith("  "))


def read_all(terminal: int) -> str:
    """What was written to a terminal whose other end is closed."""
    content = b""
    with contextlib.suppress(OSError):  # how Linux says that it is over
        while chunk := os.read(terminal, 65536):
            content += chunk
    os.close(terminal)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", content.decode())


def test_the_models_are_rows_for_a_program() -> None:
    """With everything that is known, and the short names."""
    rows = {row["model"]: row for row in nanobanana("models", "--json").rows}

    assert list(rows) == [info.id for info in known_models("jobs")]
    assert rows["nano-banana-2"]["credits"] == {"1K": 8.0, "2K": 12.0, "4K": 18.0}
    assert rows["google/nano-banana"]["usd"] == {"any": 0.02}
    assert rows["google/nano-banana"]["aliases"] == ["nano-banana"]


@pytest.mark.parametrize("options", [EmulatorOptions(speed=60, limit=Limit(1000, per=1))])
def test_the_status_of_a_task_is_its_state(gateway: EmulatorServer, tmp_path: Path) -> None:
    """Exit code 0 once it has succeeded, 1 before."""
    given_up = nanobanana("generate", "a cat", "-o", tmp_path / "cat.png", "--json", "--timeout", 0.1)
    task_id = given_up.rows[0]["task_id"]
    early = nanobanana("status", task_id)
    nanobanana("download", task_id, "-o", tmp_path, "--speed", 60)
    late = nanobanana("status", task_id, "--json")

    assert early.code == 1
    assert early.out in [f"{task_id}: {state}\n" for state in ("waiting", "queuing", "generating")]
    assert late.code == 0
    assert late.rows[0]["state"] == "success"
    assert late.rows[0]["created_at"].startswith("20")


def test_the_status_of_nobodys_task_is_an_error(gateway: EmulatorServer) -> None:
    """With what to check."""
    said = nanobanana("status", "mistyped")

    assert said.code == 1
    assert "no record of task 'mistyped'" in said.err


def test_the_status_of_a_folder_counts_and_names_what_is_open(tmp_path: Path) -> None:
    """No key is needed: the manifest knows."""
    folder = with_manifest(
        tmp_path,
        row("a", "succeeded", credits=4.0, error={"reason": "expired", "message": "gone"}),
        row("b", "pending", task_id="t1", model="nano-banana-2", request={"prompt": "x"}),
        row("c", "unknown", model="nano-banana-pro", request={"prompt": "x", "resolution": "4K", "images": ["x.png"]}),
        row("d", "failed", error={"reason": "policy", "message": "refused"}),
    )
    said = nanobanana("status", folder)

    unsaved = "1 of them without a picture there"
    price = "4 credits (0.02 USD), and about 8 (0.04 USD) for 1 whose records name none"
    price += ", and up to 24 credits (0.12 USD) more for 1 unknown"
    assert said.code == 1
    assert said.out.splitlines() == [
        f"{folder}: 4 items: 1 succeeded, 1 pending, 1 unknown, 1 failed, {unsaved} | {price}",
        "not saved  a  no task id",
        "pending  b  t1",
        "unknown  c  no task id",
        "failed  d  no task id  refused",
    ]
    assert nanobanana("status", folder, "--json").rows == [
        {
            "folder": str(folder),
            "total": 4,
            "states": {"succeeded": 1, "pending": 1, "unknown": 1, "failed": 1},
            "unsaved": 1,
            "missing": 0,
            "credits": 4.0,
            "unpriced": 1,
            "about": 8.0,
            "unknown_price": 0,
            "perhaps": {"credits": 24.0, "items": 1},
            "unfinished": [
                {"key": "a", "state": "not saved", "task_id": None, "why": "gone"},
                {"key": "b", "state": "pending", "task_id": "t1", "why": None},
                {"key": "c", "state": "unknown", "task_id": None, "why": None},
                {"key": "d", "state": "failed", "task_id": None, "why": "refused"},
            ],
            "at_work": None,
        }
    ]


def test_the_status_of_a_folder_that_is_done_is_exit_code_0(tmp_path: Path) -> None:
    """So that a script can ask."""
    assert nanobanana("status", with_manifest(tmp_path, row("a", "succeeded", credits=4.0))).code == 0


def test_pictures_that_are_not_there_are_no_success(tmp_path: Path) -> None:
    """Exit code 1, as a run that could not save them; each is named, and so is one that was never saved."""
    folder = with_manifest(
        tmp_path,
        row("a", "succeeded", files=["a.png"]),
        row("b", "succeeded", files=["b-1.png", "b-2.png"]),
        row("c", "succeeded", task_id="t3"),
    )
    for name in ("a.png", "b-1.png"):
        (tmp_path / name).write_bytes(b"picture")
    said = nanobanana("status", folder)

    assert said.code == 1
    assert "3 items: 3 succeeded, 2 of them without a picture there" in said.out
    assert said.out.splitlines()[1:] == ["not there  b  no task id", "not saved  c  t3"]


def test_a_folder_whose_pictures_are_all_gone_is_no_success(tmp_path: Path) -> None:
    """As one of a batch that saved none would be."""
    folder = with_manifest(tmp_path, row("a", "succeeded", files=["a.png"]))
    said = nanobanana("status", folder)

    assert said.code == 1
    assert said.out.splitlines()[1:] == ["not there  a  no task id"]
    assert [nanobanana("status", folder, "--json").rows[0][name] for name in ("unsaved", "missing")] == [0, 1]


@pytest.mark.parametrize("content", [None, b"{", b"[]\n", b"\xff\n"])
def test_a_folder_without_a_manifest_that_can_be_read_is_exit_code_2(tmp_path: Path, content: bytes | None) -> None:
    """The error names it."""
    if content is not None:
        (tmp_path / "manifest.jsonl").write_bytes(content)
    said = nanobanana("status", tmp_path)

    assert said.code == 2
    assert str(tmp_path) in said.err


def test_a_path_that_is_no_folder_is_not_taken_for_a_task(tmp_path: Path) -> None:
    """No gateway is asked."""
    assert "there is no folder" in nanobanana("status", tmp_path / "missing").err


def test_the_status_of_a_folder_is_that_of_its_journal(gateway: EmulatorServer, tmp_path: Path) -> None:
    """Also where a run was killed before it wrote a manifest; what that alone knows is told as well."""
    source, out = tmp_path / "p.txt", tmp_path / "out"
    source.write_text("a cat\na dog\n")
    nanobanana("batch", source, "-o", out, *FAST, "--limit", 1)
    with_both = nanobanana("status", out)
    (out / "manifest.jsonl").write_text('{"key": ')
    with_journal = nanobanana("status", out)
    (out / "run.db").unlink()
    damaged = nanobanana("status", out)

    assert with_both.out == with_journal.out == f"{out}: 1 item: 1 succeeded | 4 credits (0.02 USD)\n"
    assert (damaged.code, "the manifest is damaged" in damaged.err) == (2, True)


def test_what_is_neither_a_folder_nor_a_task_is_told_as_both(
    gateway: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has mistyped a folder's name is not sent to look for a key."""
    monkeypatch.chdir(tmp_path)
    no_task = nanobanana("status", "pic")
    monkeypatch.delenv("KIE_API_KEY")
    monkeypatch.setenv("NANOBANANA_IMAGES_API_KEY", "any")
    no_key = nanobanana("status", "pic")

    assert "no record of task 'pic'" in no_task.err
    assert "There is no folder 'pic' either." in no_task.err
    assert "there is no folder 'pic', and as a task's id it can't be asked for: no API key" in no_key.err
    assert (
        "NANOBANANA_IMAGES_API_KEY is set: for the gateway that it is for, add --gateway openai-images." in no_key.err
    )
