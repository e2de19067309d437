"""What a batch would be, before anything of it is sent: how many, for how much, and how long it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterable, Callable, Iterable

import attrs

from nanobanana_async.errors import NanoBananaError, UsageError
from nanobanana_async.pacing import Rate
from nanobanana_async.pricing import Price, price_of, total
from nanobanana_async.tasks import refuse_no_source
from nanobanana_async.values import Expected, Item, Request


@attrs.frozen(kw_only=True)
class BatchPlan:
    """A batch as it would be sent.

    `count` requests for `models`, at `price` (credits, and dollars). Under the rate and the in-flight limit it takes no
    less than `least_seconds`, by the documented times before which hardly any task is done; by those that tasks usually
    take, about `about_seconds`. `invalid` are the items that can't be sent, by their place in the input from 0.
    """

    count: int
    models: Counter[str]
    price: Price
    least_seconds: float
    about_seconds: float
    invalid: dict[int, NanoBananaError]

    def __str__(self) -> str:
        """For people, on one line."""
        wrong = f", {len(self.invalid)} can't be sent" if self.invalid else ""
        least = f"at least {self.least_seconds:.0f} s, " if self.least_seconds >= 1 else ""
        images = "1 image" if self.count == 1 else f"{self.count} images"
        return f"{images}{wrong} | {self.price} | {least}about {self.about_seconds:.0f} s"


def plan_of(
    items: Iterable[object], read: Callable[[object], Request], *, rate: Rate, in_flight: int, speed: float
) -> BatchPlan:
    """The plan for `items`, each read by `read`, which raises for what can't be asked."""
    refuse_no_source(items, "a plan")
    if isinstance(items, AsyncIterable):
        raise UsageError(
            f"a plan takes an iterable of prompts, requests or Items, not {items!r}",
            remedy="It is made offline and at once: give a list, or a generator.",
        )
    kinds: Counter[_Kind] = Counter()  # as many as there are kinds of requests, not as there are requests
    invalid: dict[int, NanoBananaError] = {}
    for index, item in enumerate(items):
        try:
            request = read(item.request if isinstance(item, Item) else item)
        except NanoBananaError as error:
            invalid[index] = error
        else:
            kinds[_Kind(request.model, price_of(request), request.expected.at_speed(speed))] += 1
    count = kinds.total()
    windows = max(0, count - 1) // rate.limit * rate.per  # the last is sent so long after the first
    first = sum(number * kind.expected.first for kind, number in kinds.items())
    usual = sum(number * kind.expected.usual for kind, number in kinds.items())
    return BatchPlan(
        count=count,
        models=Counter(kind.model for kind in kinds.elements()),
        price=total(kind.price for kind in kinds.elements()),
        least_seconds=max(windows, first / in_flight),
        about_seconds=max(windows + usual / max(1, count), usual / in_flight),
        invalid=invalid,
    )


@attrs.frozen
class _Kind:
    """What a plan has to know of a request."""

    model: str
    price: float | None
    expected: Expected
