"""A journal that can't be written: nothing is sent, what is paid for is told, and the exit code says so."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Limit
from tests.cli.batches import bananas
from tests.cli.shell import FAST, Said, nanobanana, spawned
from tests.evidence import until
from tests.runs.files import manifest


def with_files_up_to(size: int, *arguments: object) -> Said:
    """Run a command that can write no file beyond so many bytes: for SQLite, a disk that is full."""
    command = [sys.executable, "-m", "nanobanana_async", *map(str, arguments)]
    limit = f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))"
    limited = f"import os, resource; {limit}; os.execv({command[0]!r}, {command!r})"
    done = subprocess.run([sys.executable, "-c", limited], capture_output=True, text=True, timeout=60, check=False)
    return Said(done.returncode, done.stdout, done.stderr)


def test_a_disk_without_room_for_a_journal_sends_nothing(gateway: EmulatorServer, tmp_path: Path) -> None:
    """Exit code 3, in words."""
    said = with_files_up_to(4096, "batch", bananas(tmp_path, 3), "-o", tmp_path / "out", *FAST)

    assert said.code == 3, said.err
    assert "Traceback" not in said.err
    assert "run.db" in said.err
    assert not gateway.world.ledger.creates


def test_a_disk_that_fills_up_stops_the_sending(gateway: EmulatorServer, tmp_path: Path) -> None:
    """What was sent before is collected; nothing is sent whose intent can't be written; with room it goes on."""
    source, out = bananas(tmp_path, 60), tmp_path / "out"
    said = with_files_up_to(200_000, "batch", source, "-o", out, *FAST)
    sent = len(gateway.world.ledger.creates)
    after = nanobanana("batch", source, "-o", out, *FAST)

    assert said.code == 3, said.err
    assert "Traceback" not in said.err
    assert 0 < sent < 60
    assert not gateway.world.ledger.charged_twice()
    states = {row["state"] for row in manifest(out)}
    assert states <= {"succeeded", "unknown"}
    assert after.code == (0 if states == {"succeeded"} else 1)


def test_a_folder_in_which_nothing_can_be_written_is_exit_code_2(gateway: EmulatorServer, tmp_path: Path) -> None:
    """Before anything is sent."""
    (tmp_path / "out" / "run.db").mkdir(parents=True)
    said = nanobanana("batch", bananas(tmp_path, 1), "-o", tmp_path / "out", *FAST)

    assert said.code == 2
    assert "run.db' is a folder, and a journal is a file" in said.err
    assert not gateway.world.ledger.creates


@pytest.mark.parametrize("options", [EmulatorOptions(speed=1000, limit=Limit(1000, per=1))])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_at_sigterm_answers_on_the_wire_are_awaited(
    gateway: EmulatorServer, tmp_path: Path, number: signal.Signals
) -> None:
    """Which is said at once; nothing new is sent, the id that comes late is kept, and nothing is paid for twice."""
    gateway.world.faults.add("drip,seconds=0.01,nth=1")
    source, out, ledger = bananas(tmp_path, 3), tmp_path / "out", gateway.world.ledger
    with spawned("batch", source, "-o", out, *FAST, "--in-flight", 1) as process:
        until(lambda: bool(ledger.creates))
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    gateway.world.faults.clear()
    states = sorted(row["state"] for row in manifest(out))
    after = nanobanana("batch", source, "-o", out, *FAST)

    assert process.returncode == 130, err
    assert "waiting for the answer to 1 create: 60 s at the most\nCtrl-C again gives it up" in err
    assert states == ["pending", "skipped", "skipped"]
    assert after.code == 0
    assert len(ledger.creates) == 3
