"""The rules for input images: public URLs, paths and bytes; no other schemes (PROTOCOL §1.5), but for ``data:`` URLs
and base64 where the dialect takes them (PROTOCOL §3).

Nothing is opened or read here: whether a file is there, and is an image, is found out when it is read. So an open file
is refused, as is the tuple of name and content that OpenAI's packages take: a request is a value, which can be compared
and sent again, and a file at some place in it is none. It is never iterated over: its lines are no images.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from nanobanana_async.models._bare_base64 import as_data_url
from nanobanana_async.models._data_url import data_url_content, is_data_url
from nanobanana_async.models._problems import FieldError, shown
from nanobanana_async.models._text_rule import is_utf8
from nanobanana_async.models._words import Images
from nanobanana_async.values import ImageSource

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
_PATH_OF_URL = re.compile(r"https?:[/\\]", re.IGNORECASE)
_MEDIA_TYPE = re.compile(r"(image|application)/[a-z0-9.+-]+", re.IGNORECASE)
_LONGEST_PATH = 4096  # what Linux takes; longer text is no path anywhere, and no message should carry it


def is_url(source: ImageSource) -> bool:
    """True for an image that the vendor fetches itself; False for one that has to be read and uploaded first."""
    return isinstance(source, str) and source.lower().startswith(("http://", "https://"))


def as_images(value: Images | None) -> tuple[ImageSource, ...]:
    """One image, several or none, as a tuple. Whether they are images at all is for `checked_images` to say."""
    given: Any = value
    if given is None:
        return ()
    return tuple(given) if isinstance(given, Iterable) and not _is_one(given) else (given,)


def _is_one(given: Any) -> bool:
    """Whether `given` is one image, or should be, though it can be iterated over: into letters, lines or names."""
    return isinstance(given, str | bytes | bytearray | memoryview | Path | Mapping) or _is_file(given)


def _is_file(given: Any) -> bool:
    """Whether it is an open file, an upload, or a file as OpenAI's packages take it: its name, content and type."""
    if isinstance(given, tuple):
        return len(given) > 2 and isinstance(given[2], str) and _MEDIA_TYPE.fullmatch(given[2].strip()) is not None
    return hasattr(given, "read")


def shown_images(images: tuple[ImageSource, ...]) -> str:
    """The images in a repr: content by its size only."""
    return f"({', '.join(shown(image) for image in images)}{',' if len(images) == 1 else ''})"


def checked_images(
    bounds: tuple[int, int], images: tuple[object, ...], *, data_url_bytes: int | None = None
) -> tuple[ImageSource, ...]:
    """The images, if their number is within `bounds` and each can be one.

    `data_url_bytes` is the most content that a ``data:`` URL may have, None where the dialect takes none.

    Raises:
        FieldError: of the first that can't.
    """
    least, most = bounds
    if not least <= len(images) <= most:
        message = f"images has {len(images)} of them; it takes {least} to {most}"
        remedy = "Give at least one image." if len(images) < least else f"Leave out {len(images) - most} of them."
        raise FieldError("images", images, message, remedy)
    return tuple(_image(f"images[{number}]", image, data_url_bytes) for number, image in enumerate(images))


def _image(field: str, image: object, data_url_bytes: int | None) -> ImageSource:
    match image:
        case str():
            return _text(field, image, data_url_bytes)
        case Path():
            return _path(field, image)
        case bytes() | bytearray() | memoryview():
            return _content(field, bytes(image))
        case _ if hasattr(image, "read"):
            message = f"{field}={_named(image)} is an open file, which can be read only once"
            raise FieldError("images", image, message, "Give its bytes, as its .read() gives them, or its path.")
        case tuple() if len(image) > 1:
            message = f"{field}={shown(image)} is a file as OpenAI's packages take it, and no image"
            raise FieldError("images", image, message, "Give the content alone, as bytes, or the path of the file.")
        case _:
            message = f"{field}={shown(image)} is no image"
            raise FieldError("images", image, message, "Give a URL or a path as a str, a Path, or the file's bytes.")


def _text(field: str, text: str, data_url_bytes: int | None) -> str:
    source = text.strip()
    if not source:
        raise FieldError("images", text, f"{field} is empty", "Give a URL or a path, or leave it out.")
    url = source if is_data_url(source) else as_data_url(source)
    if url is not None:
        return _data_url(field, url, data_url_bytes, is_bare=url is not source)
    _encodable(field, source)
    if is_url(source):
        return _url(field, source)
    if scheme := _SCHEME.match(source):
        named = shown(scheme[1])
        message = f"{field}={shown(text)} is a URL of the scheme {named}; only http and https can be fetched"
        raise FieldError(
            "images", text, message, "Give the path of a local file, or its bytes, or a public http(s) URL."
        )
    return _short(field, source)


def _data_url(field: str, url: str, most: int | None, *, is_bare: bool) -> str:
    what = "a picture in base64" if is_bare else "a data: URL"
    if most is None:
        message = f"{field} is {what}, which the gateway does not take"
        raise FieldError("images", url, message, "Decode it and give the bytes: they are uploaded for you.")
    try:
        size = len(data_url_content(url))
    except ValueError as error:
        form = "Give it whole" if is_bare else "Give it whole, as data:image/png;base64,… without line breaks"
        message = f"{field}, {what}, {error}"
        raise FieldError("images", url, message, f"{form}; or give the bytes of the file.") from None
    if size > most:
        message = f"{field} has {size / 1e6:.1f} MB, over the limit of {most / 1e6:.1f} MB"
        raise FieldError("images", url, message, "Make it smaller: fewer pixels, or save it as a JPEG.")
    return url


def _url(field: str, url: str) -> str:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    if host is None or not url.isprintable() or " " in url:
        message = f"{field}={shown(url)} is not a complete URL"
        raise FieldError("images", url, message, "Give the whole URL, with blanks written as %20.")
    return url


def _path(field: str, path: Path) -> Path:
    if _PATH_OF_URL.match(str(path)):
        message = f"{field}={shown(path)} is a URL in a Path, which loses one of its slashes"
        raise FieldError("images", path, message, "Give a URL as a str.")
    _encodable(field, str(path))
    _short(field, str(path))
    return path


def _content(field: str, content: bytes) -> bytes:
    if not content:
        raise FieldError("images", content, f"{field} is empty: 0 bytes", "Give the bytes of the whole file.")
    return content


def _short(field: str, path: str) -> str:
    if len(path) > _LONGEST_PATH:
        message = f"{field}={shown(path)} has {len(path)} characters, and is no path"
        raise FieldError("images", path, message, "Give a path, a URL, or the bytes of the file.")
    return path


def _named(file: Any) -> str:
    """An open file by its name, where it has one."""
    name = getattr(file, "name", None) or getattr(file, "filename", None)
    kind = type(file).__name__
    return f"<{kind} {shown(name)}>" if isinstance(name, str | Path) else f"<{kind}>"


def _encodable(field: str, text: str) -> None:
    if not is_utf8(text):
        message = f"{field}={shown(text)} can't be written as UTF-8"
        raise FieldError("images", text, message, "Rename the file, or give its bytes.")
