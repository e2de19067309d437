"""A command that is cut off: by Ctrl-C, by SIGTERM, by a reader that leaves."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Limit
from tests.cli.shell import Said, nanobanana, spawned
from tests.evidence import PATIENCE, until
from tests.runs.files import manifest

SPEED = 20
SLOW = EmulatorOptions(speed=SPEED, limit=Limit(1000, per=1))


def in_its_own_process(*arguments: object, when: Callable[[], bool]) -> Said:
    """Run a command, and end it at a moment that can be told from outside."""
    with spawned(*arguments) as process:
        until(when)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE)
        return Said(process.returncode, out, err)


def in_this_process(*arguments: object, when: Callable[[], bool], number: signal.Signals = signal.SIGTERM) -> Said:
    """Run a command here, and send this process a signal."""

    def send() -> None:
        until(when)
        os.kill(os.getpid(), number)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        return nanobanana(*arguments)
    finally:
        sender.join()


def written(folder: Path, count: int) -> Path:
    """Half of it is quick, half of it slow, so that there is a middle to be cut off in."""
    lines = [{"prompt": f"a cat {n}", "model": "nano-banana-2-lite"} for n in range(count // 2)]
    lines += [{"prompt": f"a dog {n}", "model": "google/nano-banana"} for n in range(count - count // 2)]
    path = folder / "prompts.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


@pytest.mark.parametrize("options", [SLOW])
@pytest.mark.parametrize("start", [in_this_process, in_its_own_process])
def test_a_batch_that_is_interrupted_goes_on_where_it_was(
    gateway: EmulatorServer, tmp_path: Path, start: Callable[..., Said]
) -> None:
    """Exit code 130; what is paid for is in the manifest; the same command finishes and pays for nothing twice."""
    out, ledger = tmp_path / "out", gateway.world.ledger
    arguments = ("batch", written(tmp_path, 12), "-o", out, "--speed", SPEED, "--rate", "1000/1")
    said = start(*arguments, when=lambda: len(ledger.accepted) == 12 and bool(list(out.glob("0*"))))
    kept = manifest(out)
    again = nanobanana(*arguments)

    assert said.code == 130
    assert "Traceback" not in said.err
    assert f"; their ids are in {out}/manifest.jsonl\nRun the same command again" in said.err
    assert {row["state"] for row in kept} == {"succeeded", "pending"}
    assert all(row["task_id"] for row in kept)
    assert again.code == 0
    assert {row["state"] for row in manifest(out)} == {"succeeded"}
    assert not ledger.charged_twice()
    assert len(ledger.accepted) == 12


def pressed(*arguments: object, when: Callable[[], bool], again: Callable[[], bool] | None = None) -> Said:
    """Run a command, and press Ctrl-C, once or twice, at moments that can be told from outside."""
    with spawned(*arguments) as process:
        until(when)
        process.send_signal(signal.SIGINT)
        if again is not None:
            until(again)
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
        return Said(process.returncode, out, err)


@pytest.mark.parametrize("options", [attrs.evolve(SLOW, limit=Limit(5, per=60))])
def test_the_first_ctrl_c_finishes_what_is_paid_for(gateway: EmulatorServer, tmp_path: Path) -> None:
    """Nothing more is sent; every task that was accepted is waited for and saved; the same command goes on."""
    out, ledger = tmp_path / "out", gateway.world.ledger
    arguments = ("batch", written(tmp_path, 12), "-o", out, "--speed", SPEED, "--rate", "5/60")
    said = pressed(*arguments, when=lambda: len(ledger.accepted) == 5)

    assert said.code == 130
    assert "Traceback" not in said.err
    assert "Ctrl-C again" in said.err
    assert Counter(row["state"] for row in manifest(out)) == {"succeeded": 5, "skipped": 7}
    assert len(list(out.glob("0*"))) == 5
    assert len(ledger.creates) == 5


@pytest.mark.parametrize("options", [SLOW])
def test_ctrl_c_that_leaves_nothing_out_is_no_interruption(gateway: EmulatorServer, tmp_path: Path) -> None:
    """All that was to be sent is; what a changed line holds back is not sent by the same command either."""
    out, ledger, source = tmp_path / "out", gateway.world.ledger, tmp_path / "rows.jsonl"
    lines = [{"prompt": "a cat", "key": "a", "model": "nano-banana-2-lite"}, {"prompt": "a dog", "key": "b"}]
    arguments = ("batch", source, "-o", out, "--speed", SPEED, "--rate", "1000/1")
    source.write_text(json.dumps(lines[0]))
    nanobanana(*arguments)
    source.write_text("\n".join(json.dumps({**line, "prompt": f"another {line['key']}"}) for line in lines))
    said = in_this_process(*arguments, when=lambda: len(ledger.accepted) == 2, number=signal.SIGINT)

    assert "nothing more is sent; what is paid for is finished" in said.err
    assert "1 of 2 succeeded, 1 skipped, 1 of them changed" in said.err
    assert said.code == 1


@pytest.mark.parametrize("options", [SLOW])
def test_the_second_ctrl_c_leaves_it_for_the_next_run(gateway: EmulatorServer, tmp_path: Path) -> None:
    """What is paid for and not finished has its id in the manifest."""
    gateway.world.faults.add("stuck")
    out, ledger = tmp_path / "out", gateway.world.ledger
    arguments = ("batch", written(tmp_path, 4), "-o", out, "--speed", SPEED, "--rate", "1000/1")
    before: dict[str, int] = {}

    def looked_at_since() -> bool:
        """Looks at each task after the first Ctrl-C: it was heard, and the command goes on."""
        if not before:
            before.update(ledger.polls)
        return all(ledger.polls[task_id] > looks + 1 for task_id, looks in before.items())

    said = pressed(*arguments, when=lambda: len(ledger.polls) == 4, again=looked_at_since)

    assert said.code == 130
    assert "Traceback" not in said.err
    assert {row["state"] for row in manifest(out)} == {"pending"}
    assert all(row["task_id"] for row in manifest(out))


@pytest.mark.parametrize("options", [attrs.evolve(SLOW, limit=Limit(5, per=60))])
@pytest.mark.parametrize(
    "signals", [(signal.SIGINT, signal.SIGINT), (signal.SIGTERM,), (signal.SIGINT, signal.SIGTERM)]
)
def test_json_has_an_object_for_whatever_was_left(
    gateway: EmulatorServer, tmp_path: Path, signals: tuple[signal.Signals, ...]
) -> None:
    """What is pending and what was never sent, as the manifest has it; and each item once."""
    gateway.world.faults.add("stuck,nth=3/3")
    out, ledger = tmp_path / "out", gateway.world.ledger
    arguments = ("batch", written(tmp_path, 12), "-o", out, "--speed", SPEED, "--rate", "5/60", "--json")
    with spawned(*arguments) as process:
        until(lambda: len(ledger.accepted) == 5 and len(list(out.glob("0*"))) >= 1)
        for number in signals:
            heard = ledger.polls.total() + 1  # the next look tells that it goes on, or it has ended
            process.send_signal(number)
            until(lambda heard=heard: ledger.polls.total() > heard or process.poll() is not None)  # type: ignore[misc]  # bound on purpose
        said, _ = process.communicate(timeout=PATIENCE)
    rows = {row["key"]: row for row in map(json.loads, said.splitlines())}

    assert process.returncode == 130
    assert len(said.splitlines()) == len(rows) == 12
    assert {key: row["state"] for key, row in rows.items()} == {row["key"]: row["state"] for row in manifest(out)}
    assert {"pending", "skipped"} <= {row["state"] for row in rows.values()}


@pytest.mark.parametrize("options", [SLOW])
def test_a_single_picture_that_is_interrupted_can_be_fetched(gateway: EmulatorServer, tmp_path: Path) -> None:
    """The command that does it is said."""
    ledger = gateway.world.ledger
    arguments = ("generate", "a cat", "-o", tmp_path / "cat.png", "--speed", SPEED)
    said = in_this_process(*arguments, when=lambda: bool(ledger.accepted), number=signal.SIGINT)
    (create,) = ledger.accepted

    assert (said.code, said.out) == (130, "")
    assert f"nanobanana download {create.task_id}" in said.err
    assert said.err.endswith("interrupted\n")


def test_a_reader_that_leaves_ends_it_quietly(gateway: EmulatorServer, tmp_path: Path) -> None:
    """As in `… --json | head -1`: no traceback, and the manifest is there."""
    arguments = ("batch", written(tmp_path, 30), "-o", tmp_path / "out", "--speed", 200, "--rate", "10/0.5", "--json")
    with spawned(*arguments) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        code = process.wait(PATIENCE)

    assert code == 130
    assert "Traceback" not in err
    assert "Exception ignored" not in err
    assert len(manifest(tmp_path / "out")) == 30
