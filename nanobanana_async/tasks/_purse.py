"""What a batch may spend. Whoever would go over it waits until what is on its way is settled, and may still come first.

A task that fails gives its credits back, so a purse that looks empty while a hundred tasks are running need not be.
A create whose answer was lost may have been charged: sent again, it is one more to be paid for, and counts as two.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator

import attrs

from nanobanana_async.errors import BudgetError, UsageError
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.outcomes import Outcome
from nanobanana_async.pricing import Budget, price_of, times_priced, written
from nanobanana_async.tasks._rows import Row
from nanobanana_async.values import Request


@attrs.define
class _Share:
    """What is `reserved` for the create that an item has on its way, whose `price` is that of one picture."""

    price: float
    reserved: float
    model: str = ""


@attrs.define(eq=False)
class Purse:
    """A budget, and what is reserved of it by which item: the price of one create each.

    A gateway that makes several pictures of one request, and has its price for each, is taken to do so again: from the
    first such answer on, as much is reserved for every create of that model, also for those that are on their way; what
    waits and no longer fits is `beyond` it. What is lost counts with the price of one, as a journal tells the next run.
    """

    budget: Budget
    _shares: dict[int, _Share] = attrs.field(factory=dict, init=False)
    _most_made: dict[str, int] = attrs.field(factory=dict, init=False)
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
        while not self.budget.fits(needed := price * self._most_made.get(request.model, 1)):
            if not self.budget.may_fit(needed):
                raise self._is_spent(needed)
            self._settled.clear()
            await self._settled.wait()
        self.budget.reserve(needed)
        self._shares[index] = _Share(price, needed, request.model)

    def adopt(self, index: int, price: float | None) -> None:
        """An item is on its way that was paid for in an earlier run, and counts as spent so far."""
        if price is not None:
            self.budget.reopen(price)
            self._shares[index] = _Share(price, price)

    def reserve_again(self, index: int) -> bool:
        """Whether there is enough for one more create of an item whose last one may have been charged.

        If so it is reserved, and the lost one counts as spent from now on, whatever becomes of the item.
        """
        share = self._shares.get(index)
        if share is None or not self.budget.fits(share.reserved):
            return False
        self.budget.settle(share.reserved, share.price)
        self.budget.reserve(share.reserved)
        return True

    def found(self, index: int) -> None:
        """A create of an item that may have been charged is the one that is reserved: it counts once."""
        share = self._shares.get(index)
        self.budget.take_back(share.price if share is not None else 0.0)

    def settle(self, outcome: Outcome, request: Request | None = None) -> None:
        """An item is over, that of `request` where it was sent. What may have been charged counts as spent."""
        share = self._shares.pop(outcome.index, None)
        if share is None:
            return
        times = times_priced(request, outcome)
        said = outcome.credits if outcome.credits is not None else share.price * times
        self.budget.settle(share.reserved, 0.0 if outcome.charged == "no" else said)
        if request is not None:
            self._learn(request.model, times)
        self._settled.set()

    def beyond(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Those of `rows` that are not sent yet and for which there is no room any more, the last ones first.

        Each has to be over before the next is asked for: then it has given back what was reserved for it.
        """
        for row in reversed(tuple(rows)):
            if self.budget.left >= 0:
                return
            if row.state is ItemState.NEW and not row.over and row.index in self._shares:
                yield row

    def is_spent(self, row: Row) -> BudgetError:
        """Why `row`, for which something was reserved, is not sent."""
        return self._is_spent(self._shares[row.index].reserved)

    def _is_spent(self, needed: float) -> BudgetError:
        return BudgetError(
            f"the budget of {written(self.budget.total)} credits is spent: "
            f"{written(max(0.0, self.budget.left))} are left, and this one costs {written(needed)}"
        )

    def _learn(self, model: str, made: int) -> None:
        """So many pictures came of one create of `model`."""
        if made <= self._most_made.get(model, 1):
            return
        self._most_made[model] = made
        for share in self._shares.values():
            if share.model == model:
                self.budget.reserve(share.price * made - share.reserved)
                share.reserved = share.price * made


def _how_to_say(request: Request) -> str:
    """How a price is given: to a gateway of others for its models, to a request of the user's own itself."""
    if request.dialect == "images":
        return "Say it: OpenAIImages(base_url, api_key, price=…), in US dollars an image."
    return "Say it: KieRequest(model, input={…}, credits=…)."
