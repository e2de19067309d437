"""The content of a picture that came in an answer and can't be saved as one: put somewhere, whatever it is.

It exists nowhere else, and it is paid for: with the command it would be gone. It may be a format that nobody here
reads, or the disk of its folder is full; so it is written as it came, beside where it was to be, or else among the
system's temporary files.
"""

from __future__ import annotations

import base64
import binascii
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from nanobanana_async.storage import target_for
from nanobanana_async.values import Result

_CONTENT = "data:"


def rescued(result: Result, place: str | Path) -> list[Path]:
    """The files into which the contents of `result` were put, one each; fewer where no disk takes them. It blocks."""
    return [file for url in result.urls if url.startswith(_CONTENT) for file in _written(_content(url), place)]


def _content(url: str) -> bytes:
    with suppress(binascii.Error, ValueError):
        return base64.b64decode(url.partition(",")[2])
    return url.encode(errors="replace")


def _written(content: bytes, place: str | Path) -> Iterator[Path]:
    for folder in (_folder_of(place), Path(tempfile.gettempdir())):
        with suppress(OSError):
            yield _in(folder, content)
            return


def _folder_of(place: str | Path) -> Path:
    return target_for(place, stem="image").folder.absolute()


def _in(folder: Path, content: bytes) -> Path:
    """Raises: OSError, and nothing is left."""
    descriptor, name = tempfile.mkstemp(prefix="not-a-picture-", suffix=".bin", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)
