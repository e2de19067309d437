"""The emulator behind a real socket on loopback."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from nanobanana_async.emulator import CannotListenError, EmulatorOptions, EmulatorServer, Exchange, World, serve
from tests.emulator.customer import Clock

MODEL = {"model": "nano-banana-2", "input": {"prompt": "a banana"}}
HEADERS = {"Authorization": "Bearer k"}


def serve_at(world: World, port: int) -> None:
    serve(world, port=port)


def test_a_client_on_this_machine_gets_its_picture(clock: Clock) -> None:
    """From createTask to the picture, over TCP, on a port that was free."""
    lines: list[Exchange] = []
    with EmulatorServer(World(clock=clock), on_request=lines.append) as server:
        with httpx.Client(base_url=server.base_url, headers=HEADERS) as client:
            created = client.post("/api/v1/jobs/createTask", json=MODEL).json()
            clock.move(20)
            record = client.get("/api/v1/jobs/recordInfo", params=created["data"]).json()
        picture = httpx.get(record["data"]["response"]["resultUrls"][0])

    assert picture.content.startswith(b"\xff\xd8\xff")
    assert [line.status for line in lines] == [200, 200, 200]
    assert not server.world.ledger.keys_at_files


def test_a_stopped_server_is_gone_quickly_and_can_be_started_again() -> None:
    """Stopping takes no time to speak of, may be repeated, and a second start has the same port."""
    server = EmulatorServer()
    server.start()
    address = server.base_url
    with httpx.Client() as client:
        client.get(address)
        began = time.monotonic()
        server.stop()
        took = time.monotonic() - began
    server.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)

    with server:
        assert httpx.get(address).status_code == 200
    assert took < 1.5


def test_no_thread_is_left_behind() -> None:
    """The server's thread ends with it."""
    with EmulatorServer() as server:
        httpx.get(server.base_url)

    assert not [thread for thread in threading.enumerate() if thread.name == "emulator"]


def test_a_taken_port_is_named_with_the_remedy() -> None:
    """The error says which address is in use and what to do."""
    with (
        EmulatorServer() as server,
        pytest.raises(CannotListenError, match=rf"127\.0\.0\.1:{server.port} is already in use; choose another port"),
    ):
        EmulatorServer(port=server.port).start()


def test_an_address_that_is_not_here_is_named() -> None:
    """Any other reason not to listen is said as well."""
    with pytest.raises(CannotListenError, match=r"cannot listen on 192\.0\.2\.1:0"):
        EmulatorServer(host="192.0.2.1", expose=True).start()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com"])
def test_the_network_is_kept_out_unless_told_twice(host: str) -> None:
    """A host beyond loopback needs expose as well."""
    with pytest.raises(ValueError, match="not a loopback address"):
        EmulatorServer(host=host).start()


def test_all_addresses_are_reachable_by_loopback() -> None:
    """The base URL of a server on every address can be used on this machine."""
    with EmulatorServer(host="0.0.0.0", expose=True) as server:
        assert httpx.get(server.base_url).status_code == 200


@pytest.mark.parametrize("start", [lambda world, port: EmulatorServer(world, port=port).start(), serve_at])
def test_a_server_that_can_not_start_lets_go_of_its_folder(
    tmp_path: Path, start: Callable[[World, int], object]
) -> None:
    """So that it can be tried again, on another port."""
    options = EmulatorOptions(state_dir=tmp_path)
    with EmulatorServer() as server, pytest.raises(CannotListenError):
        start(World(options), server.port)

    World(options).close()


def test_a_client_in_the_middle_of_its_body_is_left() -> None:
    """After a second of grace; nothing is said about it."""
    with EmulatorServer() as server, socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(b"POST /api/v1/jobs/createTask HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        httpx.get(server.base_url)
        server.stop()

        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1000) == b""

    assert not server.world.ledger.creates


def test_ipv6_addresses_are_bracketed() -> None:
    """The base URL on ::1 is a valid one."""
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    assert EmulatorServer(host="::1", port=5).base_url == "http://[::1]:5"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_runs_until_it_is_told_to_stop(number: signal.Signals) -> None:
    """In the foreground, a signal ends it cleanly, and the handlers of before are put back."""
    before = signal.getsignal(number)
    lines: list[Exchange] = []

    def ask_and_stop(address: str) -> None:
        httpx.get(f"{address}/api/v1/chat/credit", headers=HEADERS, timeout=10)
        os.kill(os.getpid(), number)

    def on_started(address: str) -> None:
        threading.Thread(target=ask_and_stop, args=(address,)).start()

    serve(World(), report=lines.append, on_started=on_started)

    assert [line.code for line in lines] == [200]
    assert signal.getsignal(number) is before


def test_serve_is_silent_unless_asked() -> None:
    """With nothing to report to, nothing is printed until the end."""
    program = (
        "import os, signal, threading\n"
        "from nanobanana_async.emulator import World, serve\n"
        "stop = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM))\n"
        "stop.start()\n"
        "serve(World())\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=20, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
