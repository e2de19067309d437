"""Keys and base URLs, checked before they are used: what is wrong is named, and a key is never shown."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import attrs

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.settings import refused


def a_key(variable: str) -> Any:
    """The field of a gateway that holds its key, which may come from the environment variable of that name."""

    def check(_: object, __: object, value: Any) -> None:
        # Whatever it is, it is not shown: it may hold the key.
        if value is not None and not isinstance(value, str):
            raise ConfigurationError(
                f"api_key is a {type(value).__name__}, and no text", remedy=f"Give the key as a str, or set {variable}."
            )

    return attrs.field(default=None, validator=check, repr=lambda key: "None" if key is None else "'***'")


def url_or_none(_: object, attribute: attrs.Attribute[str | None], value: str | None) -> None:
    """ConfigurationError for what is no base URL, None apart."""
    if value is not None:
        checked_url(value, attribute.name)


def checked_key(key: str | None, *, variable: str, remedy: str) -> str:
    """The key without white space round it; ConfigurationError, which never shows it, where it can't be one."""
    key = (key or "").strip()
    if not key:
        raise ConfigurationError(f"no API key: set the environment variable {variable}", remedy=remedy)
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError(
            "the API key has a character that no key has (a space, a line break or a letter outside ASCII)",
            remedy="Copy the key again, whole and alone.",
        )
    return key


def checked_url(url: str, name: str) -> str:
    """`url`, when it can be a base URL; ConfigurationError naming the setting and the value otherwise."""
    if not isinstance(url, str):
        raise refused(name, url, "a base URL such as 'https://api.example.com'")
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fine = False
    has_blanks = any(char.isspace() or not char.isprintable() for char in url)
    if not fine or has_blanks or parts.query or parts.fragment:
        raise ConfigurationError(
            f"{name}={url!r} is not a base URL",
            remedy="Write it like https://api.example.com, without a query, and without blanks.",
        )
    if parts.username or parts.password:
        raise ConfigurationError(f"{name} carries a user name or password", remedy="Give the key as api_key instead.")
    return url
