"""What goes wrong on purpose at the older endpoint: the same faults, in its own shapes."""

from __future__ import annotations

import pytest

from nanobanana_async.emulator import EmulatorOptions, Limit, Silence, World
from tests.emulator.customer import Clock, Customer

LONG = 200.0


def afflicted(clock: Clock, *faults: str, shape: str = "wrapped") -> Customer:
    options = EmulatorOptions(limit=Limit(100_000), generate_record=shape)  # type: ignore[arg-type]  # three words
    return Customer(World(options, clock=clock, faults=faults))


def test_a_fault_that_says_nothing_of_where_strikes_at_every_create(clock: Clock) -> None:
    """Whatever dialect it is said in; counted together."""
    customer = afflicted(clock, "too-many,nth=2")

    codes = [customer.create()["code"], customer.generate()["code"], customer.generate()["code"]]

    assert codes == [200, 429, 200]
    assert customer.world.ledger.creates[1].faults == ("too-many",)


def test_a_fault_may_be_meant_for_one_of_them(clock: Clock) -> None:
    """By the operation, by the prompt, by the model."""
    customer = afflicted(
        clock,
        "server-error,on=generate,prompt=apple",
        "high-demand,on=generate,model=google/nano-banana-pro",
        "not-found,on=record-info,prompt=pear",
    )
    pear = customer.generated("a pear")

    assert customer.generate("an apple")["code"] == 500
    assert customer.create("an apple")["code"] == 200
    assert customer.generate(7, model="google/nano-banana-pro")["code"] == 422
    assert customer.record_info(pear)["code"] == 404
    assert customer.record_info(customer.generated("a plum"))["code"] == 200


def test_a_lost_answer_is_paid_for(clock: Clock) -> None:
    """The task is there, and nobody was told its id."""
    customer = afflicted(clock, "silent,on=generate")

    reply = customer.world.serve(customer.call("generate", {"prompt": "a banana"}))

    assert isinstance(reply, Silence)
    assert len(customer.world.ledger.accepted) == 1
    assert customer.world.ledger.polls.total() == 0


def test_a_look_that_is_withheld_is_counted(clock: Clock) -> None:
    """As with recordInfo."""
    customer = afflicted(clock, "too-many,on=record-info")
    task_id = customer.generated()

    customer.record_info(task_id)

    assert customer.world.ledger.polls[task_id] == 1


@pytest.mark.parametrize(("shape", "key", "none"), [("flat", "imageUrl", ""), ("wrapped", "response", {})])
def test_a_success_may_have_no_url(clock: Clock, shape: str, key: str, none: object) -> None:
    """At the first looks, as told; a task that still runs is not touched."""
    customer = afflicted(clock, "no-url,looks=1", shape=shape)
    task_id = customer.generated()
    pending = customer.record_info(task_id)
    clock.move(LONG)
    first, second = customer.record_info(task_id), customer.record_info(task_id)
    if shape == "wrapped":
        pending, first, second = pending["data"], first["data"], second["data"]

    assert pending["successFlag"] == 0
    assert (first["successFlag"], first[key]) == (1, none)
    assert second[key] not in (none, None)


@pytest.mark.parametrize(("form", "code"), [("null", None), ("empty", ""), ("int", 400), ("word", "GENERATION_FAILED")])
def test_the_code_of_a_failure_has_other_forms(clock: Clock, form: str, code: object) -> None:
    """Null, empty, an int, a word."""
    customer = afflicted(clock, f"fail-code,form={form}")
    task_id = customer.generated("[fail:policy]")
    running = customer.record_info(task_id)["data"]["errorCode"]
    clock.move(LONG)

    assert running is None
    assert customer.record_info(task_id)["data"]["errorCode"] == code


def test_faults_about_other_records_have_nothing_to_act_on(clock: Clock) -> None:
    """They leave the record alone, and have not struck."""
    customer = afflicted(clock, "odd-case", "old-record", "result-dict")
    task_id = customer.generated()

    said = customer.record_info(task_id)

    assert said["data"]["successFlag"] == 0
    assert customer.world.faults.struck("odd-case") == 0


def test_a_failure_code_may_be_a_word(clock: Clock) -> None:
    """As text where it is no number."""
    customer = afflicted(clock, "fail,code=E_FAIL,text=no")
    task_id = customer.generated()
    clock.move(LONG)

    said = customer.record_info(task_id)["data"]

    assert (said["errorCode"], said["errorMessage"]) == ("E_FAIL", "no")


@pytest.mark.parametrize("shape", ["flat", "wrapped"])
def test_a_record_may_be_late_or_fail_by_its_envelope(clock: Clock, shape: str) -> None:
    """Not there yet; code 408 without a record; code 501 with it, wrapped whatever the shape."""
    customer = afflicted(clock, "invisible,nth=1,form=404", "record-408,nth=2", "record-501,nth=3", shape=shape)
    late, silent, failed = (customer.generated(f"banana {number}") for number in range(3))
    hidden = customer.record_info(late)["code"]
    clock.move(LONG)

    assert hidden == 404
    assert customer.record_info(silent)["code"] == 408
    assert customer.record_info(failed)["code"] == 501
    assert customer.record_info(failed)["data"]["successFlag"] == 2
    assert customer.world.ledger.polls[failed] == 2


def test_a_slow_task_and_one_that_never_ends(clock: Clock) -> None:
    """Fates are the same in every dialect."""
    customer = afflicted(clock, "slow,seconds=1000,nth=1", "stuck,nth=2")
    slow, stuck = customer.generated("slow"), customer.generated("stuck")
    clock.move(999)
    before = customer.record_info(slow)["data"]["successFlag"]
    clock.move(1)

    assert before == 0
    assert customer.record_info(slow)["data"]["successFlag"] == 1
    assert customer.record_info(stuck)["data"]["successFlag"] == 0
