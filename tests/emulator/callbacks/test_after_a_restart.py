"""What a restarted emulator still has to tell, and what it has told already."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from nanobanana_async.emulator import EmulatorOptions, World
from tests.emulator.callbacks.receiver import Receiver, said
from tests.emulator.customer import Clock

Start = Callable[[], Receiver]


@pytest.fixture
def start(tmp_path: Path, clock: Clock) -> Iterator[Start]:
    """Starts an emulator on one folder, again and again; the one before loses the folder."""
    with ExitStack() as worlds:

        def started() -> Receiver:
            worlds.close()
            return Receiver(worlds.enter_context(World(EmulatorOptions(state_dir=tmp_path), clock=clock)), clock)

        yield started


def test_callbacks_that_are_still_to_come_come(start: Start) -> None:
    """At the moment at which they would have, and with the links of then."""
    before = start()
    task_id = before.ordered()
    moment = before.world.callbacks.next_at()

    after = start()

    assert after.world.callbacks.next_at() == moment
    (delivery,) = after.wait()
    assert said(delivery)["data"] == after.customer.record(task_id)


def test_those_that_fell_due_in_between_come_at_once(start: Start, clock: Clock) -> None:
    """The emulator was away; the task is over."""
    task_id = start().ordered()
    clock.move(3600)

    assert [delivery.task_id for delivery in start().taken()] == [task_id]


@pytest.mark.parametrize("status", [200, 500])
def test_what_was_answered_or_given_up_is_not_sent_again(start: Start, status: int) -> None:
    """However often the emulator is started again; what is still open is."""
    before = start()
    before.ordered("one")
    list(before.all_of_them(status))
    still_open = before.ordered("two")

    first, second = ({delivery.task_id for delivery in start().all_of_them(status)} for _ in range(2))

    assert (first, second) == ({still_open}, set())


def test_what_was_not_answered_is_sent_again(start: Start) -> None:
    """From its first attempt: nobody knows whether it came."""
    before = start()
    task_id = before.ordered()
    before.wait()

    assert [(each.task_id, each.attempt) for each in start().taken()] == [(task_id, 1)]


@pytest.mark.parametrize("fault", ["callback-never", "callback-forged,nth=2"])
def test_what_a_fault_swallowed_stays_away(start: Start, fault: str) -> None:
    """A callback that never comes doesn't come after a restart either; a forgery settles nothing."""
    before = start()
    before.world.faults.add(fault)
    before.ordered()
    list(before.all_of_them())

    assert list(start().all_of_them()) == []
