"""Any history at the other gateways as well: with answers that are the pictures, and with tasks of another dialect."""

from __future__ import annotations

import asyncio
from typing import Any

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from nanobanana_async.emulator import Limit
from nanobanana_async.journal import Change, Entry
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.testing import VirtualTimeLoop
from tests.paying_once.histories import LIMIT, History, Wire
from tests.paying_once.sellers import SELLERS, Seller
from tests.paying_once.test_any_history import FAULTS, KEYS, AnyHistory

ELSEWHERE = [seller for seller in SELLERS if seller.mode is not None]


@attrs.define(eq=False)
class HistoryElsewhere(History):
    """One that happens at a gateway of any kind."""

    seller: Seller = attrs.field(kw_only=True)

    def __attrs_post_init__(self) -> None:
        self.emulator = self.seller.emulator(limit=Limit(LIMIT, per=10))
        self.journal.fate = self.fate
        self._live()

    async def _start(self, loop: VirtualTimeLoop) -> None:
        self.client = self.seller.client(
            self.emulator,
            transport=Wire(self.emulator.transport(), self.fate, self),
            journal=self.journal,
            clock=lambda: loop.time_of_day() + self.skew,
        )
        await self.client.start()

    def record(self, entry: Entry, to: ItemState, task_id: str | None = None) -> None:
        change = Change(scope="", key=entry.key, generation=entry.generation, at=0.0, to=to, task_id=task_id)

        async def settle() -> None:
            gateway, other = self.seller.gateway(self.emulator.base_url), self.journal.beside()
            await other.open(f"{gateway.kind} {gateway.address}")
            await other.record(change)
            await other.aclose()

        self.do(settle())

    def verify(self) -> None:
        entries = self.entries()
        for key in {key for key, _ in self.tokens.values()}:
            standing = [create.task_id for create in self.accepted(key) if create.gives_back_at is None]
            assert len(standing) <= 1, f"{key} was paid for twice"
            assert not standing or self._is_known(entries[key], standing), f"{key} is lost ({entries[key].state})"
        for key, asked in self.asked:
            if asked.done() and not asked.cancelled():
                self._verify_told(key, asked)
        if not self.has_jumped:
            assert not self.emulator.ledger.over_limit, "over the limit"

    def _is_known(self, entry: Entry, ids: list[str | None]) -> bool:
        may_not_know = entry.state in (ItemState.SENDING, ItemState.UNKNOWN, ItemState.DROPPED)
        is_there = self.seller.answers_at_once and entry.state is ItemState.SUCCEEDED
        return may_not_know or is_there or entry.task_id in ids

    def _verify_told(self, key: str, asked: asyncio.Task[Any]) -> None:
        if asked.exception() is None and asked.result() == "":  # a task that is done, and has no id
            assert self.seller.answers_at_once, "a task without an id"
            assert self.accepted(key), f"{key} was told of, and never made"
        else:
            super()._verify_told(key, asked)


class AnyHistoryElsewhere(AnyHistory):
    """The same callers, crashes and clocks."""

    seller = ELSEWHERE[0]

    def __init__(self) -> None:
        RuleBasedStateMachine.__init__(self)  # not the other one's, which has a history of its own
        self.history = HistoryElsewhere(seller=self.seller)

    @rule(fault=st.sampled_from(FAULTS), often=st.sampled_from(["0.5", "1"]))
    def the_weather_turns(self, fault: str, often: str) -> None:
        on = ",on=generations" if fault != "fail" else ""
        self.history.emulator.faults.replace([f"{fault},probability={often}{on}"])

    @precondition(lambda self: not self.seller.answers_at_once)
    @rule(key=KEYS)
    def adopt_or_drop(self, key: str) -> None:
        super().adopt_or_drop(key)


@pytest.mark.parametrize("at", ELSEWHERE, ids=lambda seller: seller.name)
def test_any_history_elsewhere(at: Seller) -> None:
    """A share of all histories; more of them with a larger `max_examples`."""

    class There(AnyHistoryElsewhere):
        seller = at

    run_state_machine_as_test(There, settings=settings(max_examples=15, stateful_step_count=25, deadline=None))
