"""From the fields of a dict to the class of requests that they mean; not yet to a request."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from typing import Any

import attrs

from nanobanana_async.models._checked import Checked
from nanobanana_async.models._choice_rule import checked_choice
from nanobanana_async.models._field_names import missing_field
from nanobanana_async.models._kie import KieRequest
from nanobanana_async.models._legacy import LegacyNanoBanana
from nanobanana_async.models._openai import OpenAIEdit, OpenAIGeneration
from nanobanana_async.models._problems import FieldError, FieldProblem, invalid
from nanobanana_async.models._registry import family_of, request_class


@attrs.frozen
class Meant:
    """The class `cls`, the `fields` that are its own to judge, and the `problems` of those that only chose it."""

    cls: type[Checked]
    fields: Mapping[str, Any]
    problems: tuple[FieldProblem, ...] = ()


def meant_by(dialect: str, given: Mapping[str, Any]) -> Meant:
    """What `given` means in `dialect`.

    Raises:
        InvalidFieldsError: the class goes by the model, and that is missing or not known.
        ConfigurationError: there is no such dialect.
    """
    family_of(dialect)
    match dialect:
        case "jobs":
            return _of_jobs(given)
        case "images":
            return _of_images(given)
        case _:
            return Meant(LegacyNanoBanana, given, _without_model(given))


def _of_jobs(given: Mapping[str, Any]) -> Meant:
    if "input" in given:
        return Meant(KieRequest, given)
    if problems := _without_model(given):
        raise invalid(None, problems)
    fields = {name: value for name, value in given.items() if name != "model"}
    return Meant(request_class("jobs", given["model"]), fields)


def _of_images(given: Mapping[str, Any]) -> Meant:
    images = given.get("images", ())
    is_edit = not isinstance(images, Sized) or len(images) > 0
    problems = _without_model(given)
    try:
        said = checked_choice("operation", given.get("operation"), ("generations", "edits"))
        is_edit = said == "edits" if said is not None else is_edit
    except FieldError as error:
        problems = (*problems, error.problem)
    fields = {name: value for name, value in given.items() if name != "operation"}
    return Meant(OpenAIEdit if is_edit else OpenAIGeneration, fields, problems)


def _without_model(given: Mapping[str, Any]) -> tuple[FieldProblem, ...]:
    """A class may have a model where none is named; a line of a file says what it is paid for."""
    return () if "model" in given else (missing_field("model"),)
