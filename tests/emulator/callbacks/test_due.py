"""When callbacks are due, and what they say: PROTOCOL §1.6."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from nanobanana_async.emulator import EmulatorOptions, World
from tests.emulator.callbacks.receiver import RECEIVER, Receiver, said
from tests.emulator.customer import BASE, Clock


def test_a_callback_falls_due_when_its_task_ends(receiver: Receiver) -> None:
    """Not a moment sooner, and once."""
    task_id = receiver.ordered()
    (task,) = receiver.world.tasks

    early = receiver.taken()
    moment = receiver.world.callbacks.next_at()
    (delivery,) = receiver.wait()

    assert early == []
    assert moment == receiver.clock.now == task.plan.last.at
    assert (delivery.task_id, delivery.url, delivery.attempt) == (task_id, RECEIVER, 1)
    assert receiver.taken() == []


def test_a_task_without_a_callback_has_none(receiver: Receiver) -> None:
    """Neither have an empty address and null."""
    receiver.customer.created()
    receiver.ordered(url="")
    receiver.ordered(url=None)

    assert receiver.world.callbacks.next_at() is None


def test_it_says_what_record_info_says(receiver: Receiver) -> None:
    """In the envelope of a callback; `param` holds the callback's own address."""
    task_id = receiver.ordered("香蕉 \ud800")
    (delivery,) = receiver.wait()
    body = said(delivery)

    assert (body["code"], body["msg"]) == (200, "Playground task completed successfully.")
    assert body["data"] == receiver.customer.record(task_id)
    assert body["data"]["response"]["resultUrls"] == [f"{BASE}/files/results/{task_id}.jpg"]
    param = json.loads(body["data"]["param"])
    assert param["callBackUrl"] == RECEIVER
    assert json.loads(param["input"]) == {"prompt": "香蕉 \ud800"}


def test_a_failed_task_is_told_of_with_501(receiver: Receiver) -> None:
    """With the reason, and nothing consumed."""
    receiver.ordered("[fail:internal]")
    (delivery,) = receiver.wait()
    body = said(delivery)

    assert (body["code"], body["msg"]) == (501, "Playground task failed.")
    assert (body["data"]["state"], body["data"]["failCode"], body["data"]["creditsConsumed"]) == ("fail", "500", 0)


@pytest.mark.parametrize(("prompt", "consumed", "left"), [("a banana", 8.0, 9992.0), ("[fail:policy]", 0.0, 10_000.0)])
def test_an_old_record_tells_of_credits_as_it_used_to(clock: Clock, prompt: str, consumed: float, left: float) -> None:
    """`consumeCredits` and `remainedCredits`, in callbacks only."""
    receiver = Receiver(World(EmulatorOptions(record_shape="old"), clock=clock), clock)
    receiver.ordered(prompt)
    (delivery,) = receiver.wait()
    data = said(delivery)["data"]

    assert (data["consumeCredits"], data["remainedCredits"]) == (consumed, left)
    assert "creditsConsumed" not in data


def test_without_a_key_nothing_is_signed(receiver: Receiver) -> None:
    """The signature is there only where the user made a key."""
    receiver.ordered()
    (delivery,) = receiver.wait()

    assert dict(delivery.headers) == {"Content-Type": "application/json", "User-Agent": "nanobanana-emulator"}


def test_with_a_key_the_id_and_the_time_are_signed(clock: Clock) -> None:
    """HMAC-SHA256 over the id, a dot and the seconds, in base64; each attempt with its own time."""
    receiver = Receiver(World(EmulatorOptions(webhook_key="sesame"), clock=clock), clock)
    task_id = receiver.ordered()
    sent = list(receiver.all_of_them(status=500))
    stamps = [delivery.headers["X-Webhook-Timestamp"] for delivery in sent]
    expected = [
        base64.b64encode(hmac.new(b"sesame", f"{task_id}.{stamp}".encode(), hashlib.sha256).digest()).decode()
        for stamp in stamps
    ]

    assert [delivery.headers["X-Webhook-Signature"] for delivery in sent] == expected
    assert stamps[0] == str(int(sent[0].due_at))
    assert len(set(stamps)) == 4


def test_a_key_of_nothing_is_refused() -> None:
    """Leave it out instead."""
    with pytest.raises(ValueError, match="webhook_key"):
        EmulatorOptions(webhook_key="")


@pytest.mark.parametrize("status", [None, 199, 301, 400, 500])
def test_what_is_not_taken_is_repeated_three_times(receiver: Receiver, status: int | None) -> None:
    """After 1, 5 and 15 seconds; then it is given up."""
    receiver.ordered()
    began = receiver.world.callbacks.next_at()
    assert began is not None

    attempts = list(receiver.all_of_them(status))

    assert [delivery.attempt for delivery in attempts] == [1, 2, 3, 4]
    assert [seen.at - began for seen in receiver.seen] == [0, 1, 6, 21]
    assert [seen.status for seen in receiver.seen] == [status] * 4
    assert {delivery.body for delivery in attempts} == {attempts[0].body}


@pytest.mark.parametrize("status", [200, 204, 299])
def test_what_is_taken_is_done(receiver: Receiver, status: int) -> None:
    """Any 2xx; the ledger has it."""
    task_id = receiver.ordered()

    assert [delivery.attempt for delivery in receiver.all_of_them(status)] == [1]
    (seen,) = receiver.seen
    assert (seen.task_id, seen.url, seen.kind, seen.attempt, seen.status, seen.fault, seen.note) == (
        task_id,
        RECEIVER,
        "genuine",
        1,
        status,
        None,
        "",
    )


def test_speed_shortens_the_pauses(clock: Clock) -> None:
    """As it shortens everything that a task takes."""
    receiver = Receiver(World(EmulatorOptions(speed=10), clock=clock), clock)
    receiver.ordered()
    list(receiver.all_of_them(None))
    first, *_, last = receiver.seen

    assert last.at - first.at == pytest.approx(2.1)


def test_callbacks_come_in_the_order_in_which_tasks_end(receiver: Receiver) -> None:
    """Not in that of their acceptance."""
    for number in range(10):
        receiver.ordered(f"banana {number}")
    by_end = [task.id for task in sorted(receiver.world.tasks, key=lambda task: task.plan.last.at)]

    assert [delivery.task_id for delivery in receiver.all_of_them()] == by_end
    assert by_end != [task.id for task in receiver.world.tasks]


@pytest.mark.parametrize("url", ["https://example.com/hook", "http://10.0.0.1/", "http://127.1/", "http://[::2]/x"])
def test_nothing_ever_leaves_this_machine(clock: Clock, url: str) -> None:
    """With `allow_remote` such an address is taken, and the ledger says that nothing was sent there."""
    receiver = Receiver(World(EmulatorOptions(allow_remote=True), clock=clock), clock)
    receiver.ordered(url=url)

    assert list(receiver.all_of_them()) == []
    assert [(seen.url, seen.status, seen.note) for seen in receiver.seen] == [
        (url, None, "not sent: leaves this machine")
    ]


def test_an_address_beyond_this_machine_is_refused_unless_allowed(receiver: Receiver) -> None:
    """Before anything is charged."""
    body = {"model": "nano-banana-2", "callBackUrl": "https://example.com/hook", "input": {"prompt": "x"}}

    assert receiver.customer.ask("createTask", body)["code"] == 422
    assert receiver.customer.balance() == 10_000.0
