"""`extra`: a vendor's further fields, sent as they are, but for those that have a field of ours."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest

from nanobanana_async.models import FieldProblem, InvalidFieldsError, OpenAIGeneration


def problem_of(extra: Any) -> FieldProblem:
    with pytest.raises(InvalidFieldsError) as caught:
        OpenAIGeneration("a cat", extra=extra)
    (problem,) = caught.value.problems
    return problem


def test_further_fields_are_sent_as_they_are() -> None:
    """Any JSON, in any mapping."""
    request = OpenAIGeneration("a cat", extra=OrderedDict(size="1024x1024", flags={"a": (1, 2.5, None, True)}))

    assert request.vendor_input([]) == {
        "prompt": "a cat",
        "size": "1024x1024",
        "flags": {"a": [1, 2.5, None, True]},
    }


def test_what_the_caller_changes_later_changes_nothing() -> None:
    """The request keeps a copy, and gives copies away."""
    given: dict[str, Any] = {"list": [1]}
    request = OpenAIGeneration("a cat", extra=given)

    given["list"].append(2)
    request.vendor_input([])["list"].append(3)
    request.fields()["extra"]["list"].append(4)

    assert request.fields() == {"prompt": "a cat", "extra": {"list": [1]}}


def test_no_further_fields_are_as_good_as_unset() -> None:
    """An empty dict asks for nothing, so it changes no key."""
    assert OpenAIGeneration("a cat", extra={}) == OpenAIGeneration("a cat")
    assert OpenAIGeneration("a cat", extra={}).fields() == {"prompt": "a cat"}


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("model", "model"),
        ("prompt", "prompt"),
        ("image", "images"),
        ("image[]", "images"),
        ("images", "images"),
        ("aspect_ratio", "aspect_ratio"),
        ("image_size", "resolution"),
        ("resolution", "resolution"),
        ("response_format", "response_format"),
        ("operation", "operation"),
        ("credits", "credits"),
        ("extra", "extra"),
        ("Model", "model"),
        ("images[]", "images"),
        ("imageSize", "resolution"),
        ("aspect-ratio", "aspect_ratio"),
    ],
)
def test_what_has_a_field_of_ours_is_refused(name: str, ours: str) -> None:
    """One of the two would win in silence."""
    problem = problem_of({"size": "1024x1024", name: "x"})

    assert problem.field == "extra"
    assert problem.message == f"extra has {name!r}, but it is set by {ours}"
    assert problem.remedy == f"Give it as {ours}."


def test_one_task_makes_one_image_and_nothing_is_streamed() -> None:
    """Each of several names that can't be sent is said, with its remedy."""
    problem = problem_of({"n": 1, "stream": True})

    assert (
        problem.message == "extra has 'n', but a task makes one image; extra has 'stream', but an answer is read whole"
    )
    assert problem.remedy == "Leave n out, and make a request for each image. Leave stream out."


@pytest.mark.parametrize(
    "name",
    [
        *("N", "num_images", "numImages", "NUM-IMAGES", "number_of_images", "numberOfImages", "num_outputs"),
        *("batch_size", "batchSize", "sample_count", "sampleCount", "candidateCount", "candidate-count"),
    ],
)
def test_a_number_of_images_is_refused_however_it_is_written(name: str) -> None:
    """Four pictures for the price of one would go over any budget."""
    problem = problem_of({name: 4})

    assert problem.message == f"extra has {name!r}, but a task makes one image"
    assert problem.remedy == f"Leave {name} out, and make a request for each image."


@pytest.mark.parametrize("name", ["Stream", "STREAM"])
def test_nothing_is_streamed_however_it_is_written(name: str) -> None:
    """Gateways read names as they like."""
    assert problem_of({name: True}).remedy == f"Leave {name} out."


@pytest.mark.parametrize("name", ["size", "noise", "streams", "n_steps", "max_images_wanted", "süß"])
def test_a_name_that_only_resembles_one_is_the_vendors(name: str) -> None:
    """It is compared whole."""
    assert OpenAIGeneration("a cat", extra={name: 4}).fields()["extra"] == {name: 4}


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("size", "extra='size' is no dict of the vendor's fields"),
        ([("size", 1)], "extra=[('size', 1)] is no dict of the vendor's fields"),
        ({"a": {1}}, "extra.a is {1}, of type set, which JSON has not"),
        ({1: "a"}, "extra has the key 1, which is no str"),
    ],
)
def test_what_is_no_json_is_refused_by_its_path(extra: Any, message: str) -> None:
    """It could not be sent."""
    assert problem_of(extra).message == message


def test_a_long_value_is_shown_short() -> None:
    """A mask, say, may be a whole picture."""
    request = OpenAIGeneration("a cat", extra={"mask": "data:image/png;base64," + "A" * 4000})

    assert "<data URL of 3000 bytes>" in repr(request)
    assert len(repr(request)) < 300
