"""From a plain dict, such as a line of a batch file, to a request; everything that is wrong with it said at once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from nanobanana_async.models._field_names import missing_field, unknown_field
from nanobanana_async.models._from_text import read_cells
from nanobanana_async.models._kie import KieRequest
from nanobanana_async.models._problems import FieldError, FieldProblem, invalid
from nanobanana_async.models._registry import request_class, request_classes, unknown_model
from nanobanana_async.models._request import JobsRequest
from nanobanana_async.values import Request

if TYPE_CHECKING:
    from cattrs import ClassValidationError, Converter

_Buildable = type[JobsRequest] | type[KieRequest]


def build_request(
    fields: Mapping[str, Any],
    *,
    dialect: str = "jobs",
    aliases: Mapping[str, str] | None = None,
    from_text: bool = False,
) -> Request:
    """The request that `fields` describe: ``model``, and the fields of that model under their public names.

    With ``input`` among them it is a `KieRequest`, for a model that this release doesn't know: ``{"model": …,
    "input": {…}, "credits": …}``. None as a value means unset. `aliases` maps other names to model ids. `from_text`
    reads values that are all text, as in a CSV file: an empty one means unset, images are split on ``|``, ``true`` and
    ``false`` are bools, ``input`` is JSON.

    Raises:
        InvalidFieldsError: with a problem for each field that is wrong.
        ConfigurationError: there is no such dialect.
    """
    given = read_cells(fields) if from_text else fields
    given = {name: value for name, value in given.items() if value is not None}
    model = _unaliased(given.get("model"), aliases or {})
    if "input" in given:
        return _structured(KieRequest, dialect, model, given if model is None else {**given, "model": model})
    known = _known_class(dialect, model)
    return _structured(known, dialect, model, {name: value for name, value in given.items() if name != "model"})


def _unaliased(model: object, aliases: Mapping[str, str]) -> object:
    return aliases.get(model, model) if isinstance(model, str) else model


def _known_class(dialect: str, model: object) -> type[JobsRequest]:
    if model is None:
        raise invalid(None, [missing_field("model")])
    if not isinstance(model, str):
        raise invalid(None, [unknown_model(dialect, model)])
    return request_class(dialect, model)


def _structured(cls: _Buildable, dialect: str, model: object, given: Mapping[str, Any]) -> Request:
    from cattrs import ClassValidationError  # noqa: PLC0415  # 50 ms that only those pay who build from dicts

    try:
        request: Request = _converter(dialect).structure(given, cls)
    except ClassValidationError as error:
        problems = _problems(error, functools.partial(unknown_field, cls, dialect, model), given)
    else:
        return request
    raise invalid(model, problems)


@functools.cache
def _converter(dialect: str) -> Converter:
    from cattrs import Converter  # noqa: PLC0415  # as above
    from cattrs.gen import make_dict_structure_fn, override  # noqa: PLC0415  loads late (DESIGN §2, rule 5)

    converter = Converter(detailed_validation=True, forbid_extra_keys=True)
    classes: tuple[_Buildable, ...] = (*request_classes(dialect), KieRequest)
    for cls in classes:
        rules: dict[str, Any] = {
            field.name: override(struct_hook=_rule(cls, field.name)) for field in attrs.fields(cls)
        }
        converter.register_structure_hook(cls, make_dict_structure_fn(cls, converter, **rules))
    return converter


def _rule(cls: _Buildable, name: str) -> Callable[[Any, Any], Any]:
    return lambda value, _: cls.check(name, value)


def _problems(
    error: ClassValidationError, unknown: Callable[[str, object], FieldProblem], given: Mapping[str, Any]
) -> list[FieldProblem]:
    from cattrs.errors import ForbiddenExtraKeysError  # noqa: PLC0415  # as above

    of_fields, others = error.group_exceptions()
    found = [cause.problem if isinstance(cause, FieldError) else missing_field(note.name) for cause, note in of_fields]
    extra = [cause.extra_fields for cause in others if isinstance(cause, ForbiddenExtraKeysError)]
    found += [unknown(name, given[name]) for name in set().union(*extra)]
    order = {name: place for place, name in enumerate(given)}
    return sorted(found, key=lambda problem: order.get(problem.field, len(order)))
