"""What a batch would be, before anything of it is sent: how many, for how much, and how long at the least."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterable, Callable, Iterable

import attrs

from nanobanana_async.errors import NanoBananaError, UsageError
from nanobanana_async.pacing import Rate
from nanobanana_async.pricing import Price, total
from nanobanana_async.values import Item, Request


@attrs.frozen(kw_only=True)
class BatchPlan:
    """A batch as it would be sent.

    `count` requests for `models`, at `price` (credits, and dollars), in no less than `least_seconds` under the rate and
    the in-flight limit. `invalid` are the items that can't be sent, by their place in the input from 0.
    """

    count: int
    models: Counter[str]
    price: Price
    least_seconds: float
    invalid: dict[int, NanoBananaError]

    def __str__(self) -> str:
        """For people, on one line."""
        wrong = f", {len(self.invalid)} can't be sent" if self.invalid else ""
        return f"{self.count} images{wrong} | {self.price} | at least {self.least_seconds:.0f} s"


def plan_of(
    items: Iterable[object], read: Callable[[object], Request], *, rate: Rate, in_flight: int, speed: float
) -> BatchPlan:
    """The plan for `items`, each read by `read`, which raises for what can't be asked."""
    if isinstance(items, AsyncIterable | str) or not isinstance(items, Iterable):
        raise UsageError(
            f"a plan takes an iterable of prompts, requests or Items, not {items!r}",
            remedy="It is made offline and at once: give a list, or a generator.",
        )
    requests: list[Request] = []
    invalid: dict[int, NanoBananaError] = {}
    for index, item in enumerate(items):
        try:
            requests.append(read(item.request if isinstance(item, Item) else item))
        except NanoBananaError as error:
            invalid[index] = error
    seconds = sum(request.expected.usual for request in requests) / speed
    return BatchPlan(
        count=len(requests),
        models=Counter(request.model for request in requests),
        price=total(request.credits for request in requests),
        least_seconds=max(max(0, len(requests) - 1) // rate.limit * rate.per, seconds / in_flight),
        invalid=invalid,
    )
