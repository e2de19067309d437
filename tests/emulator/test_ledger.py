"""What the emulator remembers having seen, and the seam through which it will lie."""

from __future__ import annotations

from random import Random

import pytest
from attrs import evolve

from nanobanana_async.emulator import (
    Answer,
    Call,
    CreateSeen,
    EmulatorOptions,
    Faults,
    Limit,
    Order,
    Plan,
    Reply,
    World,
    account_name,
)
from tests.emulator.customer import Clock, Customer


def test_every_create_is_noted_with_its_charge(clock: Clock) -> None:
    """Accepted, over the limit, wrong and unreadable: all stand in the ledger, the accepted with their charge."""
    world = World(EmulatorOptions(limit=Limit(3)), clock=clock)
    customer = Customer(world)
    task_id = customer.created("one", resolution="4K")
    customer.create("two", aspect_ratio="7:5")
    customer.ask("createTask")
    customer.create("three")

    notes = [(seen.code, seen.task_id, seen.credits) for seen in world.ledger.creates]
    assert notes == [(200, task_id, 18.0), (500, None, 0.0), (400, None, 0.0), (429, None, 0.0)]
    assert [seen.task_id for seen in world.ledger.accepted] == [task_id]


@pytest.mark.parametrize(
    ("callback", "attempt"),
    [
        ("http://127.0.0.1/hook?nb_attempt=t-1", "t-1"),
        ("http://127.0.0.1/hook?a=b&nb_attempt=t%202&nb_attempt=3#x", "t 2"),
        ("http://127.0.0.1/hook?nb_attempt=", None),
        ("http://127.0.0.1/hook", None),
        ("http://[127.0.0.1/?nb_attempt=t-1", None),
        (None, None),
    ],
)
def test_an_attempt_is_told_by_its_token(callback: str | None, attempt: str | None) -> None:
    """The client writes it into the address for its callback."""
    seen = CreateSeen(at=0.0, account="a", code=200, callback_url=callback)

    assert seen.attempt == attempt


def test_what_was_given_back_is_told(customer: Customer, clock: Clock) -> None:
    """A task that fails was charged, and is given back when it has failed."""
    customer.created("[fail:internal]")
    customer.created("fine")
    before = customer.world.ledger.given_back(clock.now)
    clock.move(60)
    after = customer.world.ledger.given_back(clock.now)

    assert before == []
    assert [seen.credits for seen in after] == [8.0]
    assert len(customer.world.ledger.accepted) == 2


def test_what_was_paid_is_told_without_a_clock(customer: Customer, clock: Clock) -> None:
    """Taken and not given back, by the world's own time; a task that will fail is paid for until it has failed."""
    ledger = customer.world.ledger
    customer.created("[fail:internal]")
    customer.created("fine", resolution="4K")
    before = (ledger.paid, len(ledger.given_back()), [seen.was_given_back() for seen in ledger.creates])
    clock.move(60)
    after = (ledger.paid, len(ledger.given_back()), [seen.was_given_back() for seen in ledger.creates])
    customer.created("another")
    Customer(customer.world, "other").created("another's")
    customer.create("wrong", aspect_ratio="7:5")
    missing = 20_000 - customer.balance() - Customer(customer.world, "other").balance()

    assert before == (26.0, 0, [False, False])
    assert after == (18.0, 1, [True, False])
    assert ledger.paid == missing == 34.0


def test_a_create_is_equal_to_another_whatever_its_clock() -> None:
    """The clock is no part of what was seen, nor of how it is shown."""
    one, other = (CreateSeen(at=0.0, account="a", code=200, clock=clock) for clock in (lambda: 1.0, lambda: 2.0))

    assert one == other
    assert "clock" not in repr(one)


def test_refusals_by_the_limit_are_counted_by_account(clock: Clock) -> None:
    """Each for itself, and all together."""
    world = World(EmulatorOptions(limit=Limit(1)), clock=clock)
    for key, creates in (("one", 3), ("two", 2), ("three", 1)):
        for _ in range(creates):
            Customer(world, key).create()

    by_account = {account_name("one"): 2, account_name("two"): 1}
    assert (world.ledger.over_limit, world.ledger.over_limit_by_account) == (3, by_account)


def test_paid_twice_is_one_question(customer: Customer) -> None:
    """Two accepted creates of the same model and input are found, whatever their callbacks."""
    customer.created("once")
    for callback in ("http://127.0.0.1/a", "http://127.0.0.1/b"):
        body = {"model": "nano-banana-2", "callBackUrl": callback, "input": {"prompt": "twice"}}
        customer.ask("createTask", body)

    (fingerprint,) = customer.world.ledger.charged_twice()
    paid = [seen for seen in customer.world.ledger.accepted if seen.fingerprint == fingerprint]
    assert [seen.callback_url for seen in paid] == ["http://127.0.0.1/a", "http://127.0.0.1/b"]


def test_polls_are_counted_by_task(customer: Customer) -> None:
    """Each look at a task counts."""
    task_id = customer.created()
    for _ in range(3):
        customer.record(task_id)

    assert customer.world.ledger.polls == {task_id: 3}


def test_uploads_are_counted(customer: Customer) -> None:
    """The ledger knows how many files came in."""
    customer.upload(b"x")

    assert customer.world.ledger.uploads == 1


class Trouble(Faults):
    """Refuses balances, never lets a task end, and swallows the id of an accepted task."""

    def on_arrival(self, call: Call, now: float) -> Reply | None:
        return Answer({"code": 455, "msg": "maintenance"}) if call.operation == "credit" else None

    def on_plan(self, order: Order, plan: Plan, draw: Random) -> Plan:
        return evolve(plan, stages=plan.stages[:1])

    def on_answer(self, call: Call, reply: Reply, now: float) -> Reply:
        lost = call.operation == "createTask" and reply.code == 200
        return Answer({"code": 200, "data": None}, status=502) if lost else reply


def test_faults_are_asked_at_three_moments(clock: Clock) -> None:
    """A fault can stand in for an answer, change a fate, and change what is seen of an effect that took place."""
    world = World(clock=clock, faults=Trouble())
    customer = Customer(world)

    lost = world.serve(customer.call("createTask", {"model": "nano-banana-2", "input": {"prompt": "x"}}))
    clock.move(10_000)

    assert lost.status == 502
    (task,) = world.tasks
    assert customer.record(task.id)["state"] == "waiting"
    assert customer.ask("credit")["code"] == 455
    assert [seen.credits for seen in world.ledger.accepted] == [8.0]
