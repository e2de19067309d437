"""What a batch of hours costs on virtual time: 10 000 tasks of about a minute each, client and emulator in one process.

    python benchmarks/virtual_time.py            # half a minute; --quick: a tenth of the tasks

Each run is a process of its own: 20 creates in 10 s are let in, so ten thousand take 83 minutes of the clock. No
picture is downloaded. The second row puts a network between the two, 40 ms and an exponential 30 ms each way. Nobody
else in this field has virtual time, so no peer stands beside it: the column to compare with is the clock's own.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import statistics
import subprocess
import sys
import time
from typing import Any

from nanobanana_async.emulator import EmulatorOptions
from nanobanana_async.testing import Emulator, Latency, VirtualTimeLoop

ROWS = {"no latency": Latency(), "40 ms + Exp(30 ms)": Latency(least=0.04, jitter=0.03)}
RUNS = 3


async def batch(tasks: int, latency: Latency) -> dict[str, Any]:
    """What a batch came to, and a digest of every event of it."""
    trace = hashlib.sha256()
    emulator = Emulator(EmulatorOptions(seed=1, credits=1e9), faults=["slow,factor=1.4"], latency=latency)
    loop = asyncio.get_running_loop()
    began, succeeded = loop.time(), 0
    client = emulator.client(on_event=lambda event: trace.update(repr(event).encode()))
    async with client, client.batch(f"banana {n}" for n in range(tasks)) as outcomes:
        async for outcome in outcomes:
            succeeded += outcome.ok
    ledger = emulator.ledger
    seconds = [task.plan.last.at - task.plan.created_at for task in emulator.world.tasks]
    return {
        "succeeded": succeeded,
        "each": statistics.mean(seconds),
        "virtual": loop.time() - began,
        "requests": len(ledger.creates) + ledger.polls.total(),
        "refused": ledger.over_limit,
        "trace": trace.hexdigest()[:12],
    }


def run(tasks: int, row: str) -> None:
    """One run, as JSON on stdout."""
    began = time.perf_counter()
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        said = runner.run(batch(tasks, ROWS[row]))
    print(json.dumps({**said, "real": time.perf_counter() - began}))


def table(tasks: int) -> None:
    """All rows, the median of their runs."""
    print(f"{tasks} tasks           each (s)  by the clock (s)  requests  refused   real (s), median   trace")
    for row in ROWS:
        said = [measured(tasks, row) for _ in range(RUNS)]
        first = said[0]
        assert all(one["succeeded"] == tasks for one in said)
        traces = sorted({one["trace"] for one in said})
        real = statistics.median(one["real"] for one in said)
        print(
            f"{row:20} {first['each']:8.1f} {first['virtual']:17.0f} {first['requests']:9} {first['refused']:8} "
            f"{real:18.1f}   {'the same: ' if len(traces) == 1 else 'DIFFERENT: '}{', '.join(traces)}"
        )


def measured(tasks: int, row: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--tasks", str(tasks), "--row", row]
    said: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return said


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--row", choices=ROWS)
    chosen = parser.parse_args()
    if chosen.row:
        run(chosen.tasks, chosen.row)
    else:
        table(chosen.tasks // 10 if chosen.quick else chosen.tasks)
