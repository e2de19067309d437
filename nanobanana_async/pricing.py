"""Arithmetic on credits. A credit is the vendor's unit of money: 1 credit = 0.005 USD (PROTOCOL §1.5).

Prices are floats to whoever reads them and whole millionths of a credit to whoever adds them up: so three times 0.1 fit
into 0.3, and what is reserved and given back leaves nothing behind.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from fractions import Fraction
from numbers import Real

import attrs

from nanobanana_async.outcomes import Outcome, Succeeded
from nanobanana_async.settings import FROM_ZERO, Kind
from nanobanana_async.values import Request

DOLLARS_PER_CREDIT = 0.005

MILLIONTHS = 1_000_000
MOST = 1e12
"""Credits. What claims to be more is no price, and counts as this."""

A_BUDGET = Kind(f"{FROM_ZERO.takes}, in credits, or None", FROM_ZERO.or_none().fits)


def dollars(credits: float) -> float:
    """What `credits` cost, in US dollars."""
    return credits * DOLLARS_PER_CREDIT


def exact(credits: Real | float) -> int:
    """`credits` in whole millionths of a credit: the nearest."""
    return round(Fraction(min(float(credits), MOST)) * MILLIONTHS)


def written(credits: float) -> str:
    """The number as people write it: no digits that mean nothing, and no exponent."""
    return f"{credits:.6f}".rstrip("0").rstrip(".")


def _said(millionths: int) -> float:
    return millionths / MILLIONTHS


def _money(credits: float) -> str:
    return f"{written(credits)} credits ({dollars(credits):.2f} USD)"


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
        """For people: ``288 credits (1.44 USD)``, with what is not known said; alone where nothing else is."""
        unknown = f"{self.unpriced} of unknown price" if self.unpriced else ""
        known = _money(self.credits) if self.credits or not unknown else ""
        return " and ".join(filter(None, (known, unknown)))


def price_of(request: Request) -> float | None:
    """The documented price of `request` in credits; None where it names none, or what is no price.

    A request of the user's own may name anything.
    """
    said: object = request.credits
    return request.credits if FROM_ZERO.fits(said) else None


def times_priced(request: Request | None, outcome: Outcome) -> int:
    """How many times its price `request` costs, by what came of it.

    A gateway in OpenAI's style has a price for an image, and one that makes several is paid for each. Kie's is that of
    a task, whatever that makes (PROTOCOL §1.5, §3).
    """
    if request is None or request.dialect != "images" or not isinstance(outcome, Succeeded):
        return 1
    return max(1, len(outcome.result.urls))


def cost_of(request: Request | None, outcome: Outcome) -> float | None:
    """What `request` costs by its documented price and what came of it, in credits; None where it has no price."""
    price = price_of(request) if request is not None else None
    return price * times_priced(request, outcome) if price is not None else None


def total(prices: Iterable[float | None]) -> Price:
    """The sum of `prices` in credits; None stands for a price that is not known."""
    known, unpriced = 0, 0
    for price in prices:
        if price is None:
            unpriced += 1
        else:
            known += exact(price)
    return Price(_said(known), unpriced)


@attrs.define
class Bill:
    """What was paid, as far as anybody tells: by records, and where they are silent by the documented prices.

    `unpriced` counts the tasks that were charged and whose record named no credits. What those cost by the documents is
    in `about`; `unknown` counts those of them for which there is no documented price either.
    """

    _credits: int = attrs.field(default=0, converter=exact, on_setattr=attrs.setters.NO_OP)
    unpriced: int = attrs.field(default=0, kw_only=True)
    _about: int = attrs.field(default=0, kw_only=True, converter=exact, on_setattr=attrs.setters.NO_OP)
    unknown: int = attrs.field(default=0, kw_only=True)

    def add(self, said: float | None, documented: float | None) -> None:
        """One more was charged: its record said so much, and so much is documented; None where that is not known."""
        if said is not None:
            self._credits += exact(said)
            return
        self.unpriced += 1
        if documented is None:
            self.unknown += 1
        else:
            self._about += exact(documented)

    def with_unsaid(self, documented: Iterable[float | None]) -> Bill:
        """The same with tasks that were charged besides, of which only the documented prices are known."""
        whole = copy.copy(self)
        for price in documented:
            whole.add(None, price)
        return whole

    @property
    def credits(self) -> float:
        """What the records say was consumed."""
        return _said(self._credits)

    @property
    def about(self) -> float:
        """What those cost by the documents whose records say nothing, in credits."""
        return _said(self._about)

    def __str__(self) -> str:
        """For people: ``80 credits (0.40 USD), and about 8 (0.04 USD) for 2 whose records name none``.

        Where no record names any, as at gateways whose answers say nothing of money: ``about 240 credits (1.20 USD)``.
        """
        said = [_money(self.credits)] if self._credits or not self.unpriced else []
        estimated = self.unpriced - self.unknown
        if estimated and not said:
            said.append(f"about {_money(self.about)}")
        elif estimated:
            about = f"{written(self.about)} ({dollars(self.about):.2f} USD)"
            said.append(f"about {about} for {estimated} whose records name none")
        if self.unknown:
            said.append(f"{self.unknown} of unknown price")
        return ", and ".join(said)


@attrs.define(repr=False)
class Budget:
    """Credits that may be spent: reserved before a create is sent, settled when it is known what was taken.

    What is reserved counts as spent until then, and so does what may have been charged: spending never goes over
    `total`, however many are on their way.
    """

    _total: int = attrs.field(converter=exact, on_setattr=attrs.setters.NO_OP)
    _spent: int = attrs.field(default=0, converter=exact, on_setattr=attrs.setters.NO_OP)
    _reserved: int = attrs.field(default=0, init=False)

    @property
    def total(self) -> float:
        """All of it."""
        return _said(self._total)

    @property
    def spent(self) -> float:
        """What was, or may have been, taken."""
        return _said(self._spent)

    @property
    def reserved(self) -> float:
        """What is set aside for creates that are on their way, and tasks that are."""
        return _said(self._reserved)

    @property
    def left(self) -> float:
        """What is neither spent nor reserved."""
        return _said(self._left)

    def fits(self, price: float) -> bool:
        """Whether so much may be reserved now."""
        return exact(price) <= self._left

    def may_fit(self, price: float) -> bool:
        """Whether it may fit once what is reserved now is known: tasks that fail give back what they reserved."""
        return self._reserved > 0 and exact(price) <= self._total - self._spent

    def begin_with(self, spent: float) -> None:
        """So much is gone already, or may be."""
        self._spent += exact(spent)

    def reopen(self, price: float) -> None:
        """Of what counts as spent, so much is on its way still, and may be given back."""
        self._spent -= exact(price)
        self._reserved += exact(price)

    def take_back(self, price: float) -> None:
        """Of what counts as spent, so much was not, after all."""
        self._spent -= exact(price)

    def reserve(self, price: float) -> None:
        """A create for so much is about to be sent."""
        self._reserved += exact(price)

    def settle(self, price: float, took: float) -> None:
        """It is over: `price` was reserved and `took` was, or may have been, taken."""
        self._reserved -= exact(price)
        self._spent += exact(took)

    @property
    def _left(self) -> int:
        return self._total - self._spent - self._reserved

    def __repr__(self) -> str:
        return f"<Budget {written(self.total)}: {written(self.spent)} spent, {written(self.reserved)} reserved>"
