"""Files as other packages take them: open ones, and tuples of a name, a content and a type. Named, and never read."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from nanobanana_async.models import FieldProblem, InvalidFieldsError, NanoBanana2, OpenAIEdit, build_request

CONTENT = b"\x89PNG\r\n\x1a\nof\nthree\nlines"


class Upload:
    """As a web framework hands it over: its `read` is awaited."""

    filename = "cat.png"

    async def read(self) -> bytes:
        return CONTENT


class Lines(io.BytesIO):
    """Notes whether anybody reads it."""

    is_read = False

    def __next__(self) -> bytes:
        self.is_read = True
        return super().__next__()

    def read(self, size: int | None = -1) -> bytes:
        self.is_read = True
        return super().read(size)


def problem_of(images: Any, cls: Any = OpenAIEdit) -> FieldProblem:
    with pytest.raises(InvalidFieldsError) as caught:
        cls("a cat", images=images)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize("cls", [OpenAIEdit, NanoBanana2])
@pytest.mark.parametrize("in_a_list", [False, True])
def test_an_open_file_is_one_image_and_is_not_read(cls: Any, in_a_list: bool) -> None:
    """Its lines are no images; the way out is said."""
    file = Lines(CONTENT)

    problem = problem_of([file] if in_a_list else file, cls)
    assert problem.message == "images[0]=<Lines> is an open file, which can be read only once"
    assert problem.remedy == "Give its bytes, as its .read() gives them, or its path."
    assert not file.is_read


def test_an_open_file_is_named(tmp_path: Path) -> None:
    """By its path, or by the name that it was uploaded under."""
    path = tmp_path / "cat.png"
    path.write_bytes(CONTENT)

    with path.open("rb") as file:
        assert "<BufferedReader '" in problem_of(file).message
        assert "cat.png'>" in problem_of(["a.png", file]).message
    assert "<Upload 'cat.png'>" in problem_of(Upload()).message


@pytest.mark.parametrize(
    "file",
    [
        ("photo.png", CONTENT, "image/png"),
        ("photo.png", io.BytesIO(CONTENT), " image/png "),
        (None, CONTENT, "application/octet-stream", {}),
    ],
)
def test_a_file_of_the_openai_package_is_named(file: Any) -> None:
    """Taken apart, it would be three images."""
    problem = problem_of(file)

    assert problem.message.startswith("images[0]=(")
    assert "is a file as OpenAI's packages take it" in problem.message
    assert problem.remedy == "Give the content alone, as bytes, or the path of the file."
    assert problem_of(["a.png", file[:2]]).message.startswith("images[1]=(")


@pytest.mark.parametrize(
    "images", [("a.png", CONTENT), ("a.png", CONTENT, "b.png"), ("a.png", "b.png", "c"), ("a.png", "b.png", CONTENT)]
)
def test_a_tuple_of_images_is_several(images: tuple[Any, ...]) -> None:
    """As any other iterable."""
    assert OpenAIEdit("x", images=images).images == images


@pytest.mark.parametrize("images", [{"url": "https://a.example/b.png"}, [{"image_url": "https://a.example/b.png"}]])
def test_a_dict_is_no_image(images: Any) -> None:
    """Its keys least of all."""
    assert problem_of(images).message.startswith("images[0]={")


def test_a_list_of_lists_is_no_image() -> None:
    """And nobody's package takes it."""
    assert problem_of([["a.png", "b.png"]]).message == "images[0]=['a.png', 'b.png'] is no image"


def test_a_dict_of_fields_is_read_likewise() -> None:
    """A program may build it from what it was handed."""
    with pytest.raises(InvalidFieldsError, match="is an open file"):
        build_request({"model": "nano-banana-2", "prompt": "x", "images": Lines(CONTENT)}, dialect="images")
