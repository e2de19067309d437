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


@attrs.define
class Budget:
    """Credits that may be spent: reserved before a create is sent, settled when it is known what was taken.

    What is reserved counts as spent until then, and so does what may have been charged: spending never goes over
    `total`, however many are on their way.
    """

    total: float
    spent: float = 0.0
    reserved: float = 0.0

    @property
    def left(self) -> float:
        """What is neither spent nor reserved."""
        return self.total - self.spent - self.reserved

    def fits(self, price: float) -> bool:
        """Whether so much may be reserved now."""
        return price <= self.left

    def may_fit(self, price: float) -> bool:
        """Whether it may fit once what is reserved now is known: tasks that fail give back what they reserved."""
        return self.reserved > 0 and price <= self.total - self.spent

    def reserve(self, price: float) -> None:
        """A create for so much is about to be sent."""
        self.reserved += price

    def settle(self, price: float, took: float) -> None:
        """It is over: `price` was reserved and `took` was, or may have been, taken."""
        self.reserved = max(0.0, self.reserved - price)
        self.spent += took
