"""The rules for input images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nanobanana_async.models import InvalidFieldsError, NanoBanana2, is_url


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://example.com/a.png", ("https://example.com/a.png",)),
        ("a.png", ("a.png",)),
        (Path("a.png"), (Path("a.png"),)),
        (b"png", (b"png",)),
        (bytearray(b"png"), (b"png",)),
        (memoryview(b"png"), (b"png",)),
        ([bytearray(b"png"), "C:\\a.png"], (b"png", "C:\\a.png")),
        ((image for image in ["a.png", "b.png"]), ("a.png", "b.png")),
        (None, ()),
        ([], ()),
    ],
)
def test_one_image_or_several_become_a_tuple(given: Any, kept: tuple[object, ...]) -> None:
    """A single image needs no list, and bytes are never taken apart."""
    assert NanoBanana2("a cat", images=given).images == kept


@pytest.mark.parametrize(
    ("given", "message", "remedy"),
    [
        ("data:image/png;base64,AAAA", "is a data: URL", "give the bytes"),
        ("ftp://example.com/a.png", "of the scheme 'ftp'", "public http(s) URL"),
        ("file:///tmp/a.png", "of the scheme 'file'", "path of a local file"),
        ("https://", "is not a complete URL", "whole URL"),
        ("https://exa mple.com/a.png", "is not a complete URL", "%20"),
        ("https://example.com/\x00.png", "is not a complete URL", "whole URL"),
        ("http://[::1/a.png", "is not a complete URL", "whole URL"),
        ("  ", "is empty", "leave it out"),
        ("x" * 4097, "has 4097 characters, and is no path", "bytes of the file"),
        (Path("x" * 4097), "has 4097 characters, and is no path", "bytes of the file"),
        (f"{'x' * 5000}://a", "of the scheme 'xxx", "public http(s) URL"),
        (b"", "is empty: 0 bytes", "bytes of the whole file"),
        (Path("https://example.com/a.png"), "is a URL in a Path", "as a str"),
        (Path("a\udcff.png"), "can't be written as UTF-8", "Rename the file"),
        ("a\udcff.png", "can't be written as UTF-8", "Rename the file"),
        (3, "=3 is no image", "URL or a path"),
    ],
)
def test_what_can_be_no_image_is_refused_with_the_way_out(given: Any, message: str, remedy: str) -> None:
    """The problem names the image by its number, and says what to give instead."""
    with pytest.raises(InvalidFieldsError) as caught:
        NanoBanana2("a cat", images=["ok.png", given])

    (problem,) = caught.value.problems
    assert problem.field == "images"
    assert problem.message.startswith("images[1]")
    assert message in problem.message
    assert remedy in problem.remedy
    assert len(problem.message) < 250


def test_what_is_neither_an_image_nor_several_is_refused() -> None:
    """A number in the place of the images is named as the first of them."""
    with pytest.raises(InvalidFieldsError, match=r"images\[0\]=3 is no image"):
        NanoBanana2("a cat", images=3)  # type: ignore[arg-type]  # what users write


def test_urls_are_told_from_what_has_to_be_uploaded() -> None:
    """Only http and https are fetched by the vendor."""
    assert is_url("HTTPS://example.com/a.png")
    assert not is_url("a.png")
    assert not is_url(Path("a.png"))
    assert not is_url(b"https://example.com/a.png")
