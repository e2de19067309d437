"""What to say of the name of a model that is not known. (Aliases are no matter of the models: a gateway has them.)"""

from __future__ import annotations

from collections.abc import Sequence

from nanobanana_async.models._near import did_you_mean, nearest
from nanobanana_async.models._problems import FieldProblem, shown

_PREFIX = "google/"


def unknown_model(model: object, ids: Sequence[str], *, remedy: str) -> FieldProblem:
    """Why `model` is none of `ids`; the nearest of them is said. `remedy` is for a name that is none of them at all."""
    if right := rightly_prefixed(model, ids):
        return wrong_prefix(model, right)
    message = f"model={shown(model)} is not one of {', '.join(ids)}{did_you_mean(nearest(model, ids))}"
    return FieldProblem("model", model, message, remedy)


def wrong_prefix(model: object, right: str) -> FieldProblem:
    """What is wrong with a known name that has the prefix of another, or lacks its own."""
    message = f"model={shown(model)} is no model: it is called {right!r}"
    return FieldProblem("model", model, message, f"Name {right!r}: the {_PREFIX} prefix is part of some names only.")


def rightly_prefixed(model: object, ids: Sequence[str]) -> str | None:
    """The known name that differs from `model` by the prefix alone, which the vendor refuses (PROTOCOL §1.5)."""
    if not isinstance(model, str) or model in ids:
        return None
    other = model.removeprefix(_PREFIX) if model.startswith(_PREFIX) else _PREFIX + model
    return other if other in ids else None
