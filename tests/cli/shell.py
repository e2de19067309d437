"""The command line as its users meet it: in this process, where the tests can see its coverage, or as a command."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
from typer.testing import CliRunner

from nanobanana_async.cli._app import app

LONG = 300.0
"""Seconds after which a command that comes to its end at all has come to it, on any machine."""
FAST = ("--speed", 1000, "--rate", "1000/1")
"""How a batch is told to be as fast as the gateway of these tests."""


@attrs.frozen
class Said:
    """What a command left behind: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Stdout as lines of JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


def nanobanana(*arguments: object, stdin: str | None = None) -> Said:
    """Run a command in this process. A bug in it is raised."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin, catch_exceptions=False)
    return Said(done.exit_code, done.stdout, done.stderr)


def spawned(*arguments: object) -> subprocess.Popen[str]:
    """Start a command as a process of its own, in the environment of the test."""
    command = [sys.executable, "-m", "nanobanana_async", *(str(argument) for argument in arguments)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parent,
    )


def run_to_end(*arguments: object) -> Said:
    """Run a command as a process of its own, to its end."""
    with spawned(*arguments) as process:
        out, err = process.communicate(timeout=LONG)
        return Said(process.returncode, out, err)


def killed_after(seconds: float, *arguments: object) -> None:
    """Start a batch as a process of its own, and SIGKILL it so long after it began to send, or let it end."""
    with spawned(*arguments) as process:
        assert process.stderr is not None
        process.stderr.readline()  # the plan: from now on it sends
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate(timeout=LONG)
