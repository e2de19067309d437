"""The older create: what it takes, what it refuses, and what it costs (PROTOCOL §2)."""

from __future__ import annotations

import pytest

from nanobanana_async.emulator import EmulatorOptions, Limit, World
from tests.emulator.customer import Clock, Customer, make_png

EDIT = "google/nano-banana-edit"
EVERYTHING = {
    "model": "google/nano-banana",
    "negative_prompt": "no cats",
    "seed": -7,
    "width": 832,
    "height": 1216,
    "steps": 20,
    "guidance_scale": 7.5,
}


def test_a_prompt_is_enough(customer: Customer) -> None:
    """All else has a default; the answer is the id and nothing more."""
    answer = customer.generate("a banana")

    assert (answer["code"], answer["msg"]) == (200, "success")
    assert list(answer["data"]) == ["taskId"]
    assert answer["data"]["taskId"].startswith("nano_banana_task_")


@pytest.mark.parametrize("model", ["google/nano-banana", "google/nano-banana-edit", "google/nano-banana-pro"])
def test_a_picture_costs_four_credits(customer: Customer, model: str) -> None:
    """Whatever the model."""
    customer.generated("a banana", model=model, img_url="http://127.0.0.1:1/x.png")

    assert customer.balance() == 10_000.0 - 4.0
    assert customer.world.ledger.paid == 4.0


@pytest.mark.parametrize("said", [EVERYTHING, dict.fromkeys(EVERYTHING), {"stepps": 1000}])
def test_all_parameters_are_taken(customer: Customer, said: dict[str, object]) -> None:
    """Within their ranges, as null, and those that nobody knows."""
    assert customer.generate("a banana", **said)["code"] == 200


@pytest.mark.parametrize(
    ("said", "code", "msg"),
    [
        ({"prompt": ""}, 500, "prompt is required"),
        ({"prompt": "  "}, 500, "prompt is required"),
        ({"prompt": 7}, 500, "prompt is required"),
        ({"model": "nano-banana-2"}, 422, "The model name you specified is not supported."),
        ({"model": ["google/nano-banana"]}, 422, "The model name you specified is not supported."),
        ({"steps": 19}, 500, "steps is not within the range of allowed options"),
        ({"steps": 61}, 500, "steps is not within the range of allowed options"),
        ({"steps": 20.5}, 500, "steps is not a whole number, please check the parameters"),
        ({"steps": True}, 500, "steps is not a whole number"),
        ({"guidance_scale": 0.9}, 500, "guidance_scale is not within the range of allowed options"),
        ({"guidance_scale": 20.1}, 500, "guidance_scale is not within the range of allowed options"),
        ({"guidance_scale": "7"}, 500, "guidance_scale is not a number"),
        ({"seed": "7"}, 500, "seed is not a whole number"),
        ({"negative_prompt": ["cats"]}, 500, "negative_prompt is not a text"),
        ({"width": 63}, 500, "the emulator paints a width from 64 to 4096 pixels"),
        ({"height": 4097, "width": 64}, 500, "the emulator paints a height from 64 to 4096 pixels"),
        ({"width": "64"}, 500, "width is not a whole number"),
        ({"callBackUrl": 7}, 500, "callBackUrl is not a URL"),
        ({"callBackUrl": "ftp://127.0.0.1/x"}, 500, "callBackUrl 'ftp://127.0.0.1/x' is not an http or https URL"),
        ({"callBackUrl": "https://example.com/x"}, 422, "the emulator refuses callBackUrl 'https://example.com/x'"),
        ({"model": EDIT}, 500, "img_url is required"),
        ({"model": EDIT, "img_url": ""}, 500, "img_url is required"),
        ({"model": EDIT, "img_url": ["http://127.0.0.1/x"]}, 500, "img_url is not a text of URLs"),
        ({"model": EDIT, "img_url": ",".join(["http://127.0.0.1/x"] * 6)}, 500, "img_url has 6 of at most 5 images"),
        ({"model": EDIT, "img_url": "data:image/png;base64,aGk="}, 500, "img_url 'data:image/png;base64' is not an"),
        ({"model": EDIT, "img_url": "https://example.com/x.png"}, 422, "it leaves this machine"),
    ],
)
def test_what_is_wrong_is_refused_in_the_envelope(
    customer: Customer, said: dict[str, object], code: int, msg: str
) -> None:
    """With the codes and the texts of createTask; nothing is charged."""
    answer = customer.ask("generate", {"prompt": "a banana", **said})

    assert (answer["code"], answer["data"]) == (code, None)
    assert msg in answer["msg"]
    assert customer.balance() == 10_000.0
    assert customer.world.ledger.creates[-1].code == code


def test_a_body_that_is_no_object_is_refused(customer: Customer) -> None:
    """As at createTask."""
    assert customer.ask("generate", [1])["code"] == 400


def test_several_pictures_are_joined_by_commas(customer: Customer) -> None:
    """Up to five, with space around the commas or none; what was uploaded is looked at."""
    picture = customer.upload(make_png())["downloadUrl"]
    text = customer.upload(b"hello", "x.txt")["downloadUrl"]

    taken = customer.generate(model=EDIT, img_url=f"{picture}, {picture},{picture},{picture},{picture}")
    refused = customer.generate(model=EDIT, img_url=f"{picture},{text}")

    assert taken["code"] == 200
    assert (refused["code"], refused["msg"][:33]) == (500, "img_url 'x.txt' is not a picture,")


def test_a_model_that_makes_pictures_from_words_ignores_pictures(customer: Customer) -> None:
    """Not even their form is looked at, as the vendor does with what a model does not know."""
    assert customer.generate(img_url=7)["code"] == 200


def test_all_dialects_share_one_limit(clock: Clock) -> None:
    """A create counts, whatever it was said in; the refusal is 429 and no task."""
    customer = Customer(World(EmulatorOptions(limit=Limit(2)), clock=clock))
    customer.created()
    customer.generated()

    answer = customer.generate()

    assert answer["code"] == 429
    assert customer.world.ledger.over_limit == 1
    assert [seen.dialect for seen in customer.world.ledger.creates] == ["jobs", "generate", "generate"]


def test_credits_run_out_in_every_dialect(clock: Clock) -> None:
    """One balance, one text."""
    customer = Customer(World(EmulatorOptions(credits=7), clock=clock))
    customer.generated()

    answer = customer.generate()

    assert answer["code"] == 402
    assert "Credits insufficient" in answer["msg"]


def test_equal_orders_are_paid_twice(customer: Customer) -> None:
    """What differs in a setting is another order; what differs in its callback alone is the same."""
    customer.generated("a banana", seed=1)
    customer.generated("a banana", seed=2)
    alone = customer.world.ledger.charged_twice()
    customer.generated("a banana", seed=1, callBackUrl="http://127.0.0.1/cb")

    assert not alone
    assert len(customer.world.ledger.charged_twice()) == 1


def test_a_stranger_is_refused_and_noted(world: World) -> None:
    """Without a key nothing is made, and what was asked for is on record."""
    answer = Customer(world, key=None).generate("a banana")

    assert answer["code"] == 401
    assert (world.ledger.creates[-1].dialect, world.ledger.creates[-1].code) == ("generate", 401)
    assert world.ledger.creates[-1].fingerprint
