"""Batches of a scripted gateway, run again and again: their items, and what is looked at of their outcomes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nanobanana_async import (
    Client,
    Item,
    Outcome,
    Report,
)

KEYED = [Item(f"banana {key}", key=key, data={"row": key}) for key in "abc"]


async def run(client: Client, items: Iterable[Any] = KEYED, **settings: Any) -> tuple[list[Outcome], Report]:
    """All outcomes of a batch, in input order, and its report."""
    async with client.batch(items, ordered=True, **settings) as batch:
        return [outcome async for outcome in batch], batch.report()


def states(outcomes: Iterable[Outcome]) -> str:
    """The states as words."""
    return " ".join(outcome.state for outcome in outcomes)
