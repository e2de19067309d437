"""The emulator's line a request, as a terminal and as a file have it."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import urllib.request

import pytest

from nanobanana_async.cli._request_lines import line_writer
from nanobanana_async.emulator import Exchange
from tests.cli.shell import nanobanana
from tests.evidence import PATIENCE


class Screen(io.StringIO):
    """What is written to a terminal."""

    def isatty(self) -> bool:
        return True


def exchange(code: object, path: str = "/x") -> Exchange:
    return Exchange("GET", path, 200, code, 0.001)


def screen_of(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """A terminal in the place of stderr; pytest puts its own there between a fixture and its test."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    return screen


@pytest.mark.parametrize(("code", "colour"), [(200, 32), (429, 33), (401, 31), ("closed", 35)])
def test_a_terminal_shows_the_outcome_in_a_colour(monkeypatch: pytest.MonkeyPatch, code: object, colour: int) -> None:
    """Green, yellow for what may be repeated, red for what may not, magenta for the wire."""
    screen = screen_of(monkeypatch)
    line_writer()(exchange(code))

    assert screen.getvalue() == f"\x1b[{colour}m{exchange(code)}\x1b[0m\n"


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set to anything but nothing."""
    screen = screen_of(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")
    line_writer()(exchange(429))
    monkeypatch.setenv("NO_COLOR", "")
    line_writer()(exchange(429))

    plain, coloured = screen.getvalue().splitlines()
    assert plain == str(exchange(429))
    assert coloured == f"\x1b[33m{exchange(429)}\x1b[0m"


def test_a_path_is_shown_and_not_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No escape sequence of a client's reaches the terminal."""
    screen = screen_of(monkeypatch)
    line_writer()(exchange(404, "/\x1b[2J\r"))

    assert "\x1b[2J" not in screen.getvalue()
    assert "\r" not in screen.getvalue()


def test_a_file_gets_no_colours(capsys: pytest.CaptureFixture[str]) -> None:
    """Nor does a pipe."""
    line_writer()(exchange(429))

    assert capsys.readouterr().err == f"{exchange(429)}\n"


def test_the_emulator_on_a_terminal_is_in_colour() -> None:
    """With the fault that struck at the end of the line."""
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "nanobanana_async", "emulator", "--port", "0", "--fault", "too-many,on=credit"]
    environment = {**os.environ, "TERM": "xterm"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=slave, text=True, env=environment) as process:
        os.close(slave)
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        urllib.request.urlopen(f"{url}/api/v1/chat/credit", timeout=PATIENCE).close()
        process.terminate()
        process.wait(PATIENCE)
    said = os.read(master, 65536).decode()
    os.close(master)

    assert re.search(r"\x1b\[33mGET  /api/v1/chat/credit  429 \(HTTP 200\)  [\d.]+ ms  too-many\x1b\[0m", said)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--webhook-key", "", "--webhook-key"),
        ("--balance-form", "roman", "'roman' is not one of 'float', 'int'"),
    ],
)
def test_what_the_emulator_cannot_be_told_is_exit_code_2(option: str, value: str, words: str) -> None:
    """And says why."""
    said = nanobanana("emulator", "--port", 0, option, value)

    assert said.code == 2
    assert words in said.err
