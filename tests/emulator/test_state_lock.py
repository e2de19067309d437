"""One emulator at a time on a state folder."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nanobanana_async.emulator import EmulatorOptions, StateFileError, World
from tests.emulator.customer import Customer

PATIENCE = 20


def opened(folder: Path) -> World:
    return World(EmulatorOptions(state_dir=folder))


def test_a_second_emulator_is_refused(tmp_path: Path) -> None:
    """Before it has read anything; the error names the folder and the process, and says what to do."""
    with (
        opened(tmp_path / "state"),
        pytest.raises(StateFileError) as raised,
    ):
        opened(tmp_path / "state")

    assert str(raised.value) == (
        f"another emulator is at work on the state folder {str(tmp_path / 'state')!r} (process {os.getpid()}). "
        "Stop it, or start with another state_dir."
    )


def test_a_second_emulator_in_another_process_is_refused(tmp_path: Path) -> None:
    """And the folder is free when that process is gone, however it went."""
    program = (
        "import sys\n"
        "from nanobanana_async.emulator import EmulatorOptions, World\n"
        "world = World(EmulatorOptions(state_dir=sys.argv[1]))\n"
        "print('open', flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(StateFileError, match=rf"process {holder.pid}\)"):
            opened(tmp_path)
        holder.kill()
        holder.wait(PATIENCE)

    opened(tmp_path).close()


def test_a_folder_is_free_after_closing(tmp_path: Path) -> None:
    """Closing twice does no harm."""
    world = opened(tmp_path)
    world.close()
    world.close()

    opened(tmp_path).close()


def test_a_folder_is_free_after_a_failed_start(tmp_path: Path) -> None:
    """What can't be read is left as it was, for whoever mends it."""
    state = tmp_path / "emulator.jsonl"
    state.write_text("nonsense\n")
    with pytest.raises(StateFileError, match="line 1"):
        opened(tmp_path)
    state.unlink()

    opened(tmp_path).close()


def test_a_closed_world_takes_the_folder_again(tmp_path: Path) -> None:
    """With the first thing that it has to write down."""
    with opened(tmp_path) as world:
        Customer(world).created()
        world.close()
        Customer(world).created()

        with pytest.raises(StateFileError, match="another emulator is at work"):
            opened(tmp_path)


def test_a_closed_world_that_has_been_overtaken_says_so(tmp_path: Path) -> None:
    """It would hand out ids that are taken."""
    world = opened(tmp_path)
    Customer(world).created()
    world.close()
    with opened(tmp_path) as other:
        Customer(other).created()

    with pytest.raises(StateFileError, match=r"another emulator has written to .*emulator\.jsonl in between"):
        Customer(world).created()

    assert len(opened_and_closed(tmp_path).tasks) == 2


def opened_and_closed(folder: Path) -> World:
    with opened(folder) as world:
        return world


def test_a_disk_that_knows_no_locks_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a way out; some network disks are like that."""

    def no_locks(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)

    with pytest.raises(StateFileError, match=r"can't be locked: No locks available. Use another disk."):
        opened(tmp_path)


def test_a_folder_that_can_not_be_made_is_an_error_of_the_disk(tmp_path: Path) -> None:
    """At the start, where somebody reads it."""
    (tmp_path / "file").write_text("")

    with pytest.raises(NotADirectoryError):
        opened(tmp_path / "file" / "state")
