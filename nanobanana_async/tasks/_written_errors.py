"""Errors on their way through a journal: what a caller was told by one run, another run tells in the same words."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from nanobanana_async import errors
from nanobanana_async.errors import NanoBananaError
from nanobanana_async.values import JSON

_TREE = {name: kind for name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, NanoBananaError)}
_TOLD = ("charged", "credits", "task_id", "retryable", "remedy", "public_message")
_TOLD_BY_SOME = ("sent", "permanent", "key", "answer")


def written(error: NanoBananaError) -> dict[str, JSON]:
    """`error` as JSON: its class, its message, and what it says of money and of what may be done."""
    kind = next(kind for kind in type(error).__mro__ if kind in _TREE.values())
    said = {name: getattr(error, name) for name in _TOLD} | {
        name: getattr(error, name) for name in _TOLD_BY_SOME if hasattr(error, name)
    }
    return {"type": kind.__name__, "reason": error.reason, "message": error.message, **said}


def restored(told: Mapping[str, JSON] | None) -> NanoBananaError:
    """The error that was written down. One of a class that is no more is of the class that has its reason now."""
    told = told or {"message": "no reason was written down"}
    kind = _TREE.get(str(told.get("type"))) or _of_reason(told.get("reason"))
    error = kind(str(told.get("message")))
    error.__dict__.update({name: told[name] for name in (*_TOLD, *_TOLD_BY_SOME) if told.get(name) is not None})
    return error


def _of_reason(reason: JSON) -> type[NanoBananaError]:
    return next((kind for kind in _TREE.values() if kind.__dict__.get("reason") == reason), NanoBananaError)
