"""Callbacks of tasks of the older endpoint: the usual envelope around their own records (PROTOCOL §1.6, §2)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nanobanana_async.emulator import EmulatorOptions, World
from tests.emulator.customer import BASE, Clock, Customer

LONG = 200.0
HOOK = "http://127.0.0.1:9/hook"
FOREIGN = "https://forged.example/banana.png"


def served(clock: Clock, *faults: str, **options: Any) -> Customer:
    return Customer(World(EmulatorOptions(**options), clock=clock, faults=faults))


def told(customer: Customer, clock: Clock) -> list[dict[str, Any]]:
    """The bodies of everything that is due after a while."""
    clock.move(LONG)
    return [json.loads(delivery.body) for delivery in customer.world.callbacks.take_due(clock.now)]


def test_it_says_what_record_info_says(clock: Clock) -> None:
    """In the envelope of a callback."""
    customer = served(clock)
    task_id = customer.generated(callBackUrl=HOOK)

    (body,) = told(customer, clock)

    assert (body["code"], body["msg"]) == (200, "Playground task completed successfully.")
    assert body["data"] == customer.record_info(task_id)["data"]
    assert customer.world.ledger.accepted[0].callback_url == HOOK


def test_a_flat_record_is_wrapped_as_well(clock: Clock) -> None:
    """There is no callback without an envelope."""
    customer = served(clock, generate_record="flat")
    task_id = customer.generated(callBackUrl=HOOK)

    (body,) = told(customer, clock)

    assert body["code"] == 200
    assert body["data"] == customer.record_info(task_id)
    assert body["data"]["imageUrl"].startswith(BASE)


def test_a_failure_is_told_of_with_501(clock: Clock) -> None:
    """With its reason; an older jobs record has more to say, this one has not."""
    customer = served(clock, record_shape="old")
    customer.generated("[fail:internal]", callBackUrl=HOOK)

    (body,) = told(customer, clock)

    assert (body["code"], body["data"]["successFlag"]) == (501, 2)
    assert "remainedCredits" not in body["data"]


@pytest.mark.parametrize("shape", ["flat", "wrapped"])
def test_a_forgery_claims_a_success_far_away(clock: Clock, shape: str) -> None:
    """For the task and for one that never was, in the shape of the genuine one."""
    customer = served(clock, "callback-forged", generate_record=shape)
    task_id = customer.generated("[fail:internal]", callBackUrl=HOOK)

    forged, stranger, genuine = told(customer, clock)

    assert forged["data"]["taskId"] == task_id != stranger["data"]["taskId"]
    assert genuine["code"] == 501
    for body in (forged, stranger):
        data = body["data"]
        assert (body["code"], data["successFlag"]) == (200, 1)
        assert (data["imageUrl"] if shape == "flat" else data["response"]["resultImageUrl"]) == FOREIGN


def test_the_id_may_stand_elsewhere(clock: Clock) -> None:
    """On top, without another in the record."""
    customer = served(clock, "callback-shape,shape=top")
    task_id = customer.generated(callBackUrl=HOOK)

    (body,) = told(customer, clock)

    assert body["taskId"] == task_id
    assert "taskId" not in body["data"]
