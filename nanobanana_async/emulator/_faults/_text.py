"""The text form of a fault: `NAME[,KEY=VALUE…]`, one line, the same for command line, page and code.

A value with a comma, a quote or space at its ends stands in double quotes, and a quote inside them is written twice.
There is no backslash: a value may be a regular expression. What the words mean is not known here.
"""

from __future__ import annotations

from nanobanana_async.emulator._faults._names import FaultError

_QUOTE = '"'


def split(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The name, and the settings in order. Raises FaultError for what is not of the form."""
    name, *settings = _pieces(text)
    return name, [_setting(piece) for piece in settings]


def joined(name: str, settings: list[tuple[str, str]]) -> str:
    """The text form; the reverse of `split`."""
    return ",".join([name, *(f"{key}={_quoted(value)}" for key, value in settings)])


def _pieces(text: str) -> list[str]:
    """Cut at the commas that stand outside of quotes."""
    pieces, is_inside = [""], False
    for sign in text:
        if sign == _QUOTE:
            is_inside = not is_inside
        if sign == "," and not is_inside:
            pieces.append("")
        else:
            pieces[-1] += sign
    if is_inside:
        raise FaultError(f"{text!r}: a double quote is not closed; write a quote inside quotes twice")
    return [piece.strip() for piece in pieces]


def _setting(piece: str) -> tuple[str, str]:
    key, equals, value = piece.partition("=")
    if not equals:
        raise FaultError(f'{piece!r} is no KEY=VALUE; put a value that has a comma in it in double quotes: KEY="a,b"')
    return key.strip(), _unquoted(value.strip())


def _unquoted(value: str) -> str:
    if _QUOTE not in value:
        return value
    inside = value[1:-1]
    if len(value) < 2 or not (value[0] == value[-1] == _QUOTE) or _QUOTE in inside.replace(_QUOTE * 2, ""):
        raise FaultError(f"{value!r}: a quoted value stands wholly in double quotes; write a quote inside them twice")
    return inside.replace(_QUOTE * 2, _QUOTE)


def _quoted(value: str) -> str:
    if value and value == value.strip() and not {",", _QUOTE} & set(value):
        return value
    return f"{_QUOTE}{value.replace(_QUOTE, _QUOTE * 2)}{_QUOTE}"
