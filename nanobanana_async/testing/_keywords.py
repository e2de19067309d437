"""What is said to somebody who gives a keyword that nothing takes: the nearest one, and all there are."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def not_taken(who: str, word: str, known: Iterable[str]) -> str:
    """`who takes no 'wrod'; did you mean 'word'? It takes word, other.`"""
    names = list(known)
    near = get_close_matches(word.lower(), names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    return f"{who} takes no {word!r}{hint} It takes {', '.join(names)}."
