"""A prompt for all rows, with the names of columns in braces: ``Studio photo of {name}``.

It looks like `str.format` and is none of it: a name is looked up among the columns as it stands, so nothing in a
template reaches into the program. A brace that is meant as itself is written twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from string import Formatter

import attrs

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.models import FieldProblem
from nanobanana_async.values import JSON

_NEAR = 0.75
"""How much alike two names have to be for a question, from 0 to 1."""


@attrs.frozen
class PromptTemplate:
    """A template, taken apart: pieces of text, each with the name of the column that follows it, or None."""

    text: str
    pieces: tuple[tuple[str, str | None], ...]

    @classmethod
    def parsed(cls, text: str) -> PromptTemplate:
        """The template that `text` is.

        Raises:
            ConfigurationError: a brace is not closed, or there is more than a name in it.
        """
        try:
            found = list(Formatter().parse(text))
        except ValueError as error:
            raise _wrong(text, str(error)) from None
        for _, name, width, conversion in found:
            if name == "" or width or conversion:
                raise _wrong(text, "braces hold the name of a column, and nothing else")
        return cls(text, tuple((literal, name) for literal, name, _, _ in found))

    @property
    def names(self) -> frozenset[str]:
        """The columns that it names."""
        return frozenset(name for _, name in self.pieces if name is not None)

    def missing_from(self, columns: Iterable[str]) -> FieldProblem | None:
        """What is wrong where the columns are those; None where the template finds all it names."""
        known = tuple(columns)
        unknown = [name for _, name in self.pieces if name is not None and name not in known]
        if not unknown:
            return None
        message = f"the template names {unknown[0]!r}, which is not there{_meant(unknown[0], known)}"
        return FieldProblem("prompt", self.text, message, f"There are: {', '.join(known) or 'no columns'}.")

    def filled(self, columns: Mapping[str, JSON]) -> str | FieldProblem:
        """The prompt for a row with those columns; an empty cell leaves nothing in its place."""
        missing = self.missing_from(columns)
        if missing is not None:
            return missing
        values = {name: columns[name] for _, name in self.pieces if name is not None}
        several = [name for name, value in values.items() if isinstance(value, dict | list)]
        if several:
            message = f"the template names {several[0]!r}, which is more than one value"
            return FieldProblem("prompt", values[several[0]], message, "Name a column that is text or a number.")
        return "".join(literal + _text(values, name) for literal, name in self.pieces)


def _meant(name: str, known: Iterable[str]) -> str:
    """The question for a name that is almost one of `known`: in other letters, or with a slip of the pen."""
    folded = {column.casefold(): column for column in known}
    near = get_close_matches(name.casefold(), folded, n=1, cutoff=_NEAR)
    return f" (did you mean {folded[near[0]]!r}?)" if near else ""


def _text(values: Mapping[str, JSON], name: str | None) -> str:
    value = None if name is None else values[name]
    return "" if value is None else str(value)


def _wrong(text: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"the prompt template {text!r} can't be used: {why}",
        remedy="Write the name of a column as {name}, and a brace that is meant as itself twice.",
    )
