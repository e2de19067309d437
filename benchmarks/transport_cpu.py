"""What a request costs this process in CPU time: our transport beside one `httpx.AsyncClient`, in the same run.

    python benchmarks/transport_cpu.py [--quick]

A second process answers every request with a fixed task record after 20 or 350 ms, give or take a quarter. Workers,
started one after the other, send an image's worth of requests over and over: a create, then five looks at its task.
After a warm-up the CPU time of this process alone is taken over a window of steady work and divided by the requests
that ended in it. Medians of three.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import math
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import attrs
import httpx

from benchmarks.loopback import Gateway, allow_many_connections, json_reply, serve, server_process
from nanobanana_async.transport import HttpxTransport
from nanobanana_async.values import WireRequest

RECORD = json.dumps({"code": 200, "msg": "success", "data": {"taskId": "09e4987e60ef4b82c25e2650652989d6"}}).encode()
ANSWER = json_reply(RECORD)
BODY = json.dumps({"model": "nano-banana-2", "input": {"prompt": "a banana in orbit, studio light"}}).encode()
JSON_TYPE = {"Content-Type": "application/json"}
KEY = "0123456789abcdef0123456789abcdef"
WORKERS = 64
LOOKS = 5
SECONDS = 1.0
RAMP = 0.5
"""Seconds over which the workers begin, and a millisecond more for each, which is what connecting takes: all at once
they would stay in step for as long as a pool is overloaded. After so many seconds again the measuring begins."""

MOST_FOR_ONE_POOL = 500
"""Beyond that one pool does not get to the end of its first round in the time there is."""

Send = Callable[[str, str, bytes | None], Awaitable[object]]
"""Sends one request: method, URL, body."""


class Answers(Gateway):
    """The server: answers each request after the number of milliseconds in its path."""

    def asked(self, head: bytes, /) -> None:
        self.answer_after(int(head.split(b"/", 2)[1]) / 1000, ANSWER)


@asynccontextmanager
async def one_pool(at_once: int) -> AsyncIterator[Send]:
    """httpx as it is usually used, its limits raised so that nothing waits for a place."""
    limits = httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once)
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(limits=limits, timeout=60, headers=headers, trust_env=False) as client:

        async def send(method: str, url: str, body: bytes | None) -> object:
            return await client.request(method, url, content=body, headers=JSON_TYPE if body else None)

        yield send


@asynccontextmanager
async def ours(_: int) -> AsyncIterator[Send]:
    transport = HttpxTransport(trust_env=False)

    async def send(method: str, url: str, body: bytes | None) -> object:
        headers = JSON_TYPE if body else {}
        return await transport.send(
            WireRequest(method, url, body=body, headers=headers, bearer=KEY, pays=body is not None, deadline=60)
        )

    yield send
    await transport.aclose()


@attrs.define
class Window:
    """Requests that ended, counted while workers work."""

    ended: int = 0


async def work(send: Send, base: str, window: Window, numbers: Iterator[int], begin_after: float) -> None:
    await asyncio.sleep(begin_after)
    while True:
        task = f"{base}/api/v1/jobs/recordInfo?taskId={next(numbers):032x}"
        for method, url, body in [("POST", f"{base}/api/v1/jobs/createTask", BODY), *[("GET", task, None)] * LOOKS]:
            await send(method, url, body)
            window.ended += 1


async def cpu_per_request(send: Send, base: str, workers: int, seconds: float) -> float:
    """In milliseconds, once all workers are at work."""
    window, numbers = Window(), itertools.count()
    ramp = RAMP + workers / 1000
    tasks = [asyncio.create_task(work(send, base, window, numbers, ramp * place / workers)) for place in range(workers)]
    await asyncio.sleep(ramp + RAMP)
    begun, ended_before = time.process_time(), window.ended
    await asyncio.sleep(seconds)
    spent, ended = time.process_time() - begun, window.ended - ended_before
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return 1000 * spent / max(ended, 1)


async def measure(server: str, delay: int, at_once: int, seconds: float) -> tuple[float, float, float]:
    """One pool of httpx, ours with few workers, ours with a worker each; nan where there is nothing to measure."""
    base = f"{server}/{delay}"
    pool = few = float("nan")
    if at_once <= MOST_FOR_ONE_POOL:
        async with one_pool(at_once) as send:
            pool = await cpu_per_request(send, base, at_once, seconds)
    if at_once > WORKERS:
        async with ours(at_once) as send:
            few = await cpu_per_request(send, base, WORKERS, seconds)
    async with ours(at_once) as send:
        return pool, few, await cpu_per_request(send, base, at_once, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="each of three rows once, in a quarter of a minute")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve(Answers))
        return
    allow_many_connections()
    rows = [(20, 100), (350, 100), (350, 500)]
    if not options.quick:
        rows = [(20, 20), (20, 100), (20, 500), (350, 100), (350, 500), (350, 2000)]
    with server_process(__file__) as server:
        table(rows, server, repeats=1 if options.quick else 3)


def table(rows: list[tuple[int, int]], server: str, *, repeats: int) -> None:
    print("CPU in ms a request   httpx, one pool    ours, 64 workers   ours, a worker each")
    print("latency   at once                         (of httpx's)       (of httpx's)")
    for delay, at_once in rows:
        runs = [asyncio.run(measure(server, delay, at_once, SECONDS)) for _ in range(repeats)]
        pool, few, all_ = (statistics.median(column) for column in zip(*runs, strict=True))
        cells = [figure(pool), figure(few), ratio(few, pool), figure(all_), ratio(all_, pool)]
        print(f"{delay:4} ms {at_once:10} {'{:>17}{:>13}{:>8}{:>12}{:>8}'.format(*cells)}", flush=True)


def figure(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"


def ratio(ours: float, theirs: float) -> str:
    return "" if math.isnan(ours / theirs) else f"({ours / theirs:.2f})"


if __name__ == "__main__":
    main()
