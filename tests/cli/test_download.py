"""`download`: the pictures of tasks that are paid for already."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Limit
from tests.cli.shell import nanobanana
from tests.cli.test_known_task import accepted

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


@pytest.mark.parametrize("options", [EmulatorOptions(speed=60, limit=Limit(1000, per=1))])
@pytest.mark.parametrize("command", ["generate", "batch", "download"])
def test_the_command_that_fetches_it_later_leads_to_the_same_gateway(
    gateway: EmulatorServer, tmp_path: Path, command: str
) -> None:
    """Without its options, the task would be asked for at the vendor, with another key."""
    gateway.world.faults.add("stuck")
    url, env = f"{gateway.base_url}/v1", tmp_path / "my keys.env"
    env.write_text("NANOBANANA_IMAGES_API_KEY=any\n")
    (tmp_path / "one.txt").write_text("a cat\n")
    there = ("--gateway", "openai-images-async", "--base-url", url, "--env-file", env)
    late = ("--deadline" if command == "batch" else "--timeout", 0.1)
    nanobanana("generate", "a cat", "-o", tmp_path / "cat.png", *there, "--timeout", 0.1)
    task_id = gateway.world.ledger.accepted[0].task_id
    subject = {"generate": "a dog", "batch": tmp_path / "one.txt", "download": task_id}[command]

    said = nanobanana(command, subject, "-o", tmp_path / "out", *there, *late)

    task_id = gateway.world.ledger.accepted[-1].task_id
    assert said.code == 1
    assert (
        f"fetch it later with: nanobanana download {task_id} --gateway openai-images-async --base-url {url} "
        f"--env-file '{env}'\n"
    ) in said.err


@pytest.mark.parametrize("options", [EmulatorOptions(speed=60, limit=Limit(1000, per=1))])
def test_a_task_of_the_older_endpoint_is_fetched_later_by_its_dialect(gateway: EmulatorServer, tmp_path: Path) -> None:
    """The id alone would be asked for at the other one."""
    gateway.world.faults.add("stuck")
    task_id = asyncio.run(accepted())
    said = nanobanana("download", task_id, "-o", tmp_path, "--dialect", "generate", "--timeout", 0.1)

    assert said.code == 1
    assert f"nanobanana download {task_id} --dialect generate\n" in said.err
