"""From a plain dict, such as a line of a batch file, to a request; everything that is wrong with it said at once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from nanobanana_async.models._checked import Checked
from nanobanana_async.models._dispatch import Meant, meant_by
from nanobanana_async.models._field_names import missing_field, unknown_field
from nanobanana_async.models._from_text import read_cells
from nanobanana_async.models._problems import FieldError, FieldProblem, invalid
from nanobanana_async.values import Request

if TYPE_CHECKING:
    from cattrs import ClassValidationError
    from cattrs.dispatch import StructureHook


def build_request(
    fields: Mapping[str, Any],
    *,
    dialect: str = "jobs",
    aliases: Mapping[str, str] | None = None,
    from_text: bool = False,
) -> Request:
    """The request that `fields` describe: ``model``, and the fields of that model under their public names.

    In the dialect ``jobs``, with ``input`` among them, it is a `KieRequest`, for a model that this release doesn't
    know: ``{"model": …, "input": {…}, "credits": …}``. In ``images`` it is an `OpenAIEdit` where there are images, else
    an `OpenAIGeneration`, unless ``operation`` (``generations`` or ``edits``) says otherwise; in ``generate`` it is a
    `LegacyNanoBanana`.

    None as a value means unset. `aliases` maps other names to model ids. `from_text` reads values that are all text, as
    in a CSV file: an empty one means unset, images are split on ``|``, ``true`` and ``false`` are bools, ``512`` and
    ``512.0`` are numbers, ``input`` and ``extra`` are JSON.

    Raises:
        InvalidFieldsError: with a problem for each field that is wrong.
        ConfigurationError: there is no such dialect.
    """
    read = read_cells(fields) if from_text else fields
    given = {name: value for name, value in read.items() if value is not None}
    if "model" in given:
        given["model"] = _unaliased(given["model"], aliases or {})
    return _structured(meant_by(dialect, given), dialect, given)


def _unaliased(model: object, aliases: Mapping[str, str]) -> object:
    return aliases.get(model, model) if isinstance(model, str) else model


def _structured(meant: Meant, dialect: str, given: Mapping[str, Any]) -> Request:
    from cattrs import ClassValidationError  # noqa: PLC0415  # 50 ms that only those pay who build from dicts

    model = given.get("model")
    problems = list(meant.problems)
    try:
        request: Request = _hook(meant.cls, meant.cls.known_model(model))(meant.fields, meant.cls)
    except ClassValidationError as error:
        problems += _problems(error, functools.partial(unknown_field, meant.cls, dialect, model), given)
    else:
        if not problems:
            return request
    order = {name: place for place, name in enumerate(given)}
    raise invalid(model, sorted(problems, key=lambda problem: order.get(problem.field, len(order))))


@functools.cache
def _hook(cls: type[Checked], model: str | None) -> StructureHook:
    """What makes a request of `cls` from a dict, by the rules for a known `model`, or for any other."""
    from cattrs import Converter  # noqa: PLC0415  # as above
    from cattrs.gen import make_dict_structure_fn, override  # noqa: PLC0415  loads late (DESIGN §2, rule 5)

    converter = Converter(detailed_validation=True, forbid_extra_keys=True)
    rules: dict[str, Any] = {
        field.name: override(struct_hook=_rule(cls, field.name, model)) for field in attrs.fields(cls)
    }
    return make_dict_structure_fn(cls, converter, **rules)


def _rule(cls: type[Checked], name: str, model: str | None) -> Callable[[Any, Any], Any]:
    return lambda value, _: cls.check(name, value, model=model)


def _problems(
    error: ClassValidationError, unknown: Callable[[str, object], FieldProblem], given: Mapping[str, Any]
) -> list[FieldProblem]:
    from cattrs.errors import ForbiddenExtraKeysError  # noqa: PLC0415  # as above

    of_fields, others = error.group_exceptions()
    found = [cause.problem if isinstance(cause, FieldError) else missing_field(note.name) for cause, note in of_fields]
    extra = [cause.extra_fields for cause in others if isinstance(cause, ForbiddenExtraKeysError)]
    return found + [unknown(name, given[name]) for name in set().union(*extra)]
