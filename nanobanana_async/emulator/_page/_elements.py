"""HTML out of values: whatever is not `Html` already is escaped, so that nothing a client sent is ever obeyed."""

from __future__ import annotations

from html import escape

_VOID = frozenset(("br", "img", "input", "link", "meta"))
_CONTROL = {code: "\N{REPLACEMENT CHARACTER}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


class Html(str):
    """Text that is HTML."""

    __slots__ = ()


def safe(value: object) -> Html:
    """The value as HTML; control characters, which HTML has no form for, are replaced."""
    return value if isinstance(value, Html) else Html(escape(str(value).translate(_CONTROL), quote=True))


def tag(name: str, /, *children: object, **attributes: object) -> Html:
    """One element. A trailing underscore of an attribute's name is dropped, others become hyphens.

    An attribute that is True has no value; None and False leave it out.
    """
    said = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{said}>")
    return Html(f"<{name}{said}>{''.join(map(safe, children))}</{name}>")


def _attribute(key: str, value: object) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{safe(value)}"'


def shortened(text: str, most: int) -> str:
    """On one line, and at most so many characters long."""
    line = " ".join(text[: 4 * most].split())
    return line if len(line) <= most and len(text) <= 4 * most else f"{line[: most - 1]}\u2026"
