"""Keys and base URLs, checked before they are used: what is wrong is named, and a key is never shown.

The two are easily swapped, in a call as in an environment. So what stands in the place of a URL and is none may be a
key: it is shown only where it looks like a URL.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import attrs

from nanobanana_async.errors import ConfigurationError

LONGEST_SHOWN = 80
"""Characters of a URL in a message."""

_WRITTEN_LIKE = "Write it like https://api.example.com, without a query, and without blanks."


def a_key(variable: str, *, places: str) -> Any:
    """The field of a gateway that holds its key, which may come from the environment variable of that name.

    `places` is the sentence on where the URL goes and where the key, for who has swapped them.
    """

    def check(_: object, __: object, value: Any) -> None:
        # Whatever it is, it is not shown: it may hold the key.
        if value is not None and not isinstance(value, str):
            raise ConfigurationError(
                f"api_key is a {type(value).__name__}, and no text", remedy=f"Give the key as a str, or set {variable}."
            )
        if value is not None:
            _refuse_url(value, "api_key", places)

    return attrs.field(default=None, validator=check, repr=lambda key: "None" if key is None else "'***'")


def a_url(*, places: str) -> Any:
    """The field of a gateway that holds a base URL, by its name alone; `places` as in `a_key`."""

    def check(_: object, attribute: attrs.Attribute[str | None], value: str | None) -> None:
        if value is not None:
            checked_url(value, attribute.name, places=places)

    return attrs.field(default=None, kw_only=True, validator=check)


def checked_key(key: str | None, *, variable: str, remedy: str, places: str) -> str:
    """The key without white space round it; ConfigurationError, which never shows it, where it can't be one."""
    key = (key or "").strip()
    if not key:
        raise ConfigurationError(f"no API key: set the environment variable {variable}", remedy=remedy)
    _refuse_url(key, variable, places)
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError(
            "the API key has a character that no key has (a space, a line break or a letter outside ASCII)",
            remedy="Copy the key again, whole and alone.",
        )
    return key


def checked_url(url: str, name: str, *, places: str) -> str:
    """`url`, when it can be a base URL; ConfigurationError naming the setting, and the value where it is no key."""
    if not isinstance(url, str):
        raise ConfigurationError(f"{name} is a {type(url).__name__}, and no text", remedy=_WRITTEN_LIKE)
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fine = False
    has_blanks = any(char.isspace() or not char.isprintable() for char in url)
    if not fine or has_blanks or parts.query or parts.fragment:
        raise _no_base_url(url, name, places)
    if parts.username or parts.password:
        raise ConfigurationError(f"{name} carries a user name or password", remedy="Give the key as api_key instead.")
    return url


def shown_url(url: str) -> str:
    """`url` as it may stand in a message: bounded, and without its query, in which some put a key."""
    text = re.split(r"[?#]", url, maxsplit=1)[0][:LONGEST_SHOWN]
    return repr(text if text == url else f"{text}…")


def _no_base_url(url: str, name: str, places: str) -> ConfigurationError:
    if "://" not in url:
        message = f"{name} is no URL (not shown: it may be a key)"
        return ConfigurationError(message, remedy=f"{_WRITTEN_LIKE} {places}")
    shown = f"{name} (not shown: it may hold a password)" if "@" in url else f"{name}={shown_url(url)}"
    return ConfigurationError(f"{shown} is not a base URL", remedy=_WRITTEN_LIKE)


def _refuse_url(key: str, name: str, places: str) -> None:
    """ConfigurationError where a URL stands in the place of the key."""
    if key.strip().lower().startswith(("http://", "https://")):
        raise ConfigurationError(f"{name} is a URL, and no key", remedy=places)
