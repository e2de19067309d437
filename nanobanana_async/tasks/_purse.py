"""What a batch may spend. Whoever would go over it waits until what is on its way is settled, and may still come first.

A task that fails gives its credits back, so a purse that looks empty while a hundred tasks are running need not be.
A create whose answer was lost may have been charged: sent again, it is one more to be paid for, and counts as two.
"""

from __future__ import annotations

import asyncio

import attrs

from nanobanana_async.errors import BudgetError, UsageError
from nanobanana_async.outcomes import Outcome
from nanobanana_async.pricing import Budget, price_of, written
from nanobanana_async.values import Request


@attrs.define(eq=False)
class Purse:
    """A budget, and what is reserved of it by which item: the price of one create each."""

    budget: Budget
    _reserved: dict[int, float] = attrs.field(factory=dict, init=False)
    _settled: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)

    async def reserve(self, index: int, request: Request) -> None:
        """Reserve what `request` costs, as soon as there is enough.

        Raises:
            BudgetError: there will not be.
            UsageError: nobody knows what it costs.
        """
        price = price_of(request)
        if price is None:
            raise UsageError(
                f"a budget needs the price of every request: that of {request.model!r} is credits={request.credits!r}",
                remedy=_how_to_say(request),
            )
        while not self.budget.fits(price):
            if not self.budget.may_fit(price):
                raise BudgetError(
                    f"the budget of {written(self.budget.total)} credits is spent: "
                    f"{written(max(0.0, self.budget.left))} are left, and this one costs {written(price)}"
                )
            self._settled.clear()
            await self._settled.wait()
        self.budget.reserve(price)
        self._reserved[index] = price

    def adopt(self, index: int, price: float | None) -> None:
        """An item is on its way that was paid for in an earlier run, and counts as spent so far."""
        if price is not None:
            self.budget.reopen(price)
            self._reserved[index] = price

    def reserve_again(self, index: int) -> bool:
        """Whether there is enough for one more create of an item whose last one may have been charged.

        If so it is reserved, and the lost one counts as spent from now on, whatever becomes of the item.
        """
        price = self._reserved.get(index)
        if price is None or not self.budget.fits(price):
            return False
        self.budget.settle(price, price)
        self.budget.reserve(price)
        return True

    def found(self, index: int) -> None:
        """A create of an item that may have been charged is the one that is reserved: it counts once."""
        self.budget.take_back(self._reserved.get(index, 0.0))

    def settle(self, outcome: Outcome) -> None:
        """An item is over. What may have been charged counts as spent."""
        price = self._reserved.pop(outcome.index, None)
        if price is None:
            return
        took = 0.0 if outcome.charged == "no" else price if outcome.credits is None else outcome.credits
        self.budget.settle(price, took)
        self._settled.set()


def _how_to_say(request: Request) -> str:
    """How a price is given: to a gateway of others for its models, to a request of the user's own itself."""
    if request.dialect == "images":
        return "Say it: OpenAIImages(base_url, api_key, price=…), in US dollars an image."
    return "Say it: KieRequest(model, input={…}, credits=…)."
