"""JSONL, read strictly."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import attrs
import pytest

from nanobanana_async.gateways import OpenAIImages
from nanobanana_async.runs import read_items
from tests.runs.files import good, json_lines, rows_of, said


def test_every_field_of_a_line_is_taken(tmp_path: Path) -> None:
    """With the user's own data beside them, and blank lines left out."""
    row = {
        "prompt": "a cat",
        "model": "nano-banana-2",
        "images": ["https://e.com/a.png"],
        "aspect_ratio": "16:9",
        "resolution": "4k",
        "output_format": "jpeg",
        "key": "sku-1",
        "data": {"colour": "red", "n": [1, None]},
    }
    rows = good(rows_of(tmp_path, "rows.jsonl", "\n" + json_lines(row) + " \r\n\r\n" + json_lines({"prompt": "x"})))

    first, second = rows.rows
    assert first.request.model == "nano-banana-2"
    assert first.request.fields() == {
        "prompt": "a cat",
        "images": ["https://e.com/a.png"],
        "aspect_ratio": "16:9",
        "resolution": "4K",
        "output_format": "jpg",
    }
    assert (first.key, first.has_own_key, first.item.data) == ("sku-1", True, {"colour": "red", "n": [1, None]})
    assert (second.line, second.index, second.has_own_key, second.item.data) == (5, 2, False, None)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"prompt": "a cat"', "no JSON: Expecting ',' delimiter at column 19"),
        ("a cat", "no JSON: Expecting value at column 1"),
        ('"a cat"', "a line of text, not an object"),
        ("[1]", "no object"),
        ("null", "no object"),
        ('{"prompt": "a", "prompt": "b"}', "not taken: 'prompt' stands twice in one object"),
        ('{"prompt": "a", "data": {"x": 1, "x": 2}}', "not taken: 'x' stands twice in one object"),
        ('{"prompt": "a", "data": NaN}', "not taken: NaN is not JSON"),
        ('{"prompt": "a", "data": ' + "9" * 5000 + "}", "not taken: Exceeds the limit"),
        ("[" * 100_000, "not taken: it is nested too deep"),
        ('{"prmpt": "a"}', "'prmpt' is no field (did you mean 'prompt'?) — Call it prompt."),
        ('{"prompt": "a", "image": "x.png"}', "'image' is no field (did you mean 'images'?)"),
        ('{"prompt": "a", "name": "x"}', '\'name\' is no field — Put what is your own into "data": {"name": …}.'),
        ('{"prompt": "a", "data": "\\ud800"}', "data has half of a surrogate pair"),
        ('{"prompt": "\\ud800"}', "lone surrogate"),
        ('{"prompt": 5}', "prompt must be text"),
        ("{}", "prompt is empty"),
        ('{"prompt": "a", "images": 5}', "no image"),
        ('{"prompt": "a", "images": [7]}', "no image"),
        ('{"prompt": "a", "images": "data:image/png;base64,AA"}', "data: URL"),
        ('{"prompt": "a", "images": "ftp://e.com/a.png"}', "scheme 'ftp'"),
        ('{"prompt": "a", "key": 1.5}', "key=1.5 is no key — Give the key as text."),
        ('{"prompt": "a", "key": true}', "key=True is no key"),
        ('{"prompt": "a", "key": "\\ud800"}', "can't be written as UTF-8"),
        ('{"prompt": "a", "aspect_ratio": "16x9"}', "(did you mean '16:9'?) — Write '16:9'."),
        ('{"input": {"prompt": "a"}}', "model is missing"),
        ('{"input": {"prompt": "a"}, "model": "m", "prompt": "b"}', "stands beside `input`"),
    ],
)
def test_a_bad_line_is_named_with_its_remedy(tmp_path: Path, line: str, message: str) -> None:
    """One problem for one mistake, at its line."""
    rows = rows_of(tmp_path, "rows.jsonl", f"\n{line}\n")

    assert rows.rows == ()
    assert len(rows.problems) == 1
    assert said(rows)[0].startswith("2: ")
    assert message in said(rows)[0]


def test_all_bad_lines_are_named_at_once(tmp_path: Path) -> None:
    """Each with all that is wrong with it, in the order of the lines; the good ones are there all the same."""
    rows = rows_of(
        tmp_path,
        "rows.jsonl",
        json_lines(
            {"prompt": ""}, {"prompt": "ok"}, {"prompt": "x", "colour": 1, "aspect_ratio": "1", "resolution": 2}
        ),
    )

    assert [(problem.line, problem.field) for problem in rows.problems] == [
        (1, "prompt"),
        (3, "colour"),
        (3, "aspect_ratio"),
        (3, "resolution"),
    ]
    assert [(row.prompt, row.index) for row in rows.rows] == [("ok", 2)]
    assert rows.invalid == 2


def test_a_line_separator_inside_a_string_ends_no_line(tmp_path: Path) -> None:
    """JSON allows U+2028 in a string."""
    assert good(rows_of(tmp_path, "rows.jsonl", '{"prompt": "a\u2028b"}\n')).rows[0].prompt == "a\u2028b"


def test_no_images_are_no_images(tmp_path: Path) -> None:
    """An empty list, or null, leaves the model what it is without."""
    rows = good(
        rows_of(tmp_path, "rows.jsonl", json_lines({"prompt": "a", "images": []}, {"prompt": "b", "images": None}))
    )

    assert rows.models == {"google/nano-banana": 2}


def test_a_picture_in_base64_is_no_path(tmp_path: Path) -> None:
    """It is not counted from the folder of the file; its key is that of the picture in a file."""
    picture = b"\x89PNG\r\n\x1a\n" + bytes(200)
    (tmp_path / "cat.png").write_bytes(picture)
    lines = json_lines(
        *({"prompt": "x", "images": [image]} for image in (base64.b64encode(picture).decode(), "cat.png"))
    )
    (tmp_path / "rows.jsonl").write_text(lines)

    bare, file = good(read_items(tmp_path / "rows.jsonl", gateway=OpenAIImages("https://e.com/v1", "k"))).rows
    assert str(bare.request.images[0]).startswith("data:image/png;base64,iVBORw0KGgo")
    assert bare.fingerprint == file.fingerprint


def test_a_stream_is_read_as_jsonl() -> None:
    """With a byte-order mark, as text or as bytes."""
    line = json.dumps({"prompt": "a cat"})
    wide = io.TextIOWrapper(io.BytesIO(line.encode("utf-16")), encoding="ascii")

    assert good(read_items(io.StringIO("\ufeff" + line))).rows[0].prompt == "a cat"
    assert good(read_items(io.BytesIO(line.encode("utf-16")))).rows[0].prompt == "a cat"  # type: ignore[arg-type]  # what a pipe opened as bytes gives
    assert "can't be decoded" in said(read_items(wide))[0]


@pytest.mark.parametrize("has_bytes", [True, False])
def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch, has_bytes: bool) -> None:
    """Its bytes are UTF-8 whatever the locale says."""
    content = json.dumps({"prompt": "naïve 猫"}, ensure_ascii=False)
    piped = io.TextIOWrapper(io.BytesIO(content.encode()), encoding="latin-1") if has_bytes else io.StringIO(content)
    monkeypatch.setattr("sys.stdin", piped)

    rows = good(read_items("-"))

    assert rows.rows[0].prompt == "naïve 猫"
    assert rows.source == "<stdin>"


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        (
            "size",
            (
                'Give aspect_ratio and resolution instead, or put it into extra if the vendor has it: {"size": …}. '
                'Put what is your own into "data": {"size": …}.'
            ),
        ),
        (
            "watermark",
            (
                'Put what the vendor takes into "extra": {"watermark": …}, '
                'and put what is your own into "data": {"watermark": …}.'
            ),
        ),
    ],
)
def test_where_vendors_have_fields_of_their_own_extra_is_named_first(name: str, remedy: str) -> None:
    """A setting that went into the data would be lost, and paid for."""
    line = json.dumps({"prompt": "a cat", name: "x"})
    rows = read_items(io.StringIO(line), gateway=OpenAIImages("https://e.com/v1", "k"))

    assert [problem.remedy for problem in rows.problems] == [remedy]


@pytest.mark.parametrize(("said_there", "taken"), [(8, True), (8.0, True), (None, True), (0, False), (7.5, False)])
def test_a_price_in_a_line_is_not_another_than_that_of_all(tmp_path: Path, said_there: float, taken: bool) -> None:
    """A budget would be kept by one of them, and nobody was told by which."""
    gateway = OpenAIImages("https://reseller.example/v1", "key", 0.04)
    rows = rows_of(tmp_path, "rows.jsonl", json_lines({"prompt": "a cat", "credits": said_there}), gateway=gateway)
    alone = attrs.evolve(gateway, price=None)
    unpriced = good(rows_of(tmp_path, "rows.jsonl", json_lines({"prompt": "a cat", "credits": 3}), gateway=alone))

    assert [row.request.credits for row in rows.rows] == [8.0] * taken
    assert unpriced.rows[0].request.credits == 3
    if not taken:
        message = f"1: credits is {said_there}, and the price that was given for all rows 8 credits (0.04 USD)"
        assert said(rows) == [f"{message} — Leave one of them out: credits here, or --price."]
