"""Answers that are no JSON as they stand: what can be read of them all the same (PROTOCOL §3).

What a create was answered with is paid for. So where the plain reading has failed, and only then, this one takes what
that one refuses: bytes that are no UTF-8, control characters in texts, numbers of any length, whatever stands behind
the end, and the lines of an event stream in the place of, or before, the one answer. It says nothing of refusals: to
read one out of what is broken would be to take a picture for none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice

from nanobanana_async.dialects._lenient import is_of_too_many_parts
from nanobanana_async.values import JSON

_BLANKS = re.compile(r"\s*")
_EVENT = "data:"
_MOST_EVENTS = 500  # of a stream, that are looked at from its end: the picture is the last that matters
_MOST_COMMENTS = 10_000
_MOST_DIGITS = 30


def readings(body: bytes) -> Iterator[dict[str, JSON]]:
    """What `body` may say, the likeliest first: its one value, or the events of a stream, the last one first."""
    if is_of_too_many_parts(body):
        return
    text = body.decode("utf-8-sig", errors="replace")
    start = _start(text)
    told = [text[start:]] if text.startswith(("{", "["), start) else islice(_events(text, start), _MOST_EVENTS)
    for one in told:
        value = _value(one)
        if isinstance(value, list):
            yield {"images": value}
        elif isinstance(value, dict) and not _is_a_sketch(value):
            yield value


def _start(text: str) -> int:
    """Where it begins, behind blanks and the comments by which a stream is kept alive."""
    at = _end_of_blanks(text, 0)
    for _ in range(_MOST_COMMENTS):
        if not text.startswith(":", at):
            break
        at = _end_of_blanks(text, text.find("\n", at) + 1 or len(text))
    return at


def _events(text: str, start: int) -> Iterator[str]:
    """What the events of a stream hold, the last one first: a line each. What is not closed there goes no further."""
    end = len(text)
    while (at := text.rfind(f"\n{_EVENT}", start, end)) >= 0:
        yield text[at + 1 + len(_EVENT) : end].lstrip()
        end = at
    if text.startswith(_EVENT, start):
        yield text[start + len(_EVENT) : end].lstrip()


def _is_a_sketch(event: dict[str, JSON]) -> bool:
    """Whether it is of a picture that is still being made: streams in OpenAI's form send such first."""
    kind = event.get("type")
    return isinstance(kind, str) and kind.endswith("partial_image")


def _end_of_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    assert found is not None
    return found.end()


def _whole(digits: str) -> JSON:
    return int(digits) if len(digits) <= _MOST_DIGITS else f"(a number of {len(digits)} digits)"


_DECODER = json.JSONDecoder(strict=False, parse_int=_whole)


def _value(text: str) -> JSON:
    """The value that `text` begins with, whatever follows it; None where it begins with none."""
    try:
        return _DECODER.raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None
