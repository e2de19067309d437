"""Servers that others wrote, as processes on loopback: found where they are installed, started, and ended.

Each gets an environment of its own: nothing of the user's is in it, neither keys nor proxies nor a home.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from attrs import define, frozen

KEY = "sk-interop"
PATIENCE = 120.0
"""Seconds in which a server that comes up at all has come up, on any machine."""


@frozen
class Program:
    """A server that may be installed here."""

    name: str
    variable: str

    @property
    def path(self) -> str | None:
        """Where it is."""
        return os.environ.get(self.variable) or shutil.which(self.name)

    @property
    def is_needed(self) -> pytest.MarkDecorator:
        """Skips the tests that it is marked with, where it is not installed."""
        reason = f"{self.name} is not installed: set {self.variable}, see tests/interop/README.md"
        return pytest.mark.skipif(self.path is None, reason=reason)


LITELLM = Program("litellm", "NANOBANANA_LITELLM")
AIMOCK = Program("aimock", "NANOBANANA_AIMOCK")


@define(eq=False)
class Server:
    """One of them, started; `url` is its own, without a path."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def log(self) -> str:
        """All that it has said so far."""
        return (self.folder / "log").read_text(errors="replace")

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def wait_for(self, path: str) -> None:
        """Return when it answers there with a 200. AssertionError where it does not come up."""
        until = time.monotonic() + PATIENCE
        while not _answers(self.url + path):
            assert self.is_alive, f"{self.process.args!r} ended with {self.process.returncode}: {self.log}"
            assert time.monotonic() < until, f"{self.process.args!r} does not answer: {self.log}"
            time.sleep(0.05)

    def kill(self) -> None:
        """As a power cut does it."""
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        """Ask it to end, and see to it that it does. May be called twice."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()


def start(command: Sequence[str], folder: Path, port: int, more: Mapping[str, str] | None = None) -> Server:
    """`command`, begun in `folder`, which is its home as well; it is to listen on `port`."""
    home = {"HOME": str(folder), "TMPDIR": str(folder), "PATH": os.environ.get("PATH", os.defpath)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env={**home, **(more or {})}, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    return Server(f"http://127.0.0.1:{port}", folder, process)


def free_port() -> int:
    """One on loopback that nobody has at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False
