"""What goes wrong with callbacks on purpose."""

from __future__ import annotations

import json

import pytest

from nanobanana_async.emulator import EmulatorOptions, World
from tests.emulator.callbacks.receiver import RECEIVER, Receiver, said
from tests.emulator.customer import Clock


def receiver_with(clock: Clock, *faults: str, key: str | None = None) -> Receiver:
    return Receiver(World(EmulatorOptions(webhook_key=key), clock=clock, faults=faults), clock)


def test_late(clock: Clock) -> None:
    """It comes so many seconds after it was due, and is signed with the time at which it comes."""
    receiver = receiver_with(clock, "callback-late,seconds=40", key="k")
    receiver.ordered()
    (task,) = receiver.world.tasks

    (delivery,) = receiver.all_of_them()

    assert receiver.clock.now == task.plan.last.at + 40
    assert delivery.headers["X-Webhook-Timestamp"] == str(int(receiver.clock.now))
    assert receiver.seen[0].fault == "callback-late"


def test_twice(clock: Clock) -> None:
    """The same callback comes two times, at the same moment."""
    receiver = receiver_with(clock, "callback-twice")
    receiver.ordered()

    first, second = receiver.wait()

    assert first == second
    assert said(first)["data"]["state"] == "success"


def test_twice_and_late(clock: Clock) -> None:
    """Both copies are put off."""
    receiver = receiver_with(clock, "callback-twice", "callback-late")
    receiver.ordered()

    at_once = receiver.wait()

    assert at_once == []
    assert len(receiver.wait()) == 2


def test_out_of_order(clock: Clock) -> None:
    """The callback of the first task to end comes when that of the second has been answered, whatever lies between."""
    receiver = receiver_with(clock, "callback-out-of-order,times=1")
    for number in range(3):
        receiver.ordered(f"banana {number}")
    first, second, third = sorted(receiver.world.tasks, key=lambda task: task.plan.last.at)

    order = [delivery.task_id for delivery in receiver.all_of_them()]

    assert order == [second.id, first.id, third.id]


def test_out_of_order_with_nothing_to_come_after(clock: Clock) -> None:
    """It is not held for ever: half a minute."""
    receiver = receiver_with(clock, "callback-out-of-order")
    receiver.ordered()
    (task,) = receiver.world.tasks

    assert len(list(receiver.all_of_them())) == 1
    assert receiver.clock.now == task.plan.last.at + 30


def test_many_that_are_held_go_in_their_order(clock: Clock) -> None:
    """An answer sets free all that were due before it, the first to fall due first."""
    receiver = receiver_with(clock, "callback-out-of-order,times=19")
    for number in range(20):
        receiver.ordered(f"banana {number}")
    *held, last = sorted(receiver.world.tasks, key=lambda task: task.plan.last.at)

    order = [delivery.task_id for delivery in receiver.all_of_them()]

    assert order == [last.id, *(task.id for task in held)]


def test_an_answer_to_an_earlier_one_sets_nothing_free(clock: Clock) -> None:
    """What is held waits for one that was due after it."""
    receiver = receiver_with(clock, "callback-out-of-order,nth=2")
    receiver.ordered("one")
    receiver.ordered("two")
    (slow,) = receiver.wait()
    held = receiver.wait()
    receiver.answer(slow)

    assert held == []
    assert receiver.taken() == []


def test_forged(clock: Clock) -> None:
    """For the task, for one that still runs and for one that never was; a foreign picture, and a wrong signature."""
    receiver = receiver_with(clock, "callback-forged,times=1", key="k")
    receiver.ordered("[fail:internal]")
    receiver.ordered("still running")
    first, second = sorted(receiver.world.tasks, key=lambda task: task.plan.last.at)
    *forged, genuine = receiver.wait()

    assert [each.kind for each in forged] == ["forged"] * 3
    assert [each.task_id for each in forged[:2]] == [first.id, second.id]
    assert receiver.world.tasks.find(forged[2].task_id) is None
    for each in forged:
        data = said(each)["data"]
        assert (said(each)["code"], data["state"], data["taskId"]) == (200, "success", each.task_id)
        assert json.loads(data["resultJson"])["resultUrls"] == ["https://forged.example/banana.png"]
        assert each.headers["X-Webhook-Signature"] != genuine.headers["X-Webhook-Signature"]
        assert each.url == RECEIVER
    assert (genuine.kind, genuine.fault) == ("genuine", None)


def test_a_forgery_is_sent_once(clock: Clock) -> None:
    """A forger doesn't repeat what was refused; the gateway does."""
    receiver = receiver_with(clock, "callback-forged")
    receiver.ordered()

    kinds = [delivery.kind for delivery in receiver.all_of_them(status=403)]

    assert sorted(kinds) == ["forged"] * 2 + ["genuine"] * 4


def test_without_a_key_a_forgery_is_unsigned(clock: Clock) -> None:
    """As the genuine ones are; in the documented shape as well."""
    options = EmulatorOptions(record_shape="old")
    receiver = Receiver(World(options, clock=clock, faults=["callback-forged"]), clock)
    receiver.ordered()
    forged, *_ = receiver.wait()

    assert "X-Webhook-Signature" not in forged.headers
    assert "successFlag" not in said(forged)["data"]


def test_a_forgery_stays_on_this_machine_too(clock: Clock) -> None:
    """Nothing of any kind is sent to an address beyond it, and all of it is noted."""
    options = EmulatorOptions(allow_remote=True)
    receiver = Receiver(World(options, clock=clock, faults=["callback-forged"]), clock)
    receiver.ordered(url="https://example.com/hook")

    assert list(receiver.all_of_them()) == []
    assert sorted(seen.kind for seen in receiver.seen) == ["forged", "forged", "genuine"]
    assert {seen.note for seen in receiver.seen} == {"not sent: leaves this machine"}


def test_replayed(clock: Clock) -> None:
    """The same bytes and the same signature again, ten minutes later, with the time of then."""
    receiver = receiver_with(clock, "callback-replayed", key="k")
    receiver.ordered()

    first, again = receiver.all_of_them()

    assert (again.body, again.headers) == (first.body, first.headers)
    assert again.kind == "replayed"
    assert receiver.clock.now == first.due_at + 600


def test_a_replay_is_of_what_went_out(clock: Clock) -> None:
    """A callback that had to wait is replayed with the signature that it went out with; one that never went, never."""
    receiver = receiver_with(clock, "callback-replayed", "callback-never,nth=2", key="k")
    receiver.ordered("one")
    moment = receiver.world.callbacks.next_at()
    assert moment is not None
    (due,) = receiver.world.callbacks.take_due(moment)
    clock.now = moment + 100
    gone = receiver.world.callbacks.sealed(due, clock.now)
    receiver.answer(gone)
    receiver.ordered("two")

    replayed = list(receiver.all_of_them())

    assert [each.kind for each in replayed] == ["replayed"]
    assert replayed[0].headers == gone.headers
    assert gone.headers["X-Webhook-Timestamp"] == str(int(moment + 100))


def test_never(clock: Clock) -> None:
    """It is not sent, and the ledger says so."""
    receiver = receiver_with(clock, "callback-never")
    receiver.ordered()

    assert list(receiver.all_of_them()) == []
    assert [(seen.status, seen.fault, seen.note) for seen in receiver.seen] == [(None, "callback-never", "never sent")]


@pytest.mark.parametrize(
    ("shape", "top", "data"),
    [
        ("top", {"taskId"}, set()),
        ("taskId", set(), {"taskId"}),
        ("task_id", set(), {"task_id"}),
    ],
)
def test_the_id_stands_in_one_of_three_places(clock: Clock, shape: str, top: set[str], data: set[str]) -> None:
    """At the top, in `data.taskId`, in `data.task_id`, and only there."""
    receiver = receiver_with(clock, f"callback-shape,shape={shape}")
    task_id = receiver.ordered()
    (delivery,) = receiver.wait()
    body = said(delivery)
    places = {"taskId", "task_id"}

    assert (places & body.keys(), places & body["data"].keys()) == (top, data)
    assert task_id in {body.get("taskId"), *(body["data"].get(name) for name in places)}


def test_a_fault_that_is_added_later_strikes_what_is_not_yet_due(receiver: Receiver) -> None:
    """Faults are asked when a callback falls due, not when its task is accepted."""
    receiver.ordered()
    receiver.world.faults.add("callback-never")

    assert list(receiver.all_of_them()) == []


def test_a_task_that_never_ends_is_never_told_of(clock: Clock) -> None:
    """A stuck task has no callback."""
    receiver = receiver_with(clock, "stuck")
    receiver.ordered()

    assert receiver.world.callbacks.next_at() is None
