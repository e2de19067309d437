"""`LegacyNanoBanana`: the older generate endpoint at Kie (PROTOCOL §2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

from nanobanana_async.models import (
    FieldProblem,
    InvalidFieldsError,
    LegacyNanoBanana,
    known_models,
    with_format_default,
)
from nanobanana_async.values import Expected, Request

URL = "https://example.com/a.png"


def problems_of(prompt: Any = "a cat", **fields: Any) -> dict[str, FieldProblem]:
    with pytest.raises(InvalidFieldsError) as caught:
        LegacyNanoBanana(prompt, **fields)
    return {problem.field: problem for problem in caught.value.problems}


def test_it_is_a_request_of_its_own_dialect() -> None:
    """With all that a `Request` has."""
    request: Request = LegacyNanoBanana("a cat")

    assert isinstance(request, Request)
    assert (request.dialect, request.model, request.credits) == ("generate", "google/nano-banana", 4.0)
    assert hash(request) == hash(LegacyNanoBanana("a cat"))
    assert with_format_default(request, "png") is request


def test_everything_that_was_set_is_sent() -> None:
    """Flat, under the vendor's names, and nothing else."""
    request = LegacyNanoBanana(
        " a cat ",
        model=" google/nano-banana-edit",
        images=[b"abc", Path("a.png")],
        negative_prompt=" dogs\n",
        seed=-7,
        width=512,
        height=768,
        steps=20,
        guidance_scale=20,
    )

    assert request.vendor_input([URL, URL]) == {
        "prompt": "a cat",
        "img_url": f"{URL},{URL}",
        "negative_prompt": "dogs",
        "seed": -7,
        "width": 512,
        "height": 768,
        "steps": 20,
        "guidance_scale": 20.0,
    }
    assert LegacyNanoBanana("a cat").vendor_input([]) == {"prompt": "a cat"}


def test_a_comma_in_a_url_does_not_cut_it() -> None:
    """Several images are joined by commas, so one inside a URL is written as %2C; the request keeps what was given."""
    request = LegacyNanoBanana("a cat", images=["https://example.com/a,b.png", URL])

    assert request.vendor_input(request.images)["img_url"] == f"https://example.com/a%2Cb.png,{URL}"  # type: ignore[arg-type]  # these are text
    assert request.fields()["images"] == ["https://example.com/a,b.png", URL]


@pytest.mark.parametrize("urls", [[], [URL, URL]])
def test_an_edit_is_not_made_without_its_pictures(urls: list[str]) -> None:
    """As many URLs as images, or nothing is made."""
    with pytest.raises(ValueError, match="URLs for 1 images"):
        LegacyNanoBanana("a cat", images=[b"png"]).vendor_input(urls)


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("seed", 0, 0),
        ("seed", -(2**1000), -(2**1000)),
        ("seed", 512.0, 512),
        ("width", 1, 1),
        ("height", 1_000_000, 1_000_000),
        ("steps", 20, 20),
        ("steps", 60, 60),
        ("guidance_scale", 1, 1.0),
        ("guidance_scale", 7.5, 7.5),
        ("guidance_scale", 20, 20.0),
    ],
)
def test_numbers_go_up_to_their_bounds(field: str, value: float, kept: float) -> None:
    """Both ends are inside; a whole number is an int, however it was written, so that it makes one key."""
    request = LegacyNanoBanana("a cat", **{field: value})  # type: ignore[arg-type]  # of the field's own type

    assert request.fields()[field] == kept
    assert type(request.fields()[field]) is type(kept)


@pytest.mark.parametrize(
    ("field", "value", "limit"),
    [
        ("seed", True, "whole number"),
        ("seed", 0.5, "whole number"),
        ("seed", float("inf"), "whole number"),
        ("seed", 1e300, "whole number"),
        ("seed", "7", "whole number"),
        ("width", 0, "whole number from 1"),
        ("width", 512.5, "whole number from 1"),
        ("height", -1, "whole number from 1"),
        ("steps", 19, "whole number from 20 to 60"),
        ("steps", 61, "whole number from 20 to 60"),
        ("steps", False, "whole number from 20 to 60"),
        ("guidance_scale", 0.99, "number from 1 to 20"),
        ("guidance_scale", 20.5, "number from 1 to 20"),
        ("guidance_scale", float("nan"), "number from 1 to 20"),
        ("guidance_scale", "7", "number from 1 to 20"),
        ("guidance_scale", True, "number from 1 to 20"),
    ],
)
def test_a_number_outside_its_bounds_is_refused(field: str, value: Any, limit: str) -> None:
    """Field, value and range are named."""
    problem = problems_of(**{field: value})[field]

    assert problem.message == f"{field}={value!r} is no {limit}"
    assert problem.remedy.startswith(f"Give {field} as ")


def test_a_number_that_cannot_be_written_is_refused() -> None:
    """Python itself refuses to write thousands of digits, in a message too."""
    assert problems_of(seed=10**5000)["seed"].message == "seed=<a number of 16610 bits> is no whole number"
    assert "bits> is no number from 1 to 20" in problems_of(guidance_scale=10**5000)["guidance_scale"].message


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("nano-banana", "it is called 'google/nano-banana'"),
        ("nano-banana-pro", "it is called 'google/nano-banana-pro'"),
        ("google/nano-bananna", "(did you mean 'google/nano-banana'?)"),
        ("flux", "model='flux' is not one of google/nano-banana, google/nano-banana-edit, google/nano-banana-pro"),
        ("", "model='' is not one of"),
        (3, "model must be text, not 3"),
    ],
)
def test_only_the_three_models_of_the_endpoint_are_known(model: Any, message: str) -> None:
    """Any other is refused, and what else is wrong is said with it."""
    problems = problems_of("", model=model, images=[URL] * 6)

    assert message in problems["model"].message
    assert list(problems) == ["prompt", "images", "model"]


def test_the_way_for_other_models_is_said() -> None:
    """They are asked for by requests of the present endpoint."""
    assert "such as NanoBanana2" in problems_of(model="nano-banana-2")["model"].remedy


def test_with_images_it_is_the_editing_model_unless_another_is_named() -> None:
    """What is paid for is made of them: the model that makes from a prompt alone would ignore them."""
    made = {LegacyNanoBanana("x", images=images).model for images in (URL, [b"png"], (image for image in ["a.png"]))}

    assert made == {"google/nano-banana-edit"}
    assert LegacyNanoBanana("x", images=[]).model == "google/nano-banana"
    assert LegacyNanoBanana("x", images=URL, model="google/nano-banana-pro").model == "google/nano-banana-pro"


def test_the_model_that_makes_from_a_prompt_takes_no_images() -> None:
    """They would be ignored, and the picture paid for; those that take them are named."""
    (problem,) = problems_of(model="google/nano-banana", images=URL).values()

    assert problem.message == (
        "google/nano-banana has no images; it is a field of google/nano-banana-edit, google/nano-banana-pro"
    )
    assert problem.remedy == "Choose google/nano-banana-edit, or leave the model out."


@pytest.mark.parametrize(("model", "least"), [("google/nano-banana-edit", 1), ("google/nano-banana-pro", 0)])
def test_the_number_of_images_is_bounded(model: str, least: int) -> None:
    """Five at most; the editing model needs one."""
    assert len(LegacyNanoBanana("a cat", model=model, images=[URL] * 5).images) == 5
    assert problems_of(model=model, images=[URL] * 6)["images"].message == (
        f"images has 6 of them; it takes {least} to 5"
    )
    if least:
        assert problems_of(model=model)["images"].remedy == "Give at least one image."


def test_texts_are_bounded() -> None:
    """Prompts as those of the jobs model of the same name, what must not be shown likewise."""
    problems = problems_of("x" * 5001, negative_prompt="x" * 5002)

    assert problems["prompt"].remedy == "Shorten it by 1 characters."
    assert problems["negative_prompt"].remedy == "Shorten it by 2 characters."
    assert problems_of(negative_prompt=" ")["negative_prompt"].message == (
        "negative_prompt is empty; it takes 1 to 5000 characters"
    )
    assert LegacyNanoBanana("x" * 5000, negative_prompt="x" * 5000).negative_prompt == "x" * 5000


@pytest.mark.parametrize(
    ("request_", "expected", "megabytes"),
    [
        (LegacyNanoBanana("a"), Expected(30, 60), None),
        (LegacyNanoBanana("a", images=URL), Expected(30, 130), 10),
        (LegacyNanoBanana("a", model="google/nano-banana-edit", images=URL), Expected(30, 130), 10),
        (LegacyNanoBanana("a", model="google/nano-banana-pro"), Expected(10, 30), 30),
        (LegacyNanoBanana("a", model="google/nano-banana-pro", images=URL), Expected(10, 60), 30),
    ],
)
def test_what_is_not_documented_is_as_for_the_jobs_model_of_the_same_name(
    request_: LegacyNanoBanana, expected: Expected, megabytes: int | None
) -> None:
    """The time that a task takes, and how large an image may be."""
    assert request_.expected == expected
    assert request_.max_image_bytes == (megabytes * 1024 * 1024 if megabytes is not None else None)


def test_a_field_of_another_dialect_is_a_type_error() -> None:
    """The signature says what the endpoint takes."""
    with pytest.raises(TypeError, match="aspect_ratio"):
        LegacyNanoBanana("a cat", aspect_ratio="16:9")  # type: ignore[call-arg]  # what users write


def test_it_is_frozen() -> None:
    """What was validated stays as it was."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        LegacyNanoBanana("a cat").seed = 1  # type: ignore[misc]  # that it can't be is what is tested


def test_the_models_are_listed_with_their_one_price() -> None:
    """4 credits an image (PROTOCOL §2)."""
    listed = {info.id: (info.name, info.dialect, info.images, info.price()) for info in known_models("generate")}

    assert listed == {
        "google/nano-banana": ("LegacyNanoBanana", "generate", (0, 0), 4.0),
        "google/nano-banana-edit": ("LegacyNanoBanana", "generate", (1, 5), 4.0),
        "google/nano-banana-pro": ("LegacyNanoBanana", "generate", (0, 5), 4.0),
    }
