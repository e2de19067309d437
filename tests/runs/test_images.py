"""Input images: found, read and checked before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runs.files import PNG, good, json_lines, rows_of, said
from tests.runs.files import written as at


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl"])
def test_paths_count_from_the_folder_of_the_file(tmp_path: Path, name: str) -> None:
    """Absolute ones, those of a home and URLs stand as they are."""
    (tmp_path / "in").mkdir()
    at(tmp_path / "in" / "a.png", PNG)
    absolute = str(tmp_path / "in" / "a.png")
    images = ["in/a.png", absolute, "https://e.com/a.png"]
    content = (
        f"prompt,images\nx,{'|'.join(images)}\n"
        if name == "rows.csv"
        else json_lines({"prompt": "x", "images": images})
    )

    assert good(rows_of(tmp_path, name, content)).rows[0].request.images == (absolute, absolute, "https://e.com/a.png")


def test_one_image_needs_no_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home is the user's."""
    at(tmp_path / "a.png", PNG)
    monkeypatch.setenv("HOME", str(tmp_path))
    lines = json_lines({"prompt": "x", "images": " a.png "}, {"prompt": "y", "images": "~/a.png"})

    rows = good(rows_of(tmp_path, "rows.jsonl", lines)).rows

    assert [row.request.images for row in rows] == [(str(tmp_path / "a.png"),), ("~/a.png",)]


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("none.png", "does not exist"),
        ("folder", "not a file but a folder"),
        ("page.png", "is an HTML page"),
        ("empty.png", "is empty"),
        ("~nobody-of-that-name/a.png", "can't be read"),
        ("a\0b.png", "can't be read"),
        ("", "is empty"),
    ],
)
def test_an_image_that_can_not_be_used_is_a_bad_line(tmp_path: Path, image: str, message: str) -> None:
    """Named with its line, before anything is sent."""
    (tmp_path / "folder").mkdir()
    at(tmp_path / "page.png", "<!doctype html><html></html>")
    at(tmp_path / "empty.png", b"")
    rows = rows_of(tmp_path, "rows.jsonl", json_lines({"prompt": "x", "images": [image]}))

    assert [(problem.line, problem.field) for problem in rows.problems] == [(1, "images")]
    assert message in said(rows)[0]


def test_an_image_too_large_for_its_model_is_a_bad_line(tmp_path: Path) -> None:
    """The limit is the model's."""
    with (tmp_path / "large.png").open("wb") as file:
        file.write(PNG)
        file.truncate(11 * 1024 * 1024)
    lines = json_lines(
        *({"prompt": "x", "images": "large.png", "model": model} for model in ("nano-banana-edit", "nano-banana-2"))
    )
    rows = rows_of(tmp_path, "rows.jsonl", lines)

    assert [problem.line for problem in rows.problems] == [1]
    assert "over the limit" in said(rows)[0]
