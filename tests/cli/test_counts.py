"""The numbers of a batch: what is still to be done, and for how long."""

from __future__ import annotations

import pytest

from nanobanana_async import (
    BusyError,
    Item,
    NanoBanana,
    Result,
    Skipped,
    Succeeded,
    Task,
    Unknown,
    UnknownOutcomeError,
)
from nanobanana_async.cli._counts import Counts
from nanobanana_async.events import CreateLost, CreateRefused, CreateSent, Event, TaskAccepted, TaskSucceeded
from nanobanana_async.values import TaskState

ITEM = Item(NanoBanana("a cat"), key="cat")
SKIPPED = Skipped(item=ITEM, reason="stopped")


def accepted(task_id: str) -> TaskAccepted:
    return TaskAccepted(at=0.0, item=ITEM, task=Task(task_id))


def succeeded(task_id: str) -> Succeeded:
    return Succeeded(item=ITEM, result=Result(task_id, "google/nano-banana", ("http://x/a.png",), 4.0))


def test_what_the_budget_will_never_send_is_not_waited_for() -> None:
    """It is no part of the total until it is skipped, and the time that is left does not grow for it."""
    counts = Counts(0.0, 500, beyond=250)
    for number in range(125):
        counts.add(succeeded(f"t{number}"))
    before, left = counts.line(100.0), counts.seconds_left(100.0)
    for number in range(125, 250):
        counts.add(succeeded(f"t{number}"))
    for _ in range(250):
        counts.add(SKIPPED)

    assert before.startswith("125/250 · 250 beyond the budget · 0 in flight · 500 credits ·")
    assert left == 100.0
    assert counts.line(200.0).startswith("500/500 · 250 skipped · ")
    assert counts.seconds_left(200.0) == 0.0


def test_what_is_skipped_has_no_pace() -> None:
    """After Ctrl-C hundreds are over at once, and the few in flight take as long as ever."""
    counts = Counts(0.0, 100)
    counts.add(succeeded("t0"))
    for _ in range(97):
        counts.add(SKIPPED)

    assert counts.seconds_left(60.0) == 120.0


def test_the_last_ones_are_waited_for_by_their_age() -> None:
    """No pace tells when they will be done; what is done and not saved yet is no longer in flight."""
    counts = Counts(0.0, 4)
    for number in range(3):
        counts.hear(accepted(f"t{number}"), 10.0 * number)
    one_is_to_be_sent = counts.line(30.0)
    counts.hear(accepted("t3"), 30.0)
    counts.add(succeeded("t0"))
    several = counts.line(40.0)
    for number in (1, 2):
        counts.add(succeeded(f"t{number}"))

    assert one_is_to_be_sent.startswith("0/4 · 3 in flight · 0 credits ·")
    assert several == "1/4 · waiting for 3 tasks, the oldest for 0:30 · 4 credits · 2/min"
    assert counts.line(250.0) == "3/4 · waiting for 1 task, the oldest for 3:40 · 12 credits · 1/min"


@pytest.mark.parametrize(
    "end",
    [
        CreateRefused(at=0.0, item=ITEM, error=BusyError("later"), again=True),
        CreateLost(at=0.0, item=ITEM, error=UnknownOutcomeError("reset")),
        TaskSucceeded(at=0.0, item=ITEM, result=Result("t1", "m", ()), looks=0, delay=0.0),
        TaskAccepted(at=0.0, item=ITEM, task=Task("t1", state=TaskState.SUCCESS)),
    ],
)
def test_a_create_that_waits_for_its_answer_is_in_flight(end: Event) -> None:
    """At a gateway that answers at once, that is all there is to see."""
    counts = Counts(0.0, 2)
    counts.hear(CreateSent(at=0.0, item=ITEM, attempt=1), 0.0)
    during = counts.line(1.0)
    counts.hear(end, 2.0)

    assert "1 in flight" in during
    assert counts.in_flight == 0


def test_a_create_that_was_cut_short_is_in_flight_no_more() -> None:
    """Its outcome says what became of it."""
    counts = Counts(0.0, 1)
    counts.hear(CreateSent(at=0.0, item=ITEM, attempt=1), 0.0)
    counts.add(Unknown(item=ITEM, error=UnknownOutcomeError("closed")))

    assert counts.in_flight == 0
