"""What createTask takes, what it refuses, and in which words."""

from __future__ import annotations

import pytest

from nanobanana_async.emulator import EmulatorOptions, Limit, World
from tests.emulator.customer import BASE, Clock, Customer, make_png

FIELDS: dict[str, dict[str, object]] = {
    "google/nano-banana": {},
    "google/nano-banana-edit": {"image_urls": ["http://127.0.0.1:9/x.png"]},
    "nano-banana-pro": {},
    "nano-banana-2": {},
    "nano-banana-2-lite": {"aspect_ratio": "auto"},
    "nano-banana-2-1": {},
}


@pytest.fixture
def customer(clock: Clock) -> Customer:
    return Customer(World(EmulatorOptions(limit=Limit(1000)), clock=clock))


def test_an_accepted_task_has_an_id_of_32_hex_digits_twice(customer: Customer) -> None:
    """The answer to an accepted task holds its id as taskId and as recordId."""
    answer = customer.create()

    assert (answer["code"], answer["msg"]) == (200, "success")
    assert answer["data"]["recordId"] == answer["data"]["taskId"]
    assert len(answer["data"]["taskId"]) == 32
    assert int(answer["data"]["taskId"], 16) >= 0


@pytest.mark.parametrize("model", FIELDS)
def test_every_model_takes_its_minimal_input(customer: Customer, model: str) -> None:
    """Each model is content with a prompt and what it requires."""
    assert customer.create("a banana", model, **FIELDS[model])["code"] == 200


@pytest.mark.parametrize("model", ["nano-banana", "google/nano-banana-pro", "google/nano-banana-2", "", None, 7, [1]])
def test_a_name_that_is_not_in_the_table_is_refused(customer: Customer, model: object) -> None:
    """A wrong prefix is a wrong name: 422 with the documented text."""
    answer = customer.ask("createTask", {"model": model, "input": {"prompt": "x"}})

    assert answer["code"] == 422
    assert answer["msg"].startswith("The model name you specified is not supported")
    assert answer["data"] is None


@pytest.mark.parametrize("body", [None, [], "text", 3])
def test_a_body_that_is_no_object_is_an_invalid_request(customer: Customer, body: object) -> None:
    """What is no JSON object gets the code 400."""
    assert customer.ask("createTask", body)["code"] == 400


@pytest.mark.parametrize(
    ("model", "said", "msg"),
    [
        ("nano-banana-2", {"prompt": None}, "prompt is required"),
        ("nano-banana-2", {"prompt": "  "}, "prompt is required"),
        ("nano-banana-2", {"prompt": ["x"]}, "prompt is required"),
        ("nano-banana-2-lite", {}, "aspect_ratio is required"),
        ("nano-banana-2-lite", {"aspect_ratio": None}, "aspect_ratio is required"),
        ("nano-banana-2", {"aspect_ratio": "7:5"}, "aspect_ratio is not within the range of allowed options"),
        ("nano-banana-2", {"aspect_ratio": 1}, "aspect_ratio is not within the range of allowed options"),
        ("nano-banana-pro", {"aspect_ratio": "1:8"}, "aspect_ratio is not within the range of allowed options"),
        ("google/nano-banana", {"image_size": "7:5"}, "aspect_ratio is not within the range of allowed options"),
        ("nano-banana-2", {"resolution": "8K"}, "resolution is not within the range of allowed options"),
        ("nano-banana-2", {"output_format": "jpeg"}, "output_format is not within the range of allowed options"),
        ("google/nano-banana", {"output_format": "jpg"}, "output_format is not within the range of allowed options"),
        ("google/nano-banana-edit", {}, "image_urls is required"),
        ("google/nano-banana-edit", {"image_urls": []}, "image_urls is required"),
    ],
)
def test_a_parameter_error_comes_as_500_with_its_text(
    customer: Customer, model: str, said: dict[str, object], msg: str
) -> None:
    """What the model knows and does not like is named, under the code of a server error."""
    answer = customer.ask("createTask", {"model": model, "input": {"prompt": "x", **said}})

    assert (answer["code"], answer["msg"]) == (500, msg)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("nano-banana-2", {"image_input": "http://127.0.0.1/x.png"}),
        ("nano-banana-2", {"image_input": [7]}),
        ("nano-banana-pro", {"image_input": ["http://127.0.0.1/x.png"] * 9}),
        ("nano-banana-2", {"image_input": ["data:image/png;base64,AAAA"]}),
        ("nano-banana-2", {"image_input": ["banana.png"]}),
        ("nano-banana-2", {"image_input": ["http://[bad/x.png"]}),
        ("google/nano-banana", {"prompt": "x" * 5001}),
        ("nano-banana-pro", {"prompt": "x" * 10_001}),
        ("nano-banana-2", {"prompt": "x" * 20_001}),
    ],
)
def test_any_other_wrong_parameter_asks_to_check_the_parameters(
    customer: Customer, model: str, said: dict[str, object]
) -> None:
    """Images that are no web addresses, too many of them and too long prompts are refused for good."""
    answer = customer.ask("createTask", {"model": model, "input": {"prompt": "x", **said}})

    assert answer["code"] == 500
    assert "please check the parameters" in answer["msg"]


def test_input_must_be_an_object(customer: Customer) -> None:
    """A createTask without an input object says that it is required."""
    assert customer.ask("createTask", {"model": "nano-banana-2"})["msg"] == "input is required"


def test_the_longest_prompt_is_taken(customer: Customer) -> None:
    """The limit itself is allowed."""
    assert customer.create("x" * 20_000)["code"] == 200


@pytest.mark.parametrize("none", [None, []])
def test_no_images_may_be_said_in_two_ways(customer: Customer, none: object) -> None:
    """Null and an empty list both mean that there are no input images."""
    assert customer.create("x", image_input=none)["code"] == 200


def test_unknown_fields_are_ignored_and_billed_at_defaults(customer: Customer) -> None:
    """A misspelt resolution costs what the default one costs."""
    customer.create("x", resoltion="4K", image_urls=["https://example.com/ignored.png"])

    assert customer.balance() == 10_000.0 - 8.0


@pytest.mark.parametrize(
    ("model", "said", "credits"),
    [
        ("google/nano-banana", {"resolution": "4K"}, 4.0),
        ("nano-banana-pro", {"resolution": "2K"}, 18.0),
        ("nano-banana-pro", {"resolution": "4K"}, 24.0),
        ("nano-banana-2", {"resolution": "2K"}, 12.0),
        ("nano-banana-2-1", {"resolution": "4K"}, 9.0),
        ("nano-banana-2-lite", {"aspect_ratio": "1:8", "output_format": "gif"}, 4.0),
    ],
)
def test_a_task_costs_what_the_table_says(
    customer: Customer, model: str, said: dict[str, object], credits: float
) -> None:
    """Credits go by model and resolution; a model without a resolution ignores it."""
    customer.created("x", model, **said)

    assert customer.balance() == 10_000.0 - credits


def test_the_old_name_of_the_ratio_still_works_on_the_google_models(customer: Customer) -> None:
    """image_size is taken for aspect_ratio where the latter is missing."""
    task = customer.world.tasks.find(customer.created("x", "google/nano-banana", image_size="16:9"))

    assert task is not None
    assert task.order.aspect_ratio == "16:9"


def test_the_new_name_of_the_ratio_wins(customer: Customer) -> None:
    """With both names given, aspect_ratio counts."""
    task_id = customer.created("x", "google/nano-banana", image_size="16:9", aspect_ratio="3:4")
    task = customer.world.tasks.find(task_id)

    assert task is not None
    assert task.order.aspect_ratio == "3:4"


@pytest.mark.parametrize("url", ["https://example.com/cat.png", "http://10.0.0.1/x.png", "http://localhost.evil.com/x"])
def test_an_image_beyond_this_machine_is_refused_in_clear_words(customer: Customer, url: str) -> None:
    """Addresses that leave the machine are refused, with the way to allow them."""
    answer = customer.create("x", image_input=[url])

    assert answer["code"] == 422
    assert "leaves this machine" in answer["msg"]
    assert "--allow-remote, or allow_remote=True" in answer["msg"]


def test_a_long_address_is_quoted_in_short(customer: Customer) -> None:
    """A refusal holds at most 80 characters of what was sent."""
    answer = customer.create("x", image_input=["https://example.com/" + "x" * 500])

    assert len(answer["msg"]) < 300


@pytest.mark.parametrize("url", ["http://127.0.0.1:99/x.png", "http://localhost/x.png", "http://[::1]:5/x.png"])
def test_an_image_on_this_machine_is_taken(customer: Customer, url: str) -> None:
    """Loopback addresses are taken, and never fetched."""
    assert customer.create("x", image_input=[url])["code"] == 200


def test_remote_images_are_taken_when_told(clock: Clock) -> None:
    """With allow_remote, addresses and callbacks that leave the machine are taken."""
    customer = Customer(World(EmulatorOptions(allow_remote=True), clock=clock))
    body = {
        "model": "nano-banana-2",
        "callBackUrl": "https://example.com/hook",
        "input": {"prompt": "x", "image_input": ["https://example.com/cat.png"]},
    }

    assert customer.ask("createTask", body)["code"] == 200


@pytest.mark.parametrize(
    ("callback", "code"),
    [
        ("http://127.0.0.1:9/hook", 200),
        (None, 200),
        ("", 200),
        ("https://example.com/hook", 422),
        ("ftp://127.0.0.1/hook", 500),
        (7, 500),
    ],
)
def test_a_callback_stays_on_this_machine(customer: Customer, callback: object, code: int) -> None:
    """callBackUrl is taken on loopback and refused beyond it."""
    body = {"model": "nano-banana-2", "callBackUrl": callback, "input": {"prompt": "x"}}

    assert customer.ask("createTask", body)["code"] == code


def test_an_upload_that_is_too_big_for_the_model_is_refused(customer: Customer) -> None:
    """An edit takes 10 MB per image and says so."""
    url = customer.upload(make_png() + bytes(10 * 1024 * 1024))["downloadUrl"]

    assert customer.create("x", "google/nano-banana-edit", image_urls=[url])["code"] == 500
    assert customer.create("x", "nano-banana-2", image_input=[url])["code"] == 200


def test_an_upload_that_is_no_picture_is_refused(customer: Customer) -> None:
    """Only png, jpeg and webp are input images."""
    url = customer.upload(b"hello", "x.txt")["downloadUrl"]

    assert "is not a picture" in customer.create("x", image_input=[url])["msg"]


def test_our_own_address_with_nothing_behind_it_fails_the_task_later(customer: Customer, clock: Clock) -> None:
    """A missing upload is noticed when the task runs: failCode 400, as the vendor does."""
    task_id = customer.created("x", image_input=[f"{BASE}/files/kieai/gone.png"])
    clock.move(20)

    record = customer.record(task_id)

    assert (record["state"], record["failCode"]) == ("fail", "400")
    assert record["failMsg"].startswith("Image fetch failed.")
