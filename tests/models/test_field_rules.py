"""The rules for each field: what is refused, in which words, and with which remedy."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from nanobanana_async.errors import InvalidRequestError
from nanobanana_async.models import (
    FieldProblem,
    InvalidFieldsError,
    JobsRequest,
    NanoBanana,
    NanoBanana2,
    NanoBanana2Lite,
    NanoBananaEdit,
    NanoBananaPro,
    known_models,
    request_class,
)


def problem_of(cls: type[JobsRequest], prompt: Any = "a cat", **fields: Any) -> FieldProblem:
    with pytest.raises(InvalidFieldsError) as caught:
        cls(prompt, **fields)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize("info", known_models("jobs"), ids=lambda info: info.id)
def test_a_prompt_is_counted_in_characters(info: Any) -> None:
    """As many characters as documented go through, emoji counted as one; one more does not."""
    cls: Any = request_class("jobs", info.id)
    rest = {"images": ["https://example.com/a.png"]} if info.images[0] else {}

    assert cls("🍌" * info.prompt_max, **rest).prompt == "🍌" * info.prompt_max
    problem = problem_of(cls, "🍌" * (info.prompt_max + 1), **rest)
    assert problem.message == f"prompt has {info.prompt_max + 1} characters; it takes 1 to {info.prompt_max} characters"
    assert problem.remedy == "Shorten it by 1 characters."


@pytest.mark.parametrize("prompt", ["", "  ", "\n\t", "\u3000"])
def test_a_prompt_of_blanks_is_empty(prompt: str) -> None:
    """Something has to be asked for."""
    assert problem_of(NanoBanana, prompt).message == "prompt is empty; it takes 1 to 5000 characters"


@pytest.mark.parametrize("prompt", [None, 3, b"a cat", ["a cat"]])
def test_a_prompt_is_text(prompt: object) -> None:
    """What is no text is said to be none, with its value."""
    assert problem_of(NanoBanana, prompt).message.startswith("prompt must be text, not ")


def test_half_a_surrogate_pair_is_refused() -> None:
    """What UTF-8 can't say could be neither sent nor named by a key."""
    assert "lone surrogate" in problem_of(NanoBanana, "a \ud83c cat").message


def test_unicode_is_kept_as_it_was_given() -> None:
    """Composed and decomposed letters stay what they are."""
    assert NanoBanana("e\u0301").prompt == "e\u0301"


@pytest.mark.parametrize(
    ("cls", "field", "value", "message"),
    [
        (NanoBananaPro, "resolution", "8K", "resolution='8K' is not one of 1K, 2K, 4K"),
        (NanoBananaPro, "resolution", 4, "resolution=4 is not one of 1K, 2K, 4K (did you mean '4K'?)"),
        (
            NanoBananaPro,
            "output_format",
            "pgn",
            "output_format='pgn' is not one of png, jpg, jpeg (did you mean 'png'?)",
        ),
        (NanoBananaPro, "output_format", "webp", "output_format='webp' is not one of png, jpg, jpeg"),
        (NanoBanana, "nsfw_checker", "yes", "nsfw_checker='yes' is neither True nor False"),
    ],
)
def test_a_wrong_value_names_field_value_and_what_is_allowed(
    cls: type[JobsRequest], field: str, value: object, message: str
) -> None:
    """A message is enough to correct the call."""
    problem = problem_of(cls, **{field: value})

    assert (problem.field, problem.value, problem.message) == (field, value, message)


@pytest.mark.parametrize(
    ("value", "meant"), [("16x9", "16:9"), ("16/9", "16:9"), (" 16 × 9 ", "16:9"), ("09-16", "9:16"), ("autos", "auto")]
)
def test_a_near_miss_of_a_ratio_is_recognised(value: str, meant: str) -> None:
    """A ratio in another notation is asked back, not guessed."""
    problem = problem_of(NanoBanana, aspect_ratio=value)

    assert problem.message.endswith(f"(did you mean {meant!r}?)")
    assert problem.remedy == f"Write {meant!r}."


@pytest.mark.parametrize("value", ["7x5", "wide"])
def test_nothing_is_guessed_where_nothing_is_near(value: str) -> None:
    """A word that is like none gets the list alone."""
    problem = problem_of(NanoBanana, aspect_ratio=value)

    assert "did you mean" not in problem.message
    assert problem.remedy == "Choose one of those, or leave aspect_ratio out."


def test_the_wide_ratios_belong_to_the_second_generation() -> None:
    """Set B is for the nano-banana-2 family only (PROTOCOL §1.5)."""
    assert NanoBanana2Lite("a cat", aspect_ratio="1:8").aspect_ratio == "1:8"
    assert problem_of(NanoBananaPro, aspect_ratio="1:8").field == "aspect_ratio"


def test_a_long_value_is_shown_short() -> None:
    """Nobody's log is filled by a wrong value."""
    assert len(problem_of(NanoBanana, aspect_ratio="x" * 10_000).message) < 200
    assert len(repr(problem_of(NanoBanana, aspect_ratio="x" * 10_000))) < 600


def test_content_in_a_list_is_shown_by_its_size() -> None:
    """At any depth, and a number that Python can't write by its length."""
    value = [b"12345", {"a": memoryview(b"123")}, 10**5000]

    shown = "[<5 bytes>, {'a': <3 bytes>}, <a number of 16610 bits>]"
    assert problem_of(NanoBanana, value).message == f"prompt must be text, not {shown}"


def test_the_error_is_a_value_error_that_survives_pickling() -> None:
    """It is caught as what it is in Python, and crosses processes whole."""
    with pytest.raises(ValueError, match="google/nano-banana: prompt is empty") as caught:
        NanoBanana("")

    copied = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(copied, InvalidRequestError)
    assert copied.reason == "invalid"
    assert copied.charged == "no"
    assert copied.problems == caught.value.problems  # type: ignore[attr-defined]  # of the class raised here


@pytest.mark.parametrize(
    ("cls", "most"), [(NanoBananaEdit, 10), (NanoBananaPro, 8), (NanoBanana2, 14), (NanoBanana2Lite, 10)]
)
def test_the_number_of_images_is_bounded(cls: Any, most: int) -> None:
    """As many images as documented go through; one more does not."""
    assert len(cls("a cat", images=[b"png"] * most).images) == most
    assert problem_of(cls, images=[b"png"] * (most + 1)).remedy == "Leave out 1 of them."


def test_an_edit_takes_at_least_one_image() -> None:
    """There is nothing to edit without one."""
    problem = problem_of(NanoBananaEdit, images=[])

    assert problem.message == "images has 0 of them; it takes 1 to 10"
    assert problem.remedy == "Give at least one image."
