"""The keys of rows: what decides whether a picture is paid for again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nanobanana_async import ConfigurationError
from nanobanana_async.runs import Rows, read_items
from tests.runs.files import good, json_lines, rows_of, said, written

LINES = [
    {"prompt": "a cat"},
    {"prompt": "a cat", "model": "nano-banana-2", "images": ["in/a.png", "https://example.com/a.png"]},
    {"prompt": "a cat"},
]
GOLDEN = ["b5feffe64a6e4dc293e8", "f477a8efac822a1fc857", "b5feffe64a6e4dc293e8-2"]


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder with an image in a folder."""
    (tmp_path / "set" / "in").mkdir(parents=True)
    written(tmp_path / "set" / "in" / "a.png", b"\x89PNG golden")  # its digest is sha256sum's
    return tmp_path / "set"


def keys(rows: Rows) -> list[str]:
    return [row.key for row in good(rows).rows]


def test_derived_keys_stay_what_they_were_in_the_first_release(images: Path) -> None:
    """A changed key pays again."""
    assert keys(rows_of(images, "rows.jsonl", json_lines(*LINES))) == GOLDEN


def test_inserting_lines_changes_no_key(images: Path) -> None:
    """Nor do bad ones."""
    lines = [{"prompt": "new"}, LINES[0], {"prompt": ""}, LINES[1], {"prompt": "newer"}, LINES[2]]

    assert [
        row.key for row in rows_of(images, "rows.jsonl", json_lines(*lines)).rows if row.prompt == "a cat"
    ] == GOLDEN


def test_another_order_asks_for_the_same_keys(images: Path) -> None:
    """Equal requests are counted from the start of the pass, not by position."""
    assert sorted(keys(rows_of(images, "rows.jsonl", json_lines(*reversed(LINES))))) == sorted(GOLDEN)


def test_a_moved_folder_has_the_same_keys(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However its file is named: an image counts by its content."""
    written(images / "rows.jsonl", json_lines(*LINES))
    moved = Path(shutil.move(images, images.parent / "moved"))
    (moved / "in" / "a.png").rename(moved / "in" / "b.png")
    (moved / "in" / "a.png").symlink_to("b.png")

    assert keys(read_items(moved / "rows.jsonl")) == GOLDEN
    monkeypatch.chdir(moved)
    assert keys(read_items("rows.jsonl")) == GOLDEN
    monkeypatch.chdir(moved.parent)
    assert keys(read_items(Path("moved/rows.jsonl"))) == GOLDEN


def test_another_format_has_the_same_keys(images: Path) -> None:
    """What is asked for counts, not how it is written down."""
    table = "prompt,model,images\na cat,,\na cat,nano-banana-2,in/a.png|https://example.com/a.png\na cat,,\n"

    assert keys(rows_of(images, "rows.csv", table)) == GOLDEN


def test_another_content_is_another_key(images: Path) -> None:
    """Under the same name."""
    with (images / "in" / "a.png").open("ab") as file:
        file.write(b"\0")

    found = keys(rows_of(images, "rows.jsonl", json_lines(*LINES)))

    assert found[0] == GOLDEN[0]
    assert found[1] != GOLDEN[1]


def test_a_row_may_name_its_key(tmp_path: Path) -> None:
    """Numbers are taken, blanks round it are not, and none at all is a derived one."""
    lines = json_lines(
        {"prompt": "x", "key": " a "}, {"prompt": "x", "key": 7}, {"prompt": "x", "key": ""}, {"prompt": "x"}
    )
    rows = good(rows_of(tmp_path, "rows.jsonl", lines))

    assert [(row.key[:3], row.has_own_key) for row in rows.rows[:2]] == [("a", True), ("7", True)]
    assert not rows.rows[2].has_own_key
    assert rows.rows[3].key == f"{rows.rows[2].key}-2"
    assert rows.keys == tuple(row.key for row in rows.rows)


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl"])
def test_any_column_may_hold_the_keys(tmp_path: Path, name: str) -> None:
    """It is data all the same; where it is empty, ``key`` holds."""
    table = "prompt,sku,key\na,s-1,\nb,,k-2\nc,,\n"
    lines = json_lines(
        {"prompt": "a", "data": {"sku": "s-1"}}, {"prompt": "b", "key": "k-2", "data": {"sku": ""}}, {"prompt": "c"}
    )
    rows = good(rows_of(tmp_path, name, table if name.endswith("csv") else lines, key_column="sku"))

    assert [row.key for row in rows.rows[:2]] == ["s-1", "k-2"]
    assert [row.has_own_key for row in rows.rows] == [True, True, False]
    assert rows.rows[0].item.data == {"sku": "s-1"}


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        (
            "rows.csv",
            "prompt,name\na,b\n",
            "1: there is no column 'sku' to take the keys from — There are: prompt, name.",
        ),
        ("rows.txt", "a\n", " there is no column 'sku' to take the keys from — There are: prompt."),
        (
            "rows.jsonl",
            '{"prompt": "a"}\n',
            " there is no column 'sku' to take the keys from — Name a member of the objects, or of their data.",
        ),
    ],
)
def test_a_key_column_that_is_not_there_is_a_problem(tmp_path: Path, name: str, content: str, problem: str) -> None:
    """Derived keys in its place would be others."""
    assert said(rows_of(tmp_path, name, content, key_column="sku")) == [problem]


def test_two_rows_with_one_key_are_both_named(tmp_path: Path) -> None:
    """Even where the first is bad for another reason."""
    lines = json_lines({"prompt": "", "key": "a"}, {"prompt": "x", "key": "a"}, {"prompt": "y", "key": "b"})
    rows = rows_of(tmp_path, "rows.jsonl", lines)

    assert (
        said(rows)[1] == "2: key='a' is the key of line 1 already — Give each row a key of its own, or leave it empty."
    )
    assert [row.key for row in rows.rows] == ["b"]


def test_a_key_of_the_users_that_is_another_rows_derived_one_is_named(tmp_path: Path) -> None:
    """Either would be taken for the other."""
    rows = rows_of(tmp_path, "rows.jsonl", json_lines({"prompt": "x", "key": GOLDEN[0]}, LINES[0]))

    assert "is the key of line 1 already" in said(rows)[0]


def test_only_the_first_rows_are_read(tmp_path: Path) -> None:
    """What comes after them is not looked at."""
    content = json_lines(*LINES[::2], {"prompt": ""})
    rows = good(rows_of(tmp_path, "rows.jsonl", content, limit=2))

    assert keys(rows) == GOLDEN[::2]
    with pytest.raises(ConfigurationError, match="limit=0"):
        rows_of(tmp_path, "rows.jsonl", content, limit=0)


def test_only_some_keys_are_taken(tmp_path: Path) -> None:
    """Derived ones too, counted over the whole file; the problems of other rows are theirs."""
    lines = [*LINES[::2], {"prompt": "", "key": "bad"}, {"prompt": "z", "key": "z"}, {"prompt": ""}]
    content = json_lines(*lines)
    rows = good(rows_of(tmp_path, "rows.jsonl", content, only=[GOLDEN[2], "z"]))

    assert [(row.key, row.index) for row in rows.rows] == [(GOLDEN[2], 2), ("z", 4)]
    assert rows.keys == (GOLDEN[0], GOLDEN[2], "bad", "z")
    assert keys(rows_of(tmp_path, "rows.jsonl", content, only="z")) == ["z"]
    assert keys(rows_of(tmp_path, "rows.jsonl", content, only=[GOLDEN[2], "z"], limit=1)) == [GOLDEN[2]]


def test_a_key_that_no_row_has_is_a_problem(tmp_path: Path) -> None:
    """So is a row with the key that is bad, and nothing else is said of it."""
    rows = rows_of(tmp_path, "rows.jsonl", json_lines({"prompt": "", "key": "bad"}), only=["bad", "none"])

    assert [problem.line for problem in rows.problems] == [1, 0]
    assert "no row has the key 'none'" in said(rows)[1]
