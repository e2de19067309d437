"""Looks at a task, and the time until its end is known: ours beside fixed schedules and the best there is.

    python benchmarks/polling.py           # a minute; --quick: one seed

Generation times are lognormal with a median of 25 s. Ours is the client as it comes, 20 creates in 10 s and at most 20
looks a second, on virtual time and without a network in between; it is not told what to expect, and the first 100
results of 1 000 are not counted. The other schedules are worked out for exactly the tasks that are counted, one by one,
with no limit on looks. "Knowing 5 %" is told when a twentieth of all tasks are done, looks then for the first time and
every 2 s after. "Optimum" knows the whole distribution: of all schedules with as many looks as ours it is the one of
least delay. Delay is in seconds, from the end of a task until the client knows. Means of five seeds.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import statistics
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import accumulate, pairwise
from random import Random
from statistics import NormalDist

import attrs

from nanobanana_async import Client, Kie
from nanobanana_async.emulator import EmulatorOptions, Faults, Order, Plan, Stage, World
from nanobanana_async.events import Event, TaskSucceeded
from nanobanana_async.testing import EmulatorTransport, VirtualTimeLoop

MEDIAN = 25.0
SIGMAS = (0.25, 0.53, 1.0)
TASKS = 1000
NOT_COUNTED = 100
SEEDS = 5
STEP = 0.1
"""Seconds between two moments at which the optimum may look."""
HORIZON = 4.0
"""Standard deviations above the median, in logarithms, up to which the optimum is worked out."""

HALVINGS = 12
"""Of the ratio between the prices of delay that are tried for the optimum."""

Durations = list[float]
"""What tasks took, in seconds, ascending."""


@attrs.frozen
class Figures:
    """Means over all tasks: looks at each, and seconds from its end until that is known."""

    looks: float
    delay: float

    @property
    def product(self) -> float:
        """The same for any interval, and so a measure of where the looks are put."""
        return self.looks * self.delay


def mean(figures: list[Figures]) -> Figures:
    return Figures(statistics.mean(one.looks for one in figures), statistics.mean(one.delay for one in figures))


# --- ours -------------------------------------------------------------------------------------------------------


@attrs.define(eq=False)
class LognormalTimes(Faults):
    """Nothing goes wrong, but every task takes a time of this distribution."""

    sigma: float = attrs.field(default=0.53, kw_only=True)

    def on_plan(self, order: Order, plan: Plan, draw: Random) -> Plan:  # noqa: ARG002  the seam's signature
        seconds = draw.lognormvariate(math.log(MEDIAN), self.sigma)
        return Plan((Stage(plan.created_at, "waiting"), Stage(plan.created_at + seconds, "success")))


async def ours(sigma: float, seed: int, tasks: int) -> list[TaskSucceeded]:
    """The results of a batch, in the order in which they were known."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    options, times = EmulatorOptions(seed=seed, credits=1e9), LognormalTimes(sigma=sigma)
    transport = EmulatorTransport(World(options, clock=loop.time_of_day, faults=times))
    results: list[TaskSucceeded] = []

    def note(event: Event) -> None:
        if isinstance(event, TaskSucceeded):
            results.append(event)

    gateway = Kie("test", base_url=transport.base_url)
    client = Client(gateway, transport=transport, clock=loop.time_of_day, seed=seed, deadline=1e5, on_event=note)
    async with client, client.batch(f"banana {number}" for number in range(tasks)) as outcomes:
        async for _ in outcomes:
            pass
    assert len(results) == tasks
    return results


def figures_of(results: list[TaskSucceeded]) -> Figures:
    delays = [event.delay for event in results if event.delay is not None]
    return Figures(statistics.mean(event.looks for event in results), statistics.mean(delays))


def seconds_of(event: TaskSucceeded) -> float:
    created, completed = event.result.created_at, event.result.completed_at
    assert created is not None
    assert completed is not None
    return (completed - created).total_seconds()


# --- schedules --------------------------------------------------------------------------------------------------


def every(interval: float, *, first: float | None = None) -> Iterator[float]:
    at = interval if first is None else first
    while True:
        yield at
        at += interval


def exponential() -> Iterator[float]:
    """After one second, then half as long again each time, up to 20 s."""
    at, wait = 0.0, 1.0
    while True:
        at += wait
        yield at
        wait = min(1.5 * wait, 20.0)


SCHEDULES: dict[str, Callable[[float], Iterator[float]]] = {
    "every 1 s": lambda _: every(1.0),
    "every 2 s": lambda _: every(2.0),
    "every 3 s": lambda _: every(3.0),
    "every 5 s": lambda _: every(5.0),
    "1 s × 1.5, up to 20 s": lambda _: exponential(),
    "knowing 5 %, every 2 s": lambda sigma: every(2.0, first=Generation(sigma).quantile(0.05)),
}
"""For a sigma, the moments at which a task is looked at."""


def followed(schedule: Iterable[float], durations: Durations) -> Figures:
    """What `schedule` comes to for tasks that take so long."""
    moments = [0.0]
    for at in schedule:
        moments.append(at)
        if at >= durations[-1]:
            break
    looks = [bisect_left(moments, seconds) for seconds in durations]
    delays = [moments[count] - seconds for count, seconds in zip(looks, durations, strict=True)]
    return Figures(statistics.mean(looks), statistics.mean(delays))


# --- the optimum ------------------------------------------------------------------------------------------------


@attrs.frozen
class Generation:
    """The distribution of generation times."""

    sigma: float

    @property
    def _logarithm(self) -> NormalDist:
        return NormalDist(math.log(MEDIAN), self.sigma)

    def quantile(self, share: float) -> float:
        return math.exp(self._logarithm.inv_cdf(share))

    def done(self, seconds: float) -> float:
        """The share of tasks that are done after so many seconds."""
        return self._logarithm.cdf(math.log(seconds)) if seconds > 0 else 0.0


@attrs.frozen
class Grid:
    """Moments, a step apart; by each, the share of tasks `done`, and how long these have `waited` in all."""

    done: list[float]
    waited: list[float]

    @classmethod
    def of(cls, sigma: float) -> Grid:
        steps = math.ceil(MEDIAN * math.exp(HORIZON * sigma) / STEP)
        done = [Generation(sigma).done(STEP * step) for step in range(steps + 1)]
        pieces = (STEP * (before + after) / 2 for before, after in pairwise(done))
        return cls(done, [*accumulate(pieces, initial=0.0)])

    def optimum(self, price: float) -> Iterator[float]:
        """The schedule of the least looks + `price` × seconds of delay, by dynamic programming from the end.

        `cost[i]` is what is still to come for those that are not done by the i-th moment, if it was looked at then. The
        later that is, the later the best next look: that is where the search for the one before may end.
        """
        last = len(self.done) - 1
        cost, then = [0.0] * (last + 1), [last] * (last + 1)
        for now in reversed(range(last)):
            after = range(now + 1, then[now + 1] + 1)
            then[now] = min(after, key=lambda at: price * self.delay(now, at) + cost[at])
            cost[now] = 1 - self.done[now] + price * self.delay(now, then[now]) + cost[then[now]]
        return self._walk(then)

    def delay(self, before: int, at: int) -> float:
        """The seconds that tasks wait in all that are done between two looks."""
        return self.waited[at] - self.waited[before] - self.done[before] * STEP * (at - before)

    def _walk(self, then: list[int]) -> Iterator[float]:
        """The moments that follow each other from the start, and on with the last step."""
        at, interval = 0, 0
        while at < len(then) - 1:
            interval, at = then[at] - at, then[at]
            yield STEP * at
        yield from every(STEP * interval, first=STEP * (at + interval))


def optimum(grid: Grid, durations: Durations, looks: float) -> Figures:
    """The best schedule with so many looks at a task, found by the price of delay."""
    cheap, dear = 0.001, 1000.0
    for _ in range(HALVINGS):
        price = math.sqrt(cheap * dear)
        found = followed(grid.optimum(price), durations)
        cheap, dear = (price, dear) if found.looks < looks else (cheap, price)
    return found


# --- measuring --------------------------------------------------------------------------------------------------

Column = dict[str, Figures]


def column(sigma: float, seeds: int, tasks: int) -> Column:
    """All rows for one sigma."""
    grid = Grid.of(sigma)
    columns = [measured(grid, sigma, seed, tasks) for seed in range(seeds)]
    return {name: mean([one[name] for one in columns]) for name in columns[0]}


def measured(grid: Grid, sigma: float, seed: int, tasks: int) -> Column:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        counted = runner.run(ours(sigma, seed, tasks))[NOT_COUNTED:]
    durations = sorted(map(seconds_of, counted))
    others = {name: followed(schedule(sigma), durations) for name, schedule in SCHEDULES.items()}
    looked = figures_of(counted)
    return {**others, "ours": looked, "optimum": optimum(grid, durations, looked.looks)}


def table(*, seeds: int, tasks: int) -> None:
    with ProcessPoolExecutor() as processes:
        columns = [*processes.map(partial(column, seeds=seeds, tasks=tasks), SIGMAS)]
    print(f"{tasks} tasks" + " " * 13 + "".join(f"| {f'sigma {sigma:g}':^23} " for sigma in SIGMAS))
    print(f"{'':23}" + "| looks   delay  product " * len(SIGMAS))
    for name in columns[0]:
        cells = (f"| {one[name].looks:5.2f} {one[name].delay:7.2f} {one[name].product:8.1f} " for one in columns)
        print(f"{name:23}" + "".join(cells))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one seed")
    table(seeds=1 if parser.parse_args().quick else SEEDS, tasks=TASKS)
