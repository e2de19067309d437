"""The engine: what is active, changed while it runs, and how faults meet."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from typing import cast

import pytest
from attrs.exceptions import FrozenAttributeError

from nanobanana_async.emulator import (
    Answer,
    Cut,
    EmulatorOptions,
    Fault,
    FaultError,
    Faults,
    HangUp,
    Limit,
    Silence,
    World,
)
from tests.emulator.customer import Clock, Customer
from tests.emulator.faults.conftest import Afflicted

BODY = {"model": "nano-banana-2", "input": {"prompt": "a banana"}}


def test_faults_are_added_and_taken_back_while_it_runs(afflicted: Afflicted) -> None:
    """As text or as values; what is added last stands last."""
    customer = afflicted()
    faults = customer.world.faults
    added = faults.add("too-many")
    refused = customer.create()["code"]
    faults.add(Fault("maintenance"))
    both = list(map(str, faults))
    faults.remove("too-many")
    other = customer.create()["code"]
    faults.clear()

    assert added == Fault("too-many")
    assert (refused, other, customer.create()["code"]) == (429, 455, 200)
    assert both == ["too-many", "maintenance"]
    assert list(faults) == []
    assert len(faults) == 0
    assert faults


def test_all_can_be_replaced_at_once(afflicted: Afflicted) -> None:
    """Or none, where one of them cannot be understood."""
    faults = afflicted("too-many").world.faults
    with pytest.raises(FaultError):
        faults.replace(["maintenance", "nonsense"])
    kept = list(faults)
    faults.replace(["maintenance", Fault("silent")])

    assert kept == [Fault("too-many")]
    assert list(faults) == [Fault("maintenance"), Fault("silent")]


def test_what_is_not_active_cannot_be_taken_back(afflicted: Afflicted) -> None:
    """The error names what is."""
    faults = afflicted("too-many,nth=3", "silent").world.faults

    with pytest.raises(FaultError, match=r"'too-many' is not active\. Active: too-many,nth=3; silent"):
        faults.remove("too-many")
    faults.clear()
    with pytest.raises(FaultError, match="Active: none"):
        faults.remove("silent")


def test_of_two_alike_one_is_taken_back(afflicted: Afflicted) -> None:
    """The oldest goes, and takes its count with it."""
    customer = afflicted("too-many,times=1", "too-many,times=1")
    customer.create()
    customer.world.faults.remove("too-many,times=1")

    assert customer.world.faults.struck("too-many,times=1") == 0
    assert customer.create()["code"] == 429
    assert customer.world.faults.struck("too-many,times=1") == 1


def test_a_bare_name_counts_all_faults_of_that_name(afflicted: Afflicted) -> None:
    """With whatever settings, those that were taken back included; a value is that one and no other."""
    customer = afflicted("too-many,nth=1", "too-many,nth=2/3")
    faults = customer.world.faults
    for _ in range(2):
        customer.create()
    by_name = faults.struck("Too_Many")
    faults.remove("too-many,nth=1")
    customer.create()

    assert by_name == 2
    assert faults.struck("too-many") == 3
    assert faults.struck("too-many,nth=2/3") == faults.struck(Fault.parse("too-many,nth=2/3")) == 2
    faults.clear()
    assert faults.struck("too-many") == 3
    assert faults.counts() == {}


def test_faults_of_callbacks_count_by_their_name_too(afflicted: Afflicted) -> None:
    """As do those of fates and records."""
    customer = afflicted("callback-never,nth=1", "all-states", "odd-case,nth=1")
    body = {"callBackUrl": "http://127.0.0.1:9/", **BODY}
    task_id = customer.ask("createTask", body)["data"]["taskId"]
    customer.record(task_id)
    list(customer.world.callbacks.take_due(customer.world.clock() + 1000))

    assert [customer.world.faults.struck(name) for name in ("callback-never", "all-states", "odd-case")] == [1, 1, 1]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("closed", r"'closed' is not active\. Active: too-many,nth=3\."),
        ("too-many,nth=4", "'too-many,nth=4' is not active"),
        (Fault("too-many"), "'too-many' is not active"),
        ("clsed", "'clsed' is no fault; did you mean 'closed'"),
    ],
)
def test_what_was_never_there_has_no_count(afflicted: Afflicted, asked: Fault | str, words: str) -> None:
    """A slip in the name must not look like a fault that never struck."""
    with pytest.raises(FaultError, match=words):
        afflicted("too-many,nth=3").world.faults.struck(asked)


GIVEN = ["too-many", ["too-many"], Fault("too-many"), [Fault("too-many")], Faults("too-many"), iter(["too-many"])]


@pytest.mark.parametrize("given", GIVEN)
def test_a_world_takes_faults_in_any_form(clock: Clock, given: str) -> None:
    """Text, several, values, or an engine."""
    world = World(clock=clock, faults=given)

    assert Customer(world).create()["code"] == 429


@pytest.mark.parametrize("given", [5, [5], [None], [["silent"]]])
def test_what_is_no_fault_is_told(clock: Clock, given: object) -> None:
    """With what it may be; None alone is none."""
    with pytest.raises(FaultError, match=r"is no fault: give text, such as|one fault or a list, as in"):
        World(clock=clock, faults=given)  # type: ignore[arg-type]  # wrong on purpose
    assert not len(World(clock=clock, faults=None).faults)


def test_a_world_keeps_its_engine(clock: Clock) -> None:
    """Another one put in its place would be heard by half of the world: what is active is replaced instead."""
    world = World(clock=clock)

    with pytest.raises(FrozenAttributeError):
        world.faults = Faults()


def test_a_world_that_begins_starts_every_count_anew(clock: Clock) -> None:
    """The same engine in a second world tells the same story again."""
    faults = Faults(["too-many,nth=2", "maintenance,probability=0.5"], seed=3)
    stories = []
    for _ in range(2):
        customer = Customer(World(clock=clock, faults=faults))
        stories.append([customer.create()["code"] for _ in range(10)])

    assert stories[0] == stories[1]
    assert stories[0][1] in (429, 455)


def test_an_engine_without_a_world_can_be_asked(clock: Clock) -> None:
    """Adding and counting need no world."""
    faults = Faults("closed")
    faults.add("silent,times=1")

    assert [faults.struck(fault) for fault in faults] == [0, 0]


def test_faults_count_each_call_whatever_else_strikes(afflicted: Afflicted) -> None:
    """The third create is the third, also where the second never came so far."""
    customer = afflicted("too-many,nth=2", "maintenance,nth=3", "closed,nth=4", "silent,charged=no,nth=1")
    replies = [customer.world.serve(customer.call("createTask", BODY)) for _ in range(5)]

    assert [reply.code for reply in replies] == ["silence", 429, 455, "closed", 200]


def test_of_two_refusals_the_first_added_strikes(afflicted: Afflicted) -> None:
    """There is one answer to a call; the other one has not struck."""
    customer = afflicted("too-many", "maintenance")

    assert customer.create()["code"] == 429
    assert customer.world.faults.struck("maintenance") == 0


def test_a_lost_answer_may_be_a_refusal(afflicted: Afflicted) -> None:
    """Faults of the wire act on whatever answer there is."""
    customer = afflicted("too-many,form=status", "cut,share=0.2")

    reply = customer.world.serve(customer.call("createTask", BODY))

    assert isinstance(reply, Cut)
    assert (reply.status, reply.reply.code) == (429, 429)
    assert not customer.world.ledger.accepted


def test_where_no_answer_is_left_nothing_more_can_spoil_it(afflicted: Afflicted) -> None:
    """Silence can't be cut; the later fault has not struck, and has counted."""
    customer = afflicted("silent,times=1", "cut,nth=1", "closed,nth=2")
    replies = [customer.world.serve(customer.call("createTask", BODY)) for _ in range(2)]

    assert isinstance(replies[0], Silence)
    assert isinstance(replies[1], HangUp)
    assert [customer.world.faults.struck(fault) for fault in customer.world.faults] == [1, 0, 1]


def test_what_struck_last_can_be_asked(afflicted: Afflicted) -> None:
    """For the line of a log: the faults of the call that was served last."""
    customer = afflicted("slow,nth=1", "closed,nth=1", "odd-case")
    faults = customer.world.faults
    customer.world.serve(customer.call("createTask", BODY))
    at_create = [fault.name for fault in faults.latest]
    (task,) = customer.world.tasks
    customer.record(task.id)
    at_poll = [fault.name for fault in faults.latest]
    customer.balance()

    assert (at_create, at_poll, faults.latest) == (["slow", "closed"], ["odd-case"], ())


def test_faults_never_change_the_tasks_themselves(clock: Clock) -> None:
    """Ids, times and pictures come from the seed; a fault adds trouble, and takes no luck from anybody."""

    def story(*faults: str) -> list[tuple[str, float]]:
        world = World(EmulatorOptions(seed=7, limit=Limit(1000)), clock=clock, faults=faults)
        for _ in range(20):
            Customer(world).world.serve(Customer(world).call("createTask", BODY))
        return [(task.id, task.plan.last.at) for task in world.tasks]

    assert story("cut,probability=0.5", "odd-case,probability=0.5", "invisible,probability=0.5") == story()


def test_the_ledger_says_what_struck_a_create(afflicted: Afflicted) -> None:
    """Refused and never charged, or charged and never heard of: both can be told afterwards."""
    customer = afflicted("too-many,nth=1", "silent,nth=2", "closed,charged=no,nth=3")
    for _ in range(4):
        customer.world.serve(customer.call("createTask", BODY))
    seen = customer.world.ledger.creates

    assert [each.faults for each in seen] == [("too-many",), ("silent",), ("closed",), ()]
    assert [each.code for each in seen] == [429, 200, 0, 200]
    assert [each.credits for each in seen] == [0, 8, 0, 8]
    assert len({each.fingerprint for each in seen}) == 1
    assert len({each.account for each in seen}) == 1


def test_the_ledger_sees_what_is_turned_away_at_the_door(afflicted: Afflicted) -> None:
    """Polls, keys at the file host, creates without a key or without sense: all are seen, whatever strikes."""
    customer = afflicted()
    task_id = customer.created()
    customer.world.faults.add("too-many,on=any")
    customer.ask("recordInfo", subject=task_id)
    customer.ask("recordInfo", subject="unknown")
    customer.world.serve(customer.call("file", subject="results/x.png"))
    customer.ask("createTask", "nonsense")
    Customer(customer.world, None).ask("createTask", BODY)
    customer.world.faults.clear()
    Customer(customer.world, None).ask("createTask", BODY)
    ledger = customer.world.ledger

    assert ledger.polls == {task_id: 1}
    assert [seen.path for seen in ledger.keys_at_files] == ["results/x.png"]
    assert [(seen.code, bool(seen.account), bool(seen.fingerprint)) for seen in ledger.creates] == [
        (200, True, True),
        (429, True, False),
        (429, False, True),
        (401, False, True),
    ]


@pytest.fixture
def impatient_threads() -> Iterator[None]:
    """Threads take turns a thousand times as often as usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("impatient_threads")
def test_any_thread_may_change_what_is_active(afflicted: Afflicted) -> None:
    """Adding and removing lose nothing while calls are served."""
    customer = afflicted()
    faults = customer.world.faults

    def meddle() -> None:
        for _ in range(50):
            faults.add("closed,prompt=never")
            faults.add("too-many,times=1")
            faults.remove("closed,prompt=never")

    threads = [threading.Thread(target=meddle) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        customer.create()
    for thread in threads:
        thread.join()
    left = len(faults)

    assert left == 200
    assert cast("Answer", customer.world.serve(customer.call("createTask", BODY))).code in (200, 429)
