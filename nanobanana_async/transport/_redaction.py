"""The key, taken out of whatever is said: messages, exceptions underneath them, and answers that echo it."""

from __future__ import annotations

from collections.abc import Iterator

from nanobanana_async.dialects import SHORTEST_SECRET

MASK = "***"


def redact(text: str, key: str | None) -> str:
    """`text` without the key."""
    if not key or key not in text:
        return text
    return text.replace(_secret(key), MASK)


def redact_bytes(body: bytes, key: str | None) -> bytes:
    """`body` without the key; the same object when the key isn't in it."""
    if not key:
        return body
    secret = _secret(key).encode()
    return body.replace(secret, MASK.encode()) if secret in body else body


def redact_exceptions(error: BaseException, key: str | None) -> None:
    """Take the key out of `error` and of everything it was raised from, so that a printed traceback lacks it too."""
    for link in chain_of(error):
        if key and any(isinstance(arg, str) and key in arg for arg in link.args):
            link.args = tuple(redact(arg, key) if isinstance(arg, str) else arg for arg in link.args)


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """`error`, its causes and contexts, and the members of groups among them, each once."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        link = waiting.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        members = link.exceptions if isinstance(link, BaseExceptionGroup) else ()
        waiting += [link.__context__, link.__cause__, *members]


def _secret(key: str) -> str:
    return key if len(key) >= SHORTEST_SECRET else f"Bearer {key}"
