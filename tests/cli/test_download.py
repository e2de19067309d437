"""`download`: the pictures of tasks that are paid for already."""

from __future__ import annotations

from pathlib import Path

import pytest

from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Limit
from tests.cli.shell import nanobanana

FAST = ("--speed", 1000)


def made(folder: Path) -> str:
    """The id of a task that is paid for and finished."""
    (row,) = nanobanana("generate", "a cat", "-o", folder / "first.png", "--json", *FAST).rows
    return str(row["task_id"])


def test_a_picture_is_fetched_by_its_task(gateway: EmulatorServer, tmp_path: Path) -> None:
    """Nothing is paid; the id names the file; a folder that is missing is made."""
    task_id = made(tmp_path)
    said = nanobanana("download", task_id, task_id, "-o", tmp_path / "out", *FAST)

    assert (said.code, said.out) == (0, f"{tmp_path}/out/{task_id}.png\n")
    assert len(gateway.world.ledger.accepted) == 1


@pytest.mark.parametrize("options", [EmulatorOptions(speed=60, limit=Limit(1000, per=1))])
def test_one_that_is_not_finished_is_waited_for(gateway: EmulatorServer, tmp_path: Path) -> None:
    """What it waits for is said."""
    given_up = nanobanana("generate", "a cat", "-o", tmp_path / "cat.png", "--json", "--timeout", 0.1)
    task_id = given_up.rows[0]["task_id"]
    said = nanobanana("download", task_id, "-o", tmp_path, "--json", "--speed", 60)

    assert said.code == 0
    assert said.rows[0]["files"] == [f"{tmp_path}/{task_id}.png"]
    assert f"task {task_id}: " in said.err


def test_an_unknown_id_is_said_at_once_and_the_rest_is_fetched(gateway: EmulatorServer, tmp_path: Path) -> None:
    """Not at the deadline; exit code 1, for some did not succeed."""
    task_id = made(tmp_path)
    said = nanobanana("download", "mistyped", task_id, "-o", tmp_path, *FAST)

    assert said.code == 1
    assert said.out == f"{tmp_path}/{task_id}.png\n"
    assert "no record of task 'mistyped'" in said.err


@pytest.mark.parametrize("options", [EmulatorOptions(keys=["other"])])
def test_a_refused_key_is_exit_code_3(gateway: EmulatorServer, tmp_path: Path) -> None:
    """It is the key, not the task."""
    assert nanobanana("download", "some-id", "-o", tmp_path).code == 3


def test_the_emulator_of_a_batch_is_asked_where_its_state_is(tmp_path: Path) -> None:
    """`--emulator` with the same folder finds the tasks of an earlier command."""
    (tmp_path / "one.txt").write_text("a cat")
    out = tmp_path / "out"
    batch = nanobanana("batch", tmp_path / "one.txt", "-o", out, "--emulator", *FAST, "--no-download", "--json")
    said = nanobanana("download", batch.rows[0]["task_id"], "-o", out, "--emulator", *FAST)

    assert (batch.code, batch.rows[0]["files"]) == (0, [])
    assert said.code == 0
    assert Path(said.out.strip()).is_file()
