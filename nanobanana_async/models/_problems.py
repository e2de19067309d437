"""What is wrong with a request, field by field, so that a program can show each where it belongs."""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from typing import Any

import attrs

from nanobanana_async.errors import InvalidRequestError
from nanobanana_async.models._data_url import data_url_length, is_data_url

LONGEST_INT = 1024
"""Bits of a whole number that is taken: Python refuses to write numbers of more than 4300 digits."""
_LONGEST_NAME = 100


class _Brief(reprlib.Repr):
    """A repr of bounded length, at any depth; its methods are found by the names of types."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 60

    def repr_str(self, x: str, level: int) -> str:
        if is_data_url(x) and ";base64," in x[:200].lower():
            return f"<data URL of {data_url_length(x)} bytes>"
        return super().repr_str(x, level)

    def repr_int(self, x: int, level: int) -> str:
        if x.bit_length() > LONGEST_INT:
            return f"<a number of {x.bit_length()} bits>"
        return super().repr_int(x, level)

    def repr_bytes(self, x: bytes | bytearray | memoryview, _: int) -> str:
        return f"<{len(x)} bytes>"

    repr_bytearray = repr_memoryview = repr_bytes


_BRIEF = _Brief()


def shown(value: object) -> str:
    """`value` as it may stand in a message: its repr, bounded; content by the number of its bytes only."""
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
    name = model if isinstance(model, str) and len(model) <= _LONGEST_NAME else shown(model)
    is_named = any(problem.field == "model" or problem.message.startswith(f"{name} ") for problem in problems)
    remedy = " ".join(dict.fromkeys(problem.remedy for problem in problems))
    prefix = "" if model is None or is_named else f"{name}: "
    error = InvalidFieldsError(prefix + count + listed, remedy=remedy)
    error.problems = tuple(problems)
    return error
