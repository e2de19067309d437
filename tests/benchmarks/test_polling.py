"""The measure of benchmarks/polling.py: what schedules come to, the optimum among them, and the times of tasks."""

from __future__ import annotations

import asyncio
import statistics
from itertools import pairwise, takewhile

import pytest

from benchmarks import polling
from benchmarks.polling import (
    SCHEDULES,
    Durations,
    Figures,
    Generation,
    Grid,
    every,
    followed,
    optimum,
    ours,
    seconds_of,
)
from nanobanana_async.testing import VirtualTimeLoop

SIGMA = 0.53


@pytest.fixture
def grid(monkeypatch: pytest.MonkeyPatch) -> Grid:
    """A coarse one, of half seconds."""
    monkeypatch.setattr(polling, "STEP", 0.5)
    monkeypatch.setattr(polling, "HORIZON", 3.0)
    return Grid.of(SIGMA)


def durations() -> Durations:
    """Two hundred that stand for the whole distribution."""
    return [Generation(SIGMA).quantile((rank + 0.5) / 200) for rank in range(200)]


def test_a_schedule_is_followed_up_to_the_look_that_finds_the_end() -> None:
    """Every 2 s, a task of 1 s is found by the first look, one of 3 s by the second, each a second late."""
    assert followed(every(2.0), [1.0, 3.0]) == Figures(looks=1.5, delay=1.0)


@pytest.mark.parametrize("name", SCHEDULES)
def test_no_schedule_is_better_than_the_optimum(name: str, grid: Grid) -> None:
    """With as many looks as any other, the optimum waits less."""
    figures = followed(SCHEDULES[name](SIGMA), durations())

    best = optimum(grid, durations(), figures.looks)

    assert best.looks == pytest.approx(figures.looks, rel=0.05)
    assert best.delay < figures.delay


@pytest.mark.parametrize("price", [0.1, 1.0, 8.0])
def test_the_search_for_the_best_next_look_may_end_where_that_of_the_next_moment_does(price: float, grid: Grid) -> None:
    """A search through all later moments finds no cheaper schedule."""
    schedule = [*takewhile(lambda at: at < 0.5 * (len(grid.done) - 1), grid.optimum(price))]

    assert cost(grid, schedule, price) == pytest.approx(least_cost(grid, price))


def cost(grid: Grid, schedule: list[float], price: float) -> float:
    """Looks and priced delay of a schedule on the grid, and of a last look at its end."""
    steps = [0, *(round(at / 0.5) for at in schedule), len(grid.done) - 1]
    return sum(1 - grid.done[before] + price * grid.delay(before, at) for before, at in pairwise(steps))


def least_cost(grid: Grid, price: float) -> float:
    """Of all schedules on the grid, each next look sought among all moments."""
    last = len(grid.done) - 1
    costs = [0.0] * (last + 1)
    for now in reversed(range(last)):
        still_to_come = min(price * grid.delay(now, at) + costs[at] for at in range(now + 1, last + 1))
        costs[now] = 1 - grid.done[now] + still_to_come
    return costs[0]


def test_tasks_take_what_the_benchmark_says() -> None:
    """Around 25 s, where the emulator's own begin at 30; and each is looked at, and known after its end."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        results = runner.run(ours(0.25, 0, 60))

    assert 20 < statistics.median(map(seconds_of, results)) < 30
    assert all(event.looks >= 1 and event.delay is not None and event.delay >= 0 for event in results)
