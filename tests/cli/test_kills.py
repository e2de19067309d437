"""The command line against a gateway on a port, killed at random instants: nothing is paid twice, nothing is lost."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Limit
from nanobanana_async.journal import read_journal
from tests.cli.batches import keyed_bananas
from tests.cli.shell import LONG, killed_after, nanobanana, run_to_end, spawned
from tests.evidence import until
from tests.runs.files import by_key

OPTIONS = EmulatorOptions(speed=100, limit=Limit(400, per=10), seed=1, credits=100_000)


def command(source: Path, out: Path) -> tuple[object, ...]:
    return ("batch", source, "-o", out, "--rate", "400/10", "--speed", 100, "--json")


def verify(server: EmulatorServer, out: Path, count: int) -> Counter[str]:
    """Nothing is charged twice; each create that was charged is known by its id, or its key is unknown."""
    ledger, rows = server.world.ledger, by_key(out)
    states = Counter(row["state"] for row in rows.values())
    assert not ledger.charged_twice()
    assert len(rows) == count
    assert set(states) <= {"succeeded", "unknown"}
    known = {row["task_id"] for row in rows.values() if row["task_id"]}
    orphans = [create for create in ledger.accepted if create.task_id not in known]
    assert len(orphans) <= states["unknown"]  # each prompt was charged once, so these are prompts of unknown keys
    files = [out / name for row in rows.values() for name in row["files"]]
    assert len(files) == states["succeeded"]
    for file in files:
        with Image.open(file) as picture:
            picture.load()
    return states


@pytest.mark.parametrize("options", [OPTIONS])
@pytest.mark.parametrize(("count", "kills"), [(600, 30)])
def test_a_batch_that_is_killed_again_and_again_pays_once(
    gateway: EmulatorServer, tmp_path: Path, count: int, kills: int
) -> None:
    """However often: the last run finishes, and knows of every create that was charged."""
    dice = random.Random(7)
    source, out = keyed_bananas(tmp_path, count), tmp_path / "out"
    began = time.monotonic()
    for _ in range(kills):
        killed_after(dice.uniform(0.0, 1.2 * count / kills / 40), *command(source, out))
    said = run_to_end(*command(source, out))
    states = verify(gateway, out, count)
    seconds = time.monotonic() - began
    refused = gateway.world.ledger.over_limit

    spare = len(list(out.glob("*.png"))) - states["succeeded"]
    print(f"{spare} pictures twice, {len(list(out.glob('.*.part')))} parts left")  # noqa: T201  its figures
    print(f"{kills} kills over {count}: {dict(states)}, {len(gateway.world.ledger.accepted)} accepted, {seconds:.1f} s")  # noqa: T201  its figures
    assert said.code == (0 if states["succeeded"] == count else 1), said.err
    assert not refused
    assert "Traceback" not in said.err
    contents = read_journal(out / "run.db", "default")
    assert len(contents.entries) == count


@pytest.mark.parametrize("options", [OPTIONS])
def test_a_stopped_run_keeps_the_folder_and_a_killed_one_lets_go(
    gateway: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second is refused by words that name the process; it takes over once that is killed."""
    monkeypatch.setattr("nanobanana_async.journal._holding.HOLD_SECONDS", 0.2)
    gateway.world.faults.add("stuck")
    source, out = keyed_bananas(tmp_path, 3), tmp_path / "out"
    with spawned(*command(source, out)) as process:
        until(lambda: len(gateway.world.ledger.polls) == 3, within=LONG)
        process.send_signal(signal.SIGSTOP)
        refused = nanobanana(*command(source, out))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=LONG)
        gateway.world.faults.clear()
        after = nanobanana(*command(source, out), "--deadline", 1)

    assert refused.code == 2
    assert f"another run is at work in the folder '{out}'" in refused.err
    assert f"(process {process.pid})" in refused.err
    assert "3 in flight from before" in after.err
    assert len(gateway.world.ledger.creates) == 3


def test_an_emulator_of_the_command_is_killed_with_it(tmp_path: Path) -> None:
    """Its tasks are beside the journal: the same command finds them, at another address, and their pictures as well."""
    source, out = keyed_bananas(tmp_path, 6), tmp_path / "out"
    first = nanobanana("batch", source, "-o", out, "--emulator", "--speed", 1000, "--no-download", "--limit", 3)
    again = nanobanana("batch", source, "-o", out, "--emulator", "--speed", 1000)

    assert (first.code, again.code) == (0, 0)
    assert "3 of 6 to send, 3 to fetch again" in again.err
    assert len(list(out.glob("*.png"))) == 6
