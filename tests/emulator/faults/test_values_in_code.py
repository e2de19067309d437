"""Faults made in code, with the slips that a line of text can't have; and numbers beyond all reason, in either."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from nanobanana_async.emulator import Fault, FaultError, Faults, When
from tests.emulator.customer import Clock
from tests.emulator.faults.conftest import Afflicted

some_when: Any = When
some_fault: Any = Fault
some_faults: Any = Faults
"""With no types, for what is wrong on purpose."""


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (
            lambda: some_when(prompt=re.compile("x")),
            "prompt=re.compile('x') is not allowed: as text, a regular expression",
        ),
        (lambda: some_when(model=["nano-banana"]), "model=['nano-banana'] is not allowed: as text,"),
        (lambda: some_when(nth=[]), "nth=[] names nothing at all: leave it out, or give whole numbers"),
        (lambda: some_when(on=()), "on=() names nothing at all: leave it out, or give createTask"),
        (
            lambda: some_fault("closed", when="nth=3"),
            "closed: when='nth=3' is no When: write When(nth=3), or all of it as",
        ),
        (lambda: some_fault("closed", when={"nth": 3}), "closed: when={'nth': 3} is no When"),
        (
            lambda: some_fault("too-many", parameters={"retry-after": None}),
            "too-many: retry-after=None is not allowed: printable ASCII text, or leave it out",
        ),
        (lambda: some_fault("cut", parameters={"share": [0.5]}), "cut: share=[0.5] is not allowed"),
        (lambda: some_fault(3), "3 is no fault: give text, such as 'too-many,nth=3'"),
        (lambda: some_fault.parse(None), "None is no fault: give text"),
        (lambda: some_faults([3]), "3 is no fault: give text"),
        (lambda: some_faults("closed").add(3), "3 is no fault: give text"),
    ],
)
def test_what_is_no_value_is_told(make: Callable[[], object], complaint: str) -> None:
    """The word, the value, and the remedy; never a traceback from the inside."""
    with pytest.raises(FaultError, match=re.escape(complaint)):
        make()


@pytest.mark.parametrize(
    "text",
    [
        "slow,seconds=1e308",
        "slow,factor=1e308",
        "invisible,seconds=1e308",
        "unknown-state,seconds=1e300",
        "callback-late,seconds=1e308",
        "drip,seconds=1e308",
        "closed,after=1e10",
        "closed,lasting=1e10",
    ],
)
def test_a_time_without_a_date_is_refused(text: str) -> None:
    """With the most that it may be."""
    with pytest.raises(FaultError, match="at most 1e"):
        Fault.parse(text)


@pytest.mark.parametrize(
    "text", ["slow,seconds=1e9", "slow,factor=1e6", "invisible,seconds=1e9", "unknown-state,seconds=1e9"]
)
def test_the_longest_times_have_dates(afflicted: Afflicted, clock: Clock, text: str) -> None:
    """A task that takes 31 years can be looked at now, and in the end."""
    customer = afflicted(text)
    customer.created()
    [task] = customer.world.tasks
    customer.ask("recordInfo", subject=task.id)
    clock.now = task.plan.last.at + 1e9

    assert customer.record(task.id)["state"] == "success"


def test_conditions_may_be_left_as_they_are() -> None:
    """None is no condition, and a frozen set without anything in it is what a `When` has anyway."""
    assert When(nth=frozenset(), times=None) == When()
