"""The emulator as a process: however it is told to stop, it stops soon and says nothing of it."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from attrs import define

PATIENCE = 20
PROGRAM = """
import sys
from nanobanana_async.emulator import EmulatorOptions, World, serve
world = World(EmulatorOptions(speed=1000), faults=sys.argv[1:])
serve(world, report=lambda line: print(line, flush=True), on_started=lambda url: print(url, flush=True))
print("the end", flush=True)
"""
ORDER = {"model": "nano-banana-2", "input": {"prompt": "a banana"}}


@define
class Running:
    """The process, and its port."""

    process: subprocess.Popen[str]
    port: int

    def read_line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def said(self, method: str, path: str, body: bytes = b"") -> socket.socket:
        """A connection on which this has been asked; nobody waits for an answer."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        return connection

    def stopped(self, *signals: signal.Signals) -> tuple[int, str, str, float]:
        """Exit code, what else was said, and the seconds it took."""
        began = time.monotonic()
        for number in signals:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err, time.monotonic() - began


@contextlib.contextmanager
def running(*faults: str) -> Iterator[Running]:
    command = [sys.executable, "-c", PROGRAM, *faults]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            yield Running(process, int(url.rpartition(":")[2]))
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "fault",
    ["", "silent,on=credit", "drip,on=credit,seconds=100", "huge,on=credit,size=1000000000", "gzip-bomb,on=credit"],
)
def test_nobody_who_hangs_on_keeps_it(number: signal.Signals, fault: str) -> None:
    """Whatever its clients wait for: it ends cleanly, in about a second."""
    with running(*([fault] if fault else [])) as emulator:
        hanging = [emulator.said("GET", "/api/v1/chat/credit") for _ in range(3)]
        lines = [emulator.read_line() for _ in hanging]
        idle = socket.create_connection(("127.0.0.1", emulator.port), timeout=PATIENCE)
        code, out, err, seconds = emulator.stopped(number)
        for connection in (idle, *hanging):
            connection.close()

    assert all("/api/v1/chat/credit" in line for line in lines)
    assert (code, out, err) == (0, "the end\n", "")
    assert seconds < 5


@pytest.mark.parametrize("signals", [[signal.SIGTERM], [signal.SIGINT, signal.SIGINT]])
def test_a_client_in_the_middle_of_its_body_does_not_keep_it(signals: list[signal.Signals]) -> None:
    """It never says the rest."""
    with running() as emulator:
        connection = socket.create_connection(("127.0.0.1", emulator.port), timeout=PATIENCE)
        connection.sendall(b"POST /api/v1/jobs/createTask HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        with emulator.said("GET", "/api/v1/chat/credit"):  # the one before it has been read by then
            emulator.read_line()
        code, out, err, seconds = emulator.stopped(*signals)
        connection.close()

    assert (code, out, err) == (0, "the end\n", "")
    assert seconds < 5


def test_a_receiver_that_says_nothing_does_not_keep_it() -> None:
    """A callback that is on its way is dropped."""
    with running() as emulator, socket.create_server(("127.0.0.1", 0)) as receiver:
        receiver.settimeout(PATIENCE)
        url = f"http://127.0.0.1:{receiver.getsockname()[1]}/hook"
        with emulator.said("POST", "/api/v1/jobs/createTask", json.dumps({**ORDER, "callBackUrl": url}).encode()):
            emulator.read_line()
            visit, _ = receiver.accept()
            visit.settimeout(PATIENCE)
            assert visit.recv(5) == b"POST "
            code, out, err, seconds = emulator.stopped(signal.SIGINT)
            visit.close()

    assert (code, out, err) == (0, "the end\n", "")
    assert seconds < 5


def test_a_second_signal_does_no_harm() -> None:
    """Somebody who is in a hurry gets no traceback either."""
    with running("silent,on=credit") as emulator, emulator.said("GET", "/api/v1/chat/credit"):
        emulator.read_line()
        code, out, err, _ = emulator.stopped(signal.SIGINT, signal.SIGINT)

    assert (code, out, err) == (0, "the end\n", "")
