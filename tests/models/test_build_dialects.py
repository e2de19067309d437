"""`build_request` in the dialects images and generate."""

from __future__ import annotations

from typing import Any

import pytest

from nanobanana_async.models import LegacyNanoBanana, OpenAIEdit, OpenAIGeneration, build_request
from tests.models.test_build_request import problems_of

URL = "https://example.com/a.png"
JOBS_WITH_RATIO = "NanoBanana, NanoBananaEdit, NanoBananaPro, NanoBanana2, NanoBanana2Lite, NanoBanana2_1"


@pytest.mark.parametrize(
    ("fields", "built"),
    [
        ({}, OpenAIGeneration("x")),
        ({"images": []}, OpenAIGeneration("x")),
        ({"images": None, "operation": None}, OpenAIGeneration("x")),
        ({"images": [URL]}, OpenAIEdit("x", images=URL)),
        ({"images": URL, "operation": "edits"}, OpenAIEdit("x", images=URL)),
        ({"images": (image for image in [URL])}, OpenAIEdit("x", images=URL)),
        ({"images": [URL], "operation": " Generations "}, OpenAIGeneration("x", images=URL)),
        ({"operation": "generations"}, OpenAIGeneration("x")),
        ({"resolution": "2k", "credits": 3}, OpenAIGeneration("x", resolution="2K", credits=3)),
        ({"model": "seller/x", "resolution": "2k"}, OpenAIGeneration("x", model="seller/x", resolution="2k")),
    ],
)
def test_with_images_it_is_an_edit_unless_it_says_otherwise(fields: dict[str, Any], built: object) -> None:
    """The class goes by the images, or by `operation`; the fields by the model."""
    assert build_request({"model": "nano-banana-2", "prompt": "x", **fields}, dialect="images") == built


def test_an_edit_without_images_is_none() -> None:
    """Saying so does not make it one."""
    given = {"model": "nano-banana", "prompt": "x", "operation": "edits"}

    assert problems_of(given, dialect="images")["images"].message == "images is missing"
    assert "at least one" in problems_of({**given, "images": []}, dialect="images")["images"].remedy


def test_a_legacy_request_names_its_model() -> None:
    """Aliases are those of the gateway."""
    aliases = {"nano-banana-edit": "google/nano-banana-edit"}
    given = {"model": "nano-banana-edit", "prompt": "x", "images": [URL], "seed": 7, "width": 512.0}

    built = build_request(given, dialect="generate", aliases=aliases)
    assert built == LegacyNanoBanana("x", model="google/nano-banana-edit", images=URL, seed=7, width=512)


def test_an_operation_that_is_none_is_asked_back() -> None:
    """Though all the rest is right."""
    given = {"model": "nano-banana", "prompt": "x", "operation": "variations"}

    (problem,) = problems_of(given, dialect="images").values()
    assert problem.message == "operation='variations' is not one of generations, edits (did you mean 'generations'?)"


@pytest.mark.parametrize("dialect", ["images", "generate"])
def test_a_line_says_what_it_is_paid_for(dialect: str) -> None:
    """A class may have a model where none is named; a dict names one. What else is wrong is said with it."""
    problems = problems_of({"prompt": ""}, dialect=dialect)

    assert list(problems_of({"prompt": "x"}, dialect=dialect)) == ["model"]
    assert problems["model"].message == "model is missing"
    assert problems["prompt"].remedy == "Say what the picture shows."


def test_everything_that_is_wrong_with_a_generation_is_said_at_once() -> None:
    """In the order of the line, with the vendor's names told from ours."""
    problems = problems_of(
        {
            "operation": "generate",
            "image_size": "2K",
            "size": "1024x1024",
            "n": 2,
            "stream": False,
            "moderation": "low",
            "resolution": "2K",
            "output_format": "png",
            "input": {},
            "respons_format": "url",
            "aspect_ratio": "16x9",
            "model": "nano-banana",
        },
        dialect="images",
    )

    assert {name: problem.remedy for name, problem in problems.items()} == {
        "operation": "Write 'generations'.",
        "image_size": "Call it resolution.",
        "size": 'Give aspect_ratio and resolution instead, or put it into extra if the vendor has it: {"size": …}.',
        "n": "Leave n out, and make a request for each image.",
        "stream": "Leave stream out.",
        "moderation": 'Leave moderation out, or put it into extra if the vendor has it: {"moderation": …}.',
        "resolution": "Leave resolution out, or choose nano-banana-2.",
        "output_format": "Leave output_format out: the file takes the type of what comes.",
        "input": "Put 'input' into extra if the vendor has it, or leave it out.",
        "respons_format": "Call it response_format.",
        "aspect_ratio": "Write '16:9'.",
        "prompt": "Give prompt.",
    }
    assert list(problems)[:3] == ["operation", "image_size", "size"]
    assert problems["n"].message == "'n' is no field: a task makes one image"


@pytest.mark.parametrize("name", ["output_format", "format"])
def test_the_type_of_the_file_has_one_remedy(name: str) -> None:
    """Another field is none, and a request of another gateway's can't be made at this one."""
    (problem,) = problems_of({"model": "nano-banana", "prompt": "x", name: "png"}, dialect="images").values()

    assert problem.message == f"{name!r} is no field: the type of the file can't be asked for"
    assert problem.remedy == f"Leave {name} out: the file takes the type of what comes."


def test_a_field_of_another_gateways_is_told_as_one_of_another_api() -> None:
    """No request that has it can be sent there; the vendor may have it all the same."""
    (problem,) = problems_of({"model": "nano-banana", "prompt": "x", "seed": 7}, dialect="images").values()

    assert problem.message == "'seed' is no field: it is a parameter of other image APIs"
    assert problem.remedy == 'Leave seed out, or put it into extra if the vendor has it: {"seed": …}.'


def test_everything_that_is_wrong_with_a_legacy_request_is_said_at_once() -> None:
    """A field that others have names them."""
    problems = problems_of(
        {
            "model": "flux",
            "prompt": "x",
            "aspect_ratio": "1:1",
            "image_size": "1:1",
            "resolution": "2K",
            "output_format": "png",
            "input": {},
            "cfg_scale": 7,
            "step": 30,
            "weight": 3,
            "steps": 99,
        },
        dialect="generate",
    )

    have_ratio = f"LegacyNanoBanana has no aspect_ratio; only {JOBS_WITH_RATIO}, OpenAIGeneration, OpenAIEdit have it"
    assert problems["aspect_ratio"].message == have_ratio
    assert problems["image_size"].message == have_ratio
    assert problems["image_size"].remedy == "Leave image_size out, or make such a request."
    assert problems["resolution"].message.endswith(
        "only NanoBananaPro, NanoBanana2, NanoBanana2_1, OpenAIGeneration, OpenAIEdit have it"
    )
    assert problems["output_format"].message.startswith("LegacyNanoBanana has no output_format; only NanoBanana, ")
    assert problems["input"].message == "LegacyNanoBanana has no input; only KieRequest has it"
    assert problems["cfg_scale"].remedy == "Call it guidance_scale."
    assert problems["step"].remedy == "Call it steps."
    assert problems["weight"].remedy == "Leave 'weight' out."
    assert problems["steps"].message == "steps=99 is no whole number from 20 to 60"
    assert problems["model"].message.startswith("model='flux' is not one of google/nano-banana, ")


def test_a_jobs_request_names_who_has_what_it_has_not() -> None:
    """The other way round as well."""
    problems = problems_of({"model": "google/nano-banana", "prompt": "x", "seed": 7, "extra": {}})

    assert problems["seed"].message == "NanoBanana has no seed; only LegacyNanoBanana has it"
    assert problems["seed"].remedy == "Leave seed out, or make such a request."
    assert problems["extra"].message == "NanoBanana has no extra; only OpenAIGeneration, OpenAIEdit have it"


def test_cells_of_a_table_are_read_as_a_generation_needs() -> None:
    """`extra` is JSON in a cell."""
    cells = {"model": "nano-banana-2", "prompt": "x", "images": "a.png|b.png", "extra": '{"quality": "high"}'}
    cells |= {"operation": "generations ", "credits": "2.5", "response_format": "url", "resolution": ""}

    built = build_request(cells, dialect="images", from_text=True)
    assert built == OpenAIGeneration(
        "x", images=["a.png", "b.png"], extra={"quality": "high"}, credits=2.5, response_format="url"
    )
    assert problems_of({**cells, "extra": "{oops"}, dialect="images", from_text=True)["extra"].message == (
        "extra='{oops' is no dict of the vendor's fields"
    )


@pytest.mark.parametrize(
    ("cell", "value"), [("512", 512), (" 512.0 ", 512), ("+512.", 512), ("512.000", 512), ("5.12e2", 512)]
)
def test_a_cell_can_be_a_whole_number(cell: str, value: int) -> None:
    """As spreadsheets export it."""
    cells = {"model": "google/nano-banana", "prompt": "x", "width": cell, "seed": "-7", "steps": "20"}

    built = build_request({**cells, "guidance_scale": "7.5"}, dialect="generate", from_text=True)
    assert built == LegacyNanoBanana("x", width=value, seed=-7, steps=20, guidance_scale=7.5)


@pytest.mark.parametrize("cell", ["512.5", "5,12", "many", "512px", "9" * 5000])
def test_a_cell_that_is_no_whole_number_is_reported_by_its_field(cell: str) -> None:
    """What a cell should have been is for its field to say."""
    cells = {"model": "google/nano-banana", "prompt": "x", "width": cell}

    problem = problems_of(cells, dialect="generate", from_text=True)["width"]
    assert "is no whole number from 1" in problem.message


def test_a_seed_of_many_digits_is_read_exactly() -> None:
    """Not by way of a float."""
    cells = {"model": "google/nano-banana", "prompt": "x", "seed": "12345678901234567891"}

    built = build_request(cells, dialect="generate", from_text=True)
    assert built.fields()["seed"] == 12345678901234567891
