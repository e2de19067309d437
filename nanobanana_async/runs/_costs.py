"""What a folder has cost over all its runs: by its records, by the documents where they are silent, and at the most.

What may have been charged is neither left out nor taken for paid: it stands beside, so that a sum and a budget agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import attrs

from nanobanana_async.pricing import Bill, Price, total
from nanobanana_async.runs._record import Record


@attrs.frozen(kw_only=True)
class Costs:
    """What was `paid`, and what the `unknown` rows that may have been charged cost at the most: `perhaps`."""

    paid: Bill = attrs.field(factory=Bill)
    perhaps: Price = attrs.field(factory=partial(Price, 0.0))
    unknown: int = 0

    def row(self) -> dict[str, Any]:
        """As plain JSON, in the words of a `Report`; `perhaps` is what may come on top."""
        paid = self.paid
        known = {"credits": paid.credits, "unpriced": paid.unpriced, "about": paid.about, "unknown_price": paid.unknown}
        return {**known, "perhaps": {"credits": self.perhaps.credits, "items": self.unknown}}

    def __str__(self) -> str:
        """For people: ``1884 credits (9.42 USD), and up to 16 credits (0.08 USD) more for 4 unknown``."""
        if not self.unknown:
            return str(self.paid)
        known = self.unknown - self.perhaps.unpriced
        is_any_paid = bool(self.paid.credits or self.paid.unpriced)
        parts = [str(self.paid)] if is_any_paid else []
        if known:
            more = " more" if is_any_paid else ""
            parts.append(f"up to {Price(self.perhaps.credits)}{more} for {known} unknown")
        if self.perhaps.unpriced:
            parts.append(f"perhaps {self.perhaps.unpriced} of unknown price")
        return ", and ".join(parts)


@attrs.frozen
class Others:
    """Rows that a folder has paid for, or perhaps, beside those that a run was asked for.

    `costs` is what they have cost, or may have, of the whole folder's; `files` are those of their pictures that are
    there.
    """

    rows: int = 0
    costs: Costs = attrs.field(factory=Costs)
    files: tuple[str, ...] = ()

    @classmethod
    def of(cls, records: Iterable[Record], files: Iterable[str] = ()) -> Others:
        """Those of `records` that may be paid for."""
        paid = [record for record in records if record.may_be_paid]
        return cls(len(paid), costs_of(paid), tuple(files))

    @property
    def credits(self) -> float:
        """What their records say they cost."""
        return self.costs.paid.credits

    @property
    def unknown(self) -> int:
        """How many of them may be paid for, or not."""
        return self.costs.unknown

    def told(self, why: str) -> str:
        """For people, on one line; `why` completes the sentence "1 row is …", "2 rows are …"."""
        its, picture = ("its", "picture stays") if self.rows == 1 else ("their", "pictures stay")
        rows = "1 row is" if self.rows == 1 else f"{self.rows} rows are"
        said = [f"{rows} {why}: of the cost, {self.costs}"]
        if self.files:
            said.append(f"{its} {picture}: {_listed(self.files)}")
        return "; ".join(said)


def _listed(files: tuple[str, ...], most: int = 3) -> str:
    more = f" and {len(files) - most} more" if len(files) > most else ""
    return ", ".join(files[:most]) + more


def costs_of(records: Iterable[Record]) -> Costs:
    """What the rows of a manifest have cost."""
    paid, perhaps = Bill(), []
    for record in records:
        if record.charged == "unknown" or record.state == "unknown":
            perhaps.append(record.price)
        elif record.credits is not None or record.charged == "yes" or record.state == "pending":
            paid.add(record.credits, record.price)
    return Costs(paid=paid, perhaps=total(perhaps), unknown=len(perhaps))
