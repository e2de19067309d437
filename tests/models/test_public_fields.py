"""A request as it is written down: under our names, and never its content."""

from __future__ import annotations

from pathlib import Path

from nanobanana_async.models import NanoBanana, NanoBanana2, OpenAIGeneration, public_fields, written_image
from nanobanana_async.values import ImageSource


def test_an_image_is_written_down_so_that_it_can_be_moved(tmp_path: Path) -> None:
    """Relative to the file; its content never."""
    assert written_image(str(tmp_path / "in" / "a.png"), tmp_path) == "in/a.png"
    assert written_image(tmp_path / "a.png", None) == str(tmp_path / "a.png")
    assert written_image("/elsewhere/a.png", tmp_path) == "/elsewhere/a.png"
    assert written_image("https://e.com/a.png", tmp_path) == "https://e.com/a.png"
    assert written_image(b"abc", tmp_path) == "<3 bytes>"
    assert written_image("DATA:image/png;base64,YWI=", tmp_path) == "<2 bytes>"


def test_a_request_is_written_down_under_our_names(tmp_path: Path) -> None:
    """What was set, and no more; images as they are written down."""
    request = NanoBanana2("x", images=[tmp_path / "a.png", b"abc"], resolution="2K")

    said = {"prompt": "x", "resolution": "2K", "images": ["a.png", "<3 bytes>"]}
    assert public_fields(request, tmp_path) == said
    assert public_fields(NanoBanana("x")) == {"prompt": "x"}


def test_what_a_generation_was_asked_for_is_written_down_whole(tmp_path: Path) -> None:
    """With further fields of the vendor's; of content its size alone."""
    images: list[ImageSource] = ["data:image/png;base64,YWJj", b"abc", tmp_path / "a.png"]
    request = OpenAIGeneration("x", images=images, extra={"quality": "high"}, response_format="url")

    assert public_fields(request, tmp_path) == {
        "prompt": "x",
        "images": ["<3 bytes>", "<3 bytes>", "a.png"],
        "extra": {"quality": "high"},
        "response_format": "url",
        "operation": "generations",
    }
