"""Base64 that stands alone in the place of an image (PROTOCOL §3): taken as the picture that it is."""

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
    NanoBanana2,
    OpenAIEdit,
    OpenAIGeneration,
    data_url_content,
    is_bare_base64,
)

HEADS = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff\xe0",
    "image/webp": b"RIFF\x10\x27\x00\x00WEBP",
    "image/gif": b"GIF89a",
}
BODY = bytes(range(256))
PNG = base64.b64encode(HEADS["image/png"] + BODY).decode()


def problem_of(image: Any, cls: Any = OpenAIEdit) -> FieldProblem:
    with pytest.raises(InvalidFieldsError) as caught:
        cls("a cat", images=["a.png", image])
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize("kind", HEADS)
@given(body=st.binary(min_size=48, max_size=200))
def test_a_picture_is_taken_as_its_data_url(kind: str, body: bytes) -> None:
    """Whatever follows its signature, in one line or in many, in an edit as in a generation."""
    content = HEADS[kind] + body
    one_line, many_lines = base64.b64encode(content).decode(), base64.encodebytes(content).decode()

    edit, generation = OpenAIEdit("x", images=one_line), OpenAIGeneration("x", images=[f"\n{many_lines}"])
    assert edit.images == generation.images == (f"data:{kind};base64,{one_line}",)
    assert data_url_content(str(edit.images[0])) == content
    assert is_bare_base64(one_line)


@pytest.mark.parametrize(
    "path",
    [
        "a.png",
        PNG[:63],
        f"{PNG}.png",
        "/9j/" + "a" * 100 + "/photo.jpg",
        base64.b64encode(b"RIFF\x10\x27\x00\x00WAVE" + BODY).decode(),
        base64.b64encode(b"%PDF-1" + BODY).decode(),
        "ä" * 100,
        "iVBOR w0KGgo" + "a" * 100,
    ],
)
def test_what_is_no_picture_stays_a_path(path: str) -> None:
    """Whether there is such a file, is found out when it is read."""
    assert OpenAIEdit("x", images=path).images == (path,)
    assert not is_bare_base64(path)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (PNG[:-1], "is cut short, or has a wrong end"),
        (f"{PNG[:80]}-{PNG[80:]}", "has '-' in its base64, as letter 81"),
    ],
)
def test_a_picture_that_is_not_whole_is_refused(image: str, message: str) -> None:
    """By what is wrong, and without its content."""
    problem = problem_of(image)

    assert problem.message.startswith(f"images[1], a picture in base64, {message}")
    assert problem.remedy == "Give it whole; or give the bytes of the file."
    assert len(problem.message) < 200


@pytest.mark.parametrize("cls", [NanoBanana2, LegacyNanoBanana])
def test_where_no_data_url_is_taken_it_is_named(cls: Any) -> None:
    """It would be read as a path, of which four megabytes are shown."""
    problem = problem_of(PNG, cls)

    assert problem.message == "images[1] is a picture in base64, which the gateway does not take"
    assert problem.remedy == "Decode it and give the bytes: they are uploaded for you."


def test_a_picture_that_is_too_large_is_refused() -> None:
    """As a data: URL is."""
    image = base64.b64encode(HEADS["image/png"] + bytes(30 * 1024 * 1024)).decode()

    assert problem_of(image).message == "images[1] has 31.5 MB, over the limit of 31.5 MB"
