"""Arithmetic on credits. A credit is the vendor's unit of money: 1 credit = 0.005 USD (PROTOCOL §1.5)."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

DOLLARS_PER_CREDIT = 0.005


def dollars(credits: float) -> float:
    """What `credits` cost, in US dollars."""
    return credits * DOLLARS_PER_CREDIT


@attrs.frozen
class Price:
    """The sum of several documented prices: `credits`, and how many requests had none (`unpriced`)."""

    credits: float
    unpriced: int = 0

    @property
    def dollars(self) -> float:
        """The known part, in US dollars."""
        return dollars(self.credits)

    def __str__(self) -> str:
        """For people: ``288 credits (1.44 USD)``, with what is not known said."""
        known = f"{self.credits:g} credits ({self.dollars:.2f} USD)"
        return known if not self.unpriced else f"{known} and {self.unpriced} of unknown price"


def total(prices: Iterable[float | None]) -> Price:
    """The sum of `prices` in credits; None stands for a price that is not known."""
    known, unpriced = 0.0, 0
    for price in prices:
        if price is None:
            unpriced += 1
        else:
            known += price
    return Price(known, unpriced)
