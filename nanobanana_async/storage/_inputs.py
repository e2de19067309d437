"""Input images on their way up: read from disk or memory, and checked before anything is paid."""

from __future__ import annotations

import base64
import hashlib
import stat
from pathlib import Path

import attrs

from nanobanana_async.errors import BadImageError
from nanobanana_async.storage._disk import disk_words
from nanobanana_async.storage._kinds import PREFIX_BYTES, Extension, MediaType, sniff
from nanobanana_async.storage._threads import run_to_end

_LONGEST_SHOWN = 80
_PREFIX_LETTERS = -(-PREFIX_BYTES // 3) * 4


@attrs.frozen
class InputImage:
    """An input image, ready for upload.

    `sha256` is that of the content, in hex, and its first 32 digits make the `filename`: under one name the vendor
    keeps one file, so each content has a name of its own (PROTOCOL §4).
    """

    content: bytes = attrs.field(repr=lambda content: f"<{len(content)} bytes>")
    media_type: MediaType
    filename: str
    sha256: str


async def read_input(source: str | Path | bytes, *, max_bytes: int) -> InputImage:
    """The image at the path `source` (``~`` is expanded), or made of the bytes `source`; at most `max_bytes` long.

    What it is, is told by its content: a PNG named ``.jpg`` is taken as a PNG.

    Raises:
        BadImageError: it is missing, no file, empty, too long, or no JPEG, PNG or WebP; nothing was charged.
    """
    return await run_to_end(_read, source, max_bytes)


def input_digest(source: str | Path | bytes, *, max_bytes: int) -> str:
    """The SHA-256 of such an image in hex, after the same checks. It blocks: call it from a thread.

    Raises:
        BadImageError: as `read_input` does.
    """
    return _read(source, max_bytes).sha256


def check_data_url(url: str) -> None:
    """Check the image in a ``data:`` URL of base64 by its first bytes, whatever the URL says that it is.

    Raises:
        BadImageError: it is no JPEG, PNG or WebP; nothing was charged.
    """
    begin = url.find(",") + 1
    try:
        head = base64.b64decode(url[begin : begin + _PREFIX_LETTERS])
    except ValueError:
        head = b""  # the request has checked that it is base64: a dialect of the user's may take something else
    if head:
        _usable("the image given as a data: URL", head)


def _read(source: str | Path | bytes, max_bytes: int) -> InputImage:
    if isinstance(source, bytes):
        name, content = "the image given as bytes", source
        _check_size(name, len(content), max_bytes)
    else:
        name = f"the image {_shown(str(source))}"
        content = _read_file(name, source, max_bytes)
    media_type, extension = _usable(name, content[:PREFIX_BYTES])
    digest = hashlib.sha256(content).hexdigest()
    return InputImage(content, media_type, f"{digest[:32]}.{extension}", digest)


def _shown(path: str) -> str:
    """The path, bounded: in the middle least is said of where it leads."""
    half = _LONGEST_SHOWN // 2
    return repr(path if len(path) <= _LONGEST_SHOWN else f"{path[:half]}…{path[-half:]}")


def _usable(name: str, head: bytes) -> tuple[MediaType, Extension]:
    """Media type and extension of the image that begins with `head`. Raises: BadImageError."""
    kind = sniff(head)
    if kind.media_type is None or kind.extension is None:
        raise BadImageError(f"{name} is {kind.label}, not a JPEG, PNG or WebP")
    return kind.media_type, kind.extension


def _read_file(name: str, source: str | Path, max_bytes: int) -> bytes:
    try:
        path = Path(source).expanduser()
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would block, a device never end
            raise BadImageError(f"{name} is not a file but {_other_thing(status.st_mode)}")
        _check_size(name, status.st_size, max_bytes)
        with path.open("rb") as file:
            content = file.read(max_bytes + 1)  # it may have grown
    except FileNotFoundError:
        raise BadImageError(f"{name} does not exist", remedy=CHECK_PATH) from None
    except (OSError, RuntimeError, ValueError) as error:  # no such user for `~name`; a NUL in the path
        words = str(error) if isinstance(error, RuntimeError) else disk_words(error)
        raise BadImageError(f"{name} can't be read: {words}", remedy=CHECK_PATH) from error
    _check_size(name, len(content), max_bytes)
    return content


CHECK_PATH = "Check the path: a relative one is counted from the working directory."


def _other_thing(mode: int) -> str:
    return "a folder" if stat.S_ISDIR(mode) else "a pipe or a device"


def _check_size(name: str, size: int, max_bytes: int) -> None:
    if size == 0:
        raise BadImageError(f"{name} is empty")
    if size > max_bytes:
        message = f"{name} has {size / 1e6:.1f} MB, over the limit of {max_bytes / 1e6:.1f} MB for this model"
        raise BadImageError(message, remedy="Make it smaller: fewer pixels, or save it as a JPEG.")
