"""Parameters of other image APIs: what is said where one is given here."""

from __future__ import annotations

import pytest

from nanobanana_async.models import InvalidFieldsError, build_request, field_names, foreign_name


def problem_of(name: str, dialect: str, model: str) -> tuple[str, str]:
    """What is said of a field `name`."""
    with pytest.raises(InvalidFieldsError) as caught:
        build_request({"model": model, "prompt": "a cat", name: "x"}, dialect=dialect)
    (problem,) = caught.value.problems
    return problem.message, problem.remedy


@pytest.mark.parametrize(
    "name", ["mask", "n", "sampleCount", "size", "quality", "style", "background", "user", "input_fidelity"]
)
def test_no_near_name_is_guessed(name: str) -> None:
    """Whoever follows such a guess pays for another picture."""
    message, remedy = problem_of(name, "images", "nano-banana-2")

    assert message.startswith(f"'{name}' is no field: ")
    assert "did you mean" not in message
    assert "Call it" not in remedy


@pytest.mark.parametrize(
    ("name", "dialect", "model", "remedy"),
    [
        (
            "size",
            "images",
            "nano-banana-2",
            'Give aspect_ratio and resolution instead, or put it into extra if the vendor has it: {"size": …}.',
        ),
        ("mask", "images", "nano-banana-2", "Leave mask out, and say in the prompt what is to change."),
        ("mask", "jobs", "nano-banana-2", "Leave mask out, and say in the prompt what is to change."),
        ("style", "jobs", "nano-banana-2", "Say it in the prompt."),
        ("user", "jobs", "nano-banana-2", "Leave user out."),
        (
            "candidate_count",
            "jobs",
            "nano-banana-2",
            "Leave candidate_count out, and make a request for each image.",
        ),
    ],
)
def test_what_there_is_instead_is_said(name: str, dialect: str, model: str, remedy: str) -> None:
    """By the fields of the dialect, and `extra` only where there is one and it would help."""
    assert problem_of(name, dialect, model)[1] == remedy


def test_a_list_of_fields_names_only_fields() -> None:
    """`operation` chooses the request in a file, and is no field of it."""
    message, _ = problem_of("zebra", "images", "nano-banana-2")

    assert "aspect_ratio" in message
    assert "operation" not in message


@pytest.mark.parametrize("dialect", ["jobs", "images", "generate"])
def test_a_field_of_the_dialect_is_not_foreign(dialect: str) -> None:
    """Whatever it is elsewhere."""
    names = field_names(dialect)

    assert [name for name in names if foreign_name(name, names)] == []


@pytest.mark.parametrize("name", ["name", "sku", "my_size", "size_of_box", "colour", "notes"])
def test_a_name_of_no_api_is_the_users(name: str) -> None:
    """It is compared whole."""
    assert foreign_name(name, field_names("images")) is None
