"""The reference images of an OpenAI-style request: addresses, data URLs, base64 or files (PROTOCOL §3).

What is no address is a picture right here, and has to be one that can be opened. Nothing is fetched.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable

from attrs import frozen

from nanobanana_async.emulator._calls import FormPart, RefusedError
from nanobanana_async.emulator._files import PICTURES, sniffed_type
from nanobanana_async.emulator._orders._order import reference
from nanobanana_async.emulator._pictures import opened

FIELD = "image"
MAX_BYTES = 30 * 1024 * 1024
_DATA_URL = re.compile(r"data:[^,]*;base64,", re.IGNORECASE)


@frozen
class References:
    """What an order calls its input images, and the contents that came with it."""

    names: tuple[str, ...]
    contents: tuple[bytes, ...]


def read_references(said: Iterable[str | FormPart]) -> References:
    """The input images, in their order.

    Raises:
        RefusedError: 400, one of them is neither an address nor a picture.
    """
    names: list[str] = []
    contents: list[bytes] = []
    for number, image in enumerate(said, start=1):
        if isinstance(image, str) and image.lower().startswith(("http://", "https://")):
            names.append(image)
            continue
        content = _picture(_decoded(image, number) if isinstance(image, str) else image.content, number)
        names.append(reference(content))
        contents.append(content)
    return References(tuple(names), tuple(contents))


def _decoded(text: str, number: int) -> bytes:
    data = text
    if text[:5].lower() == "data:":
        head = _DATA_URL.match(text)
        if head is None:
            raise _wrong(number, "is a data URL without base64")
        data = text[head.end() :]
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise _wrong(number, "is neither a URL nor base64") from None


def _picture(content: bytes, number: int) -> bytes:
    if sniffed_type(content) not in PICTURES or opened(content) is None:
        raise _wrong(number, "is no PNG, JPEG or WebP that could be opened")
    if len(content) > MAX_BYTES:
        raise _wrong(number, f"has {len(content)} of at most {MAX_BYTES} bytes")
    return content


def _wrong(number: int, what: str) -> RefusedError:
    return RefusedError(400, f"Invalid image: number {number} {what}.", param=FIELD, word="invalid_image")
