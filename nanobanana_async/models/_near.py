"""The nearest known word to a mistyped one, for "did you mean"."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_RATIO = re.compile(r"\s*(\d{1,2})\s*[x×X*/_.,;：-]\s*(\d{1,2})\s*", re.ASCII)


def nearest(word: object, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The word of `known` that `word` was probably meant to be, or None.

    Case, and blanks or dashes for underscores, count for nothing. `cutoff` is difflib's, from 0 (anything) to 1.
    """
    text = str(word)[:100].strip().lower()
    plain = {_plain(candidate): candidate for candidate in known}
    found = difflib.get_close_matches(_plain(text), plain, n=1, cutoff=cutoff)
    return plain[found[0]] if found else None


def nearest_ratio(word: object, known: Iterable[str]) -> str | None:
    """As `nearest`, and ``16x9``, ``16/9`` or ``16-9`` are read as ``16:9``."""
    known = tuple(known)
    ratio = _RATIO.fullmatch(str(word)[:100])
    if ratio:
        meant = f"{int(ratio[1])}:{int(ratio[2])}"
        return meant if meant in known else None
    return nearest(word, known)


def did_you_mean(word: str | None) -> str:
    """The question in brackets, with a blank before it, or nothing."""
    return "" if word is None else f" (did you mean {word!r}?)"


def _plain(word: str) -> str:
    return re.sub(r"[\s-]+", "_", word.lower())
