"""The seam of the callbacks: which faults strike at one that falls due."""

from __future__ import annotations

import pytest

from nanobanana_async.emulator import FAULTS
from tests.emulator.customer import Clock
from tests.emulator.faults.conftest import Afflicted

CALLBACKS = [name for name, spec in FAULTS.items() if spec.kind == "callback"]


@pytest.mark.parametrize("name", CALLBACKS)
def test_a_callback_fault_strikes_those_that_are_meant(afflicted: Afflicted, clock: Clock, name: str) -> None:
    """By number and by the prompt of the task; what struck is counted."""
    text = f"{name},prompt=banana,nth=2"
    customer = afflicted(text)
    for prompt in ("a banana", "an apple", "a banana", "a banana"):
        customer.created(prompt)
    faults = customer.world.faults

    found = [faults.on_callback(task, clock.now) for task in customer.world.tasks]

    assert [[fault.name for fault in those] for those in found] == [[], [], [name], []]
    assert faults.struck(text) == 1
    assert faults.latest == ()


def test_several_may_strike_at_one(afflicted: Afflicted, clock: Clock) -> None:
    """With their parameters, in the order in which they were added."""
    customer = afflicted("callback-late,seconds=7", "callback-shape,shape=task_id", "closed")
    customer.world.faults.add("callback-never,after=100")
    customer.world.serve(customer.call("createTask", {"model": "nano-banana-2", "input": {"prompt": "x"}}))
    (task,) = customer.world.tasks

    late, shape = customer.world.faults.on_callback(task, clock.now)

    assert (late.name, late.number("seconds")) == ("callback-late", 7.0)
    assert (shape.name, shape.text("shape")) == ("callback-shape", "task_id")
