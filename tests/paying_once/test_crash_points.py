"""Killed at every point, and at every two: nothing is paid for twice, and nothing that was paid for is lost."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from nanobanana_async.journal import Change, Claimed, Entry, Intent, MemoryJournal
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.pacing import RateWindow
from tests.paying_once.crashes import PointedJournal, killed, points_of, states

FAULTS: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "refused": ("too-many,probability=0.3",),
    "lost-answers": ("closed,probability=0.3",),
    "reset": ("reset,probability=0.3",),
    "failing-tasks": ("fail,probability=0.4",),
    "server-errors": ("server-error,probability=0.4",),
    "proxy-pages": ("bad-gateway,probability=0.3,on=createTask",),
    "all": tuple(f"{name},probability=0.2" for name in ("too-many", "closed", "fail", "server-error")),
}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Thousands of deaths say a lot."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_killed_at_any_point_it_pays_once_and_loses_nothing(faults: tuple[str, ...]) -> None:
    """A share of what `test_killed_at_every_point` does: every point, two seeds."""
    worlds = [
        killed(seed, [point], faults=faults)
        for seed in (0, 1)
        for point in range(1, points_of(seed, faults=faults) + 1)
    ]

    assert max(world.runs for world in worlds) >= 2
    assert states(worlds)["succeeded"] > 0


@pytest.mark.parametrize("faults", [FAULTS["nothing"], FAULTS["all"]], ids=["nothing", "all"])
def test_killed_twice_it_pays_once_and_loses_nothing(faults: tuple[str, ...]) -> None:
    """Also while it takes up what the first kill has left: a share of all pairs."""
    pairs = list(itertools.combinations(range(1, points_of(0, faults=faults) + 1), 2))

    worlds = [killed(0, pair, faults=faults) for pair in pairs[::29]]

    assert max(world.runs for world in worlds) == 3


@pytest.mark.every_crash
@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_killed_at_every_point(faults: tuple[str, ...]) -> None:
    """Two hundred seeds, each point of each."""
    for seed in range(200):
        for point in range(1, points_of(seed, faults=faults) + 1):
            killed(seed, [point], faults=faults)


@pytest.mark.every_crash
@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_killed_at_every_two_points(faults: tuple[str, ...]) -> None:
    """Ten seeds, each pair of points of each."""
    for seed in range(10):
        for pair in itertools.combinations(range(1, points_of(seed, faults=faults) + 1), 2):
            killed(seed, pair, faults=faults)


# --- the proof of the proof: each of these mistakes is found ------------------------------------------------------


def every_point(faults: str, seeds: int = 3) -> None:
    for seed in range(seeds):
        for point in range(1, points_of(seed, faults=FAULTS[faults]) + 1):
            killed(seed, [point], faults=FAULTS[faults])


def test_who_sends_again_what_the_dead_had_sent_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was being sent is taken for new on the next start."""
    claim = PointedJournal.claim

    async def careless(self: PointedJournal, intent: Intent) -> Entry | Claimed:
        entry = await super(PointedJournal, self).find(intent.scope, intent.key)
        if entry is not None and entry.state is ItemState.UNKNOWN:
            await super(PointedJournal, self).record(
                Change(scope=intent.scope, key=intent.key, generation=entry.generation, at=0.0, to=ItemState.NEW)
            )
        return await claim(self, intent)

    async def forgetful(self: PointedJournal, scope: str, key: str) -> Entry | None:
        entry = await super(PointedJournal, self).find(scope, key)
        return None if entry is not None and entry.state is ItemState.UNKNOWN and not entry.error else entry

    monkeypatch.setattr(PointedJournal, "claim", careless)
    monkeypatch.setattr(PointedJournal, "find", forgetful)
    with pytest.raises(AssertionError, match="paid for twice"):
        every_point("nothing")


def test_who_writes_down_afterwards_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The intent is durable only after the request has left."""
    kept: list[tuple[object, Intent]] = []
    claim = MemoryJournal.claim

    async def at_once(self: PointedJournal, intent: Intent) -> Entry | Claimed:
        kept.append((self.fate.dead, intent))
        return Claimed(1, 1)

    async def later(self: PointedJournal, change: Change) -> bool:
        while kept:
            life, intent = kept.pop(0)
            if life is self.fate.dead:  # what a dead process had in its memory is gone
                await self.fate.around("claim", partial(claim, self, intent))
        return await self.fate.around("record", lambda: super(PointedJournal, self).record(change))

    monkeypatch.setattr(PointedJournal, "claim", at_once)
    monkeypatch.setattr(PointedJournal, "record", later)
    with pytest.raises(AssertionError, match=r"paid for twice|is lost"):
        every_point("nothing")


@pytest.mark.usefixtures("_hopeful")
def test_who_takes_silence_for_a_refusal_is_found() -> None:
    """A lost answer is repeated as an error of the gateway's own would be."""
    with pytest.raises(AssertionError, match="paid for twice"):
        every_point("lost-answers")


def test_who_forgets_the_window_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an earlier run has sent in these ten seconds isn't counted."""
    monkeypatch.setattr(RateWindow, "restore", lambda *_: None)
    with pytest.raises(AssertionError, match="over the limit"):
        every_point("nothing")


def test_who_forgets_what_was_spent_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run has the whole budget again: lost answers that are sent anew go over it."""
    monkeypatch.setattr("nanobanana_async.pricing.Budget.begin_with", lambda *_: None)

    with pytest.raises(AssertionError, match="over the budget"):
        for seed in range(6):
            settings: dict[str, Any] = {"faults": FAULTS["lost-answers"], "policies": {"on_unknown": "resend"}}
            killed(seed, [10], pays_twice=True, **settings)
            killed(seed, [20], pays_twice=True, **settings)
