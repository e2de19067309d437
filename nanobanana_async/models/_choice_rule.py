"""The rule for a field that takes one of a few words."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nanobanana_async.models._near import did_you_mean, nearest, nearest_ratio
from nanobanana_async.models._problems import FieldError, shown


def checked_choice(
    field: str,
    value: object,
    allowed: tuple[str, ...],
    fold: Callable[[str], str] = str.lower,
    *,
    near: Callable[[object, Iterable[str]], str | None] = nearest,
) -> str | None:
    """The word of `allowed` that `value` is once it is folded; None is unset.

    Raises:
        FieldError: it is none of them; the word that `near` finds is asked back.
    """
    if value is None:
        return None
    word = fold(value.strip()) if isinstance(value, str) else None
    if word in allowed:
        return word
    listed = ", ".join(allowed)
    meant = near(value, allowed)
    message = f"{field}={shown(value)} is not one of {listed}{did_you_mean(meant)}"
    raise FieldError(
        field, value, message, f"Write {meant!r}." if meant else f"Choose one of those, or leave {field} out."
    )


def checked_ratio(value: object, allowed: tuple[str, ...]) -> str | None:
    """The ratio of `allowed` that `value` is; None is unset.

    Raises:
        FieldError: it is none of them.
    """
    return checked_choice("aspect_ratio", value, allowed, near=nearest_ratio)


def checked_resolution(value: object, allowed: tuple[str, ...]) -> str | None:
    """The resolution of `allowed` that `value` is; None is unset.

    Raises:
        FieldError: it is none of them.
    """
    return checked_choice("resolution", value, allowed, str.upper)
