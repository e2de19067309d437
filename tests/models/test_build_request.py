"""`build_request`: from a plain dict, as a line of a batch file is one."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.models import FieldProblem, InvalidFieldsError, KieRequest, NanoBanana, NanoBanana2, build_request


def problems_of(fields: dict[str, Any], **options: Any) -> dict[str, FieldProblem]:
    with pytest.raises(InvalidFieldsError) as caught:
        build_request(fields, **options)
    return {problem.field: problem for problem in caught.value.problems}


def test_a_dict_becomes_the_request_of_its_model() -> None:
    """Public names in, a checked request out; null means unset."""
    built = build_request(
        {"model": "nano-banana-2", "prompt": "x", "images": ["a.png"], "resolution": "4k", "output_format": None}
    )

    assert built == NanoBanana2("x", images=["a.png"], resolution="4K")


def test_one_image_needs_no_list() -> None:
    """A single path stands for a list of one."""
    assert build_request({"model": "nano-banana-2", "prompt": "x", "images": "a.png"}).images == ("a.png",)


def test_aliases_are_those_that_are_handed_in() -> None:
    """The gateway says what a short name means; here it means nothing of its own."""
    built = build_request({"model": "nano-banana", "prompt": "x"}, aliases={"nano-banana": "google/nano-banana"})

    assert built == NanoBanana("x")
    assert "it is called 'google/nano-banana'" in problems_of({"model": "nano-banana", "prompt": "x"})["model"].message


def test_a_new_model_is_built_from_its_vendor_fields() -> None:
    """With `input`, any model can be named."""
    built = build_request({"model": "new-model", "input": {"prompt": "x"}, "credits": 5})

    assert built == KieRequest("new-model", input={"prompt": "x"}, credits=5)


def test_fields_beside_input_are_refused() -> None:
    """Nothing is dropped in silence: what stands beside the vendor's fields is named."""
    problems = problems_of({"input": {"a": {1}}, "prompt": "x"})

    assert list(problems) == ["input", "prompt", "model"]
    assert problems["prompt"].remedy == "Put prompt into input, under the vendor's name, or leave input out."
    assert problems["model"].message == "model is missing"


def test_everything_that_is_wrong_is_said_at_once_in_the_order_of_the_line() -> None:
    """One pass over a file is enough to correct it."""
    problems = problems_of(
        {
            "promt": "x",
            "resolution": "2K",
            "output_format": "webp",
            "image_urls": ["https://a/b"],
            "image_size": "1:1",
            "n": 7,
            "model": "google/nano-banana",
        }
    )

    assert list(problems) == ["promt", "resolution", "output_format", "image_urls", "image_size", "n", "prompt"]
    assert problems["promt"].remedy == "Call it prompt."
    assert "it is a field of nano-banana-pro, nano-banana-2, nano-banana-2-1" in problems["resolution"].message
    assert "webp" in problems["output_format"].message
    assert problems["image_urls"].message.startswith("google/nano-banana has no images")
    assert problems["image_size"].remedy == "Call it aspect_ratio."
    assert problems["n"].remedy == "Leave n out, and make a request for each image."
    assert problems["prompt"].remedy == "Give prompt."


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"prompt": "x"}, "model is missing"),
        ({"model": 3, "prompt": "x"}, "model=3 is not one of"),
        ({"model": "flux", "prompt": "x"}, "model='flux' is not one of google/nano-banana"),
        ({"model": "google/nano-banana-pro"}, "it is called 'nano-banana-pro'"),
    ],
)
def test_without_a_known_model_nothing_is_built(fields: dict[str, Any], message: str) -> None:
    """The names that are known are said, and the way for those that aren't."""
    assert message in problems_of(fields)["model"].message


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"model": "flux", "prompt": "x"}, r"^model='flux' is not one of "),
        (
            {"model": "nano-banana-2-lite", "prompt": "x", "resolution": "2K"},
            r"^nano-banana-2-lite has no resolution; ",
        ),
        ({"model": "google/nano-banana", "prompt": ""}, r"^google/nano-banana: prompt is empty; "),
        ({"model": "nano-banana-pro", "x": 1}, r"^nano-banana-pro: 2 problems: "),
    ],
)
def test_a_message_names_the_model_once(fields: dict[str, Any], message: str) -> None:
    """And no word that its reader has never given, such as that of a dialect."""
    with pytest.raises(InvalidFieldsError, match=message):
        build_request(fields)


def test_the_way_for_new_models_is_said() -> None:
    """Who uses a model that came out after this release is told of `input`."""
    assert "`input`" in problems_of({"model": "flux", "prompt": "x"})["model"].remedy


def test_an_unknown_dialect_is_a_setting_that_is_wrong() -> None:
    """It is no problem of a line."""
    with pytest.raises(ConfigurationError, match="unknown dialect 'smoke'"):
        build_request({"model": "nano-banana-2", "prompt": "x"}, dialect="smoke")


def test_cells_of_a_table_are_read_as_each_field_needs() -> None:
    """A spreadsheet knows only text: an empty cell means unset."""
    cells = {
        "model": " nano-banana-2 ",
        "prompt": "x",
        "images": "a.png | b.png|",
        "resolution": "",
        "output_format": "  ",
    }

    assert build_request(cells, from_text=True) == NanoBanana2("x", images=["a.png", "b.png"])


@pytest.mark.parametrize(
    ("cell", "value"), [("true", True), ("Yes", True), ("1", True), ("FALSE", False), ("no", False)]
)
def test_a_cell_can_be_a_bool(cell: str, value: bool) -> None:  # a parameter of the test
    """The words that spreadsheets and people write."""
    built = build_request({"model": "google/nano-banana", "prompt": "x", "nsfw_checker": cell}, from_text=True)

    assert built == NanoBanana("x", nsfw_checker=value)


def test_cells_can_hold_vendor_fields() -> None:
    """`input` is JSON in a cell, `credits` a number; what is no text already is left alone."""
    cells = {"model": "new", "input": '{"a": 1}', "credits": "2.5"}

    assert build_request(cells, from_text=True) == KieRequest("new", input={"a": 1}, credits=2.5)
    assert build_request({**cells, "input": {"a": 1}}, from_text=True) == KieRequest("new", input={"a": 1}, credits=2.5)


@pytest.mark.parametrize("text", ["{oops", "[" * 100_000])
def test_cells_that_cannot_be_read_are_reported_by_their_field(text: str) -> None:
    """What a cell should have been is for its field to say."""
    problems = problems_of({"model": "new", "input": text, "credits": "many"}, from_text=True)
    bools = problems_of({"model": "google/nano-banana", "prompt": "x", "nsfw_checker": "maybe"}, from_text=True)

    assert problems["input"].message.startswith("input='")
    assert problems["credits"].message == "credits='many' is no number from 0"
    assert bools["nsfw_checker"].message == "nsfw_checker='maybe' is neither True nor False"


# In a fresh environment hypothesis first builds its tables of Unicode, which is slow and no fault of the test.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(["model", "prompt", "images", "resolution", "input", "credits", "nsfw_checker", "x"]),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.just("nano-banana-2"),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
            max_leaves=5,
        ),
    ),
    st.booleans(),
)
def test_any_line_becomes_a_request_or_a_list_of_problems(fields: dict[str, Any], from_text: bool) -> None:
    """Whatever JSON stands in a line, nothing else escapes."""
    problems: tuple[FieldProblem, ...] = ()
    try:
        build_request(fields, from_text=from_text)
    except InvalidFieldsError as error:
        problems = error.problems or (FieldProblem("none", None, "", ""),)

    assert all(problem.message and problem.remedy for problem in problems)


def test_importing_the_models_loads_nothing_heavy() -> None:
    """cattrs is loaded by who builds from dicts, and the world's modules by nobody here."""
    heavy = "{'cattrs', 'httpx', 'sqlite3'}"
    code = f"import sys, nanobanana_async.models; print(sorted({heavy} & set(sys.modules)))"

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
