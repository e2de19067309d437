"""What a batch file asks for: rows that can be sent as they are, and the problems of those that can't."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import attrs

from nanobanana_async.pricing import Price, total
from nanobanana_async.runs._problems import LineProblem
from nanobanana_async.tasks import prompt_of
from nanobanana_async.values import Item, Request


@attrs.frozen
class Row:
    """One picture to make.

    `item` holds the request, built, the key (the user's where `has_own_key`, else the derived one) and the user's data.
    `line` is the physical line that it begins on, `index` its place in the file, both from 1. `fingerprint` is the key
    that is derived from the request: what tells a changed request from the same one.
    """

    item: Item
    line: int
    index: int
    has_own_key: bool = False
    fingerprint: str = ""

    @property
    def key(self) -> str:
        """The key, which every row has."""
        assert self.item.key is not None
        return self.item.key

    @property
    def request(self) -> Request:
        """The request, which every row has been built into."""
        assert not isinstance(self.item.request, str)
        return self.item.request

    @property
    def prompt(self) -> str:
        """The prompt; where a request has none of its own, the name of its model."""
        return prompt_of(self.item)


@attrs.frozen
class Rows:
    """A batch file, read and checked: the `rows` to make, and the `problems` of the other lines, in line order.

    `keys` are those of the whole file in its order, `rows` perhaps only some of them; `is_whole` is False where the
    file was not read to its end. Paths in the manifest are counted from `folder`.
    """

    rows: tuple[Row, ...]
    problems: tuple[LineProblem, ...] = ()
    source: str = "<rows>"
    keys: tuple[str, ...] = ()
    folder: Path = Path()
    is_whole: bool = True

    @property
    def price(self) -> Price:
        """What all of them cost together, by the documented prices."""
        return total(row.request.credits for row in self.rows)

    @property
    def models(self) -> Counter[str]:
        """How many ask for each model."""
        return Counter(row.request.model for row in self.rows)

    @property
    def invalid(self) -> int:
        """How many lines are bad."""
        return len({problem.line for problem in self.problems})
