"""`OpenAIGeneration` and `OpenAIEdit`: what they take, keep and send (PROTOCOL §3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

from nanobanana_async.models import (
    FieldProblem,
    InvalidFieldsError,
    OpenAIEdit,
    OpenAIGeneration,
    known_models,
    with_format_default,
)
from nanobanana_async.values import Expected, OperationRequest

URL = "https://example.com/a.png"
DATA_URL = "data:image/png;base64,YWJj"
Images = OpenAIGeneration | OpenAIEdit


def problems_of(cls: Any = OpenAIGeneration, prompt: Any = "a cat", **fields: Any) -> dict[str, FieldProblem]:
    with pytest.raises(InvalidFieldsError) as caught:
        cls(prompt, **fields)
    return {problem.field: problem for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("request_", "operation"), [(OpenAIGeneration("a"), "generations"), (OpenAIEdit("a", images=URL), "edits")]
)
def test_each_names_its_operation(request_: Images, operation: str) -> None:
    """A dialect with two ways to make an image is told which of them is meant."""
    sendable: OperationRequest = request_

    assert isinstance(sendable, OperationRequest)
    assert (sendable.dialect, sendable.operation) == ("images", operation)
    assert sendable.model == "nano-banana-2"
    assert sendable.credits is None
    assert hash(sendable) == hash(attrs.evolve(request_))


@pytest.mark.parametrize(
    ("request_", "sent"),
    [
        (OpenAIGeneration("a cat"), {"prompt": "a cat"}),
        (
            OpenAIGeneration(
                " a cat\n", aspect_ratio=" 16:9", resolution="4k", response_format="b64_json", extra={"quality": "high"}
            ),
            {
                "prompt": "a cat",
                "aspect_ratio": "16:9",
                "image_size": "4K",
                "response_format": "b64_json",
                "quality": "high",
            },
        ),
        (OpenAIGeneration("a cat", images=[URL, b"abc"]), {"prompt": "a cat", "image": [URL, URL]}),
        (OpenAIEdit("a cat", images=[URL, b"abc"]), {"prompt": "a cat"}),
        (
            OpenAIEdit("a cat", images=URL, model="nano-banana-hd", aspect_ratio="1:1", extra={"user": "me", "a": [1]}),
            {"prompt": "a cat", "aspect_ratio": "1:1", "user": "me", "a": [1]},
        ),
        (
            OpenAIGeneration("a cat", model="seller/x", aspect_ratio=" auto ", resolution="huge"),
            {"prompt": "a cat", "aspect_ratio": "auto", "image_size": "huge"},
        ),
    ],
)
def test_only_what_was_set_is_sent_under_the_vendors_names(request_: Images, sent: dict[str, Any]) -> None:
    """Without the model, which is the dialect's to put in; of an edit without the images, which are parts of a body."""
    assert request_.vendor_input([URL] * len(request_.images)) == sent


def test_a_price_is_never_sent() -> None:
    """It is the user's word, for budgets, and a field, so that a request read back keeps it."""
    request = OpenAIGeneration("a cat", credits=3)

    assert request.credits == 3.0
    assert request.fields() == {"prompt": "a cat", "credits": 3.0}
    assert request.vendor_input([]) == {"prompt": "a cat"}


def test_a_generation_with_images_says_that_it_is_no_edit() -> None:
    """The two make different pictures of the same images, and so have different keys."""
    generation = OpenAIGeneration("a cat", images=URL)

    assert generation.fields() == {"prompt": "a cat", "images": [URL], "operation": "generations"}
    assert OpenAIEdit("a cat", images=URL).fields() == {"prompt": "a cat", "images": [URL]}


@pytest.mark.parametrize("cls", [OpenAIGeneration, OpenAIEdit])
@pytest.mark.parametrize("urls", [[], [URL, URL]])
def test_nothing_is_made_without_its_pictures(cls: Any, urls: list[str]) -> None:
    """As many URLs as images, though those of an edit go elsewhere."""
    with pytest.raises(ValueError, match="URLs for 1 images"):
        cls("a cat", images=[b"png"]).vendor_input(urls)


@pytest.mark.parametrize("cls", [OpenAIGeneration, OpenAIEdit])
def test_images_are_urls_data_urls_paths_and_bytes(cls: Any) -> None:
    """All are kept as they were given, and content is shown by its size."""
    request = cls("a cat", images=[URL, f" {DATA_URL}\n", "a.png", Path("b.png"), bytearray(b"abc")])

    assert request.images == (URL, DATA_URL, "a.png", Path("b.png"), b"abc")
    assert "<data URL of 3 bytes>, 'a.png'" in repr(request)
    assert "YWJj" not in repr(request)
    assert request.max_image_bytes == 30 * 1024 * 1024


def test_the_number_of_images_is_bounded() -> None:
    """14 go through, one more does not; an edit takes at least one."""
    assert len(OpenAIEdit("a cat", images=[b"png"] * 14).images) == 14
    assert problems_of(images=[b"png"] * 15)["images"].remedy == "Leave out 1 of them."
    assert problems_of(OpenAIEdit, images=[])["images"].message == "images has 0 of them; it takes 1 to 14"


def test_a_prompt_is_counted_in_characters() -> None:
    """20 000 go through; one more does not."""
    assert len(OpenAIGeneration("🍌" * 20_000).prompt) == 20_000
    assert problems_of(prompt="🍌" * 20_001)["prompt"].remedy == "Shorten it by 1 characters."


@pytest.mark.parametrize("model", ["nano-banana", "nano-banana-2", " nano-banana-hd "])
def test_no_ratio_of_a_known_model_is_auto(model: str) -> None:
    """The ratios are those of every model but `auto` (PROTOCOL §3)."""
    problem = problems_of(model=model, aspect_ratio="auto")["aspect_ratio"]

    assert problem.message == "aspect_ratio='auto' is not one of 1:1, 2:3, 3:2, 3:4, 4:3, 4:5, 5:4, 9:16, 16:9, 21:9"
    assert "did you mean '16:9'" in problems_of(model=model, aspect_ratio="16x9")["aspect_ratio"].message


@pytest.mark.parametrize("model", ["nano-banana", "nano-banana-hd"])
def test_only_the_second_model_takes_a_resolution(model: str) -> None:
    """Whatever it is; the model that does is named."""
    problem = problems_of(model=model, resolution="4K")["resolution"]

    assert problem.message == f"{model} has no resolution; it is a field of nano-banana-2"
    assert problem.remedy == "Leave resolution out, or choose nano-banana-2."
    assert OpenAIGeneration("a cat", model=model, resolution=None).resolution is None
    assert "not one of 1K, 2K, 4K" in problems_of(resolution="8K")["resolution"].message


@pytest.mark.parametrize("model", ["nano-banana2", "google/nano-banana", "gpt-image-1", "Nano-Banana-2", "модель"])
def test_any_other_name_of_a_model_passes_with_whatever_is_asked_of_it(model: str) -> None:
    """Resellers name models as they like, so a name that is near to a known one is no slip."""
    request = OpenAIGeneration("a cat", model=model, aspect_ratio="7:3", resolution="1536x1024")

    assert (request.model, request.aspect_ratio, request.resolution) == (model, "7:3", "1536x1024")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("aspect_ratio", " ", "aspect_ratio is empty"),
        ("aspect_ratio", 1.5, "aspect_ratio must be text, not 1.5"),
        ("resolution", "2K\nX-Header: x", "resolution='2K\\nX-Header: x' is more than one line of plain text"),
        ("resolution", "\ud800", "resolution='\\ud800' has a lone surrogate, which can't be written as UTF-8"),
    ],
)
def test_what_is_asked_of_an_unknown_model_is_one_line(field: str, value: Any, message: str) -> None:
    """More is not known of it."""
    problem = problems_of(model="seller/x", **{field: value})[field]

    assert problem.message == message


@pytest.mark.parametrize(
    ("model", "message"), [("", "model is empty"), (" \n", "model is empty"), (None, "model must be text, not None")]
)
def test_a_model_has_a_name(model: Any, message: str) -> None:
    """What else is wrong is said with it."""
    problems = problems_of(model=model, prompt="")

    assert problems["model"].message == message
    assert "prompt" in problems


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("url_json", "response_format='url_json' is not one of url, b64_json"),
        ("b64-json", "(did you mean 'b64_json'?)"),
        (1, "response_format=1 is not one of"),
    ],
)
def test_a_picture_is_handed_over_in_one_of_two_ways(value: Any, message: str) -> None:
    """By a link, or in the answer."""
    assert message in problems_of(response_format=value)["response_format"].message


@pytest.mark.parametrize("value", [-1, float("nan"), 10**400, "5", True])
def test_credits_are_a_number_from_zero(value: Any) -> None:
    """A price that can't be counted with is refused."""
    assert "is no number from 0" in problems_of(credits=value)["credits"].message


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (OpenAIGeneration("a", model="nano-banana"), Expected(30, 60)),
        (OpenAIGeneration("a"), Expected(5, 15)),
        (OpenAIGeneration("a", resolution="4K", images=URL), Expected(10, 60)),
        (OpenAIEdit("a", images=URL), Expected(5, 30)),
        (OpenAIGeneration("a", model="nano-banana-hd"), Expected(20, 60)),
        (OpenAIEdit("a", images=URL, model="seller/x"), Expected(5, 60)),
    ],
)
def test_the_expected_time_is_that_of_the_jobs_model_of_the_same_name(request_: Images, expected: Expected) -> None:
    """None is documented for this dialect; of a model of the reseller's own nothing is known."""
    assert request_.expected == expected


def test_no_format_is_filled_in() -> None:
    """These requests have no file format to ask for."""
    generation, edit = OpenAIGeneration("a"), OpenAIEdit("a", images=URL)

    assert with_format_default(generation, "png") is generation
    assert with_format_default(edit, "png") is edit


def test_a_long_name_of_a_model_is_shown_short() -> None:
    """It may be any text, and nobody's log is filled by it."""
    with pytest.raises(InvalidFieldsError) as caught:
        OpenAIGeneration("", model="x" * 10_000)

    assert len(caught.value.message) < 200


def test_the_three_documented_models_are_listed_without_a_price() -> None:
    """What an image costs is each reseller's own."""
    listed = {info.id: (info.name, info.edit_name, info.images, info.resolutions) for info in known_models("images")}

    names = ("OpenAIGeneration", "OpenAIEdit", (0, 14))
    assert listed == {
        "nano-banana": (*names, ()),
        "nano-banana-2": (*names, ("1K", "2K", "4K")),
        "nano-banana-hd": (*names, ()),
    }
    assert [info.price() for info in known_models("images")] == [None, None, None]
    assert {info.dialect for info in known_models("images")} == {"images"}
