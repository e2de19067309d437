"""The source of a batch: anything that can be iterated over, in either way, as one kind of stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Callable, Generator, Iterable, Mapping

from nanobanana_async.errors import InvalidRequestError, UsageError
from nanobanana_async.values import Item, Request

Source = Iterable[str | Request | Item] | AsyncIterable[str | Request | Item]


def refuse_no_source(source: object, taker: str = "a batch") -> None:
    """Raises UsageError for what can't be the items of `taker`; a mapping would send its keys, and is none either."""
    if isinstance(source, Mapping):
        raise UsageError(
            f"{taker} takes prompts, requests or Items one after the other, not a {type(source).__name__}: "
            "its keys would be sent as prompts",
            remedy="Give [Item(prompt, key=key) for key, prompt in mapping.items()].",
        )
    if isinstance(source, str | bytes) or not isinstance(source, Iterable | AsyncIterable):
        raise UsageError(
            f"{taker} takes an iterable of prompts, requests or Items, not {source!r}",
            remedy="Give a list, or a generator; one prompt alone goes to client.generate.",
        )


async def items_of(source: Source) -> AsyncGenerator[object]:
    """The items of a source of either kind; a generator is closed with this. Raises: UsageError."""
    refuse_no_source(source)
    if isinstance(source, AsyncIterable):
        try:
            async for item in source:
                yield item
        finally:
            if isinstance(source, AsyncGenerator):
                await source.aclose()
        return
    try:
        for item in source:
            yield item
    finally:
        if isinstance(source, Generator):
            source.close()


def request_of(item: Item, build: Callable[[str], Request]) -> Request:
    """What `item` asks for; of a prompt what `build` makes of it. Raises: InvalidRequestError."""
    asked: object = item.request
    if isinstance(asked, str):
        return build(asked)
    if isinstance(asked, Request):
        return asked
    raise InvalidRequestError(
        f"{asked!r} is neither a prompt nor a request",
        remedy="Give a str, a request such as NanoBanana2(…), or an Item.",
    )
