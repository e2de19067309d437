"""What a task in flight costs in memory, and a batch of many: ours beside a coroutine for each task, on virtual time.

    python benchmarks/memory.py            # two minutes; --quick: a tenth of the items

Both go over a transport that answers at once and keeps nothing: a task's id says when it is done. Tasks take 30 s, and
1 000 are in flight.

First figure, by tracemalloc: what there is more of once 1 000 tasks are accepted and wait, for each of them. The
requests themselves are the user's, made before and not counted. Ours in a batch, and with somebody who awaits each:
there the awaiting asyncio task counts as well. Beside it a coroutine for each task that sends, sleeps and looks, bare
and in an `asyncio.timeout` of its own.

The others: the most memory that the process has held while it made so many items, beyond what it held for ten. They
come from a generator; who awaits each makes all coroutines at once, and 1 000 get past a semaphore, or into our window.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import resource
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from nanobanana_async import Client, Kie, NanoBanana, Polling, Rate
from nanobanana_async.testing import VirtualTimeLoop
from nanobanana_async.transport import WireStream
from nanobanana_async.values import WireReply, WireRequest

IN_FLIGHT = 1000
ITEMS = 100_000
TAKES = 30.0
"""Seconds that a task takes."""
MIDWAY = 20.0
"""Seconds after which all are accepted and none has been looked at."""
FIRST_LOOK, INTERVAL = 25.0, 10.0
DEADLINE = 1e5
"""Seconds for each item, its time in the queue included."""
BASE = "http://gateway.localhost"


class NothingKept:
    """A `Transport` to a gateway without a memory; a task's id is the moment at which it is done, and a number."""

    def __init__(self) -> None:
        self._created = 0

    async def send(self, request: WireRequest) -> WireReply:
        await asyncio.sleep(0)
        now = asyncio.get_running_loop().time()
        data = self._new_task(now) if request.pays else _record(request.url.rpartition("=")[2], now)
        return WireReply(200, {}, json.dumps({"code": 200, "msg": "success", "data": data}).encode())

    def stream(self, request: WireRequest) -> AbstractAsyncContextManager[WireStream]:
        raise NotImplementedError(request.url)

    async def aclose(self) -> None:
        """There is nothing to close."""

    def _new_task(self, now: float) -> dict[str, str]:
        self._created += 1
        return {"taskId": f"{int(1000 * (now + TAKES)):016x}{self._created:016x}"}


def _record(task_id: str, now: float) -> dict[str, object]:
    done = now >= int(task_id[:16], 16) / 1000
    urls = json.dumps({"resultUrls": [f"{BASE}/{task_id}.png"]})
    return {"taskId": task_id, "state": "success" if done else "waiting", "resultJson": urls if done else ""}


# --- those who make images --------------------------------------------------------------------------------------


def client() -> Client:
    """With its rate and its looks out of the way."""
    return Client(
        Kie("test", base_url=BASE),
        transport=NothingKept(),
        rate=Rate(1_000_000, per=1),
        in_flight=IN_FLIGHT,
        polling=Polling(first=FIRST_LOOK, interval=INTERVAL, per_second=1_000_000),
        deadline=DEADLINE,
    )


async def in_a_batch(requests: Iterable[NanoBanana]) -> None:
    async with client() as ours, ours.batch(requests) as outcomes:
        async for outcome in outcomes:
            assert outcome.ok, outcome


async def awaited_each(requests: Iterable[NanoBanana]) -> None:
    async with client() as ours:
        await asyncio.gather(*map(ours.generate, requests))


async def coroutines(requests: Iterable[NanoBanana]) -> None:
    await a_coroutine_each(requests, scope=lambda _: nullcontext())


async def coroutines_in_time(requests: Iterable[NanoBanana]) -> None:
    await a_coroutine_each(requests, scope=asyncio.timeout)


async def a_coroutine_each(
    requests: Iterable[NanoBanana], *, scope: Callable[[float], AbstractAsyncContextManager[object]]
) -> None:
    """Everybody for himself, 1 000 at once past a semaphore, each within a `scope` of so many seconds."""
    transport, free = NothingKept(), asyncio.Semaphore(IN_FLIGHT)

    async def send(wire: WireRequest) -> Any:
        return json.loads((await transport.send(wire)).body)["data"]

    async def one(request: NanoBanana) -> str:
        async with free, scope(DEADLINE):
            body = json.dumps({"model": request.model, "input": request.vendor_input(())}).encode()
            task_id = (await send(WireRequest("POST", f"{BASE}/createTask", body=body, pays=True)))["taskId"]
            await asyncio.sleep(FIRST_LOOK)
            while True:
                said = await send(WireRequest("GET", f"{BASE}/recordInfo?taskId={task_id}"))
                if said["state"] == "success":
                    return str(said["resultJson"])
                await asyncio.sleep(INTERVAL)

    await asyncio.gather(*map(one, requests))


CONTENDERS = {
    "ours, in a batch": in_a_batch,
    "ours, each awaited": awaited_each,
    "a coroutine each": coroutines,
    "a coroutine each, in a timeout": coroutines_in_time,
}


# --- measuring --------------------------------------------------------------------------------------------------


def bananas(count: int) -> Iterator[NanoBanana]:
    return (NanoBanana(f"banana {number}") for number in range(count))


async def bytes_in_flight(contender: str) -> float:
    """Of each task, once all of them are under way."""
    make = CONTENDERS[contender]
    await make(bananas(10))
    requests = [*bananas(IN_FLIGHT)]
    tracemalloc.start()
    before = traced()
    work = asyncio.ensure_future(make(iter(requests)))
    await asyncio.sleep(MIDWAY)
    there_is_more = traced() - before
    tracemalloc.stop()
    await work
    return there_is_more / IN_FLIGHT


def traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


async def mebibytes_at_most(contender: str, items: int) -> float:
    """Held by the process while it makes so many, beyond what it holds for ten."""
    make = CONTENDERS[contender]
    await make(bananas(10))
    before = most_held()
    await make(bananas(items))
    return most_held() - before


def most_held() -> float:
    """In MiB: the resident set of this process at its largest."""
    units = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB everywhere else
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * units / 2**20


def run_here(contender: str, items: int) -> None:
    """One figure on stdout: of a task in flight where there are no items to make."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        print(runner.run(mebibytes_at_most(contender, items) if items else bytes_in_flight(contender)))


def figure(contender: str, items: int = 0) -> float:
    """From a process of its own."""
    command = [sys.executable, __file__, "--run", contender, "--items", str(items)]
    return float(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def tables(items: int) -> None:
    sizes = (items // 10, items)
    print("                                  bytes a task   MiB beyond those of ten items, at most")
    print("                                  in flight      " + "".join(f"{f'{size} items':>16}" for size in sizes))
    for contender in CONTENDERS:
        cells = "".join(f"{figure(contender, size):16.1f}" for size in sizes)
        print(f"{contender:33} {figure(contender):12.0f}   {cells}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the items")
    parser.add_argument("--run", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--items", type=int, default=0, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.run:
        run_here(chosen.run, chosen.items)
    else:
        tables(ITEMS // 10 if chosen.quick else ITEMS)


if __name__ == "__main__":
    main()
