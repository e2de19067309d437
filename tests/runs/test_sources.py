"""Which files are taken, how they are decoded, and what all kinds of rows have in common."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanobanana_async import ConfigurationError, Kie
from nanobanana_async.runs import BadFileError, LineProblem, read_items, run_batch
from tests.runs.files import good, json_lines, rows_of, said, written


def test_a_text_file_has_a_prompt_a_line(tmp_path: Path) -> None:
    """Blank lines and those with a ``#`` are left out; lines are counted as they stand."""
    rows = good(rows_of(tmp_path, "prompts.TXT", "# fruit\r\na banana\r\n\r\n   # more\r\n  a plum \r\n"))

    assert [(row.prompt, row.line, row.index) for row in rows.rows] == [("a banana", 2, 1), ("a plum", 5, 2)]


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.txt"])
def test_a_file_with_nothing_in_it_is_a_problem(tmp_path: Path, name: str) -> None:
    """Not a run that made nothing."""
    assert said(rows_of(tmp_path, name, " \n\n")) == [
        " there is nothing in it to make — Write one picture a line into it."
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.csv", "there is no file"),
        ("missing.json", "ends in '.json'"),
        ("missing", "has no ending"),
        ("", "is a folder"),
        ("folder.csv", "is a folder"),
        ("a\0b.csv", "there is no file"),
        ("~nobody-of-that-name/rows.csv", "can't be read"),
    ],
)
def test_a_file_that_is_none_is_said_with_what_is_taken(tmp_path: Path, name: str, message: str) -> None:
    """Before anything else."""
    (tmp_path / "folder.csv").mkdir()
    source = name if name.startswith("~") else str(tmp_path / name)

    with pytest.raises(ConfigurationError, match=message) as caught:
        read_items(source)

    assert ".jsonl" in caught.value.remedy


def test_a_file_that_must_not_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the system's words."""
    path = written(tmp_path / "rows.txt", "a cat")

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)

    with pytest.raises(ConfigurationError, match="Permission denied"):
        read_items(path)


@pytest.mark.parametrize("name", ["rows.csv", "rows.txt", "rows.jsonl"])
def test_what_is_not_utf8_is_named_by_its_byte(tmp_path: Path, name: str) -> None:
    """With its line, and how to save the file."""
    rows = rows_of(tmp_path, name, "prompt\ncafé\n".encode("latin-1"))

    assert [problem.line for problem in rows.problems] == [2]
    assert rows.problems[0].message == "byte 0xe9 at offset 10 is not UTF-8: invalid continuation byte"
    assert '"CSV UTF-8"' in rows.problems[0].remedy


def test_a_broken_utf16_file_is_named_by_its_byte(tmp_path: Path) -> None:
    """Half a character at its end."""
    assert "is not UTF-16" in said(rows_of(tmp_path, "rows.txt", "ab".encode("utf-16") + b"x"))[0]


def test_options_hold_for_rows_that_say_nothing_else(tmp_path: Path) -> None:
    """What a row names itself goes before them."""
    rows = good(
        rows_of(
            tmp_path,
            "rows.jsonl",
            json_lines(
                {"prompt": "a"},
                {"prompt": "b", "model": "nano-banana-2", "resolution": "1K", "aspect_ratio": "1:1"},
                {"model": "newest", "input": {"prompt": "c"}},
                {"input": {"prompt": "d"}},
            ),
            model="nano-banana-pro",
            aspect_ratio="16:9",
            resolution="4K",
            output_format="jpg",
        )
    )

    assert [row.request.model for row in rows.rows] == ["nano-banana-pro", "nano-banana-2", "newest", "nano-banana-pro"]
    assert rows.rows[0].request.fields() == {
        "prompt": "a",
        "aspect_ratio": "16:9",
        "resolution": "4K",
        "output_format": "jpg",
    }
    assert rows.rows[1].request.fields()["resolution"] == "1K"
    assert rows.rows[2].request.fields() == {"input": {"prompt": "c"}}
    assert rows.price.credits == 24 + 8
    assert rows.price.unpriced == 2


def test_an_option_that_a_row_can_not_have_is_said_to_be_one(tmp_path: Path) -> None:
    """It is not silently dropped: the picture would not be what was asked for."""
    rows = rows_of(tmp_path, "rows.txt", "a cat\n", model="nano-banana-lite", output_format="png")

    assert "(It was given for all rows, not in this line.)" in said(rows)[0]


def test_names_of_models_are_the_gateways(tmp_path: Path) -> None:
    """Aliases included; a wrong one is said with the nearest."""
    rows = rows_of(tmp_path, "rows.csv", "prompt,model\na,nano-banana\nb,nano-bananna-pro\n", gateway=Kie("k"))

    assert rows.models == {"google/nano-banana": 1}
    assert "did you mean 'nano-banana-pro'?" in said(rows)[0]


def test_a_problem_names_its_place_for_people() -> None:
    """File, line, field, what is wrong and what to do; without a line where the whole file is meant."""
    problem = LineProblem("rows.csv", 7, "model", "x", "it is wrong", "Correct it.")
    whole = LineProblem("rows.csv", 0, None, None, "it is empty", "Write into it.")

    assert str(problem) == "rows.csv:7: model: it is wrong — Correct it."
    assert len(repr(LineProblem("rows.csv", 7, None, "x" * 10_000, "", ""))) < 200
    assert str(whole) == "rows.csv: it is empty — Write into it."


def test_the_error_lists_the_problems_and_holds_all_of_them() -> None:
    """Two hundred in words, the rest by their number."""
    one = LineProblem("rows.csv", 7, None, None, "wrong", "Correct it.")
    many = BadFileError.listing([one] * 250)

    assert str(BadFileError.listing([one])) == (
        "1 problem in rows.csv; nothing was sent\nrows.csv:7: wrong — Correct it."
    )
    assert len(many.problems) == 250
    assert str(many).startswith("250 problems in rows.csv")
    assert str(many).endswith("… and 50 more")
    assert isinstance(many, ValueError)


async def test_bad_lines_keep_everything_from_being_sent(tmp_path: Path) -> None:
    """Not even the folder is made."""
    path = written(tmp_path / "rows.txt", b"a cat\n\xff")

    with pytest.raises(BadFileError) as caught:
        await run_batch(path, tmp_path / "out", gateway=Kie("k"), skip_invalid=True)

    assert len(caught.value.problems) == 1
    assert not (tmp_path / "out").exists()


@given(content=st.binary(max_size=200), name=st.sampled_from(["rows.csv", "rows.tsv", "rows.txt", "rows.jsonl"]))
def test_any_bytes_are_read_or_named(content: bytes, name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever a file holds, there are rows, or there are problems with a place."""
    path = written(tmp_path_factory.mktemp("any") / name, content)

    rows = read_items(path)

    assert rows.rows or rows.problems
    assert all(problem.message and problem.remedy and problem.line >= 0 for problem in rows.problems)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
LINES = st.dictionaries(
    st.sampled_from(["prompt", "model", "images", "input", "key", "data", "credits", "nsfw_checker", "resolution"]),
    JSON,
)


@given(lines=st.lists(LINES, min_size=1, max_size=4))
def test_any_json_is_read_or_named(lines: list[dict[str, object]], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever the values are, each line is a row or has a problem."""
    rows = rows_of(tmp_path_factory.mktemp("any"), "rows.jsonl", json_lines(*lines), prompt="x{prompt}")

    assert len(rows.rows) + rows.invalid == len(lines)
