"""`emulator --images`: how its OpenAI-style API answers, since no two resellers do it alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import typer

_WORDS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "item": ("images_item", ("asked", "both")),
    "b64": ("images_b64", ("plain", "prefixed")),
    "url": ("images_url", ("link", "data")),
    "task": ("images_task", ("top", "data")),
    "errors": ("images_errors", ("object", "text", "message", "msg")),
    "models": ("images_models", ("known", "any")),
}
"""By our word: the emulator's own name for it, and what it may be, the default first."""
_CUT: Final = "cut-after"

HELP: Final = "How its OpenAI-style API answers: {}, {}=SECONDS; several with a comma between them.".format(
    ", ".join(f"{word}={'|'.join(values)}" for word, (_, values) in _WORDS.items()), _CUT
)


def parse_images(text: str | Mapping[str, Any]) -> Mapping[str, Any]:
    """``b64=prefixed,errors=text`` as options of the emulator. Raises typer.BadParameter for anything else."""
    if not isinstance(text, str):  # typer hands defaults through the parser too
        return text
    options: dict[str, Any] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        word, _, value = (piece.strip() for piece in part.partition("="))
        if word == _CUT:
            options["cut_after"] = _seconds(value)
            continue
        if word not in _WORDS:
            raise typer.BadParameter(f"{word!r} is none of {', '.join([*_WORDS, _CUT])}.")
        name, values = _WORDS[word]
        if value not in values:
            raise typer.BadParameter(f"{word}={value!r} is none of {', '.join(values)}.")
        options[name] = value
    return options


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise typer.BadParameter(f"{_CUT}={value!r} is no number of seconds above 0.")
    return seconds
