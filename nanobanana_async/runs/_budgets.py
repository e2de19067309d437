"""What a budget needs to know before a run: what is to be sent costs, and what the folder has cost so far.

A budget that nobody can keep is a setting that is wrong, and not the failure of a row. So it is refused before anything
is sent or written down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.journal import Entry
from nanobanana_async.pricing import price_of
from nanobanana_async.runs._record import Record
from nanobanana_async.runs._rows import Row, Rows

_NAMED = 3
"""How many keys a message names."""


def refuse_unpriced(to_send: Iterable[Row]) -> None:
    """Raises: ConfigurationError, where nobody knows what one of the rows costs that are to be sent."""
    unpriced = [row for row in to_send if price_of(row.request) is None]
    if not unpriced:
        return
    has_a_price_each = all(row.request.dialect == "images" for row in unpriced)
    say = "Say what an image costs, in dollars: --price 0.04, or OpenAIImages(price=0.04)"
    count = "1 has none" if len(unpriced) == 1 else f"{len(unpriced)} have none"
    raise ConfigurationError(
        f"a budget needs the price of every request; {count}: "
        f"{_named([row.key for row in unpriced])}; nothing was sent",
        remedy=f"{say if has_a_price_each else _IN_THE_LINES}; or leave the budget out.",
    )


def unsaid_in(rows: Rows, entries: Mapping[str, Entry], records: Mapping[str, Record], folder: Path) -> float:
    """What was, or may be, spent on keys of which neither record nor journal tells a price, but the file does.

    Raises:
        ConfigurationError: the file doesn't either. Counted as nothing, it would be spent a second time.
    """
    prices = {row.key: price_of(row.request) for row in rows.rows}
    paid = [key for key, entry in entries.items() if records[key].may_be_paid and entry.price is None]
    silent = {key: prices.get(key) for key in paid if entries[key].credits is None}
    unknown = [key for key, price in silent.items() if price is None]
    if unknown:
        raise ConfigurationError(
            f"a budget needs to know what {str(folder)!r} has cost so far; {len(unknown)} that are, or may "
            f"be, paid for have no price: {_named(unknown)}; nothing was sent",
            remedy=f"{_IN_THE_LINES}, or leave the budget out.",
        )
    return sum(price for price in silent.values() if price is not None)


_IN_THE_LINES = 'Give their lines a price, as in "credits": 8'


def _named(keys: Sequence[str]) -> str:
    return ", ".join(map(repr, keys[:_NAMED])) + (" …" if len(keys) > _NAMED else "")
