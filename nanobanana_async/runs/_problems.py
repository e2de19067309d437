"""What is wrong with a batch file: each problem with its place, and one error for all of them."""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from typing import Any

import attrs

from nanobanana_async.errors import InvalidRequestError
from nanobanana_async.models import FieldProblem

MOST_LISTED = 200
"""Problems that the error's message lists; `BadFileError.problems` holds all of them."""


def _shown(value: object) -> str:
    return reprlib.repr(value)


@attrs.frozen
class LineProblem:
    """One thing that is wrong in a batch file.

    `line` is the physical line, from 1, on which the row begins; 0 where the file as a whole is meant. `field` is None
    where the line as a whole is, `value` where there is none to show.
    """

    file: str
    line: int
    field: str | None
    value: Any = attrs.field(repr=_shown)
    message: str
    remedy: str

    @classmethod
    def of(cls, file: str, line: int, problem: FieldProblem) -> LineProblem:
        """The problem of a field, at its place. An empty field name stands for the whole line."""
        return cls(file, line, problem.field or None, problem.value, problem.message, problem.remedy)

    def __str__(self) -> str:
        """For people: ``rows.csv:7: aspect_ratio='16x9' is not one of … (did you mean '16:9'?) — Write '16:9'.``"""
        place = f"{self.file}:{self.line}" if self.line else self.file
        named = self.field is None or self.field in self.message
        return f"{place}: {self.message if named else f'{self.field}: {self.message}'} — {self.remedy}"


def whole_line(message: str, remedy: str, *, value: object = None) -> FieldProblem:
    """What is wrong with a line, where no field of it can be named."""
    return FieldProblem("", value, message, remedy)


class BadFileError(InvalidRequestError):
    """A batch file that has bad lines; nothing was sent. `problems` holds all of them, in the order of the lines.

    `are_all`: there are no good lines beside them, as when the header is wrong, so there is nothing to leave out.
    """

    problems: tuple[LineProblem, ...] = ()
    are_all: bool = False

    @classmethod
    def listing(cls, problems: Sequence[LineProblem], *, are_all: bool = False) -> BadFileError:
        """The one error for all `problems`, of which there is at least one."""
        lines = [str(problem) for problem in problems[:MOST_LISTED]]
        if len(problems) > MOST_LISTED:
            lines.append(f"… and {len(problems) - MOST_LISTED} more")
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        head = f"{count} in {problems[0].file}; nothing was sent"
        leave_out = "" if are_all else ", or leave them out with skip_invalid"
        error = cls("\n".join([head, *lines]), remedy=f"Correct {'this' if are_all else 'these lines'}{leave_out}.")
        error.problems, error.are_all = tuple(problems), are_all
        return error


class UnreadableFileError(Exception):
    """Ends the reading of a file of which nothing can be told for sure. Never reaches a user."""

    def __init__(self, line: int, *problems: FieldProblem) -> None:
        super().__init__(line)
        self.line = line
        self.problems = problems
