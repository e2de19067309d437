"""What a durable step costs: our journal beside bare rows, on the disk of the folder that is named.

    python benchmarks/journal.py           # half a minute; --quick: a tenth of the items; --folder: on which disk

An item of ours goes through the whole schema in four steps, each durable before the next: claimed (item and attempt),
accepted, succeeded with an answer of 1 kB, saved. Beside it `aiosqlite` as it comes, WAL and synchronous=FULL as ours:
one row, written and changed twice, three steps. 100 items are under way at once; inline has one, for it does one thing
after the other. CPU is that of the process, in ms an item. Lag is what a heartbeat of 1 ms on the same loop is late, in
ms. At low load one item begins 10 ms after the one before has ended: how long its intent took to be durable, in ms.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import attrs

from nanobanana_async.journal import Change, Claimed, Intent, Journal, SQLiteJournal
from nanobanana_async.lifecycle import AttemptState, ItemState

ITEMS = 10_000
AT_ONCE = 100
AT_LOW_LOAD = 300
PAUSE = 0.010
"""Seconds between two items at low load."""
BEAT = 0.001
ANSWER = "x" * 1024
TASK_ID = "0" * 32

Life = Callable[[str], Awaitable[float]]
"""Takes an item through its whole life; how long its intent took to be durable, in seconds."""

Keeper = Callable[[Path], AbstractAsyncContextManager[Life]]
"""Opens a file for such lives."""


@attrs.frozen
class Figures:
    """Of one keeper: items a second, ms of CPU an item and ms of lag at full load; ms of an intent at low load."""

    rate: float
    cpu: float
    usual_lag: float
    worst_lag: float
    usual_intent: float
    slow_intent: float


# --- those who keep it ------------------------------------------------------------------------------------------


@asynccontextmanager
async def threaded(path: Path) -> AsyncIterator[Life]:
    async with opened(SQLiteJournal(path)) as life:
        yield life


@asynccontextmanager
async def inline(path: Path) -> AsyncIterator[Life]:
    async with opened(SQLiteJournal(path, inline=True)) as life:
        yield life


@asynccontextmanager
async def opened(journal: Journal) -> AsyncIterator[Life]:
    await journal.open("kie https://api.kie.ai")
    yield lambda key: whole_life(journal, key)
    await journal.aclose()


async def whole_life(journal: Journal, key: str) -> float:
    began = time.perf_counter()
    claimed = await journal.claim(intent(key))
    took = time.perf_counter() - began
    assert isinstance(claimed, Claimed)
    accepted = (f"{key}-1", AttemptState.ACCEPTED)
    for change in (
        Change(scope="b", key=key, generation=1, at=2.0, to=ItemState.ACCEPTED, attempt=accepted, task_id=TASK_ID),
        Change(scope="b", key=key, generation=1, at=3.0, to=ItemState.SUCCEEDED, raw=ANSWER, credits=4, charged="yes"),
        Change(scope="b", key=key, generation=1, at=4.0, to=ItemState.SAVED, files=(f"{key}.png",)),
    ):
        assert await journal.record(change)
    return took


def intent(key: str) -> Intent:
    return Intent(
        scope="b",
        key=key,
        fingerprint="f" * 20,
        request={"prompt": "a banana in orbit, studio light", "output_format": "png"},
        data={"row": key},
        model="google/nano-banana",
        dialect="jobs",
        price=4.0,
        token=f"{key}-1",
        at=1.0,
    )


@asynccontextmanager
async def bare_rows(path: Path) -> AsyncIterator[Life]:
    async with import_module("aiosqlite").connect(path, isolation_level=None) as connection:
        for statement in (
            "pragma journal_mode = wal",
            "pragma synchronous = full",
            "create table attempt (job text primary key, state text, task text, at real) without rowid",
        ):
            await connection.execute(statement)

        async def life(key: str) -> float:
            began = time.perf_counter()
            await connection.execute("insert into attempt values (?, 'sending', null, 1.0)", (key,))
            took = time.perf_counter() - began
            await connection.execute("update attempt set state = 'accepted', task = ? where job = ?", (TASK_ID, key))
            await connection.execute("update attempt set state = 'saved' where job = ?", (key,))
            return took

        yield life


KEEPERS: dict[str, tuple[Keeper, int]] = {
    "ours, threaded": (threaded, AT_ONCE),
    "ours, inline": (inline, 1),
    "aiosqlite, three bare rows": (bare_rows, AT_ONCE),
}
"""Who keeps it, and how many items are under way at once."""

MODULES = {"aiosqlite, three bare rows": "aiosqlite"}


# --- measuring --------------------------------------------------------------------------------------------------


async def measured(keeper: Keeper, at_once: int, folder: Path, items: int, at_low_load: int) -> Figures:
    async with keeper(folder / "low.db") as life:
        intents = [await at_leisure(life, str(number)) for number in range(at_low_load)]
    gc.collect()
    gc.freeze()  # what was imported is not gone through again by each collection, on the loop's time
    async with keeper(folder / "full.db") as life, heartbeat() as late:
        began, cpu = time.perf_counter(), time.process_time()
        await at_full_load(life, at_once, items)
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
    lags, durable = statistics.quantiles(late, n=100), statistics.quantiles(intents, n=100)
    times = (lags[98], max(late), durable[49], durable[98])
    return Figures(items / took, 1e3 * cpu / items, *(1e3 * seconds for seconds in times))


async def at_leisure(life: Life, key: str) -> float:
    await asyncio.sleep(PAUSE)
    return await life(key)


async def at_full_load(life: Life, at_once: int, items: int) -> None:
    keys = iter([f"{os.urandom(10).hex()}" for _ in range(items)])

    async def work() -> None:
        for key in keys:
            await life(key)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(work())
            await asyncio.sleep(0)  # nobody starts so many in one turn of the loop


@asynccontextmanager
async def heartbeat() -> AsyncIterator[list[float]]:
    """How late each beat was, in seconds."""
    late: list[float] = [0.0, 0.0]

    async def beat() -> None:
        while True:
            due = time.perf_counter() + BEAT
            await asyncio.sleep(BEAT)
            late.append(time.perf_counter() - due)

    beating = asyncio.create_task(beat())
    yield late
    beating.cancel()


def fsync_seconds(folder: Path, times: int = 300) -> list[float]:
    """What the disk itself takes to make a page durable."""
    took = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(times):
            began = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            took.append(time.perf_counter() - began)
    return took


def table(names: Iterable[str], folder: Path | None, *, items: int, at_low_load: int) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        percents = statistics.quantiles(fsync_seconds(Path(place)), n=100)
        print(f"fsync of 4 kB here: {1e3 * percents[49]:.2f} ms, p99 {1e3 * percents[98]:.2f} ms; {items} items")
    print(f"{'':28}| items/s | CPU ms | lag p99 |  max | intent p50 | p99")
    for name in names:
        if find_spec(MODULES.get(name, "sqlite3")) is None:
            print(f"{name:28}| not installed")
            continue
        keeper, at_once = KEEPERS[name]
        with tempfile.TemporaryDirectory(dir=folder) as place:
            one = asyncio.run(measured(keeper, at_once, Path(place), items, at_low_load))
        lag = f"{one.usual_lag:7.1f} | {one.worst_lag:4.1f}" if at_once > 1 else "      – |    –"
        print(f"{name:28}| {one.rate:7.0f} | {one.cpu:6.2f} | {lag} | {one.usual_intent:10.2f} | {one.slow_intent:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the items")
    parser.add_argument("--folder", type=Path, help="where the files are made; else that for temporary ones")
    arguments = parser.parse_args()
    share = 10 if arguments.quick else 1
    table(KEEPERS, arguments.folder, items=ITEMS // share, at_low_load=max(100, AT_LOW_LOAD // share))
