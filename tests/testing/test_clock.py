"""The time of day of an emulator: that of its loop, whichever that is, and never back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from nanobanana_async.emulator import Call
from nanobanana_async.testing import Emulator, VirtualTimeLoop
from nanobanana_async.testing._clock import LoopClock

BEGINNING = 1_767_225_600.0 + 1000
CLOSE = 0.001


def times_on(clock: LoopClock, make_loop: Callable[[], asyncio.AbstractEventLoop], *sleeps: float) -> list[float]:
    """What the clock shows on a loop of its own: at first, and after each sleep."""

    async def main() -> list[float]:
        times = [clock()]
        for seconds in sleeps:
            await asyncio.sleep(seconds)
            times.append(clock())
        return times

    with asyncio.Runner(loop_factory=make_loop) as runner:
        return runner.run(main())


def test_on_virtual_time_it_is_the_loops() -> None:
    """From the first second of 2026 on, whatever the real time is."""
    times = times_on(LoopClock(), VirtualTimeLoop, 60, 3600)

    assert times == pytest.approx([BEGINNING, BEGINNING + 60, BEGINNING + 3660], abs=CLOSE, rel=0)


def test_the_next_loop_goes_on_where_the_last_one_stood() -> None:
    """Its own clock begins anew; and what nobody looked at has passed as well."""
    clock = LoopClock()
    first = times_on(clock, VirtualTimeLoop, 60)

    async def unseen() -> None:
        clock()
        await asyncio.sleep(1000)

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(unseen())
    between = clock()
    third = times_on(clock, VirtualTimeLoop, 60)

    assert first == pytest.approx([BEGINNING, BEGINNING + 60], abs=CLOSE, rel=0)
    assert [between, *third] == pytest.approx([BEGINNING + 1060, BEGINNING + 1060, BEGINNING + 1120], abs=CLOSE, rel=0)


def test_the_same_loops_show_the_same_times() -> None:
    """To the last digit: no real second comes in between."""

    def shown() -> list[float]:
        clock = LoopClock()
        return [*times_on(clock, VirtualTimeLoop, 0.1), *times_on(clock, VirtualTimeLoop, 0.1, 0.7), clock()]

    assert shown() == shown()


def test_on_the_wall_clock_it_is_the_real_time() -> None:
    """Before any loop, on one, and after it."""
    clock = LoopClock()
    before = time.time()

    shown = [clock(), *times_on(clock, asyncio.new_event_loop), clock()]

    assert before <= shown[0]
    assert shown == sorted(shown)
    assert shown[-1] <= time.time()


def test_it_never_runs_backwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not from a real loop to a virtual one, nor when somebody sets the clock of the machine back."""
    clock = LoopClock()
    real = times_on(clock, asyncio.new_event_loop)
    virtual = times_on(clock, VirtualTimeLoop, 60)
    real_again = times_on(clock, asyncio.new_event_loop)
    monkeypatch.setattr(time, "time", lambda: 0.0)
    set_back = clock()

    shown = [*real, *virtual, *real_again, set_back]

    assert shown == sorted(shown)
    assert virtual[1] - virtual[0] == pytest.approx(60)


def on_a_loop_of_its_own(main: Callable[[], object]) -> None:
    async def begin() -> None:
        result = main()
        assert asyncio.iscoroutine(result)
        await result

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(begin())


def test_a_killed_run_is_carried_on_by_the_next_loop() -> None:
    """One emulator, two loops: the second finds the task as old as it is, and has its picture soon."""
    emulator = Emulator(faults=["slow,seconds=60"])
    ids: list[str] = []
    waited: list[float] = []

    async def kill_it() -> None:
        async with emulator.client() as client:
            ids.append((await client.submit("a banana")).id)
            await asyncio.sleep(50)

    async def run_again() -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with emulator.client() as client:
            await client.wait(ids[0])
        waited.append(loop.time() - began)

    on_a_loop_of_its_own(kill_it)
    on_a_loop_of_its_own(run_again)

    assert 9 < waited[0] < 25
    assert len(emulator.ledger.accepted) == 1


def test_no_loop_finds_the_limit_used_up_by_a_later_one() -> None:
    """Each batch on a loop of its own keeps the limit that is counted: nothing is refused."""
    emulator = Emulator()

    async def batch() -> None:
        async with emulator.client() as client:
            outcomes = await client.generate_all(f"banana {n}" for n in range(30))
        assert all(outcome.ok for outcome in outcomes)

    for _ in range(3):
        on_a_loop_of_its_own(batch)

    assert len(emulator.ledger.accepted) == 90
    assert emulator.ledger.over_limit == 0


def test_the_time_of_a_fault_begins_with_the_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the real time was when the emulator was made, and when the fault was added, before its loop."""
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)
    emulator = Emulator(faults=["server-error,lasting=5,on=credit"])
    monkeypatch.setattr(time, "time", lambda: 1_900_000_000.0)
    emulator.faults.add("too-many,after=7,on=credit")
    codes: list[object] = []

    async def ask() -> None:
        for _ in range(9):
            codes.append(emulator.world.serve(Call("credit", authorization="Bearer k")).code)
            await asyncio.sleep(1)

    on_a_loop_of_its_own(ask)

    assert codes == [500] * 5 + [200] * 2 + [429] * 2
