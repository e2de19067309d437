"""The source of a batch: anything that can be iterated over, in either way, as one kind of stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterable

from nanobanana_async.errors import UsageError
from nanobanana_async.values import Item, Request

Source = Iterable[str | Request | Item] | AsyncIterable[str | Request | Item]


async def items_of(source: Source) -> AsyncGenerator[object]:
    """The items of a source of either kind; a generator is closed with this."""
    if isinstance(source, AsyncIterable):
        try:
            async for item in source:
                yield item
        finally:
            if isinstance(source, AsyncGenerator):
                await source.aclose()
        return
    if isinstance(source, str) or not isinstance(source, Iterable):
        raise UsageError(f"a batch takes an iterable of prompts, requests or Items, not {source!r}")
    try:
        for item in source:
            yield item
    finally:
        if isinstance(source, Generator):
            source.close()
