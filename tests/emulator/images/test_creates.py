"""What an OpenAI-style create takes and refuses, and what it costs (PROTOCOL §3)."""

from __future__ import annotations

import base64

import pytest

from nanobanana_async.emulator import Answer, Form, FormPart, Later
from tests.emulator.customer import BASE, Clock, make_png
from tests.emulator.images.buyer import MODEL, Buyer, buyer, refused, told

PNG = make_png()
TEXT = base64.b64encode(PNG).decode()
RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
IGNORED = {"quality": "hd", "user": "u", "background": "auto", "output_format": "webp", "moderation": "low", "style": 7}


@pytest.mark.parametrize(
    ("said", "credits"),
    [
        ({"model": "nano-banana"}, 4),
        ({"model": "nano-banana-2"}, 8),
        ({"model": "nano-banana-2", "image_size": "2K"}, 12),
        ({"model": "nano-banana-2", "image_size": "4K"}, 18),
        ({"model": "nano-banana-hd"}, 18),
        ({"model": "nano-banana-2", "image_size": "4K", "n": 3}, 54),
        ({"model": "nano-banana", "n": 10}, 40),
    ],
)
def test_a_picture_costs_what_its_model_and_size_do(buyer: Buyer, said: dict[str, object], credits: float) -> None:
    """Several of them so many times as much; all of it at acceptance."""
    reply = buyer.generate(**said)

    assert isinstance(reply, Later)
    assert buyer.balance() == 10_000.0 - credits
    assert buyer.world.ledger.paid == credits


@pytest.mark.parametrize("said", [IGNORED, {"n": None, "size": None, "image": None, "response_format": None}])
def test_what_nobody_needs_is_taken(buyer: Buyer, said: dict[str, object]) -> None:
    """The fields of the OpenAI packages, and null."""
    assert isinstance(buyer.generate(**said), Later)


@pytest.mark.parametrize("ratio", RATIOS)
def test_every_ratio_is_taken(buyer: Buyer, ratio: str) -> None:
    """By every model."""
    replies = [buyer.generate(model=model, aspect_ratio=ratio) for model in ("nano-banana", MODEL, "nano-banana-hd")]

    assert all(isinstance(reply, Later) for reply in replies)


@pytest.mark.parametrize(
    ("said", "param", "word", "msg"),
    [
        ({"prompt": None}, "prompt", "missing_required_parameter", "Missing required parameter: 'prompt'."),
        ({"prompt": ""}, "prompt", "missing_required_parameter", "Missing required"),
        ({"prompt": " "}, "prompt", "missing_required_parameter", "Missing required"),
        ({"prompt": ["a"]}, "prompt", "invalid_type", "Invalid type for 'prompt'"),
        ({"model": None}, "model", "missing_required_parameter", "Missing required parameter: 'model'."),
        ({"model": 7}, "model", "invalid_type", "Invalid type for 'model'"),
        ({"aspect_ratio": "auto"}, "aspect_ratio", "invalid_value", "Supported values are: '1:1', '2:3'"),
        ({"aspect_ratio": "1:8"}, "aspect_ratio", "invalid_value", "Invalid value for 'aspect_ratio'"),
        ({"aspect_ratio": 1}, "aspect_ratio", "invalid_value", "Invalid value for 'aspect_ratio'"),
        ({"image_size": "8K"}, "image_size", "invalid_value", "'1K', '2K', '4K'"),
        ({"image_size": "1K", "model": "nano-banana"}, "image_size", "invalid_value", "for nano-banana-2 only"),
        ({"image_size": "4K", "model": "nano-banana-hd"}, "image_size", "invalid_value", "for nano-banana-2 only"),
        ({"response_format": "png"}, "response_format", "invalid_value", "'url', 'b64_json'"),
        ({"n": 0}, "n", "invalid_value", "a number from 1 to 10"),
        ({"n": 11}, "n", "invalid_value", "a number from 1 to 10"),
        ({"n": "2"}, "n", "invalid_value", "a number from 1 to 10"),
        ({"n": True}, "n", "invalid_value", "a number from 1 to 10"),
        ({"size": "huge"}, "size", "invalid_value", "'auto', or as in '1024x1024'"),
        ({"size": "0x1024"}, "size", "invalid_value", "Invalid 'size'"),
        ({"size": 1024}, "size", "invalid_value", "Invalid 'size'"),
        ({"stream": True}, "stream", None, "does not stream"),
        ({"image": {"url": "x"}}, "image", None, "a text, or a list of texts"),
        ({"image": [1]}, "image", None, "a text, or a list of texts"),
        ({"image": "hello"}, "image", "invalid_image", "number 1 is neither a URL nor base64"),
        ({"image": [TEXT, "x.png"]}, "image", "invalid_image", "number 2 is neither a URL nor base64"),
        ({"image": "aGVsbG8="}, "image", "invalid_image", "number 1 is no PNG, JPEG or WebP"),
        ({"image": TEXT[:40]}, "image", "invalid_image", "number 1 is no PNG, JPEG or WebP"),
        ({"image": "data:image/png,hello"}, "image", "invalid_image", "a data URL without base64"),
        ({"image": "https://example.com/x.png"}, "image", None, "the emulator refuses image 'https://example.com"),
        ({"image": "http://"}, "image", None, "image 'http://' is not an http or https URL"),
        ({"image": f"{BASE}/files/kieai/nobody/x.png"}, "", "", ""),
    ],
)
def test_what_is_wrong_is_a_400_that_names_the_parameter(
    buyer: Buyer, said: dict[str, object], param: str, word: str | None, msg: str
) -> None:
    """Nothing is charged. An address of our own with nothing behind it is no matter of words, and taken."""
    reply = buyer.generate(**{"model": MODEL, "prompt": "a banana", **said})
    if not param:
        assert isinstance(reply, Later)
        return
    status, error = refused(reply)

    assert (status, error["param"], error["code"]) == (400, param, word)
    assert error["type"] == "invalid_request_error"
    assert msg in error["message"]
    assert buyer.balance() == 10_000.0
    assert buyer.world.ledger.creates[-1].code == 400


@pytest.mark.parametrize("body", [None, [], "x", 7])
def test_a_body_that_is_no_object_is_refused(buyer: Buyer, body: object) -> None:
    """Whatever else it is."""
    status, error = refused(buyer.send(body))

    assert (status, error["param"], error["code"]) == (400, None, None)
    assert "could not parse the body" in error["message"]


def test_another_model_is_not_there(buyer: Buyer) -> None:
    """404, as OpenAI has it; a name of the jobs dialect is another name."""
    for name in ("gpt-image-1", "google/nano-banana", "x" * 1000):
        status, error = refused(buyer.generate(model=name))

        assert (status, error["param"], error["code"]) == (404, "model", "model_not_found")
        assert error["type"] == "invalid_request_error"
        assert error["message"] == f"The model `{name[:100]}` does not exist or you do not have access to it."


def test_another_model_may_be_let_in(clock: Clock) -> None:
    """Then it takes what any model takes, ratios beyond the three included; what is no ratio is still refused."""
    anybody = buyer(clock, images_models="any")

    taken = [
        anybody.generate(model="gpt-image-1", aspect_ratio="7:5", image_size="2K"),
        anybody.generate(model="gpt-image-1"),
    ]
    refusals = [
        anybody.generate(model="gpt-image-1", aspect_ratio="wide"),
        anybody.generate(model="nano-banana", aspect_ratio="7:5"),
        anybody.generate(model="gpt-image-1", image_size="8K"),
    ]

    assert all(isinstance(reply, Later) for reply in taken)
    assert [refused(reply)[0] for reply in refusals] == [400, 400, 400]


@pytest.mark.parametrize(
    "image", [TEXT, f"data:image/png;base64,{TEXT}", f"DATA:;base64,{TEXT}", f"{TEXT[:50]}\n{TEXT[50:]}"]
)
def test_reference_images_come_in_several_forms(buyer: Buyer, image: str) -> None:
    """One text or a list; base64 with line breaks; data URLs with a media type or without. It is one and the same."""
    buyer.generate(image=image)
    buyer.generate(image=[TEXT])
    first, second = buyer.world.tasks

    assert first.order.images == second.order.images
    assert len(buyer.world.ledger.charged_twice()) == 1


def test_an_edit_needs_a_picture(buyer: Buyer) -> None:
    """In a form and in JSON; a mask is none."""
    form = Form((FormPart("model", MODEL.encode()), FormPart("prompt", b"x"), FormPart("mask", PNG, "mask.png")))
    replies = [buyer.edit(), buyer.send({"model": MODEL, "prompt": "x"}, operation="edits")]
    replies.append(buyer.send(form, operation="edits"))

    for reply in replies:
        status, error = refused(reply)
        assert (status, error["param"], error["code"]) == (400, "image", "missing_required_parameter")


@pytest.mark.parametrize("name", ["image", "image[]"])
def test_an_edit_takes_files_texts_and_addresses(buyer: Buyer, name: str) -> None:
    """Under either name, in their order; bytes in a field without a file name are a file as well."""
    address = "http://127.0.0.1:1/x.png"
    fields = [FormPart("model", MODEL.encode()), FormPart("prompt", "größer".encode())]
    images = [
        FormPart(name, make_png(colour="blue"), "b.png"),
        FormPart(name, address.encode()),
        FormPart(name, TEXT.encode()),
        FormPart(name, PNG),
    ]

    reply = buyer.send(Form((*fields, *images)), operation="edits")
    (task,) = buyer.world.tasks

    assert isinstance(reply, Later)
    assert task.order.prompt == "größer"
    assert task.order.images[1] == address
    assert task.order.images[2] == task.order.images[3] != task.order.images[0]


def test_a_form_says_everything_as_text(buyer: Buyer) -> None:
    """Numbers are read; what is empty is not there; of two fields of one name the last one counts."""
    fields = {"n": "2", "stream": "false", "aspect_ratio": "", "image_size": "2K", "response_format": "b64_json"}

    reply = buyer.edit(PNG, **fields)
    twice = Form(
        (FormPart("model", b"x"), FormPart("model", MODEL.encode()), FormPart("prompt", b"p"), FormPart("image", PNG))
    )

    assert isinstance(reply, Later)
    assert [(task.order.count, task.order.resolution) for task in buyer.world.tasks] == [(2, "2K")]
    assert isinstance(buyer.send(twice, operation="edits"), Later)
    assert refused(buyer.edit(PNG, n="two"))[1]["param"] == "n"
    assert refused(buyer.edit(PNG, stream="True"))[1]["param"] == "stream"


def test_an_address_of_our_own_is_looked_at(buyer: Buyer) -> None:
    """What was uploaded and is no picture is refused at once."""
    text = buyer.world.files.put("kieai/somebody/x.txt", b"hello", buyer.clock.now)

    status, error = refused(buyer.generate(image=f"{BASE}/files/{text.path}"))

    assert (status, error["param"]) == (400, "image")
    assert "image 'x.txt' is not a picture" in error["message"]


def test_a_picture_may_be_too_large(buyer: Buyer) -> None:
    """30 MB each."""
    status, error = refused(buyer.edit(PNG + b"x" * 30 * 1024 * 1024))

    assert (status, error["code"]) == (400, "invalid_image")
    assert "of at most 31457280 bytes" in error["message"]


def test_equal_orders_are_paid_twice(buyer: Buyer) -> None:
    """Of one dialect: the same words are another purchase elsewhere, and so is another picture."""
    buyer.generate("a banana")
    buyer.generate("a banana", image=TEXT)
    buyer.generate("a banana", image=base64.b64encode(make_png(colour="blue")).decode())
    before = buyer.world.ledger.charged_twice()
    buyer.generate("a banana", image=TEXT)

    assert not before
    assert len(buyer.world.ledger.charged_twice()) == 1


def test_the_models_are_listed(buyer: Buyer) -> None:
    """Or one of them; what is not there is a 404."""
    listed = buyer.models()
    one = buyer.models("nano-banana-hd")
    none = buyer.models("dall-e-3")

    assert listed["object"] == "list"
    assert [model["id"] for model in listed["data"]] == ["nano-banana", "nano-banana-2", "nano-banana-hd"]
    assert one in listed["data"]
    assert list(one) == ["id", "object", "created", "owned_by"]
    assert (one["object"], type(one["created"])) == ("model", int)
    assert none["error"]["code"] == "model_not_found"


def test_a_stranger_is_let_in_nowhere(clock: Clock) -> None:
    """401 in OpenAI's form; a create is on record."""
    stranger = buyer(clock, keys=["k"])
    for key, words in ((None, "Authentication failed"), ("wrong", "access permissions")):
        stranger.key = key
        status, error = refused(stranger.generate())

        assert (status, error["code"]) == (401, "invalid_api_key")
        assert words in error["message"]
        assert stranger.models()["error"]["code"] == "invalid_api_key"
    assert [seen.code for seen in stranger.world.ledger.creates] == [401, 401]
    assert stranger.world.ledger.creates[0].dialect == "images"


def test_credits_run_out(clock: Clock) -> None:
    """402, with OpenAI's word for it and the text that tells credits from everything else."""
    poor = buyer(clock, credits=15)
    told_so = poor.generate(n=2)
    fine = poor.generate()

    status, error = refused(told_so)

    assert (status, error["type"], error["code"]) == (402, "insufficient_quota", "insufficient_quota")
    assert "Credits insufficient" in error["message"]
    assert isinstance(fine, Later)


@pytest.mark.parametrize(
    ("style", "error"),
    [
        ("text", {"error": "Missing required parameter: 'prompt'."}),
        ("message", {"message": "Missing required parameter: 'prompt'."}),
        ("msg", {"msg": "Missing required parameter: 'prompt'."}),
    ],
)
def test_a_relay_may_have_its_own_form_of_errors(clock: Clock, style: str, error: dict[str, str]) -> None:
    """As plain text, or on top; of its faults as well, now and in the end. What is no error is left alone."""
    strange = buyer(clock, "unauthorized,nth=2", images_errors=style)
    answers = [strange.generate(""), strange.generate(), strange.generate("[fail:internal]")]
    (first, second, third) = [reply.reply if isinstance(reply, Later) else reply for reply in answers]

    assert told(first) == error
    assert isinstance(second, Answer)
    assert (second.status, list(told(second))) == (401, list(error))
    assert list(told(third)) == list(error)
    assert strange.models()["object"] == "list"
