"""A journal that is not in its folder, and paths from the user's home: each command finds what another has left."""

from __future__ import annotations

from pathlib import Path

import pytest

from nanobanana_async.emulator import EmulatorServer
from tests.cli.shell import FAST, nanobanana
from tests.runs.files import manifest


def prompts(folder: Path) -> Path:
    path = folder / "rows.jsonl"
    path.write_text('{"prompt": "a cat", "key": "cat"}\n{"prompt": "a dog", "key": "dog"}\n')
    return path


def test_every_command_finds_the_journal_of_a_folder(gateway: EmulatorServer, tmp_path: Path) -> None:
    """Named once, it need not be named again; named as it was, it is the same."""
    gateway.world.faults.add("closed,nth=1")
    source, out, book = prompts(tmp_path), tmp_path / "out", tmp_path / "disk" / "x.db"
    said = nanobanana("batch", source, "-o", out, *FAST, "--journal", book)
    listed = nanobanana("unknown", out)
    named = nanobanana("unknown", out, "--journal", book)
    by_itself = nanobanana("unknown", book)
    status, there = nanobanana("status", out), nanobanana("status", out, "--journal", book)
    [row] = nanobanana("unknown", out, "--json").rows
    settled = nanobanana("unknown", out, "--not-taken", row["key"])
    gateway.world.faults.clear()
    after = nanobanana("batch", source, "-o", out, *FAST)

    assert said.err.endswith(f"See: nanobanana unknown {out}\n")
    assert listed.out == named.out
    assert f"{row['key']}  sent" in by_itself.out
    assert row["name"] == str(out)
    assert status.out == there.out
    assert "2 items: 1 unknown, 1 succeeded |" in status.out or "2 items: 1 succeeded, 1 unknown |" in status.out
    assert (settled.code, after.code) == (0, 0)
    assert len(gateway.world.ledger.creates) == 3


def test_another_journal_is_refused_with_a_way_out(gateway: EmulatorServer, tmp_path: Path) -> None:
    """By the plan as well; exit code 2, and nothing is sent."""
    source, out = prompts(tmp_path), tmp_path / "out"
    nanobanana("batch", source, "-o", out, *FAST)
    for more in ([], ["--dry-run"]):
        said = nanobanana("batch", source, "-o", out, *FAST, "--journal", tmp_path / "x.db", *more)

        assert said.code == 2
        assert "which knows of 2 rows that are, or may be, paid for" in said.err
        assert "Leave --journal out to go on with it." in said.err
    assert len(gateway.world.ledger.creates) == 2


def test_paths_from_the_users_home_are_found(
    gateway: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the shell leaves them as they are, behind a sign of equality."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    prompts(tmp_path)
    said = nanobanana("batch", "~/rows.jsonl", "--output=~/out", "--journal=~/disk/x.db", *FAST)
    again = nanobanana("batch", "~/rows.jsonl", "--output=~/out", *FAST, "--dry-run")
    status, unknown = nanobanana("status", "~/out"), nanobanana("unknown", "~/out")

    assert said.code == 0, said.err
    assert str(tmp_path / "out" / "cat.png") in said.out
    assert "2 done before" in again.err
    assert (status.code, unknown.err) == (0, "nothing is unknown\n")
    assert (tmp_path / "disk" / "x.db").exists()
    assert not (tmp_path / "~").exists()


def test_a_home_that_is_none_is_named() -> None:
    """Nothing is made of it."""
    said = nanobanana("unknown", "~nobody-has-this-name/out")

    assert said.code == 2
    assert "'~nobody-has-this-name/out' can't be used" in said.err


def test_the_emulator_of_a_batch_is_found_beside_its_journal(tmp_path: Path) -> None:
    """Its tasks are there; and the pictures are an emulator's, whichever journal is named."""
    source, out = prompts(tmp_path), tmp_path / "out"
    nanobanana("batch", source, "-o", out, "--emulator", "--speed", 1000, "--journal", tmp_path / "disk" / "x.db")
    fetched = nanobanana("download", manifest(out)[0]["task_id"], "-o", out, "--emulator", "--speed", 1000)
    plan = nanobanana("batch", source, "-o", out, "--dry-run")

    assert fetched.code == 0, fetched.err
    assert plan.code == 2
    assert "holds an emulator's pictures" in plan.err
