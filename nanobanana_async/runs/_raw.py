"""A row of a batch file as it was read, whatever the format: nothing is checked yet but its form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from nanobanana_async.models import FieldProblem
from nanobanana_async.values import JSON


@attrs.frozen
class RawRow:
    """A row, and what is wrong with its form.

    `fields` are those of a request; None where the line can't be taken apart. `key` is what stands under ``key``,
    `data` what is the user's own. `columns` is everything a template can name.
    """

    line: int
    fields: Mapping[str, JSON] | None = None
    key: JSON = None
    data: JSON = None
    columns: Mapping[str, JSON] = attrs.field(factory=dict)
    problems: tuple[FieldProblem, ...] = ()


@attrs.frozen
class Listing:
    """The rows of a file, read as they are asked for. `columns` are the same for all, or None where each has its own;
    `line` is where they are named.
    """

    rows: Iterator[RawRow]
    columns: tuple[str, ...] | None = None
    line: int = 0
