"""CSV and TSV as spreadsheets write them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nanobanana_async import Kie, OpenAIImages
from nanobanana_async.runs import read_items
from tests.runs.files import good, json_lines, rows_of, said, written

PLAIN = "prompt,aspect_ratio\na cat,16:9\na dog,\n"


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        PLAIN.encode("utf-16-be").join([b"\xfe\xff", b""]),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode(),
        PLAIN.removesuffix("\n").encode(),
        PLAIN.replace(",", ", ").encode(),
        f"\n\n{PLAIN}\n\n".encode(),
        f"sep=;\n{PLAIN.replace(',', ';')}".encode(),
        PLAIN.replace("\n", ",,\n").encode(),
    ],
)
def test_every_way_of_writing_a_table_reads_the_same(tmp_path: Path, content: bytes) -> None:
    """Byte-order marks, line ends, separators, empty rows and empty columns change nothing."""
    rows = good(rows_of(tmp_path, "rows.csv", content))

    assert [row.request.fields() for row in rows.rows] == [
        {"prompt": "a cat", "aspect_ratio": "16:9"},
        {"prompt": "a dog"},
    ]


def test_the_ending_decides_where_the_header_has_one_column(tmp_path: Path) -> None:
    """A tab in a prompt stays a tab in CSV."""
    assert good(rows_of(tmp_path, "rows.csv", "prompt\na; cat\n")).rows[0].prompt == "a; cat"
    assert good(rows_of(tmp_path, "rows.tsv", "prompt\na, cat; here\n")).rows[0].prompt == "a, cat; here"


def test_a_separator_inside_quotes_of_the_header_does_not_count(tmp_path: Path) -> None:
    """The separator is what stands between the names."""
    rows = good(rows_of(tmp_path, "rows.csv", 'prompt;"a,b,c,d"\ncat;x\n'))

    assert rows.rows[0].item.data == {"a,b,c,d": "x"}


def test_a_cell_of_several_lines_is_one_cell(tmp_path: Path) -> None:
    """Each row is known by its first physical line, and the line ends inside a cell are the same everywhere."""
    rows = good(rows_of(tmp_path, "rows.csv", 'prompt,model\r\n"a\r\ncat, ""sitting""",\r\n\r\na dog,\r\n'))

    assert [(row.line, row.index, row.prompt) for row in rows.rows] == [(2, 1, 'a\ncat, "sitting"'), (5, 2, "a dog")]


def test_cells_become_what_their_fields_take(tmp_path: Path) -> None:
    """Images are split, words become bools, an empty cell is the default, the rest is the user's."""
    table = (
        "prompt,model,images,nsfw_checker,input,credits,name\n"
        "x,,https://e.com/a.png | https://e.com/b.png,,,,Anna\n"
        "y,nano-banana,,no,,,\n"
        ',new-model,,,"{""prompt"": ""z""}",7,\n'
    )
    rows = good(rows_of(tmp_path, "rows.csv", table))

    assert [row.request.model for row in rows.rows] == ["google/nano-banana-edit", "google/nano-banana", "new-model"]
    assert rows.rows[0].request.images == ("https://e.com/a.png", "https://e.com/b.png")
    assert rows.rows[1].request.fields() == {"prompt": "y", "nsfw_checker": False}
    assert rows.rows[2].request.fields() == {"input": {"prompt": "z"}, "credits": 7.0}
    assert [row.item.data for row in rows.rows] == [{"name": "Anna"}, {"name": ""}, {"name": ""}]
    assert rows.rows[2].prompt == "new-model"


@pytest.mark.parametrize("name", ["Prompt", "PROMPT ", "prmpt", "prompts"])
def test_a_misspelt_prompt_is_named(tmp_path: Path, name: str) -> None:
    """And nothing else is said of it."""
    rows = rows_of(tmp_path, "rows.csv", f"{name},aspect_ratio\na cat,16:9\n")

    message = f"1: the column {name.strip()!r} is almost 'prompt' — Call it prompt; "
    assert said(rows) == [f"{message}or give it another name, if it is your own."]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("aspect ratio", "aspect_ratio"),
        ("aspectratio", "aspect_ratio"),
        ("Aspect-Ratio", "aspect_ratio"),
        ("Resolution", "resolution"),
        ("output format", "output_format"),
        ("Key", "key"),
        ("image", "images"),
        ("image_urls", "images"),
        ("image size", "aspect_ratio"),
        ("imageUrl", "images"),
        ("ratio", "aspect_ratio"),
        ("text", "prompt"),
    ],
)
def test_a_near_miss_of_a_field_is_no_data(tmp_path: Path, name: str, meant: str) -> None:
    """It would be paid for without what it asks for."""
    rows = rows_of(tmp_path, "rows.csv", f"{'other' if meant == 'prompt' else 'prompt'},{name}\na cat,x\n")

    assert rows.rows == ()
    assert [problem.field for problem in rows.problems] == [name]
    assert f"is almost {meant!r}" in rows.problems[0].message


@pytest.mark.parametrize(("name", "meant"), [("image[]", "images"), ("Image", "images"), ("image_size", "resolution")])
def test_what_a_resellers_form_calls_a_field_is_no_data_either(tmp_path: Path, name: str, meant: str) -> None:
    """The names are those by which a request of one's own is told of them, in a table and in a line of JSON."""
    gateway = OpenAIImages("https://reseller.example/v1", "key")
    table = rows_of(tmp_path, "rows.csv", f"prompt,{name}\na cat,x\n", gateway=gateway)
    line = rows_of(tmp_path, "rows.jsonl", json_lines({"prompt": "a cat", name: "x"}), gateway=gateway)

    assert (table.rows, line.rows) == ((), ())
    assert f"the column {name!r} is almost {meant!r}" in table.problems[0].message
    assert f"did you mean {meant!r}?" in line.problems[0].message


def test_what_a_prompt_is_made_of_may_be_called_as_vendors_call_theirs(tmp_path: Path) -> None:
    """With a template, no column is taken for the prompt."""
    path = written(tmp_path / "rows.csv", "text,ratio_id\na cat,7\n")
    rows = good(read_items(path, prompt="{text} in orbit"))

    assert [row.prompt for row in rows.rows] == ["a cat in orbit"]
    assert rows.rows[0].item.data == {"text": "a cat", "ratio_id": "7"}


@pytest.mark.parametrize("name", ["credits", "Credits", "credit"])
@pytest.mark.parametrize("gateway", [Kie("k"), OpenAIImages("https://reseller.example/v1", "key", 0.04)])
def test_a_column_of_credits_is_no_price(tmp_path: Path, name: str, gateway: Kie | OpenAIImages) -> None:
    """It may be anything that is called so; a budget is kept by what is said to be a price."""
    rows = good(rows_of(tmp_path, "rows.csv", f"prompt,{name}\na cat,0\n", gateway=gateway))

    assert rows.rows[0].item.data == {name: "0"}
    assert rows.rows[0].request.credits == (4.0 if isinstance(gateway, Kie) else 8.0)


def test_a_column_of_input_makes_it_a_price_only_where_there_is_such_a_field(tmp_path: Path) -> None:
    """At a gateway in OpenAI's style it is a column like any other."""
    gateway = OpenAIImages("https://reseller.example/v1", "key", 0.04)
    rows = good(rows_of(tmp_path, "rows.csv", "prompt,credits,input\na cat,0,x\n", gateway=gateway))

    assert rows.rows[0].item.data == {"credits": "0", "input": "x"}
    assert rows.rows[0].request.credits == 8.0


@pytest.mark.parametrize("name", ["size", "Size", "n", "mask", "quality", "seed", "negative prompt", "user", "samples"])
def test_a_parameter_of_other_apis_is_no_data(tmp_path: Path, name: str) -> None:
    """It would be paid for without what it asks for; how a column of one's own may be called is said."""
    rows = rows_of(tmp_path, "rows.csv", f"prompt,{name}\na cat,x\n")

    assert rows.rows == ()
    assert [problem.field for problem in rows.problems] == [name]
    assert f"the column {name!r} would set nothing" in rows.problems[0].message
    assert f"such as my_{name.lower().replace(' ', '_')}." in rows.problems[0].remedy


def test_a_column_that_the_prompt_or_the_key_is_made_of_is_the_users(tmp_path: Path) -> None:
    """It sets what it was meant to set."""
    table = "name,style,size\na cat,oil,7\n"
    path = tmp_path / "rows.csv"
    path.write_text(table)
    rows = good(read_items(path, prompt="{name} in {style}", key_column="size"))

    assert [(row.key, row.prompt) for row in rows.rows] == [("7", "a cat in oil")]
    assert rows.rows[0].item.data == {"name": "a cat", "style": "oil", "size": "7"}


def test_a_name_beside_the_field_that_it_is_like_is_the_users(tmp_path: Path) -> None:
    """Unless it is the same in other letters."""
    assert good(rows_of(tmp_path, "rows.csv", "prompt,prompt_id\na cat,7\n")).rows[0].item.data == {"prompt_id": "7"}
    assert rows_of(tmp_path, "rows.csv", "prompt,Prompt\na cat,7\n").problems


def test_a_wrong_header_ends_the_reading(tmp_path: Path) -> None:
    """All that is wrong with it is said; its rows can't be told."""
    rows = rows_of(tmp_path, "rows.csv", "\nname,name,model\na,b,c\n")

    assert [problem.line for problem in rows.problems] == [2, 2]
    assert [problem.message for problem in rows.problems] == [
        "there are two columns 'name'",
        "there is no column 'prompt'; the first line has 'name', 'name', 'model'",
    ]
    assert "Begin the file with a line that names its columns" in rows.problems[1].remedy


def test_a_cell_under_no_name_is_a_problem(tmp_path: Path) -> None:
    """A separator in an unquoted cell would cut a prompt short."""
    rows = rows_of(tmp_path, "rows.csv", "prompt,name\na cat,Tom,sitting\nok,\nno,,x\n")

    assert [row.prompt for row in rows.rows] == ["ok"]
    assert [(problem.line, problem.value) for problem in rows.problems] == [(2, ["sitting"]), (4, ["x"])]


def test_a_quote_out_of_place_ends_the_reading(tmp_path: Path) -> None:
    """What comes after it can't be told for sure."""
    rows = rows_of(tmp_path, "rows.csv", 'prompt,name\na,1\n"b\nb" c,2\nd,3\n')
    unclosed = rows_of(tmp_path, "rows.csv", 'prompt\n"a\nb\nc\n')

    assert [row.prompt for row in rows.rows] == ["a"]
    assert [problem.line for problem in rows.problems] == [3]
    assert "this row and those after it can't be read" in said(rows)[0]
    assert [problem.line for problem in unclosed.problems] == [2]


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff"])
def test_an_empty_table_is_a_problem(tmp_path: Path, content: str) -> None:
    """Not a run that made nothing."""
    assert said(rows_of(tmp_path, "rows.csv", content)) == [" the file is empty — Name the columns in its first line."]


def test_a_header_without_rows_is_a_problem(tmp_path: Path) -> None:
    """Not a run that made nothing."""
    assert "nothing in it to make" in said(rows_of(tmp_path, "rows.csv", "prompt\n;\n".replace(";", "")))[0]


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=30)


@example(rows=[("0", ' "')], delimiter=",")
@given(
    rows=st.lists(st.tuples(CELLS.filter(str.strip), CELLS), min_size=1, max_size=8), delimiter=st.sampled_from(",;\t")
)
def test_what_a_spreadsheet_writes_is_read_back(
    rows: list[tuple[str, str]], delimiter: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever stands in the cells."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerows([("prompt", "name"), *rows])

    def is_quoted(cell: str) -> bool:  # the space before a cell is kept where it stands inside of quotes
        return any(sign in cell for sign in f'{delimiter}"\r\n')

    path = written(tmp_path_factory.mktemp("table") / "rows.csv", file.getvalue().encode("utf-8-sig"))

    read = good(read_items(path))
    assert [(row.prompt, row.item.data["name"]) for row in read.rows] == [
        (prompt.strip(), name if is_quoted(name) else name.lstrip(" ")) for prompt, name in rows
    ]
