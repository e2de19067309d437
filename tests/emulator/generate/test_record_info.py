"""record-info: both shapes, every flag, and the pictures behind it (PROTOCOL §2)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from nanobanana_async.emulator import EmulatorOptions, Limit, World
from tests.emulator.customer import BASE, Clock, Customer, make_png

LONG = 200.0
"""Seconds after which every task has ended."""
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
PLAIN = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def served(clock: Clock, **options: Any) -> Customer:
    return Customer(World(EmulatorOptions(**{"limit": Limit(100_000), **options}), clock=clock))


def test_a_wrapped_record_is_that_of_the_siblings(customer: Customer, clock: Clock) -> None:
    """In the usual envelope; times in milliseconds; nothing to show until it is done."""
    task_id = customer.generated()
    pending = customer.record_info(task_id)
    clock.move(LONG)
    done = customer.record_info(task_id)

    assert (pending["code"], pending["msg"]) == (200, "success")
    assert pending["data"] == {
        "taskId": task_id,
        "successFlag": 0,
        "response": None,
        "errorCode": None,
        "errorMessage": "",
        "createTime": 1_789_000_000_000,
        "completeTime": None,
    }
    assert done["data"]["successFlag"] == 1
    assert done["data"]["response"]["resultImageUrl"].startswith(f"{BASE}/files/results/{task_id}.")
    assert 1_789_000_030_000 <= done["data"]["completeTime"] <= 1_789_000_060_000


def test_a_flat_record_has_no_envelope(clock: Clock) -> None:
    """Five keys, and times as text."""
    customer = served(clock, generate_record="flat")
    task_id = customer.generated()
    pending = customer.record_info(task_id)
    clock.move(LONG)
    done = customer.record_info(task_id)

    assert list(pending) == ["taskId", "successFlag", "imageUrl", "createTime", "completeTime"]
    assert (pending["successFlag"], pending["imageUrl"], pending["completeTime"]) == (0, None, None)
    assert (done["successFlag"], done["taskId"]) == (1, task_id)
    assert done["imageUrl"].startswith(f"{BASE}/files/results/{task_id}.")
    assert done["createTime"] == "2026-09-10T00:26:40Z"
    assert ISO.fullmatch(done["completeTime"])


def test_a_mixed_emulator_has_every_shape(clock: Clock) -> None:
    """Each task has one, from look to look; the result has three names, the times two forms."""
    customer = served(clock, generate_record="mixed")
    ids = [customer.generated(f"banana {number}") for number in range(40)]
    pending = [customer.record_info(task_id) for task_id in ids]
    clock.move(LONG)
    records = [customer.record_info(task_id) for task_id in ids]
    data = [record["data"] for record in records if "data" in record]

    assert ["data" in each for each in pending] == ["data" in each for each in records]
    assert {"imageUrl" in record for record in records} == {True, False}
    assert {name for each in data for name in each["response"]} == {"resultImageUrl", "resultUrls", "result_urls"}
    assert {type(each["createTime"]) for each in data} == {int, str}
    assert all(PLAIN.fullmatch(each["completeTime"]) for each in data if isinstance(each["createTime"], str))
    assert all(isinstance(each["response"].get("resultUrls", []), list) for each in data)


@pytest.mark.parametrize("shape", ["wrapped", "flat"])
@pytest.mark.parametrize(
    ("prompt", "code", "text"),
    [("[fail:policy]", 400, "violating content policies"), ("[fail:internal]", 500, "Internal Error")],
)
def test_a_failure_says_why_and_gives_the_credits_back(
    clock: Clock, shape: str, prompt: str, code: int, text: str
) -> None:
    """In either shape."""
    customer = served(clock, generate_record=shape)
    task_id = customer.generated(f"a banana {prompt}")
    clock.move(LONG)
    record = customer.record_info(task_id)
    said = record if shape == "flat" else record["data"]

    assert (said["successFlag"], said["errorCode"]) == (2, code)
    assert text in said["errorMessage"]
    assert customer.balance() == 10_000.0


def test_a_task_that_could_not_begin_has_a_flag_of_its_own(customer: Customer, clock: Clock) -> None:
    """3: the picture to edit is not there."""
    gone = f"{BASE}/files/kieai/nobody/x.png"
    task_id = customer.generated(model="google/nano-banana-edit", img_url=gone)
    clock.move(LONG)

    assert customer.record_info(task_id)["data"]["successFlag"] == 3


def test_each_dialect_knows_its_own_tasks_only(customer: Customer) -> None:
    """What the other has accepted is as unknown as what nobody has."""
    older, newer = customer.generated(), customer.created()

    assert customer.record_info(newer)["code"] == 422
    assert customer.ask("recordInfo", subject=older)["code"] == 422
    assert customer.record_info("nano_banana_task_abc123")["msg"] == "recordInfo is null"
    assert customer.record_info("")["msg"] == "taskId parameter is required"


@pytest.mark.parametrize(
    ("said", "size"),
    [
        ({"width": 832, "height": 1216}, (832, 1216)),
        ({"width": 65, "height": 4096}, (65, 4096)),
        ({"width": 4096, "height": 64}, (4096, 64)),
        ({"width": 64}, (64, 64)),
        ({"height": 101}, (101, 101)),
        ({}, (1024, 1024)),
    ],
)
def test_the_picture_is_of_the_size_that_was_asked_for(
    customer: Customer, clock: Clock, said: dict[str, object], size: tuple[int, int]
) -> None:
    """Pixel by pixel; a square where one side, or none, was named. Small prints of it are to be had as well."""
    task_id = customer.generated(**said)
    clock.move(LONG)
    url = customer.record_info(task_id)["data"]["response"]["resultImageUrl"]
    small = customer.world.thumbnail(task_id, BASE)

    assert customer.picture(url).size == size
    assert small is not None
    assert small.produce()


def test_pictures_come_in_three_formats(customer: Customer, clock: Clock) -> None:
    """JPEG, PNG, WebP; what the name says is what it is."""
    ids = [customer.generated(f"banana {number}", width=64) for number in range(12)]
    clock.move(LONG)
    urls = [customer.record_info(task_id)["data"]["response"]["resultImageUrl"] for task_id in ids]
    formats = {(url.rpartition(".")[2], str(customer.picture(url).format)) for url in urls}

    assert formats == {("jpg", "JPEG"), ("png", "PNG"), ("webp", "WEBP")}


def test_a_picture_to_edit_is_shown_on_the_result(customer: Customer, clock: Clock) -> None:
    """So that one can see what came of it."""
    red = customer.upload(make_png(colour="red"), "r.png")["downloadUrl"]
    blue = customer.upload(make_png(colour="blue"), "b.png")["downloadUrl"]
    size = {"width": 256, "height": 256}
    ids = [customer.generated(model="google/nano-banana-pro", img_url=url, **size) for url in (red, blue)]
    clock.move(LONG)
    urls = [customer.record_info(task_id)["data"]["response"]["resultImageUrl"] for task_id in ids]
    pixels = [customer.picture(url).convert("RGB").getcolors(256 * 256) for url in urls]

    assert pixels[0] != pixels[1]


def test_a_task_outlives_the_process(clock: Clock, tmp_path: Path) -> None:
    """With its size, its format and its shape."""
    options = {"state_dir": tmp_path, "generate_record": "mixed"}
    first = served(clock, **options)
    ids = [first.generated(f"banana {number}", width=96, height=64) for number in range(5)]
    clock.move(LONG)
    before = [first.record_info(task_id) for task_id in ids]
    first.world.close()

    second = served(clock, **options)

    assert [second.record_info(task_id) for task_id in ids] == before
    assert [task.order.size for task in second.world.tasks] == [(96, 64)] * 5
    assert second.balance() == 10_000.0 - 20.0
    second.world.close()


def test_a_result_can_be_had_by_a_short_link(customer: Customer, clock: Clock) -> None:
    """download-url takes it like any other; a reference of the emulator's own is no address."""
    task_id = customer.generated(width=64)
    clock.move(LONG)
    url = customer.record_info(task_id)["data"]["response"]["resultImageUrl"]

    link = customer.ask("download-url", {"url": url})["data"]

    assert customer.content(link) == customer.content(url)
    assert customer.ask("download-url", {"url": "reference:abc"})["msg"] == "url is wrong"
