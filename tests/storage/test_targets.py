"""Where a picture goes: a user's path to the letter, or a name of ours that follows what the file is."""

from __future__ import annotations

from pathlib import Path

import pytest

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.storage import Target, named_format, suffix_differs, target_for


@pytest.mark.parametrize("name", ["banana.png", "banana", "banana.img", "..strange..", "a b.PNG"])
def test_a_path_is_obeyed_to_the_letter(tmp_path: Path, name: str) -> None:
    """The name that the user gave is the file's name, whatever comes."""
    assert target_for(tmp_path / name, stem="image").path("webp") == tmp_path / name
    assert target_for(f"{tmp_path}/{name}", stem="image").path("jpg") == tmp_path / name


def test_a_folder_gets_a_name_of_ours(tmp_path: Path) -> None:
    """An existing folder, or a path that ends in a slash, gets a file named by us, with the right extension."""
    assert target_for(tmp_path, stem="a-banana").path("jpg") == tmp_path / "a-banana.jpg"
    assert target_for(f"{tmp_path}/new/", stem="a-banana").path("webp") == tmp_path / "new" / "a-banana.webp"


def test_home_is_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A path from a program is read as a shell would read it; a home that doesn't exist is said."""
    monkeypatch.setenv("HOME", str(tmp_path))

    assert target_for("~/a.png", stem="image").path("png") == tmp_path / "a.png"
    with pytest.raises(ConfigurationError, match=r"'~nobody-of-this-name/a.png' can't be used"):
        target_for("~nobody-of-this-name/a.png", stem="image")


def test_several_images_are_numbered_from_the_second(tmp_path: Path) -> None:
    """The first image keeps the name, the others get -2, -3, before the suffix."""
    named = target_for(tmp_path / "a.b.png", stem="image")
    made = Target.in_folder(tmp_path, "sku.1")

    assert [named.numbered(number).path("png").name for number in (1, 2, 3)] == ["a.b.png", "a.b-2.png", "a.b-3.png"]
    assert [made.numbered(number).path("jpg").name for number in (1, 2)] == ["sku.1.jpg", "sku.1-2.jpg"]
    assert str(named) == str(tmp_path / "a.b.png")


def test_a_name_of_ours_may_stand_in_a_folder_of_its_own(tmp_path: Path) -> None:
    """A stem from a template can name folders below the one that is saved to."""
    target = Target.in_folder(tmp_path, "nano-banana-2/00001")

    assert (target.folder, target.path("png").name) == (tmp_path / "nano-banana-2", "00001.png")


@pytest.mark.parametrize(
    ("name", "differs"),
    [("a.png", False), ("a.PNG", False), ("a.jpg", True), ("a.gif", True), ("a", False), ("a.out", False)],
)
def test_a_suffix_of_another_kind_is_noticed(name: str, *, differs: bool) -> None:
    """A name that claims another kind of picture is worth a warning, one that claims nothing isn't."""
    assert suffix_differs(Path(name), "png") is differs


def test_both_suffixes_of_a_jpeg_are_right() -> None:
    """`.jpeg` is no less a JPEG than `.jpg`."""
    assert not suffix_differs(Path("a.jpeg"), "jpg")


@pytest.mark.parametrize(
    ("path", "wanted"), [("a.png", "png"), ("b/a.JPEG", "jpg"), ("a.jpg", "jpg"), ("a.webp", None), ("a", None)]
)
def test_a_path_can_ask_for_a_format(path: str, wanted: str | None) -> None:
    """The suffix of a path asks for a format, where it is one that the gateways make."""
    assert named_format(path) == wanted
