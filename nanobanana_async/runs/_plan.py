"""What a run is about to do, and what that costs: said before anything is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

from nanobanana_async.pacing import Rate
from nanobanana_async.pricing import Budget, Price, price_of, total, written
from nanobanana_async.runs._fates import TO_SEND, Fate
from nanobanana_async.runs._rows import Rows
from nanobanana_async.values import Request


@attrs.frozen(kw_only=True)
class Plan:
    """What a run is about to do with the rows of a file. Nothing has been sent yet.

    `to_send` will be paid for, among them those that are sent again because they failed (`retried`), and those that
    are made anew (`renewed`); of these, `overtaken` have a task on its way, which is followed to its end as well, for
    what it costs. `renewed_before` were to be made anew, and a run that was cut short has done it already. `models`
    counts what they ask for, `price` is what they cost, `most` what they may cost where creates without an answer are
    sent again (None: they are not), and `least_seconds` is the least time that the rate allows for them. Nothing is
    paid for the others: `done` (and there), `fetched` again (done, but a file is missing), `adopted` (pending from an
    earlier run), `failed` and not sent again, `unknown` (perhaps paid for, and not sent again), `changed` (the key
    was used for another request). `invalid` lines are beside them, not among the `total`.

    With a `budget` (None: there is none), `spent` of it are, or may be, spent by earlier runs, and the rest covers
    `covered` of those to send, unless some fail and give their credits back; `least_seconds` is for these. `at_work` is
    the process that is at work in the folder while it is looked at, None where none is.
    """

    total: int
    to_send: int
    retried: int
    renewed: int
    overtaken: int = 0
    renewed_before: int = 0
    done: int
    fetched: int
    adopted: int
    failed: int
    unknown: int
    changed: int
    invalid: int
    models: Counter[str]
    price: Price
    most: Price | None = None
    least_seconds: float
    folder: Path
    budget: float | None = None
    spent: float = 0.0
    covered: int
    at_work: str | None = None

    @property
    def beyond(self) -> int:
        """How many of those to send the budget does not cover."""
        return self.to_send - self.covered

    @property
    def on_budget(self) -> str | None:
        """For people: what the budget covers, where that is less than is to be sent."""
        if self.budget is None or not self.beyond:
            return None
        earlier = f" ({written(self.spent)} of it spent by earlier runs)" if self.spent else ""
        return f"the budget of {written(self.budget)} credits{earlier} covers {self.covered} of {self.to_send}"

    def row(self) -> dict[str, Any]:
        """As plain JSON."""
        plain = attrs.asdict(self, filter=lambda field, _: field.name not in ("models", "price", "most", "folder"))
        prices = {"price": _row_of(self.price), "most": None if self.most is None else _row_of(self.most)}
        return {**plain, "models": dict(self.models), **prices, "folder": str(self.folder)}


def _row_of(price: Price) -> dict[str, Any]:
    return {"credits": price.credits, "dollars": price.dollars, "unpriced": price.unpriced}


def plan_of(
    rows: Rows, fates: Mapping[str, Fate], *, rate: Rate, folder: Path, budget: float | None = None, spent: float = 0.0
) -> Plan:
    """The plan for `rows`, whose fates are known by key. `spent` of the `budget` are gone already."""
    counts = Counter(fates.values())
    to_send = [row.request for row in rows.rows if fates[row.key] in TO_SEND]
    covered = len(to_send) if budget is None else _covered(to_send, Budget(max(0.0, budget - spent)))
    return Plan(
        total=len(rows.rows),
        to_send=len(to_send),
        retried=counts[Fate.RETRY],
        renewed=counts[Fate.RENEW],
        done=counts[Fate.DONE],
        fetched=counts[Fate.FETCH],
        adopted=counts[Fate.ADOPT],
        failed=counts[Fate.FAILED],
        unknown=counts[Fate.UNKNOWN],
        changed=counts[Fate.CHANGED],
        invalid=rows.invalid,
        models=Counter(request.model for request in to_send),
        price=total(request.credits for request in to_send),
        least_seconds=max(0, covered - 1) // rate.limit * rate.per,
        folder=folder,
        budget=budget,
        spent=spent,
        covered=covered,
    )


def _covered(requests: Iterable[Request], budget: Budget) -> int:
    """How many of `requests` the budget reaches for, if all of them are made."""
    count = 0
    for price in map(price_of, requests):
        if price is not None and budget.fits(price):
            budget.reserve(price)
            count += 1
    return count
