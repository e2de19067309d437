"""What is wrong with a request, field by field, so that a program can show each where it belongs."""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from typing import Any

import attrs

from nanobanana_async.errors import InvalidRequestError

_BRIEF = reprlib.Repr()
_BRIEF.maxstring = _BRIEF.maxother = 60


def shown(value: object) -> str:
    """`value` as it may stand in a message: its repr, bounded; bytes by their number only."""
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    return _BRIEF.repr(value)


@attrs.frozen
class FieldProblem:
    """One thing that is wrong: the public name of the `field`, the `value` it had (None where it was missing), a
    `message` that names what is allowed, and the `remedy`.
    """

    field: str
    value: Any = attrs.field(repr=shown)
    message: str
    remedy: str


class InvalidFieldsError(InvalidRequestError):
    """A request that can't be made as it was asked for; `problems` holds everything that is wrong with it."""

    problems: tuple[FieldProblem, ...] = ()


class FieldError(ValueError):
    """Carries one `FieldProblem` from the rule that found it to whoever collects them. Never reaches a user."""

    def __init__(self, field: str, value: object, message: str, remedy: str) -> None:
        super().__init__(message)
        self.problem = FieldProblem(field, value, message, remedy)


def invalid(model: object, problems: Sequence[FieldProblem]) -> InvalidFieldsError:
    """The one error for all `problems` of a request for `model`; None where it names none that is known."""
    count = "" if len(problems) == 1 else f"{len(problems)} problems: "
    listed = "; ".join(problem.message for problem in problems)
    is_named = model is None or any(problem.message.startswith(f"{model} ") for problem in problems)
    remedy = " ".join(dict.fromkeys(problem.remedy for problem in problems))
    error = InvalidFieldsError(count + listed if is_named else f"{model}: {count}{listed}", remedy=remedy)
    error.problems = tuple(problems)
    return error
