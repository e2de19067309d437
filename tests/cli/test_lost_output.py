"""Streams that are closed, unread or full: what is paid for doesn't hang on them, and nothing is a traceback."""

from __future__ import annotations

import errno
import io
import os
import shutil
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from nanobanana_async.cli import _open_what_is_closed
from nanobanana_async.cli._output import OutputLostError, put, stdout_is_a_file, stdout_is_a_screen
from nanobanana_async.cli._stderr import PeoplesStream
from nanobanana_async.cli._terminal import Terminal
from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Limit
from tests.cli.batches import bananas
from tests.cli.shell import FAST, nanobanana, spawned
from tests.cli.streams import Failing, called, text
from tests.evidence import PATIENCE, until
from tests.runs.files import manifest

FULL = OSError(errno.EFBIG, "File too large")
UNREAD = BrokenPipeError(errno.EPIPE, "Broken pipe")


def states(out: Path) -> Counter[str]:
    return Counter(row["state"] for row in manifest(out))


@pytest.mark.parametrize(
    ("error", "code", "extra"), [(UNREAD, 130, []), (UNREAD, 130, ["--json"]), (FULL, 3, []), (FULL, 3, ["--json"])]
)
def test_a_stdout_that_is_lost_ends_a_batch_in_words(
    gateway: EmulatorServer, tmp_path: Path, *, error: OSError, code: int, extra: list[str]
) -> None:
    """Nothing more is sent, which is said at once; then what is paid for, and how to go on; the rest comes later."""
    gateway.world.faults.add("stuck,nth=3")
    source, out, err = bananas(tmp_path, 3), tmp_path / "out", io.BytesIO()
    arguments = ("batch", source, "-o", out, *FAST, *extra)
    found = called(*arguments, out=Failing(error, lines=1), err=err)
    said = err.getvalue().decode()
    left = states(out)
    gateway.world.faults.clear()
    after = nanobanana(*arguments, "--deadline", 1)

    assert found == code
    assert "Traceback" not in said
    assert f"stdout: {'nobody reads it any more' if code == 130 else 'it can'}" in said
    assert "; nothing more is sent\n" in said
    assert "Run the same command again: it waits for them" in said
    assert left["pending"] >= 1
    assert "Exception" not in after.err
    assert len(gateway.world.ledger.creates) == 3


def test_words_that_nobody_reads_any_more_end_a_batch(gateway: EmulatorServer, tmp_path: Path) -> None:
    """As in `2>&1 | head`: as at SIGTERM, with the manifest written."""
    source, out = bananas(tmp_path, 3), tmp_path / "out"
    code = called("batch", source, "-o", out, *FAST, out=io.BytesIO(), err=Failing(UNREAD, lines=1))

    assert code == 130
    assert states(out).total() == 3
    assert not gateway.world.ledger.creates


def test_words_that_can_not_be_written_are_left_unsaid(gateway: EmulatorServer, tmp_path: Path) -> None:
    """A log on a full disk is no reason to leave what the folder has room for."""
    source, out = bananas(tmp_path, 3), tmp_path / "out"
    code = called("batch", source, "-o", out, *FAST, out=io.BytesIO(), err=Failing(FULL, lines=1))

    assert code == 0
    assert states(out) == {"succeeded": 3}


@pytest.mark.parametrize("options", [EmulatorOptions(speed=1000, limit=Limit(1000, per=1))])
def test_a_reader_of_words_that_leaves_cuts_no_create_off(gateway: EmulatorServer, tmp_path: Path) -> None:
    """Answers on the wire are awaited: no task is unknown."""
    gateway.world.faults.add("drip,seconds=0.01,nth=2/3/4/5")
    gateway.world.faults.add("fail,kind=policy,nth=1")
    source, out, ledger = bananas(tmp_path, 5), tmp_path / "out", gateway.world.ledger
    with spawned("batch", source, "-o", out, *FAST) as process:
        assert process.stderr is not None
        process.stderr.readline()
        until(lambda: len(ledger.creates) == 5)
        process.stderr.close()
        code = process.wait(PATIENCE)

    assert code == 130
    assert states(out)["unknown"] == 0
    assert states(out)["pending"] + states(out)["succeeded"] >= 4


def test_a_stdout_that_is_closed_wants_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is it a file, or a screen."""
    monkeypatch.setattr("sys.stdout", None)
    put("a line")
    seen = (stdout_is_a_file(), stdout_is_a_screen())

    assert seen == (False, False)


@pytest.mark.parametrize("error", [FULL, ValueError("I/O operation on closed file")])
def test_what_is_wrong_with_stdout_is_told(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """In the system's words."""

    monkeypatch.setattr("sys.stdout", text(Failing(error)))

    with pytest.raises(OutputLostError, match=r"stdout: it can't be written: (File too large \(EFBIG\)|I/O operation)"):
        put("a line")


@pytest.mark.parametrize("is_closed", [False, True])
def test_a_stream_for_people_never_raises(monkeypatch: pytest.MonkeyPatch, is_closed: bool) -> None:
    """Whoever has to know that nobody reads it is called, for a reader that has left alone."""
    called_for: list[OSError] = []
    for error in (FULL, UNREAD):
        stream = PeoplesStream(lambda error=error: called_for.append(error))  # type: ignore[misc]  # bound on purpose
        monkeypatch.setattr("sys.stderr", None if is_closed else text(Failing(error)))
        stream.write("a word")
        stream.flush()
        assert not stream.isatty()
        with pytest.raises(OSError, match=r"closed|fileno"):
            stream.fileno()
    monkeypatch.undo()

    assert called_for == ([] if is_closed else [UNREAD])


def test_a_character_that_a_stream_does_not_know_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what can't be said is left out."""
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stderr", io.TextIOWrapper(raw, "ascii", write_through=True))
    terminal = Terminal()
    terminal.say("b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher")
    terminal.say("books")
    said = raw.getvalue()
    monkeypatch.undo()

    assert said.endswith(b"books\n")


def test_no_file_gets_the_number_of_a_stream_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a shell has closed is opened, on nothing."""
    opened: list[str] = []
    real: Callable[[int], os.stat_result] = os.fstat

    def fstat(descriptor: int) -> os.stat_result:
        if descriptor == 1:
            raise OSError(errno.EBADF, "Bad file descriptor")
        return real(descriptor)

    monkeypatch.setattr(os, "fstat", fstat)
    monkeypatch.setattr(os, "open", lambda path, _: opened.append(path))
    _open_what_is_closed()
    monkeypatch.undo()

    assert opened == [os.devnull]


@pytest.mark.parametrize("options", [EmulatorOptions(speed=100, limit=Limit(1000, per=1))])
def test_a_folder_that_goes_while_a_batch_runs_is_said_in_words(gateway: EmulatorServer, tmp_path: Path) -> None:
    """Each task that is paid for is named once, with the command that fetches it; exit code 3."""
    source, out, ledger = bananas(tmp_path, 3), tmp_path / "out", gateway.world.ledger

    def remove() -> None:
        until(lambda: len(ledger.accepted) == 3)
        shutil.rmtree(out)

    removing = threading.Thread(target=remove)
    removing.start()
    said = nanobanana("batch", source, "-o", out, "--speed", 100, "--rate", "1000/1")
    removing.join()

    assert said.code == 3
    assert all(said.err.count(f"nanobanana download {create.task_id}") == 1 for create in ledger.accepted)
    assert "not in the manifest" not in said.err
    assert "was moved, removed or replaced while a run was at work in it" in said.err
    assert "Once that is put right, run the same command again." in said.err
    assert not out.exists()
