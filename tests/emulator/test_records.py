"""What recordInfo says, from acceptance to the end."""

from __future__ import annotations

import json
from statistics import median
from typing import Any

import pytest

from nanobanana_async.emulator import EmulatorOptions, Limit, World
from tests.emulator.customer import BASE, Clock, Customer

NEW_KEYS = [
    "taskId",
    "model",
    "state",
    "param",
    "resultJson",
    "failCode",
    "failMsg",
    "costTime",
    "completeTime",
    "createTime",
    "creditsConsumed",
    "operationType",
    "response",
    "successFlag",
    "paramJson",
]


def seconds(clock: Clock, model: str, *, speed: float = 1.0, **said: Any) -> list[float]:
    """How long two hundred tasks of a model take."""
    world = World(EmulatorOptions(limit=Limit(10_000), speed=speed), clock=clock)
    customer = Customer(world)
    for _ in range(200):
        customer.created("x", model, **said)
    return [task.plan.last.at - task.plan.created_at for task in world.tasks]


def test_a_pending_record_has_todays_shape(customer: Customer, clock: Clock) -> None:
    """While pending, resultJson is empty text and the credits are said already."""
    record = customer.record(customer.created("a banana", resolution="2K"))

    assert list(record) == NEW_KEYS
    assert record["state"] == "waiting"
    assert record["resultJson"] == ""
    assert record["createTime"] == int(clock.now * 1000)
    assert (record["creditsConsumed"], record["successFlag"], record["response"]) == (12.0, 0, None)
    assert (record["failCode"], record["failMsg"], record["costTime"], record["completeTime"]) == (None,) * 4


def test_a_finished_record_names_its_picture_twice(customer: Customer, clock: Clock) -> None:
    """On success the URL stands in resultJson as text and in response as an object."""
    task_id = customer.created("a banana")
    clock.move(20)

    record = customer.record(task_id)

    url = f"{BASE}/files/results/{task_id}.jpg"
    assert record["state"] == "success"
    assert json.loads(record["resultJson"]) == record["response"] == {"resultUrls": [url]}
    assert (record["successFlag"], record["operationType"]) == (1, "nano-banana-2")
    took = record["completeTime"] - record["createTime"]
    assert 5000 <= took <= 15_000
    assert abs(record["costTime"] - took / 1000) <= 1


def test_param_is_json_within_json(customer: Customer) -> None:
    """The input comes back as text inside the text, character for character."""
    body = {"model": "nano-banana-2", "callBackUrl": "http://127.0.0.1/h", "input": {"prompt": "香蕉 “x”", "extra": 1}}
    task_id = customer.ask("createTask", body)["data"]["taskId"]

    record = customer.record(task_id)

    param = json.loads(record["param"])
    assert json.loads(param["input"]) == body["input"]
    assert (param["model"], param["callBackUrl"]) == ("nano-banana-2", "http://127.0.0.1/h")
    assert record["paramJson"] == record["param"]


def test_the_old_shape_lacks_what_came_later(clock: Clock) -> None:
    """The documented record has updateTime, and neither credits nor response."""
    customer = Customer(World(EmulatorOptions(record_shape="old"), clock=clock))
    task_id = customer.created()
    pending = customer.record(task_id)
    clock.move(20)

    record = customer.record(task_id)

    assert list(record) == [*NEW_KEYS[:10], "updateTime"]
    assert pending["updateTime"] == pending["createTime"]
    assert record["updateTime"] == record["completeTime"]


@pytest.mark.parametrize(
    ("word", "code", "msg"),
    [
        ("[fail:policy]", "400", "flagged"),
        ("[fail:internal]", "500", "Internal Error, Please try again later."),
        ("[fail:decline]", "500", "Gemini could not generate an image with the given prompt."),
    ],
)
def test_a_prompt_can_ask_for_a_failure(customer: Customer, clock: Clock, word: str, code: str, msg: str) -> None:
    """Literal words in the prompt end the task in fail, and nothing is consumed."""
    task_id = customer.created(f"a banana {word}")
    clock.move(20)

    record = customer.record(task_id)

    assert (record["state"], record["failCode"], record["successFlag"]) == ("fail", code, 2)
    assert msg in record["failMsg"]
    assert (record["creditsConsumed"], record["resultJson"], record["response"]) == (0.0, "", None)


def test_some_tasks_are_seen_generating_and_some_are_not(clock: Clock) -> None:
    """From waiting to success, many but not all tasks pass through generating."""
    world = World(EmulatorOptions(limit=Limit(1000)), clock=clock)
    customer = Customer(world)
    ids = [customer.created() for _ in range(100)]
    seen = {task_id: ["waiting"] for task_id in ids}
    for _ in range(160):
        clock.move(0.1)
        for task_id in ids:
            state = customer.record(task_id)["state"]
            if seen[task_id][-1] != state:
                seen[task_id].append(state)

    paths = {tuple(states) for states in seen.values()}
    assert paths == {("waiting", "success"), ("waiting", "generating", "success")}


@pytest.mark.parametrize(
    ("model", "said", "shortest", "longest"),
    [
        ("nano-banana-2", {}, 5, 15),
        ("nano-banana-pro", {}, 10, 30),
        ("google/nano-banana", {}, 30, 60),
        ("google/nano-banana-edit", {"image_urls": ["http://127.0.0.1/x.png"]}, 30, 130),
    ],
)
def test_generation_takes_as_long_as_documented(
    clock: Clock, model: str, said: dict[str, Any], shortest: float, longest: float
) -> None:
    """Times stay within the usual range, spread over it, with more short ones than long ones."""
    times = seconds(clock, model, **said)

    assert shortest - 0.001 <= min(times) < max(times) <= longest + 0.001
    assert max(times) - min(times) > (longest - shortest) / 2
    assert median(times) < (shortest + longest) / 2


def test_speed_divides_the_times(clock: Clock) -> None:
    """Twenty times the speed is a twentieth of the time, task by task."""
    usual, fast = seconds(clock, "nano-banana-2"), seconds(clock, "nano-banana-2", speed=20)

    assert fast == pytest.approx([time / 20 for time in usual], abs=1e-5)


def test_no_task_id_is_an_invalid_request(customer: Customer) -> None:
    """A poll without an id gets 400 and the documented text."""
    answer = customer.ask("recordInfo")

    assert (answer["code"], answer["msg"], answer["data"]) == (400, "taskId parameter is required", None)


def test_an_unknown_task_is_null(customer: Customer) -> None:
    """A task that never was gets 422, recordInfo is null."""
    answer = customer.ask("recordInfo", subject="0" * 32)

    assert (answer["code"], answer["msg"], answer["data"]) == (422, "recordInfo is null", None)
    assert customer.world.ledger.unknown_polls == 1


def test_somebody_elses_task_is_unknown(world: World) -> None:
    """An account sees its own tasks only."""
    task_id = Customer(world, "one").created()

    assert Customer(world, "other").ask("recordInfo", subject=task_id)["code"] == 422


def test_the_same_seed_tells_the_same_story(clock: Clock) -> None:
    """Equal seeds give equal ids and times; another seed gives others."""
    worlds = [World(EmulatorOptions(seed=seed), clock=clock) for seed in (1, 1, 2)]
    stories = []
    for world in worlds:
        customer = Customer(world)
        for number in range(5):
            customer.created(f"banana {number}")
        stories.append([(task.id, task.plan) for task in world.tasks])

    assert stories[0] == stories[1]
    assert {story[0] for story in stories[0]}.isdisjoint({story[0] for story in stories[2]})


def test_a_clock_that_goes_back_leaves_a_task_waiting(customer: Customer, clock: Clock) -> None:
    """Before its own creation a task is what it was at first."""
    task_id = customer.created()
    clock.move(-5)

    assert customer.record(task_id)["state"] == "waiting"
