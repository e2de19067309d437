"""The rule for text: as it was given, if UTF-8 can say it."""

from __future__ import annotations

from nanobanana_async.models._problems import FieldError, shown


def is_utf8(text: str) -> bool:
    """True unless `text` has a lone surrogate: half of a pair, which no UTF-8 can say."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def checked_text(field: str, value: object) -> str:
    """`value` if it is text that can be sent.

    Raises:
        FieldError: it is no text, or has a lone surrogate.
    """
    if not isinstance(value, str):
        raise FieldError(field, value, f"{field} must be text, not {shown(value)}", f"Give {field} as a str.")
    if not is_utf8(value):
        message = f"{field}={shown(value)} has a lone surrogate, which can't be written as UTF-8"
        raise FieldError(field, value, message, "Decode the text with the encoding that it was written in.")
    return value
