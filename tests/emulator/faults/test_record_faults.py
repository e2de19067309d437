"""The other ways in which recordInfo says the same thing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nanobanana_async.emulator import FAULTS
from tests.emulator.customer import BASE, Clock, Customer
from tests.emulator.faults.conftest import Afflicted
from tests.emulator.test_records import NEW_KEYS

RECORDS = [name for name, spec in FAULTS.items() if spec.kind == "record"]


def finished(customer: Customer, clock: Clock, prompt: str = "a banana") -> tuple[str, dict[str, Any]]:
    """A task that has ended, and what is said of it."""
    task_id = customer.created(prompt)
    clock.move(20)
    return task_id, customer.record(task_id)


def test_the_state_can_be_in_capitals(afflicted: Afflicted, clock: Clock) -> None:
    """From beginning to end."""
    customer = afflicted("odd-case")
    task_id = customer.created()
    waiting = customer.record(task_id)["state"]
    clock.move(20)

    assert (waiting, customer.record(task_id)["state"]) == ("WAITING", "SUCCESS")


@pytest.mark.parametrize("shape", ["new", "old"])
def test_a_success_can_lack_its_url(afflicted: Afflicted, clock: Clock, shape: str) -> None:
    """The list is there, and empty."""
    _, record = finished(afflicted("no-url", record_shape=shape), clock)

    assert (record["state"], json.loads(record["resultJson"])) == ("success", {"resultUrls": []})
    assert record.get("response") == ({"resultUrls": []} if shape == "new" else None)


def test_the_url_may_come_later(afflicted: Afflicted, clock: Clock) -> None:
    """After so many looks at each task; a look at one that still runs is none."""
    customer = afflicted("no-url,looks=1")
    ids = [customer.created() for _ in range(2)]
    pending = customer.record(ids[0])["resultJson"]
    clock.move(20)

    assert pending == ""
    assert [has_url(customer, task_id) for task_id in (ids * 2)] == [False, False, True, True]


def test_times_counts_tasks_and_not_looks(afflicted: Afflicted, clock: Clock) -> None:
    """The first two tasks are said so at every look, and no other ever."""
    customer = afflicted("no-url,times=2")
    ids = [customer.created() for _ in range(4)]
    clock.move(20)

    looks = [[has_url(customer, task_id) for task_id in ids] for _ in range(3)]

    assert looks == [[False, False, True, True]] * 3


def has_url(customer: Customer, task_id: str) -> bool:
    return bool(customer.record(task_id)["response"]["resultUrls"])


@pytest.mark.parametrize(("form", "code"), [("null", None), ("empty", ""), ("int", 500), ("word", "GENERATION_FAILED")])
def test_a_fail_code_has_many_forms(afflicted: Afflicted, clock: Clock, form: str, code: object) -> None:
    """Null, empty, a number or a word; the text stays."""
    customer = afflicted(f"fail-code,form={form}")
    _, failed = finished(customer, clock, "[fail:internal]")
    _, done = finished(customer, clock)

    assert (failed["failCode"], failed["failMsg"]) == (code, "Internal Error, Please try again later.")
    assert done["failCode"] is None
    assert customer.world.faults.struck(f"fail-code,form={form}") == 1


def test_a_fail_code_that_is_no_number_stays_a_word(afflicted: Afflicted, clock: Clock) -> None:
    """There is no int in it."""
    customer = afflicted("fail,code=E-1", "fail-code,form=int")

    assert finished(customer, clock)[1]["failCode"] == "E-1"


@pytest.mark.parametrize("shape", ["new", "old"])
def test_param_can_be_plain(afflicted: Afflicted, clock: Clock, shape: str) -> None:
    """The input inside it is an object, as documented, not text."""
    _, record = finished(afflicted("plain-param", record_shape=shape), clock)

    param = json.loads(record["param"])
    assert param == {"input": {"prompt": "a banana"}, "model": "nano-banana-2"}
    assert record.get("paramJson") == (record["param"] if shape == "new" else None)


@pytest.mark.parametrize(("fault", "shape"), [("old-record", "new"), ("old-record", "old")])
def test_a_record_can_be_the_old_one(afflicted: Afflicted, clock: Clock, fault: str, shape: str) -> None:
    """With updateTime, and without what came later."""
    _, record = finished(afflicted(fault, record_shape=shape), clock)

    assert list(record) == [*NEW_KEYS[:10], "updateTime"]
    assert record["updateTime"] == record["completeTime"]


@pytest.mark.parametrize("shape", ["new", "old"])
def test_a_record_can_be_the_new_one(afflicted: Afflicted, clock: Clock, shape: str) -> None:
    """The very record that an emulator of today gives."""
    task_id, record = finished(afflicted("new-record", record_shape=shape), clock)
    url = f"{BASE}/files/results/{task_id}.jpg"

    assert list(record) == NEW_KEYS
    assert (record["creditsConsumed"], record["successFlag"]) == (8.0, 1)
    assert record["response"] == {"resultUrls": [url]}


def test_the_result_can_be_an_object(afflicted: Afflicted, clock: Clock) -> None:
    """In the place of text; while pending it is empty text as ever."""
    customer = afflicted("result-dict")
    pending = customer.record(customer.created())
    task_id, record = finished(customer, clock)

    assert pending["resultJson"] == ""
    assert record["resultJson"] == {"resultUrls": [f"{BASE}/files/results/{task_id}.jpg"]}


@pytest.mark.parametrize("shape", ["new", "old"])
def test_the_list_can_be_one_string(afflicted: Afflicted, clock: Clock, shape: str) -> None:
    """One URL is not always a list of one."""
    customer = afflicted("result-string", record_shape=shape)
    pending = customer.record(customer.created())
    task_id, record = finished(customer, clock)
    url = f"{BASE}/files/results/{task_id}.jpg"

    assert pending["resultJson"] == ""
    assert json.loads(record["resultJson"]) == {"resultUrls": url}
    assert record.get("response") == ({"resultUrls": url} if shape == "new" else None)


def test_forms_can_meet(afflicted: Afflicted, clock: Clock) -> None:
    """Each acts on what the one before has left."""
    customer = afflicted("result-dict", "result-string", "no-url,looks=1", "new-record")
    task_id, nothing = finished(customer, clock)
    record = customer.record(task_id)

    assert (json.loads(nothing["resultJson"]), nothing["response"]) == ({"resultUrls": []}, {"resultUrls": []})
    assert json.loads(record["resultJson"]) == {"resultUrls": f"{BASE}/files/results/{task_id}.jpg"}
    assert customer.world.faults.struck("result-string") == 1 + 1


@pytest.mark.parametrize("name", RECORDS)
def test_what_is_said_so_of_a_task_stays_so(afflicted: Afflicted, clock: Clock, name: str) -> None:
    """The second and the third task are meant; they are said so at every look, the others never."""
    text = f"{name},prompt=banana,nth=2/3"
    customer = afflicted(text, record_shape="old" if name == "new-record" else "new")
    plain = afflicted(record_shape="old" if name == "new-record" else "new")
    prompts = ["a banana", "an apple", "a banana", "a banana", "a banana"]
    word = " [fail:internal]" if name == "fail-code" else ""
    ids = [[each.created(prompt + word) for prompt in prompts] for each in (customer, plain)]
    clock.move(20)

    for _ in range(3):
        records = [
            [each.record(task_id) for task_id in those] for each, those in zip((customer, plain), ids, strict=True)
        ]
        changed = [number for number, pair in enumerate(zip(*records, strict=True)) if pair[0] != pair[1]]
        assert changed == [2, 3]
    assert customer.world.faults.struck(text) == 6


def test_by_chance_a_task_has_one_shape_for_ever(afflicted: Afflicted, clock: Clock) -> None:
    """Some tasks are old and some new, and none is both."""
    customer = afflicted("old-record,probability=0.5")
    ids = [customer.created() for _ in range(40)]
    looks = [["updateTime" in customer.record(task_id) for task_id in ids] for _ in range(3)]

    assert looks[0] == looks[1] == looks[2]
    assert 8 < sum(looks[0]) < 32


def test_a_running_task_can_be_given_another_shape(afflicted: Afflicted, clock: Clock) -> None:
    """Unlike a fate, a form of the record may be added when the task is under way."""
    customer = afflicted()
    task_id = customer.created()
    customer.world.faults.add("odd-case")

    assert customer.record(task_id)["state"] == "WAITING"
