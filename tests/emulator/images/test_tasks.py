"""The asynchronous variant: an id at once, then a record to be polled, and a webhook (PROTOCOL §3)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nanobanana_async.emulator import Answer, Delivery
from tests.emulator.customer import BASE, Clock
from tests.emulator.images.buyer import HOOK, MODEL, Buyer, buyer, opened, refused, told

SAID = {"model": MODEL, "prompt": "a banana"}
LONG = 60.0


def delivered(somebody: Buyer) -> list[Delivery]:
    """The callbacks that are due after a while, as they go out."""
    somebody.clock.move(LONG)
    callbacks, now = somebody.world.callbacks, somebody.clock.now
    return [callbacks.sealed(delivery, now) for delivery in callbacks.take_due(now)]


def test_an_asynchronous_create_is_answered_with_an_id(buyer: Buyer) -> None:
    """At once, and charged; `true` in any case and `1` mean it, all else does not."""
    replies = [buyer.send(SAID, query={"async": word}) for word in ("true", "TRUE", "1", "false", "")]

    assert [isinstance(reply, Answer) for reply in replies] == [True, True, True, False, False]
    assert [task.id for task in buyer.world.tasks][:3] == [told(reply)["task_id"] for reply in replies[:3]]
    assert buyer.balance() == 10_000.0 - 5 * 8


def test_the_id_may_stand_in_data(clock: Clock) -> None:
    """Under the word of its own records."""
    answer = told(buyer(clock, images_task="data").send(SAID, query={"async": "true"}))

    assert list(answer) == ["code", "data"]
    assert answer["data"]["task_id"].startswith("task_")


def test_a_record_goes_from_nothing_to_the_picture(clock: Clock) -> None:
    """Its status, its progress, and in the end the answer that would have come at once."""
    somebody = buyer(clock, "all-states")
    task_id = somebody.begin()
    (task,) = somebody.world.tasks
    records = []
    for stage in task.plan.stages:
        clock.now = stage.at + 0.01
        records.append(somebody.look(task_id))

    assert [record["code"] for record in records] == ["success"] * 4
    assert [record["data"]["status"] for record in records] == ["NOT_START", "NOT_START", "IN_PROGRESS", "SUCCESS"]
    assert [record["data"]["progress"] for record in records] == ["0%", "0%", "40%", "100%"]
    assert [record["data"]["fail_reason"] for record in records] == [""] * 4
    assert [record["data"]["data"] for record in records[:3]] == [None] * 3
    done = records[3]["data"]["data"]
    assert list(done) == ["created", "data", "usage"]
    assert done["data"] == [{"url": f"{BASE}/files/results/{task_id}.png"}]
    assert somebody.picture(done["data"][0]["url"]).size == (1024, 1024)


def test_a_failure_says_why(buyer: Buyer) -> None:
    """In the record, which is itself no error."""
    task_id = buyer.begin("[fail:policy]")
    buyer.clock.move(LONG)

    record = buyer.look(task_id)

    assert record["code"] == "success"
    assert (record["data"]["status"], record["data"]["progress"], record["data"]["data"]) == ("FAILURE", "100%", None)
    assert "violating content policies" in record["data"]["fail_reason"]
    assert buyer.balance() == 10_000.0


def test_a_record_may_hold_the_picture_itself(buyer: Buyer) -> None:
    """In the form that was asked for with the create."""
    task_id = buyer.begin(response_format="b64_json", n=2)
    buyer.clock.move(LONG)

    items = buyer.look(task_id)["data"]["data"]["data"]

    assert [opened(item["b64_json"]).size for item in items] == [(1024, 1024)] * 2


def test_a_task_is_its_owners_and_its_dialects(buyer: Buyer) -> None:
    """404 in OpenAI's form for all others."""
    task_id = buyer.begin()
    stranger = Buyer(buyer.world, buyer.clock, key="key-2")

    for answer in (stranger.look(task_id), buyer.look("task_x"), buyer.look("")):
        assert (answer["error"]["code"], answer["error"]["param"]) == ("task_not_found", "task_id")
    assert buyer.world.ledger.polls == {}
    assert buyer.world.ledger.unknown_polls == 2


def test_looks_are_counted(buyer: Buyer) -> None:
    """As those of the other dialects."""
    task_id = buyer.begin()
    buyer.look(task_id)
    buyer.look(task_id)

    assert buyer.world.ledger.polls[task_id] == 2


def test_a_webhook_is_told_what_the_record_says(clock: Clock) -> None:
    """With addresses, whatever form was asked for; unsigned, also where others are signed."""
    somebody = buyer(clock, webhook_key="secret")
    task_id = somebody.begin(webhook=HOOK, response_format="b64_json")
    somebody.begin("without")

    (delivery,) = delivered(somebody)
    body = json.loads(delivery.body)

    assert (delivery.task_id, delivery.url) == (task_id, HOOK)
    assert not [name for name in delivery.headers if name.lower().startswith("x-webhook")]
    assert body["code"] == "success"
    assert (body["data"]["task_id"], body["data"]["status"]) == (task_id, "SUCCESS")
    assert body["data"]["data"]["data"] == [{"url": f"{BASE}/files/results/{task_id}.png"}]
    assert somebody.world.ledger.accepted[0].callback_url == HOOK


def test_a_webhook_is_told_of_a_failure(buyer: Buyer) -> None:
    """By the record as well."""
    buyer.begin("[fail:internal]", webhook=HOOK)

    (delivery,) = delivered(buyer)

    assert json.loads(delivery.body)["data"]["status"] == "FAILURE"


@pytest.mark.parametrize(
    ("hook", "msg"),
    [
        ("ftp://127.0.0.1/x", "webhook 'ftp://127.0.0.1/x' is not an http or https URL"),
        ("https://example.com/x", "the emulator refuses webhook 'https://example.com/x'"),
    ],
)
def test_a_webhook_has_to_stay_here(buyer: Buyer, hook: str, msg: str) -> None:
    """400, with the parameter's name; one that is not waited for is not looked at."""
    status, error = refused(buyer.send(SAID, query={"async": "1", "webhook": hook}))

    assert (status, error["param"]) == (400, "webhook")
    assert msg in error["message"]
    assert not isinstance(buyer.send(SAID, query={"webhook": hook}), Answer)


@pytest.mark.parametrize(
    ("fault", "where"),
    [
        ("callback-shape,shape=top", lambda body: body["task_id"]),
        ("callback-shape,shape=taskId", lambda body: body["data"]["taskId"]),
        ("callback-shape,shape=task_id", lambda body: body["data"]["task_id"]),
    ],
)
def test_the_id_may_stand_elsewhere(clock: Clock, fault: str, where: Any) -> None:
    """On top, or in data under another name; once."""
    somebody = buyer(clock, fault)
    task_id = somebody.begin(webhook=HOOK)

    (delivery,) = delivered(somebody)

    assert where(json.loads(delivery.body)) == task_id
    assert delivery.body.count(task_id.encode()) == 2  # the other is the file's


def test_a_forgery_claims_a_success_far_away(clock: Clock) -> None:
    """Unsigned like all that comes from there."""
    somebody = buyer(clock, "callback-forged", webhook_key="secret")
    task_id = somebody.begin("[fail:internal]", webhook=HOOK)

    forged, stranger, genuine = delivered(somebody)
    bodies = [json.loads(each.body) for each in (forged, stranger)]

    assert [each.kind for each in (forged, stranger, genuine)] == ["forged", "forged", "genuine"]
    assert forged.task_id == task_id != stranger.task_id
    for body in bodies:
        assert (body["code"], body["data"]["status"], body["data"]["fail_reason"]) == ("success", "SUCCESS", "")
        assert body["data"]["data"]["data"] == [{"url": "https://forged.example/banana.png"}]
    assert set(forged.headers) == set(genuine.headers) == {"Content-Type", "User-Agent"}
