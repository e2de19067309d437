"""Being kept waiting, over a socket: how long, by how many, and what becomes of those who leave."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import Any

import httpx
import pytest

from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Exchange, Limit, World
from tests.emulator.faults.raw_client import connected
from tests.evidence import PATIENCE, until

pytestmark = pytest.mark.wall_clock

SAID = {"model": "nano-banana-2", "prompt": "a banana"}
KEY = {"Authorization": "Bearer k"}
GENERATIONS = "/v1/images/generations"


def serving(*faults: str, lines: list[Exchange] | None = None, **options: Any) -> EmulatorServer:
    world = World(EmulatorOptions(**{"limit": Limit(100_000), **options}), faults=faults)
    return EmulatorServer(world, on_request=None if lines is None else lines.append)


def buying(server: EmulatorServer) -> httpx.Client:
    return httpx.Client(base_url=server.base_url, headers=KEY, timeout=PATIENCE)


def test_the_answer_takes_as_long_as_the_picture() -> None:
    """At speed; then its file is there. The line that is reported says the time."""
    lines: list[Exchange] = []
    with serving(lines=lines, speed=40) as server, buying(server) as client:
        began = time.monotonic()
        answer = client.post(GENERATIONS, json=SAID)
        took = time.monotonic() - began
        picture = client.get(answer.json()["data"][0]["url"])
        (plan,) = [task.plan for task in server.world.tasks]
    usual = plan.last.at - plan.created_at

    assert 5 / 40 <= usual <= took
    assert picture.status_code == 200
    assert [(line.method, line.code, line.outcome) for line in lines] == [("POST", 200, "done"), ("GET", 200, "done")]
    assert lines[0].seconds >= usual


async def test_many_wait_at_once_and_hold_nobody_up() -> None:
    """No thread is held, others are answered, and a stop waits for none of them: all have paid."""
    count = 60
    with serving("slow,seconds=600") as server:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=server.base_url, headers=KEY, timeout=60, limits=limits) as client:
            await asyncio.to_thread(int)  # the thread that this test waits in is there from here on
            threads = threading.active_count()
            waiting = [asyncio.create_task(client.post(GENERATIONS, json=SAID)) for _ in range(count)]
            await asyncio.to_thread(until, lambda: len(server.world.ledger.accepted) == count)
            held = threading.active_count() - threads
            balance = (await client.get("/api/v1/chat/credit")).json()["data"]
            began = time.monotonic()
            await asyncio.to_thread(server.stop)
            took = time.monotonic() - began
            ends = await asyncio.gather(*waiting, return_exceptions=True)

    assert held == 0
    assert balance == 10_000.0 - count * 8
    assert took < 60
    assert all(isinstance(end, httpx.TransportError) for end in ends)
    assert len(server.world.ledger.hung_up) == count


def test_who_hangs_up_has_paid_and_it_is_noted() -> None:
    """In the ledger, and as a line; the task goes on."""
    lines: list[Exchange] = []
    with serving("slow,seconds=600", lines=lines) as server:
        ledger = server.world.ledger
        with connected(server.port) as client:
            client.post(GENERATIONS, json.dumps(SAID).encode())
            until(lambda: bool(ledger.accepted))
            assert client.is_quiet()
        until(lambda: bool(ledger.hung_up))
        (task,) = server.world.tasks
        until(lambda: bool(lines))

    assert list(ledger.hung_up) == [task.id]
    assert ledger.paid == 8
    assert [(line.code, line.status, line.outcome) for line in lines] == [("client hung up", 0, "wire")]


def test_a_relay_that_gives_up_answers_with_its_page() -> None:
    """524, in HTML, after so many seconds at speed."""
    with serving("slow,seconds=600", cut_after=2, speed=10) as server, buying(server) as client:
        began = time.monotonic()
        answer = client.post(GENERATIONS, json=SAID)
        took = time.monotonic() - began

    assert (answer.status_code, answer.headers["content-type"]) == (524, "text/html; charset=utf-8")
    assert took >= 0.2
    assert server.world.ledger.paid == 8


def test_a_task_that_never_ends_keeps_its_client_waiting() -> None:
    """Silence, on a connection that stays open."""
    with serving("stuck") as server, connected(server.port) as client:
        ledger = server.world.ledger
        client.post(GENERATIONS, json.dumps(SAID).encode())
        until(lambda: bool(ledger.accepted))
        client.get("/api/v1/chat/credit")  # whatever is sent behind it is answered behind it

        assert client.is_quiet()
        assert ledger.paid == 8


@pytest.mark.parametrize(
    ("fault", "error"),
    [("closed", httpx.RemoteProtocolError), ("reset", httpx.ReadError), ("cut", httpx.RemoteProtocolError)],
)
def test_a_connection_may_break_in_the_end(fault: str, error: type[Exception]) -> None:
    """After the wait, when the answer should come."""
    with serving(fault, speed=40) as server, buying(server) as client:
        began = time.monotonic()
        with pytest.raises(error):
            client.post(GENERATIONS, json=SAID)
        took = time.monotonic() - began
        (task,) = server.world.tasks

    assert took >= task.plan.last.at - task.plan.created_at
    assert server.world.ledger.paid == 8
