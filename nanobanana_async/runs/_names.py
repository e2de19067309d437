"""The names that a batch file may use, and what to say of one that is almost such a name.

A misspelt name would be the user's own data, and the picture would be paid for without what it asks for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

import attrs

from nanobanana_async.models import FieldProblem, ForeignName, also_called, field_names, foreign_name, nearest_field

KEY: Final = "key"
DATA: Final = "data"

_PRICE: Final = frozenset({"credits"})


@attrs.frozen
class Names:
    """The names of fields that rows for `dialect` may use, `prompt` and `model` among them.

    `used` are names of columns that something is made of already, such as the prompt: they are the user's own; and of
    fields that are given for all rows. `no_fields` are names of fields that here are the user's own, too.
    """

    dialect: str = "jobs"
    used: frozenset[str] = frozenset()
    no_fields: frozenset[str] = frozenset()
    fields: frozenset[str] = attrs.field(init=False)

    @fields.default
    def _fields(self) -> frozenset[str]:
        return frozenset(field_names(self.dialect)) - self.no_fields

    def in_table(self, columns: Collection[str]) -> Names:
        """The names in a table of these `columns`.

        What such a table calls credits is anybody's: points of a customer's, or whom to thank. To be a price, by which
        a budget is kept, it has to stand beside the vendor's own ``input``.
        """
        has_input = "input" in self.fields.intersection(columns)
        return self if has_input else attrs.evolve(self, no_fields=_PRICE)

    def foreign(self, name: str) -> ForeignName | None:
        """What `name` is where it is a parameter of other image APIs; None for a field, or a name of the user's own."""
        is_known = name in self.fields or name in (KEY, DATA) or name in self.used
        return None if is_known or self.meant_by(name) is not None else foreign_name(name, self.fields)

    def meant_by(self, name: str, others: Collection[str] = ()) -> str | None:
        """The name that `name` is but for a slip of the pen; None for one that is right, or the user's own.

        Beside a field of the right name, a similar one is the user's own (``prompt_id``), unless it is the same in
        other letters (``Prompt``).
        """
        if name in self.fields or name in (KEY, DATA):
            return None
        plain = _plain(name)
        if plain in self.fields or plain in (KEY, DATA):
            return plain
        meant = self._called(name) or nearest_field(name, self.dialect)
        return None if meant in (*others, *self.used, *self.no_fields) else meant

    def _called(self, name: str) -> str | None:
        """What the vendors call so, but for what is told of in words of its own: in a table it would pass for data."""
        return also_called(name, self.dialect) if foreign_name(name, self.fields) is None else None


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.strip().lower())


def header_problems(known: Names, names: Sequence[str], *, needs_prompt: bool) -> list[FieldProblem]:
    """What is wrong with the header of a table."""
    problems = [
        FieldProblem(name, name, f"there are two columns {name!r}", "Rename or leave out one of them.")
        for name in dict.fromkeys(names)
        if name and names.count(name) > 1
    ]
    slips = {name: meant for name in dict.fromkeys(names) if name and (meant := known.meant_by(name, names))}
    problems += [
        FieldProblem(
            name,
            name,
            f"the column {name!r} is almost {meant!r}",
            f"Call it {meant}; or give it another name, if it is your own.",
        )
        for name, meant in slips.items()
    ]
    foreign = {name: found for name in dict.fromkeys(names) if name and (found := known.foreign(name)) is not None}
    problems += [
        FieldProblem(
            name,
            name,
            f"the column {name!r} would set nothing: {found.why}",
            f"{found.instead} A column of your own needs another name, such as my_{_plain(name)}.",
        )
        for name, found in foreign.items()
    ]
    if needs_prompt and not {"prompt", "input"} & {*names, *slips.values()}:
        listed = ", ".join(repr(name) for name in names if name)
        message = f"there is no column 'prompt'; the first line has {listed}"
        remedy = "Begin the file with a line that names its columns, such as prompt,aspect_ratio; or give a template."
        problems.append(FieldProblem("prompt", None, message, remedy))
    return problems
