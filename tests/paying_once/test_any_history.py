"""Whatever happens, in whatever order: nothing is paid for twice, nothing that was paid for is lost."""

from __future__ import annotations

import asyncio

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from nanobanana_async.lifecycle import ItemState
from tests.paying_once.histories import History

KEYS = st.sampled_from("abcd")
FAULTS = ("too-many", "closed", "reset", "fail", "server-error", "bad-gateway")
DAY = 86_400.0


class AnyHistory(RuleBasedStateMachine):
    """Callers, crashes, clocks and a gateway in all kinds of weather."""

    def __init__(self) -> None:
        super().__init__()
        self.history = History()

    # --- callers ----------------------------------------------------------------------------------------------

    @rule(key=KEYS, again=st.booleans())
    def generate(self, key: str, again: bool) -> None:
        async def work() -> str | None:
            return (await self.history.client.generate(f"banana {key}", key=key, retry_failed=again)).task_id

        self.history.ask(work(), key)

    @rule(key=KEYS)
    def submit(self, key: str) -> None:
        async def work() -> str:
            return (await self.history.client.submit(f"banana {key}", key=key)).id

        self.history.ask(work(), key)

    @rule(seconds=st.sampled_from([0.0, 0.1, 1.0]))
    def submit_all(self, seconds: float) -> None:
        for key in "abcd":
            self.submit(key)
        self.wait(seconds)

    @rule(key=KEYS)
    def pending(self, key: str) -> None:
        async def work() -> None:
            async for _ in self.history.client.pending():
                pass

        self.history.ask(work(), key)

    @rule(key=KEYS)
    def lookup(self, key: str) -> None:
        self.history.do(self.history.client.lookup(key))

    @precondition(lambda self: any(not asked.done() for _, asked in self.history.asked))
    @rule(number=st.integers(0, 9))
    def give_up(self, number: int) -> None:
        waiting = [asked for _, asked in self.history.asked if not asked.done()]
        waiting[number % len(waiting)].cancel()

    # --- the world --------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([0.03, 0.06, 1.0, 20.0, 300.0]))
    def wait(self, seconds: float) -> None:
        self.history.do(asyncio.sleep(seconds))

    @rule()
    def crash(self) -> None:
        self.history.crash()

    @rule(grace=st.sampled_from([0.0, 0.05, 10.0]))
    def restart(self, grace: float) -> None:
        self.history.restart(grace)

    @rule(days=st.sampled_from([-30.0, -1.0, 1.0, 30.0]))
    def the_clock_jumps(self, days: float) -> None:
        self.history.skew += days * DAY
        self.history.has_jumped = True

    @rule(fault=st.sampled_from(FAULTS), often=st.sampled_from(["0.5", "1"]))
    def the_weather_turns(self, fault: str, often: str) -> None:
        on = ",on=createTask" if fault != "fail" else ""
        self.history.emulator.faults.replace([f"{fault},probability={often}{on}"])

    @rule()
    def the_weather_clears(self) -> None:
        self.history.emulator.faults.clear()

    # --- what is done about the unknown -----------------------------------------------------------------------

    @rule(key=KEYS)
    def adopt_or_drop(self, key: str) -> None:
        entry = self.history.entries().get(key)
        if entry is not None and entry.state is ItemState.UNKNOWN:
            found = [create for create in self.history.accepted(key) if create.gives_back_at is None]
            if found:
                self.history.record(entry, ItemState.ACCEPTED, found[0].task_id)
            else:
                self.history.record(entry, ItemState.DROPPED)

    @precondition(lambda self: self.history.callbacks())
    @rule(number=st.integers(0, 9))
    def call_back(self, number: int) -> None:
        calls = self.history.callbacks()
        self.history.call_back(*calls[number % len(calls)])

    # --- what holds -------------------------------------------------------------------------------------------

    @invariant()
    def nothing_is_paid_twice_or_lost(self) -> None:
        self.history.verify()

    def teardown(self) -> None:
        self.history.end()


def test_any_history() -> None:
    """A share of all histories; more of them with a larger `max_examples`."""
    run_state_machine_as_test(AnyHistory, settings=settings(max_examples=60, stateful_step_count=25, deadline=None))
