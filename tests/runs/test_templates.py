"""One prompt for all rows, filled from their columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from nanobanana_async import ConfigurationError
from tests.runs.files import good, json_lines, rows_of, said

TABLE = "sku,name,prompt,price\na-1,Red {shoe},on a table,\nb-2,,,9\n"


def test_a_template_is_filled_from_the_columns(tmp_path: Path) -> None:
    """The prompt among them; an empty cell leaves nothing; what stands in a cell is no template."""
    rows = good(rows_of(tmp_path, "rows.csv", TABLE, prompt="{{Photo}} of {name} {prompt}{price} ({sku})"))

    assert [row.prompt for row in rows.rows] == ["{Photo} of Red {shoe} on a table (a-1)", "{Photo} of  9 (b-2)"]


def test_a_template_needs_no_prompt_column(tmp_path: Path) -> None:
    """A list of products is enough."""
    assert good(rows_of(tmp_path, "rows.csv", "name\nshoe\n", prompt="a {name}")).rows[0].prompt == "a shoe"


def test_a_template_reads_data_and_members_of_json(tmp_path: Path) -> None:
    """Text and numbers; null is nothing; the vendor's own input is left alone."""
    rows = good(
        rows_of(
            tmp_path,
            "rows.jsonl",
            json_lines(
                {"prompt": "p", "data": {"name": "shoe", "n": 2, "none": None}},
                {"model": "newest", "input": {"prompt": "as it is"}},
            ),
            prompt="{prompt} {name} {n}{none}",
        )
    )

    assert [row.request.fields() for row in rows.rows] == [{"prompt": "p shoe 2"}, {"input": {"prompt": "as it is"}}]


def test_a_template_of_a_text_file_knows_the_prompt(tmp_path: Path) -> None:
    """And nothing else."""
    assert good(rows_of(tmp_path, "rows.txt", "a cat\n", prompt="{prompt}, in oil")).rows[0].prompt == "a cat, in oil"
    assert said(rows_of(tmp_path, "rows.txt", "a cat\n", prompt="{name}")) == [
        " prompt: the template names 'name', which is not there — There are: prompt."
    ]


@pytest.mark.parametrize("name", ["title", "name.upper", "name[0]", "name.__class__", "0"])
def test_a_name_that_is_no_column_is_said_once(tmp_path: Path, name: str) -> None:
    """Nothing is reached but columns; those that there are are listed."""
    assert said(rows_of(tmp_path, "rows.csv", TABLE, prompt=f"a {{{name}}}")) == [
        f"1: prompt: the template names {name!r}, which is not there — There are: sku, name, prompt, price."
    ]


@pytest.mark.parametrize(("name", "meant"), [("Prompt", "prompt"), ("nam", "name"), ("SKU", "sku")])
def test_a_name_that_is_almost_a_column_is_asked_about(tmp_path: Path, name: str, meant: str) -> None:
    """In other letters, or with one left out."""
    [problem] = said(rows_of(tmp_path, "rows.csv", TABLE, prompt=f"a {{{name}}}"))

    assert f"the template names {name!r}, which is not there (did you mean {meant!r}?)" in problem


def test_where_each_line_has_its_own_columns_each_is_said(tmp_path: Path) -> None:
    """With everything else that is wrong with the line."""
    lines = json_lines({"data": {"name": "x"}}, {"data": {}, "aspect_ratio": "1"}, {"data": {"name": ["x"]}})
    rows = rows_of(tmp_path, "rows.jsonl", lines, prompt="a {name}")

    assert [(problem.line, problem.field) for problem in rows.problems] == [
        (2, "prompt"),
        (2, "aspect_ratio"),
        (3, "prompt"),
    ]
    assert "more than one value" in said(rows)[2]


@pytest.mark.parametrize("template", ["a {", "a }", "a {}", "a {name!r}", "a {name:>5}", "a {name:{width}}"])
def test_a_template_that_is_none_is_refused(tmp_path: Path, template: str) -> None:
    """Before the file is read."""
    with pytest.raises(ConfigurationError, match="the prompt template"):
        rows_of(tmp_path, "rows.csv", TABLE, prompt=template)
