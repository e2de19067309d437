"""What the emulator remembers having seen, and the seam through which it will lie."""

from __future__ import annotations

from random import Random

from attrs import evolve

from nanobanana_async.emulator import Answer, Call, EmulatorOptions, Faults, Limit, Order, Plan, Reply, World
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
