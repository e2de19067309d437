"""Refusals and makespan under an account's limit: ours beside the usual ways to submit a batch, on virtual time.

    python benchmarks/pacing.py            # two minutes on two cores; --quick: half a minute

A batch of 500 tasks, sent by a client that believes the documents: 20 creates in 10 s. The server counts as a sliding
window, as a fixed one (at another phase for each seed) or as a bucket; it allows what the client believes, or half; and
it may count what it refuses as well. Messages take 40 ms and an exponential 30 ms each way. The k-th task that is
accepted takes the same time for everybody, half a minute to a minute. Ours looks at its tasks itself; a peer is told of
each end within two seconds of it.

"÷ bound" is the time from the start to the last result, divided by what a client needs that knows the server's window,
sends first come, first served, and has no network in between. "All-knowing but for the kind" is such a client that has
to be within the limit however it is counted: no more is possible without a risk of being refused. Means of five seeds.
"never": after 3 000 s there were still tasks that the server had not let in.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import statistics
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from random import Random

import attrs

from nanobanana_async.emulator import (
    Bucket,
    Call,
    EmulatorOptions,
    FixedWindow,
    Limit,
    SlidingWindow,
    Window,
    World,
)
from nanobanana_async.pacing import Rate
from nanobanana_async.testing import Emulator, EmulatorTransport, Latency, VirtualTimeLoop
from nanobanana_async.values import WireRequest

TASKS = 500
BELIEVED = Rate(20, per=10)
HALF = 10
LATENCY = Latency(least=0.04, jitter=0.03)
TOLD_WITHIN = 2.0
"""Seconds after its end within which a peer is told of a task's end; evenly spread."""

PATIENCE = 3000.0
"""Virtual seconds after which a run is taken for one that never ends."""

SEEDS = 5
STEP = 0.5
"""Seconds of which every moment is a multiple at which one of these windows lets in another create."""

KINDS = ("sliding", "fixed", "bucket")


@attrs.frozen
class Server:
    """How the creates are counted; nobody who sends any knows."""

    kind: str
    limit: int
    counts_refused: bool

    def window(self, seed: int, limit: Limit) -> Window:
        """The state of one account."""
        if self.kind == "fixed":
            return FixedWindow(limit, phase=2.0 * seed + 1, count_refused=self.counts_refused)
        counting: Callable[..., Window] = Bucket if self.kind == "bucket" else SlidingWindow
        return counting(limit, count_refused=self.counts_refused)

    def emulator(self, seed: int) -> Emulator:
        """A gateway that counts like this."""
        limit = Limit(self.limit, per=BELIEVED.per)
        options = EmulatorOptions(seed=seed, credits=1e9, limit=limit, window=partial(self.window, seed))
        return Emulator(options, latency=LATENCY)


# --- the bound --------------------------------------------------------------------------------------------------


def lower_bound(server: Server, seed: int, tasks: int, begins: float) -> float:
    """Seconds that a client needs that knows all; it begins at `begins`, in seconds since the epoch."""
    window = attrs.evolve(server, counts_refused=False).window(seed, Limit(server.limit, per=BELIEVED.per))
    now = begins
    last = begins
    for seconds in generation_times(seed, tasks):
        while not window.admit(now):
            now += STEP
        last = max(last, now + seconds)
    return last - begins


def safe_bound(server: Server, seed: int, tasks: int, begins: float) -> float:
    """What a client needs that knows all but how the server counts, as a multiple of the lower bound.

    Within a sliding window is within all of them.
    """
    careful = attrs.evolve(server, kind="sliding")
    return lower_bound(careful, seed, tasks, begins) / lower_bound(server, seed, tasks, begins)


def first_moment() -> float:
    """When each run begins, in seconds since the epoch."""
    with closing(VirtualTimeLoop()) as loop:
        return math.floor(loop.time_of_day())


def generation_times(seed: int, tasks: int) -> Iterable[float]:
    """Of the first so many tasks that an emulator with this seed accepts, in seconds."""
    world = World(EmulatorOptions(seed=seed, credits=1e9, limit=Limit(tasks)), clock=lambda: 0.0)
    for number in range(tasks):
        world.serve(Call("createTask", body=create_body(number), authorization="Bearer test"))
    return [task.plan.last.at - task.plan.created_at for task in world.tasks]


def create_body(number: int) -> dict[str, object]:
    return {"model": "google/nano-banana", "input": {"prompt": f"banana {number}"}}


# --- those who send ---------------------------------------------------------------------------------------------

Leave = Callable[[], Awaitable[object]]
"""Waits until a create may leave."""


async def ours(emulator: Emulator, tasks: int, _: Random) -> None:
    prompts = (f"banana {number}" for number in range(tasks))
    async with emulator.client(rate=BELIEVED) as client, client.batch(prompts) as outcomes:
        async for outcome in outcomes:
            assert outcome.ok, outcome


async def gather(emulator: Emulator, tasks: int, chance: Random) -> None:
    await peer(emulator, tasks, chance, leave=at_once, slots=tasks)


async def semaphore_300(emulator: Emulator, tasks: int, chance: Random) -> None:
    await peer(emulator, tasks, chance, leave=at_once, slots=300)


async def semaphore_20(emulator: Emulator, tasks: int, chance: Random) -> None:
    await peer(emulator, tasks, chance, leave=at_once, slots=20)


async def aiolimiter(emulator: Emulator, tasks: int, chance: Random) -> None:
    limiter = import_module("aiolimiter").AsyncLimiter(BELIEVED.limit, BELIEVED.per)
    await peer(emulator, tasks, chance, leave=limiter.acquire, slots=tasks)


async def log_at_sending(emulator: Emulator, tasks: int, chance: Random) -> None:
    await peer(emulator, tasks, chance, leave=SendingLog().leave, slots=tasks)


CONTENDERS = {
    "ours": ours,
    "gather, backoff": gather,
    "semaphore(300), backoff": semaphore_300,
    "semaphore(20) round the task": semaphore_20,
    "aiolimiter(20, 10), backoff": aiolimiter,
    "log stamped at sending": log_at_sending,
}


MODULES = {"aiolimiter(20, 10), backoff": "aiolimiter"}


async def peer(emulator: Emulator, tasks: int, chance: Random, *, leave: Leave, slots: int) -> None:
    """A coroutine for each task: it takes a slot, sends until it is let in, and waits for the end."""
    transport, free = emulator.transport(), asyncio.Semaphore(slots)

    async def one(number: int) -> None:
        async with free:
            task = emulator.world.tasks.find(await accepted(transport, number, leave, chance))
            assert task is not None
            ends = task.plan.last.at + chance.uniform(0, TOLD_WITHIN)
            await asyncio.sleep(max(0.0, ends - emulator.world.clock()))

    await asyncio.gather(*map(one, range(tasks)))


async def accepted(transport: EmulatorTransport, number: int, leave: Leave, chance: Random) -> str:
    """The id of a task, sent with a backoff of its own from 0.5 to 8 s until the server takes it."""
    body = json.dumps(create_body(number)).encode()
    create = WireRequest(
        "POST", f"{transport.base_url}/api/v1/jobs/createTask", body=body, bearer="test", pays=True, deadline=60
    )
    wait = 0.5
    while True:
        await leave()
        said = json.loads((await transport.send(create)).body)
        if said["code"] == 200:
            return str(said["data"]["taskId"])
        assert said["code"] == 429, said
        await asyncio.sleep(wait * chance.uniform(0.75, 1))
        wait = min(2 * wait, 8.0)


async def at_once() -> None:
    """No limiter at all."""


@attrs.define
class SendingLog:
    """At most 20 in any 10 s, counted when they leave: the usual sliding-window limiter."""

    _sent: deque[float] = attrs.field(factory=lambda: deque([-math.inf] * BELIEVED.limit, maxlen=BELIEVED.limit))
    _turn: asyncio.Lock = attrs.field(factory=asyncio.Lock)

    async def leave(self) -> None:
        loop = asyncio.get_running_loop()
        async with self._turn:
            await asyncio.sleep(max(0.0, self._sent[0] + BELIEVED.per - loop.time()))
            self._sent.append(loop.time())


# --- measuring --------------------------------------------------------------------------------------------------


@attrs.frozen
class Run:
    """One batch: its makespan as a multiple of the bound, and how often it was refused."""

    ratio: float
    refused: int


def run(contender: str, server: Server, seed: int, tasks: int) -> Run | None:
    """One batch on a clock of its own; None for one that doesn't end."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(measured(contender, server, seed, tasks))


async def measured(contender: str, server: Server, seed: int, tasks: int) -> Run | None:
    emulator = server.emulator(seed)
    began = emulator.world.clock()
    try:
        async with asyncio.timeout(PATIENCE):
            await CONTENDERS[contender](emulator, tasks, Random(seed))
    except TimeoutError:
        return None
    took = emulator.world.clock() - began
    ledger = emulator.ledger
    assert len(ledger.accepted) == tasks
    return Run(took / lower_bound(server, seed, tasks, math.floor(began)), ledger.over_limit)


def cell(contender: str, server: Server, seeds: int, tasks: int) -> str:
    """The mean of all seeds, or that one of them does not end."""
    if contender in MODULES and find_spec(MODULES[contender]) is None:
        return f"{'not installed':16}"
    runs: list[Run] = []
    for seed in range(seeds):
        found = run(contender, server, seed, tasks)
        if found is None:
            return f"{'never':>7} {'':>8}"
        runs.append(found)
    ratio, refused = statistics.mean(run.ratio for run in runs), statistics.mean(run.refused for run in runs)
    return f"{ratio:7.3f} {refused:8.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one seed, and 100 tasks")
    quick = parser.parse_args().quick
    table(seeds=1 if quick else SEEDS, tasks=TASKS // 5 if quick else TASKS)


def table(*, seeds: int, tasks: int) -> None:
    rows = [
        (counts_refused, limit, contender)
        for counts_refused in (False, True)
        for limit in (BELIEVED.limit, HALF)
        for contender in CONTENDERS
    ]
    print(f"{tasks} tasks                           " + "".join(f"| {kind:^16} " for kind in KINDS))
    print(f"{'':35} " + "| ÷ bound  refused " * len(KINDS))
    begins = first_moment()

    def least(kind: str, limit: int) -> str:
        server = Server(kind, limit, counts_refused=False)
        ratio = statistics.mean(safe_bound(server, seed, tasks, begins) for seed in range(seeds))
        return f"| {ratio:7.3f} {0:8.1f} "

    with ProcessPoolExecutor() as processes:
        cells = [
            [processes.submit(cell, contender, Server(kind, limit, counts_refused), seeds, tasks) for kind in KINDS]
            for counts_refused, limit, contender in rows
        ]
        for (counts_refused, limit, contender), row in zip(rows, cells, strict=True):
            if contender == "ours":
                also = ", refused ones count too" if counts_refused else ""
                print(f"server allows {limit} in 10 s{also}")
                print(f"    {'all-knowing but for the kind':31} " + "".join(least(kind, limit) for kind in KINDS))
            print(f"    {contender:31} " + "".join(f"| {one.result()} " for one in row), flush=True)


if __name__ == "__main__":
    main()
