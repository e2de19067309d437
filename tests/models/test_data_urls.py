"""``data:`` URLs of images: which are taken, what is said of the others, and that their content is never shown."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanobanana_async.models import (
    FieldProblem,
    InvalidFieldsError,
    LegacyNanoBanana,
    OpenAIEdit,
    data_url_content,
    is_data_url,
    is_url,
    written_image,
)

REMEDY = "Give it whole, as data:image/png;base64,… without line breaks; or give the bytes of the file."


def data_url(content: bytes, head: str = "data:image/png;base64") -> str:
    return f"{head},{base64.b64encode(content).decode()}"


def problem_of(image: Any, cls: Any = OpenAIEdit) -> FieldProblem:
    with pytest.raises(InvalidFieldsError) as caught:
        cls("a cat", images=["a.png", image])
    (problem,) = caught.value.problems
    assert problem.field == "images"
    return problem


@given(st.binary(min_size=1, max_size=50))
def test_the_content_is_what_was_encoded(content: bytes) -> None:
    """And its length is counted without decoding it."""
    url = data_url(content)

    assert OpenAIEdit("a cat", images=url).images == (url,)
    assert data_url_content(url) == content
    assert written_image(url, None) == f"<{len(content)} bytes>"


@pytest.mark.parametrize(
    "head", ["DATA:IMAGE/PNG;BASE64", "data:image/webp;base64", "data:image/svg+xml;charset=utf-8;base64"]
)
def test_heads_of_all_images_are_taken(head: str) -> None:
    """Of any kind of image, with parameters, in any letters."""
    assert data_url_content(data_url(b"abc", head)) == b"abc"


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("data:", "has no comma between its type and its content"),
        ("data:image/png;base64", "has no comma between its type and its content"),
        ("data:text/html;base64,YWJj", "is of the type 'text/html', which is no image"),
        ("data:,YWJj", "is of the type '', which is no image"),
        ("data:image/png,YWJj", "does not say ';base64' right before its comma"),
        ("data:image/png;base64;x=y,YWJj", "does not say ';base64' right before its comma"),
        ("data:image/png;x=\n;base64,YWJj", "does not say ';base64' right before its comma"),
        ("data:image/png;base64,", "is empty: 0 bytes"),
        ("data:image/png;base64,YW\nJj", "has '\\n' in its base64, as letter 3"),
        ("data:image/png;base64,YW-j", "has '-' in its base64, as letter 3"),
        ("data:image/png;base64,YWJ\udcff", "has '\\udcff' in its base64, as letter 4"),
        ("data:image/png;base64,YWJ", "is cut short, or has a wrong end: 3 letters of base64 with 0 '='"),
        ("data:image/png;base64,YWI==", "is cut short, or has a wrong end: 5 letters of base64 with 2 '='"),
    ],
)
def test_what_is_wrong_with_one_is_named(image: str, message: str) -> None:
    """The image is named by its number, and the way out is said."""
    problem = problem_of(image)

    assert problem.message == f"images[1], a data: URL, {message}"
    assert problem.remedy == REMEDY


def test_an_image_that_is_too_large_is_refused() -> None:
    """Nobody else opens it before it is sent."""
    problem = problem_of(data_url(bytes(30 * 1024 * 1024 + 1)))

    assert problem.message == "images[1] has 31.5 MB, over the limit of 31.5 MB"
    assert "Make it smaller" in problem.remedy


@pytest.mark.parametrize("image", ["data:image/png;base64," + "Q" * 5001, "data:image/png;base64," + "Q" * 5000 + "é"])
def test_no_message_shows_the_content(image: str) -> None:
    """Neither the problem nor its repr."""
    problem = problem_of(image)

    assert "QQQ" not in problem.message
    assert "QQQ" not in repr(problem)


def test_other_dialects_take_none() -> None:
    """There the content is uploaded first (PROTOCOL §1.5)."""
    problem = problem_of(data_url(b"abc"), LegacyNanoBanana)

    assert problem.message == "images[1] is a data: URL, which the gateway does not take"
    assert problem.remedy == "Decode it and give the bytes: they are uploaded for you."


def test_it_is_neither_fetched_nor_uploaded() -> None:
    """It is told from URLs, from paths and from content."""
    assert is_data_url("Data:image/png;base64,YWJj")
    assert not is_url("data:image/png;base64,YWJj")
    assert not is_data_url("https://example.com/data:image")
    assert not is_data_url("data/a.png")
    assert not is_data_url(b"data:image/png;base64,YWJj")


@pytest.mark.parametrize("text", ["a.png", "https://example.com/a.png,b", "data:image/png;base64"])
def test_what_is_none_has_no_content(text: str) -> None:
    """A path, a URL or a head alone."""
    with pytest.raises(ValueError, match="has no comma between its type and its content"):
        data_url_content(text)


@pytest.mark.parametrize(("text", "length"), [("data:", 3), ("data:text/plain,hello", 3), ("data:,=", 0)])
def test_no_text_of_this_scheme_is_written_down(text: str, length: int) -> None:
    """Not even one that could not be sent, in a request of the user's own class."""
    assert written_image(text, None) == f"<{length} bytes>"
