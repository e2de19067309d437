"""The nearest known word to a mistyped one, said as a question; the words themselves belong to whoever asks."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def plain(word: str) -> str:
    """The word as the catalogues spell theirs: in small letters, with hyphens."""
    return word.strip().lower().replace("_", "-")


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """`; did you mean 'x'?`, or nothing where no word of `known` is near. Case and underscores count for nothing."""
    spelt = {plain(each): each for each in known}
    near = get_close_matches(plain(str(word)[:100]), spelt, n=1)
    return f"; did you mean {spelt[near[0]]!r}?" if near else ""
