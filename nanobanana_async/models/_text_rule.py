"""The rules for text: as it was given, if UTF-8 can say it."""

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


def filled_text(field: str, value: object, *, remedy: str) -> str:
    """`value` without the blanks round it, if something is left then. `remedy` is for when nothing is.

    Raises:
        FieldError: it is no text that can be sent, or blank.
    """
    text = checked_text(field, value).strip()
    if not text:
        raise FieldError(field, value, f"{field} is empty", remedy)
    return text


def bounded_text(field: str, value: object, *, most: int, remedy: str) -> str:
    """As `filled_text`, of up to `most` characters.

    Raises:
        FieldError: it is no text that can be sent, blank, or longer.
    """
    text = checked_text(field, value).strip()
    limit = f"1 to {most} characters"
    if not text:
        raise FieldError(field, value, f"{field} is empty; it takes {limit}", remedy)
    if len(text) > most:
        message = f"{field} has {len(text)} characters; it takes {limit}"
        raise FieldError(field, value, message, f"Shorten it by {len(text) - most} characters.")
    return text


def checked_prompt(value: object, *, most: int) -> str:
    """A prompt of up to `most` characters, without the blanks round it.

    Raises:
        FieldError: it is none.
    """
    return bounded_text("prompt", value, most=most, remedy="Say what the picture shows.")


def line_or_none(field: str, value: object) -> str | None:
    """`value` without the blanks round it, if it is one line with something in it; None is unset.

    Raises:
        FieldError: it is no such line.
    """
    if value is None:
        return None
    remedy = f"Give {field} as one line of text, or leave it out."
    line = filled_text(field, value, remedy=remedy)
    if not line.isprintable():
        raise FieldError(field, value, f"{field}={shown(value)} is more than one line of plain text", remedy)
    return line
