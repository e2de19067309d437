"""Input images are read and checked before anything is paid."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path

import pytest

from nanobanana_async.errors import BadImageError
from nanobanana_async.models import OpenAIEdit
from nanobanana_async.storage import Digests, check_data_url, input_digest, read_input
from tests.storage.pictures import Picture

LIMIT = 10_000_000


async def test_an_image_is_read_from_a_path_or_bytes(tmp_path: Path, picture: Picture) -> None:
    """Path, text and bytes give the same: content, media type by content, and a name made of the content's hash."""
    content, media_type, _ = picture
    path = tmp_path / "any.name"
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()

    image = await read_input(path, max_bytes=len(content))

    extension = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}[media_type]
    assert (image.content, image.media_type, image.sha256) == (content, media_type, digest)
    assert image.filename == f"{digest[:32]}.{extension}"
    assert input_digest(path, max_bytes=LIMIT) == digest
    assert image == await read_input(str(path), max_bytes=LIMIT) == await read_input(content, max_bytes=LIMIT)
    assert f"<{len(content)} bytes>" in repr(image)


async def test_home_is_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, png: bytes) -> None:
    """A path under `~` is the one that a shell would mean; a home that doesn't exist is said."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.png").write_bytes(png)

    assert (await read_input("~/a.png", max_bytes=LIMIT)).content == png
    with pytest.raises(BadImageError, match=r"the image '~nobody-of-this-name/a.png' can't be read"):
        await read_input("~nobody-of-this-name/a.png", max_bytes=LIMIT)


async def test_a_long_path_is_shown_by_its_ends() -> None:
    """Whatever stands in its place, no message is filled by it."""
    with pytest.raises(BadImageError) as caught:
        await read_input(f"begin/{'x/' * 1500}end.png", max_bytes=LIMIT)

    assert "the image 'begin/x/" in caught.value.message
    assert "x/end.png' does not exist" in caught.value.message
    assert len(caught.value.message) < 130


async def test_a_path_that_is_no_file_is_refused(tmp_path: Path) -> None:
    """Missing, a folder, a pipe, a device: named, never waited for."""
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(BadImageError, match=r"none.png' does not exist") as caught:
        await read_input(tmp_path / "none.png", max_bytes=LIMIT)
    assert "counted from the working directory" in caught.value.remedy
    with pytest.raises(BadImageError, match="is not a file but a folder"):
        await read_input(tmp_path, max_bytes=LIMIT)
    with pytest.raises(BadImageError, match="is not a file but a pipe or a device"):
        await read_input(tmp_path / "pipe", max_bytes=LIMIT)
    with pytest.raises(BadImageError, match="is not a file but a pipe or a device"):
        await read_input("/dev/full", max_bytes=LIMIT)
    with pytest.raises(BadImageError, match=r"can't be read: File name too long \(ENAMETOOLONG\)"):
        await read_input("x" * 300, max_bytes=LIMIT)
    with pytest.raises(BadImageError, match=r"can't be read: .*embedded null"):
        await read_input("a\0b", max_bytes=LIMIT)


async def test_what_is_no_picture_is_refused_by_its_content(tmp_path: Path) -> None:
    """The name doesn't make a picture, and the content of another file is not quoted: it may be a secret."""
    path = tmp_path / "a.png"
    path.write_bytes(b"KEY=secret")

    with pytest.raises(BadImageError, match="is a text, not a JPEG, PNG or WebP") as caught:
        await read_input(path, max_bytes=LIMIT)
    assert "secret" not in str(caught.value)
    assert caught.value.charged == "no"
    with pytest.raises(BadImageError, match="the image given as bytes is a GIF"):
        await read_input(b"GIF89a....", max_bytes=LIMIT)


async def test_an_image_that_is_empty_or_too_long_is_refused(tmp_path: Path, png: bytes) -> None:
    """The limit of the model is checked here, where it costs nothing."""
    path = tmp_path / "a.png"
    path.write_bytes(png)
    empty = tmp_path / "empty.png"
    empty.write_bytes(b"")

    with pytest.raises(BadImageError, match=r"empty.png' is empty"):
        await read_input(empty, max_bytes=LIMIT)
    with pytest.raises(BadImageError, match="given as bytes is empty"):
        await read_input(b"", max_bytes=LIMIT)
    with pytest.raises(BadImageError, match=r"has 0.0 MB, over the limit of 0.0 MB") as caught:
        await read_input(path, max_bytes=len(png) - 1)
    assert "Make it smaller" in caught.value.remedy
    with pytest.raises(BadImageError, match=r"given as bytes has 11.0 MB, over the limit of 10.0 MB"):
        await read_input(png + bytes(11_000_000), max_bytes=LIMIT)


@pytest.mark.parametrize(
    ("content", "words"), [(b"<html>busy</html>", "an HTML page"), (b"<svg/>", "an SVG"), (b"GIF89a", "a GIF")]
)
def test_data_urls_are_checked_by_their_content(content: bytes, words: str) -> None:
    """As files are: what the URL says of it counts for nothing."""
    url = f"data:image/png;base64,{base64.b64encode(content).decode()}"

    with pytest.raises(BadImageError, match=f"given as a data: URL is {words}, not a JPEG"):
        check_data_url(url)


def test_pictures_in_data_urls_are_taken(picture: Picture) -> None:
    """Whatever type the URL names; and what is no base64 is for others to judge."""
    url = f"data:image/svg+xml;base64,{base64.b64encode(picture[0]).decode()}"

    digests = Digests().of(OpenAIEdit("a", images=[url]))
    check_data_url("data:image/png;base64,x")

    assert digests == [hashlib.sha256(picture[0]).hexdigest()]
