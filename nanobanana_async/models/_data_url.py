"""``data:`` URLs of images: what is in them, and what is wrong with one that can't be sent."""

from __future__ import annotations

import base64
import re

from nanobanana_async.values import ImageSource

_SCHEME = "data:"
_IMAGE = re.compile(r"image/[a-z0-9.+-]+", re.IGNORECASE)
_PARAMETERS = re.compile(r"(;[a-z0-9.+-]+=[a-z0-9.+-]+)*;base64", re.IGNORECASE)
_NO_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")
_SHOWN = 40


def is_data_url(source: ImageSource) -> bool:
    """True for an image whose content stands in the text itself: it is no path, and nobody has to fetch it."""
    return isinstance(source, str) and source[: len(_SCHEME)].lower() == _SCHEME


def data_url_content(source: str) -> bytes:
    """The content of the image in a ``data:`` URL. It takes some milliseconds a megabyte.

    Raises:
        ValueError: it is no such URL; the message says what is wrong and doesn't show the content.
    """
    head, comma, body = source.partition(",")
    if not comma or not is_data_url(head):
        raise ValueError("has no comma between its type and its content")
    media_type, _, _ = head[len(_SCHEME) :].partition(";")
    if not _IMAGE.fullmatch(media_type):
        raise ValueError(f"is of the type {media_type[:_SHOWN]!r}, which is no image")
    if not _PARAMETERS.fullmatch(head, len(_SCHEME) + len(media_type)):
        raise ValueError("does not say ';base64' right before its comma")
    return _decoded(body)


def data_url_length(source: str) -> int:
    """The bytes of content in a ``data:`` URL, counted and not decoded; about as many where it is no base64."""
    letters = len(source) - source.find(",") - 1
    return max(letters * 3 // 4 - source[-2:].count("="), 0)


def _decoded(body: str) -> bytes:
    try:
        content = base64.b64decode(body, validate=True)
    except ValueError:  # its own words are of no help, and it holds the content
        raise ValueError(_flaw(body)) from None
    if not content:
        raise ValueError("is empty: 0 bytes")
    return content


def _flaw(body: str) -> str:
    """What is wrong with `body`, which is no base64."""
    if wrong := _NO_BASE64.search(body):
        return f"has {wrong[0]!r} in its base64, as letter {wrong.start() + 1}"
    return f"is cut short, or has a wrong end: {len(body)} letters of base64 with {body.count('=')} '='"
