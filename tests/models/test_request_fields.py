"""The requests: what they take, keep, cost and send."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

from nanobanana_async.models import (
    InvalidFieldsError,
    JobsRequest,
    NanoBanana,
    NanoBanana2,
    NanoBanana2_1,
    NanoBanana2Lite,
    NanoBananaEdit,
    NanoBananaPro,
    with_format_default,
)
from nanobanana_async.values import Expected, Request

URL = "https://example.com/a.png"
ALL: list[JobsRequest] = [
    NanoBanana("a cat"),
    NanoBananaEdit("a cat", images=[URL]),
    NanoBananaPro("a cat"),
    NanoBanana2("a cat"),
    NanoBanana2Lite("a cat"),
    NanoBanana2_1("a cat"),
]


@pytest.mark.parametrize(
    ("request_", "sent"),
    [
        (NanoBanana("a cat"), {"prompt": "a cat"}),
        (
            NanoBanana("a cat", aspect_ratio="16:9", output_format="jpg", nsfw_checker=False),
            {
                "prompt": "a cat",
                "image_size": "16:9",
                "aspect_ratio": "16:9",
                "output_format": "jpeg",
                "nsfw_checker": False,
            },
        ),
        (
            NanoBananaEdit("a cat", images=URL, aspect_ratio="auto", output_format="png"),
            {
                "prompt": "a cat",
                "image_urls": [URL],
                "image_size": "auto",
                "aspect_ratio": "auto",
                "output_format": "png",
            },
        ),
        (
            NanoBananaPro("a cat", images=[URL], aspect_ratio="21:9", resolution="2K", output_format="jpeg"),
            {
                "prompt": "a cat",
                "image_input": [URL],
                "aspect_ratio": "21:9",
                "resolution": "2K",
                "output_format": "jpg",
            },
        ),
        (NanoBananaPro("a cat"), {"prompt": "a cat"}),
        (
            NanoBanana2("a cat", images=[URL], aspect_ratio="1:8", resolution="4K", output_format="png"),
            {
                "prompt": "a cat",
                "image_input": [URL],
                "aspect_ratio": "1:8",
                "resolution": "4K",
                "output_format": "png",
            },
        ),
        (NanoBanana2("a cat"), {"prompt": "a cat"}),
        (NanoBanana2Lite("a cat"), {"prompt": "a cat", "aspect_ratio": "auto"}),
        (
            NanoBanana2Lite("a cat", images=[URL], aspect_ratio="8:1"),
            {"prompt": "a cat", "aspect_ratio": "8:1", "image_urls": [URL]},
        ),
        (
            NanoBanana2_1("a cat", images=[URL], resolution="2K", output_format="jpg"),
            {"prompt": "a cat", "image_input": [URL], "resolution": "2K", "output_format": "jpg"},
        ),
    ],
)
def test_only_what_was_set_is_sent_under_the_vendors_names(request_: JobsRequest, sent: dict[str, Any]) -> None:
    """Each model gets what the user set, under its own names and words, and nothing else."""
    assert request_.vendor_input([URL] * len(request_.images)) == sent


def test_a_ratio_that_nobody_set_is_sent_by_lite_but_not_kept_as_a_field() -> None:
    """What the vendor requires is no wish of the user's, so it is not in the fields that make the key."""
    request = NanoBanana2Lite("a cat")

    assert request.aspect_ratio is None
    assert request.fields() == {"prompt": "a cat"}


def test_fields_are_what_was_set_after_normalisation() -> None:
    """Fields are under public names, normalised, with the images as they were given."""
    request = NanoBanana2(
        "  a cat\n",
        images=[b"png", Path("a.png"), f" {URL} "],
        aspect_ratio=" AUTO ",  # type: ignore[arg-type]  # as a table or a program may have it
        resolution="4k",  # type: ignore[arg-type]  # what users write
        output_format="JPEG",  # type: ignore[arg-type]  # what users write
    )

    assert request.fields() == {
        "prompt": "a cat",
        "images": [b"png", Path("a.png"), URL],
        "aspect_ratio": "auto",
        "resolution": "4K",
        "output_format": "jpg",
    }


@pytest.mark.parametrize(
    ("request_", "price"),
    [
        (NanoBanana("a"), 4),
        (NanoBananaEdit("a", images=[URL]), 4),
        (NanoBananaPro("a"), 18),
        (NanoBananaPro("a", resolution="1K"), 18),
        (NanoBananaPro("a", resolution="2K"), 18),
        (NanoBananaPro("a", resolution="4K"), 24),
        (NanoBanana2("a"), 8),
        (NanoBanana2("a", resolution="2K"), 12),
        (NanoBanana2("a", resolution="4K"), 18),
        (NanoBanana2Lite("a"), 4),
        (NanoBanana2_1("a"), 4),
        (NanoBanana2_1("a", resolution="2K"), 6),
        (NanoBanana2_1("a", resolution="4K"), 9),
    ],
)
def test_the_price_is_that_of_the_document(request_: JobsRequest, price: float) -> None:
    """A request knows its credits (PROTOCOL §1.5); where no resolution is asked for, those of 1K."""
    assert request_.credits == price


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (NanoBanana("a"), Expected(30, 60)),
        (NanoBananaEdit("a", images=[URL]), Expected(30, 130)),
        (NanoBananaPro("a"), Expected(10, 30)),
        (NanoBananaPro("a", images=[URL]), Expected(10, 60)),
        (NanoBanana2("a"), Expected(5, 15)),
        (NanoBanana2("a", resolution="2K"), Expected(7.5, 22.5)),
        (NanoBanana2("a", resolution="4K", images=[URL]), Expected(10, 60)),
        (NanoBanana2Lite("a"), Expected(5, 15)),
        (NanoBanana2_1("a"), Expected(5, 15)),
    ],
)
def test_the_expected_time_grows_with_edits_and_resolution(request_: JobsRequest, expected: Expected) -> None:
    """A request knows its documented time (PROTOCOL §1.4); edits and more pixels take longer."""
    assert request_.expected == expected


@pytest.mark.parametrize("request_", ALL, ids=lambda request_: request_.model)
def test_every_request_can_be_sent(request_: JobsRequest) -> None:
    """Each model's request has all that a `Request` has, to mypy and at run time."""
    sendable: Request = request_

    assert isinstance(sendable, Request)
    assert sendable.dialect == "jobs"
    assert hash(sendable) == hash(attrs.evolve(request_))


@pytest.mark.parametrize(
    ("request_", "megabytes"),
    [(NanoBananaEdit("a", images=[URL]), 10), (NanoBananaPro("a"), 30), (NanoBanana2("a"), 30), (ALL[4], 30)],
)
def test_the_size_limit_of_an_image_is_known(request_: JobsRequest, megabytes: int) -> None:
    """Whoever reads the file can see how large it may be."""
    assert request_.max_image_bytes == megabytes * 1024 * 1024


def test_a_model_without_images_has_no_size_limit_for_them() -> None:
    """`NanoBanana` takes a prompt alone."""
    assert NanoBanana("a").max_image_bytes is None
    assert NanoBanana("a").images == ()


def test_requests_are_frozen() -> None:
    """What was validated stays as it was."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        ALL[0].prompt = "a dog"  # type: ignore[misc]  # that it can't be is what is tested


def test_a_field_of_another_model_is_a_type_error() -> None:
    """The signature says what a model takes."""
    with pytest.raises(TypeError, match="resolution"):
        NanoBanana("a cat", resolution="4K")  # type: ignore[call-arg]  # what users write


@pytest.mark.parametrize("urls", [[], [URL, URL]])
def test_an_edit_is_not_made_without_its_pictures(urls: list[str]) -> None:
    """As many URLs as images go into the vendor's fields, or nothing is made."""
    with pytest.raises(ValueError, match="URLs for 1 images"):
        NanoBananaEdit("a cat", images=[b"png"]).vendor_input(urls)


def test_images_in_a_repr_are_shown_by_their_size() -> None:
    """A repr never holds a whole picture."""
    assert "images=(<5 bytes>,)" in repr(NanoBanana2("a", images=b"12345"))
    assert "images=(<1 bytes>, 'b.png')" in repr(NanoBanana2("a", images=[b"1", "b.png"]))


@pytest.mark.parametrize("asked", ["png", "PNG", "jpeg"])
def test_a_format_is_filled_in_where_none_was_asked_for(asked: str) -> None:
    """Saving to a .png asks for PNG."""
    filled = with_format_default(NanoBanana2("a cat"), asked)

    assert filled == NanoBanana2("a cat", output_format="png" if asked.lower() == "png" else "jpg")


@pytest.mark.parametrize(
    ("request_", "asked"),
    [(NanoBanana2("a", output_format="jpg"), "png"), (NanoBanana2Lite("a"), "png"), (NanoBanana2("a"), "webp")],
)
def test_a_format_is_never_forced(request_: JobsRequest, asked: str) -> None:
    """A format that the user chose, or that the model can't be asked for, changes nothing."""
    assert with_format_default(request_, asked) is request_


def test_several_wrong_fields_are_said_at_once() -> None:
    """One error holds all that is wrong with a request."""
    with pytest.raises(InvalidFieldsError) as caught:
        NanoBanana2("", aspect_ratio="16x9", resolution="8K")  # type: ignore[arg-type]  # what users write

    assert [problem.field for problem in caught.value.problems] == ["prompt", "aspect_ratio", "resolution"]
    assert caught.value.message.startswith("nano-banana-2: 3 problems: prompt is empty")
    assert "Say what the picture shows." in caught.value.remedy
