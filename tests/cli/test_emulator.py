"""`emulator`: the gateways on this machine, for any client."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, World
from tests.cli.shell import Said, nanobanana, spawned
from tests.evidence import PATIENCE


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def stop_when_up(port: int) -> None:
    """Send a signal to this process as soon as the emulator in it answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            break
    os.kill(os.getpid(), signal.SIGTERM)


def served(*options: object) -> Said:
    """The emulator in this process, stopped once it is up."""
    port = free_port()
    stopper = threading.Thread(target=stop_when_up, args=[port])
    stopper.start()
    try:
        return nanobanana("emulator", "--port", port, *options)
    finally:
        stopper.join()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_stopped(number: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    """The base URL is all of stdout, a line a request is on stderr, and the exit code is 0."""
    with spawned("emulator", "--port", 0, "--speed", 20, "--seed", 1, "--rate", "20/10", "--keys", "k1,k2") as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        monkeypatch.setenv("KIE_API_KEY", "k2")
        inside = nanobanana("balance", "--base-url", base_url)
        monkeypatch.setenv("KIE_API_KEY", "k3")
        outside = nanobanana("balance", "--base-url", base_url)
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)

    assert (process.returncode, out) == (0, "")
    assert (inside.code, outside.code) == (0, 3)
    assert f"  export KIE_BASE_URL={base_url} KIE_API_KEY=" in err
    assert "GET  /api/v1/chat/credit  200" in err
    assert err.endswith("the emulator has stopped\n")


def test_it_says_what_it_is_and_how_to_point_a_client_at_it(tmp_path: Path) -> None:
    """In words, on stderr."""
    said = served("--speed", 2.5, "--credits", 7, "--state", tmp_path, "--allow-remote", "--public-url", "http://x")

    assert said.code == 0
    assert said.out.startswith("http://127.0.0.1:")
    assert said.err.startswith("the emulator is up: 20/10 new tasks, 2.5 times as fast as life, seed 0\n")
    assert f"  export KIE_BASE_URL={said.out.strip()} KIE_API_KEY=any\n" in said.err


def test_what_it_is_told_of_balances_and_callbacks_reaches_it() -> None:
    """A balance can be an int; a key to sign with is taken, and never said."""
    with spawned("emulator", "--port", 0, "--balance-form", "int", "--webhook-key", "sesame") as process:
        assert process.stdout is not None
        request = urllib.request.Request(f"{process.stdout.readline().strip()}/api/v1/chat/credit")
        request.add_header("Authorization", "Bearer k")
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            content = answer.read()
        process.terminate()
        _, err = process.communicate(timeout=PATIENCE)

    assert content == b'{"code":200,"msg":"success","data":10000}'
    assert "sesame" not in err


def test_a_folder_that_another_one_uses_is_said(tmp_path: Path) -> None:
    """With its name, and a way out."""
    with World(EmulatorOptions(state_dir=tmp_path)):
        said = nanobanana("emulator", "--port", 0, "--state", tmp_path)

    assert said.code == 2
    assert f"another emulator is at work on the state folder {str(tmp_path)!r}" in said.err
    assert "Give another --state." in said.err


@pytest.mark.parametrize(
    ("options", "words", "remedy"),
    [
        (["--host", "0.0.0.0"], "would be open to the network\n", "  Use --host 127.0.0.1, or say --expose if"),
        (["--host", "192.0.2.1", "--expose"], "cannot listen on 192.0.2.1:0", "  Give a --host of this machine"),
        (["--keys", " , "], "no key: write k1,k2", ""),
        (["--speed", "0"], "is no number above 0", ""),
        (["--credits", "-1"], "--credits", ""),
        (["--credits", "inf"], "can't start: --credits inf is not allowed\n", "  It may be a number, 0 or more."),
        (["--webhook-key", ""], "--webhook-key '' is not allowed\n", "  It may be a text that is not empty"),
        (["--public-url", "x"], "--public-url 'x' is not allowed\n", "  It may be an http or https address"),
    ],
)
def test_what_it_cannot_be_started_with_is_exit_code_2(options: list[str], words: str, remedy: str) -> None:
    """And says why, and what to do, in the words of the command line."""
    said = nanobanana("emulator", "--port", 0, *options)

    assert said.code == 2
    assert words in said.err
    assert remedy in said.err
    assert "expose=True" not in said.err


def test_a_port_that_is_taken_is_said(gateway: EmulatorServer) -> None:
    """With a way out."""
    said = nanobanana("emulator", "--port", gateway.port)

    assert said.code == 2
    assert said.err == (
        f"error: the emulator can't start: 127.0.0.1:{gateway.port} is already in use\n"
        "  Give another --port, or --port 0 for any free one.\n"
    )


def test_a_folder_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    """By its path."""
    (tmp_path / "file").write_text("")

    said = nanobanana("emulator", "--port", 0, "--state", tmp_path / "file" / "folder")

    assert said.code == 2
    assert f"can't start: {tmp_path / 'file' / 'folder'}: Not a directory\n  See to that path" in said.err


def test_its_help_says_how_it_ends() -> None:
    """With the exit code."""
    assert "Ctrl-C stops it, with exit code 0." in " ".join(nanobanana("emulator", "--help").out.split())


@pytest.mark.parametrize("command", [["emulator", "--port", "0", "--state"], ["download", "t", "--emulator", "-o"]])
def test_a_state_that_it_did_not_write_is_left_alone(tmp_path: Path, command: list[str]) -> None:
    """The error names the file and the line."""
    for folder in (tmp_path, tmp_path / ".emulator"):
        folder.mkdir(exist_ok=True)
        (folder / "emulator.jsonl").write_text("nonsense\n")
    said = nanobanana(*command, tmp_path)

    assert said.code == 2
    assert "line 1, is not a line of the emulator's state" in said.err
