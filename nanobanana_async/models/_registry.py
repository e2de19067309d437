"""Which models are known, by dialect and model id. (Aliases are not: they belong to the gateway.)"""

from __future__ import annotations

from collections.abc import Mapping

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.models._google import NanoBanana, NanoBananaEdit
from nanobanana_async.models._info import ModelInfo
from nanobanana_async.models._near import did_you_mean, nearest
from nanobanana_async.models._pro import NanoBananaPro
from nanobanana_async.models._problems import FieldProblem, invalid, shown
from nanobanana_async.models._request import JobsRequest
from nanobanana_async.models._second import NanoBanana2, NanoBanana2_1, NanoBanana2Lite

_CLASSES: Mapping[str, tuple[type[JobsRequest], ...]] = {
    "jobs": (NanoBanana, NanoBananaEdit, NanoBananaPro, NanoBanana2, NanoBanana2Lite, NanoBanana2_1),
}
_PREFIX = "google/"


def known_models(dialect: str) -> tuple[ModelInfo, ...]:
    """What is known of the models of `dialect`, in the order of PROTOCOL §1.5.

    Raises:
        ConfigurationError: there is no such dialect.
    """
    return tuple(known.info for known in request_classes(dialect))


def request_classes(dialect: str) -> tuple[type[JobsRequest], ...]:
    """The classes of requests that can be said in `dialect`.

    Raises:
        ConfigurationError: there is no such dialect.
    """
    try:
        return _CLASSES[dialect]
    except KeyError:
        raise ConfigurationError(f"unknown dialect {dialect!r}; there are: {', '.join(_CLASSES)}") from None


def request_class(dialect: str, model: str) -> type[JobsRequest]:
    """The class of requests for `model`.

    Raises:
        ConfigurationError: there is no such dialect.
        InvalidFieldsError: the model is not known there; the nearest names are said.
    """
    for known in request_classes(dialect):
        if known.info.id == model:
            return known
    raise invalid(None, [unknown_model(dialect, model)])


def unknown_model(dialect: str, model: object) -> FieldProblem:
    """Why `model` is not known in `dialect`."""
    ids = [info.id for info in known_models(dialect)]
    if right := rightly_prefixed(model, ids):
        return wrong_prefix(model, right)
    message = f"model={shown(model)} is not one of {', '.join(ids)}{did_you_mean(nearest(model, ids))}"
    remedy = "Name a known model; for one that came out after this release, give its vendor fields in `input`."
    return FieldProblem("model", model, message, remedy)


def wrong_prefix(model: object, right: str) -> FieldProblem:
    """What is wrong with a known name that has the prefix of another, or lacks its own."""
    message = f"model={shown(model)} is no model: it is called {right!r}"
    return FieldProblem("model", model, message, f"Name {right!r}: the {_PREFIX} prefix is part of some names only.")


def rightly_prefixed(model: object, ids: list[str]) -> str | None:
    """The known name that differs from `model` by the prefix alone, which the vendor refuses (PROTOCOL §1.5)."""
    if not isinstance(model, str) or model in ids:
        return None
    other = model.removeprefix(_PREFIX) if model.startswith(_PREFIX) else _PREFIX + model
    return other if other in ids else None
