"""A picture under two names takes its room once, and no name ever loses what it had."""

from __future__ import annotations

from pathlib import Path

import pytest

from nanobanana_async.storage import share_content


def test_equal_content_becomes_one_file(tmp_path: Path) -> None:
    """The names stay; to remove one leaves the other."""
    kept, saved = tmp_path / "kept.png", tmp_path / "saved.png"
    kept.write_bytes(b"the same")
    saved.write_bytes(b"the same")

    share_content(kept, saved)
    is_one = kept.samefile(saved)
    saved.unlink()

    assert is_one
    assert kept.read_bytes() == b"the same"
    assert [file.name for file in tmp_path.iterdir()] == ["kept.png"]


@pytest.mark.parametrize("saved", [b"another", None])
def test_what_differs_stays_two(tmp_path: Path, saved: bytes | None) -> None:
    """So does a picture that has gone again meanwhile."""
    kept, other = tmp_path / "kept.png", tmp_path / "saved.png"
    kept.write_bytes(b"the same")
    if saved is not None:
        other.write_bytes(saved)

    share_content(kept, other)

    assert kept.read_bytes() == b"the same"
    assert not list(tmp_path.glob(".*"))


def test_to_share_twice_changes_nothing(tmp_path: Path) -> None:
    """Run again, a run finds them shared."""
    kept, saved = tmp_path / "kept.png", tmp_path / "saved.png"
    kept.write_bytes(b"the same")
    saved.hardlink_to(kept)

    share_content(kept, saved)

    assert kept.samefile(saved)
