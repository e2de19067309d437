"""Fates: what becomes of a task, settled when it is accepted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nanobanana_async.emulator import FAULTS
from tests.emulator.customer import Clock, Customer
from tests.emulator.faults.conftest import Afflicted

FATES = [name for name, spec in FAULTS.items() if spec.kind == "fate"]
FAILURES = [
    ("", "500", "Internal Error, Please try again later."),
    ("kind=image", "400", "Image fetch failed. Check access settings or use our File Upload API instead."),
    ("kind=policy", "400", "Your prompt was flagged by Website as violating content policies."),
    ("kind=flagged", "400", "Your request was flagged."),
    ("kind=violating", "400", "The prompt is violating content policies."),
    ("kind=sensitive", "400", "The input or output contains sensitive information."),
    ("kind=unsafe", "400", "PUBLIC_ERROR_UNSAFE_GENERATION"),
    ("kind=sensitive-word", "400", "SENSITIVE_WORD_ERROR"),
    ("kind=prohibited", "400", "PROHIBITED_CONTENT"),
    ("kind=moderation", "500", "Internal server error in moderation service"),
    ("kind=declined", "500", "Gemini could not generate an image with the given prompt."),
    ("code=GENERATION_FAILED,text=Oh", "GENERATION_FAILED", "Oh"),
    ('code="",text=""', "", ""),
]


def states(customer: Customer, task_id: str, clock: Clock, seconds: float = 20) -> list[str]:
    """The states that a patient customer sees, one after the other."""
    seen: list[str] = []
    for _ in range(int(seconds * 10)):
        state = customer.record(task_id)["state"]
        seen += [] if seen[-1:] == [state] else [state]
        clock.move(0.1)
    return seen


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ("skipped-state", ["waiting", "success"]),
        ("all-states", ["waiting", "queuing", "generating", "success"]),
        ("unknown-state", ["waiting", "paused", "success"]),
        ("unknown-state,state=thinking", ["waiting", "thinking", "success"]),
        ("stuck", ["waiting"]),
        ("stuck,state=queuing", ["waiting", "queuing"]),
        ("stuck,state=generating", ["waiting", "generating"]),
        ("stuck,state=paused", ["waiting", "paused"]),
        ("fail", ["waiting", "generating", "fail"]),
    ],
)
def test_a_task_goes_through_the_states_that_it_is_told(
    afflicted: Afflicted, clock: Clock, fault: str, seen: list[str]
) -> None:
    """In the time that was drawn for it."""
    customer = afflicted(fault, seed=2)  # without a fault it would be seen generating

    assert states(customer, customer.created(), clock) == seen


def test_a_stuck_task_never_ends(afflicted: Afflicted, clock: Clock) -> None:
    """It is charged, it has no end, and nothing is given back."""
    customer = afflicted("stuck,nth=1")
    stuck, usual = customer.created(), customer.created()
    clock.move(7 * 24 * 3600)
    record = customer.record(stuck)

    assert (record["state"], record["completeTime"], record["costTime"]) == ("waiting", None, None)
    assert customer.record(usual)["state"] == "success"
    assert customer.balance() == 10_000 - 16


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [("slow,seconds=600", 600.0), ("slow,seconds=2", 2.0), ("slow,seconds=600,factor=2", 600.0)],
)
def test_a_slow_task_takes_as_long_as_it_is_told(
    afflicted: Afflicted, clock: Clock, fault: str, seconds: float
) -> None:
    """Whatever the speed of the emulator."""
    customer = afflicted(fault, speed=20)
    task_id = customer.created()
    clock.move(seconds - 0.1)
    before = customer.record(task_id)["state"]
    clock.move(0.2)
    record = customer.record(task_id)

    assert (before != "success", record["state"]) == (True, "success")
    assert record["completeTime"] - record["createTime"] == pytest.approx(seconds * 1000, abs=1)


def test_slowness_can_be_a_factor(afflicted: Afflicted) -> None:
    """Ten times as long as it would have been, stage by stage."""
    (usual,), (slow,) = (
        tuple(customer.world.tasks) for customer in (afflicted(), afflicted("slow")) if customer.created()
    )

    assert [stage.state for stage in slow.plan.stages] == [stage.state for stage in usual.plan.stages]
    assert [stage.at - slow.plan.created_at for stage in slow.plan.stages] == pytest.approx(
        [(stage.at - usual.plan.created_at) * 10 for stage in usual.plan.stages], rel=1e-3
    )


def test_an_unknown_state_can_last(afflicted: Afflicted, clock: Clock) -> None:
    """So many seconds, and then the task ends as it would have."""
    customer = afflicted("unknown-state,seconds=500")
    task_id = customer.created()
    clock.move(400)
    meanwhile = customer.record(task_id)["state"]
    clock.move(200)

    assert (meanwhile, customer.record(task_id)["state"]) == ("paused", "success")


@pytest.mark.parametrize(
    ("fault", "code", "msg"),
    [
        ("invisible", 422, "recordInfo is null"),
        ("invisible,form=404", 404, "Not Found"),
    ],
)
def test_a_record_may_not_be_there_yet(afflicted: Afflicted, clock: Clock, fault: str, code: int, msg: str) -> None:
    """The task is accepted, charged and running; a poll says otherwise, for so many seconds."""
    customer = afflicted(f"{fault},seconds=30,nth=1")
    hidden, usual = customer.created(), customer.created()
    clock.move(29.9)
    answer = customer.ask("recordInfo", subject=hidden)
    clock.move(0.1)

    assert (answer["code"], answer["msg"], answer["data"]) == (code, msg, None)
    assert customer.record(hidden)["state"] == customer.record(usual)["state"] == "success"
    assert customer.world.ledger.polls[hidden] == 2
    assert customer.balance() == 10_000 - 16


@pytest.mark.parametrize(("settings", "code", "msg"), FAILURES)
def test_a_task_fails_for_any_documented_reason(
    afflicted: Afflicted, clock: Clock, settings: str, code: str, msg: str
) -> None:
    """With code and text of PROTOCOL §1.9, or any others; the credits come back when it fails."""
    customer = afflicted(f"fail,{settings},every=2" if settings else "fail,every=2")
    good, bad = customer.created(), customer.created()
    taken = customer.balance()
    clock.move(20)
    record = customer.record(bad)

    assert (record["state"], record["failCode"]) == ("fail", code)
    assert record["failMsg"].startswith(msg)
    assert (record["creditsConsumed"], record["resultJson"]) == (0.0, "")
    assert customer.record(good)["state"] == "success"
    assert (taken, customer.balance()) == (10_000 - 16, 10_000 - 8)


@pytest.mark.parametrize("code", [408, 501])
def test_a_record_can_say_by_its_code_that_the_task_failed(afflicted: Afflicted, clock: Clock, code: int) -> None:
    """While it runs, all is as usual; in the end the envelope says it, and the credits are back."""
    customer = afflicted(f"record-{code}")
    task_id = customer.created()
    running = customer.ask("recordInfo", subject=task_id)
    clock.move(20)
    answer = customer.ask("recordInfo", subject=task_id)

    assert (running["code"], running["data"]["state"]) == (200, "waiting")
    assert answer["code"] == code
    assert customer.balance() == 10_000
    assert (answer["data"] is None) == (code == 408)
    if code == 501:
        assert (answer["msg"], answer["data"]["state"]) == ("Playground task failed.", "fail")


@pytest.mark.parametrize("name", FATES)
def test_a_fate_is_settled_for_those_that_are_meant(afflicted: Afflicted, name: str) -> None:
    """Accepted tasks are counted: refused ones have no fate."""
    text = f"{name},prompt=banana,nth=2"
    customer = afflicted(text)
    customer.create("")
    plain = afflicted()
    for each in (customer, plain):
        for prompt in ("a banana", "an apple", "a banana", "a banana"):
            each.created(prompt)

    changed = [
        task.ordinal
        for task, usual in zip(customer.world.tasks, plain.world.tasks, strict=True)
        if task.plan != usual.plan
    ]
    assert changed == [2]
    assert customer.world.faults.struck(text) == 1


def test_what_never_ends_cannot_end_otherwise(afflicted: Afflicted, clock: Clock) -> None:
    """A stuck task doesn't fail, whichever fault came first; but it may be invisible."""
    both = [afflicted("stuck", "fail", "invisible,seconds=5"), afflicted("fail", "stuck", "invisible,seconds=5")]
    ids = [customer.created() for customer in both]
    hidden = [customer.ask("recordInfo", subject=task_id)["code"] for customer, task_id in zip(both, ids, strict=True)]
    clock.move(1000)

    assert hidden == [422, 422]
    assert [customer.record(task_id)["state"] for customer, task_id in zip(both, ids, strict=True)] == ["waiting"] * 2
    assert [customer.world.faults.struck("fail") for customer in both] == [0, 1]


def test_a_prompt_can_still_ask_for_its_failure(afflicted: Afflicted, clock: Clock) -> None:
    """The literal words work beside faults; a fault has the last word."""
    customer = afflicted("fail,kind=declined,prompt=banana")
    asked, both = customer.created("[fail:policy]"), customer.created("a banana [fail:policy]")
    clock.move(20)

    assert customer.record(asked)["failMsg"].startswith("Your prompt was flagged")
    assert customer.record(both)["failMsg"].startswith("Gemini could not")


def test_a_fate_outlives_the_process(afflicted: Afflicted, clock: Clock, tmp_path: Path) -> None:
    """An emulator that is started again on the same folder goes on with it, whatever its own faults are."""
    options: dict[str, Any] = {"state_dir": tmp_path}
    before = afflicted("invisible,seconds=300,nth=1", "record-501,nth=2", "stuck,nth=3", **options)
    hidden, failing, stuck = (before.created() for _ in range(3))
    before.world.close()
    after = afflicted(**options)
    clock.move(100)

    assert after.ask("recordInfo", subject=hidden)["code"] == 422
    assert after.ask("recordInfo", subject=failing)["code"] == 501
    assert after.record(stuck)["state"] == "waiting"
    assert after.balance() == 10_000 - 16
    after.world.close()
