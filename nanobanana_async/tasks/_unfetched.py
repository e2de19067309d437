"""Pictures that need no fetching: their content stands in their URL, or in a file that a journal keeps.

Three kinds of URL are nobody's on the network: ``data:`` has the content in it, ``file:`` names the journal's file, and
``sha256:`` says that the file which the journal kept is no longer there. A gateway can name none but the first.

A file of a journal's is named by the digest of its content. One whose content is another by now is gone: what was paid
for is not in it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import anyio.to_thread
import attrs

from nanobanana_async.errors import StorageError
from nanobanana_async.storage import unusable

CONTENT, FILE, GONE = "data:", "file:", "sha256:"
BLOCK = 1024 * 1024
"""Bytes that are read at a time."""

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}


@attrs.frozen
class Picture:
    """The content of a picture that came in an answer."""

    content: bytes
    suffix: str

    @property
    def sha256(self) -> str:
        """Its digest, in hex."""
        return hashlib.sha256(self.content).hexdigest()


def is_content(url: str) -> bool:
    """Whether the picture itself stands in `url`."""
    return url[: len(CONTENT)].lower() == CONTENT


def is_file(url: str) -> bool:
    """Whether the picture is in a file of a journal's."""
    return url.startswith(FILE)


def needs_no_fetching(url: str) -> bool:
    """Whether the picture of `url` is here, or nowhere."""
    return is_content(url) or url.startswith((FILE, GONE))


def content_of(url: str) -> Picture:
    """The picture in a ``data:`` URL. It blocks for some milliseconds a megabyte. Raises: StorageError."""
    head, _, body = url[len(CONTENT) :].partition(",")
    media_type, *parameters = head.split(";")
    try:
        content = base64.b64decode(body) if "base64" in parameters else unquote_to_bytes(body)
    except (binascii.Error, ValueError) as error:
        raise unusable(f"the picture in the answer is no base64: {error}") from error
    return Picture(content, _SUFFIXES.get(media_type.strip().lower(), ""))


def file_of(url: str) -> Path:
    """The path that a ``file:`` URL names."""
    from urllib.request import url2pathname  # noqa: PLC0415  it loads http.client, and most never have such a URL

    return Path(url2pathname(urlsplit(url).path))


def digest_in(url: str) -> str | None:
    """The SHA-256 that a ``file:`` URL says its content has; None where it is not named by one."""
    stem = file_of(url).stem
    return stem if _DIGEST.fullmatch(stem) else None


async def chunks_of(url: str) -> AsyncIterator[bytes]:
    """The content of such a picture, in blocks.

    Raises:
        StorageError: it can't be read.
        FileNotFoundError: it is not there; or, once all of it was given, its content is another than it should be.
    """
    if is_content(url):
        yield (await anyio.to_thread.run_sync(content_of, url)).content
        return
    if url.startswith(GONE):
        raise FileNotFoundError(url)
    should, said = digest_in(url), hashlib.sha256()
    try:
        async with await anyio.open_file(file_of(url), "rb") as file:
            while block := await file.read(BLOCK):
                said.update(block)
                yield block
    except FileNotFoundError:
        raise
    except OSError as error:
        remedy = "See that it can be read, then save the picture again: it stays paid for."
        raise StorageError(f"can't read {file_of(url)}: {error.strerror}", charged="yes", remedy=remedy) from error
    if should not in (None, said.hexdigest()):
        raise FileNotFoundError(url)
