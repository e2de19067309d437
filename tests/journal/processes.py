"""Programs in processes of their own, which may be stopped and killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE = 60.0
"""Seconds after which a program that should have ended is killed."""

_PREAMBLE = """
import asyncio, json, logging, os, random, resource, signal, sys, time
from nanobanana_async.errors import *
from nanobanana_async.journal import *
from tests.journal.conftest import GATEWAY
from tests.journal.steps import *

logging.disable()
path = sys.argv[1]

def tell(*said):
    print(json.dumps(said), flush=True)

async def main():
{}

asyncio.run(main())
"""


class Program:
    """A process that runs `main`, given as its indented lines, on the journal at `path`."""

    def __init__(self, path: Path, main: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PREAMBLE.format(main), str(path)],
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        return self.process.pid

    def hear(self) -> Any:
        """What it tells next, None once it is no more."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        return json.loads(line) if line.endswith("\n") else None

    def rest(self) -> list[Any]:
        """All that it tells until it ends."""
        return list(iter(self.hear, None))

    def stop(self) -> None:
        """Hold it where it is, and wait until it stands."""
        os.kill(self.pid, signal.SIGSTOP)
        os.waitpid(self.pid, os.WUNTRACED)

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        os.kill(self.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)


@contextmanager
def running(path: Path, main: str) -> Iterator[Program]:
    """A program, killed in the end if it still runs."""
    program = Program(path, main)
    try:
        yield program
    finally:
        if program.process.poll() is None:
            program.kill()
        assert program.process.stdout is not None
        program.process.stdout.close()


def told_by(path: Path, main: str) -> list[Any]:
    """All that a program tells, which has to end well."""
    with running(path, main) as program:
        said = program.rest()
        assert program.process.wait(PATIENCE) == 0
        return said
