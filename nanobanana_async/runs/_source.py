"""A batch file as text: found, told by its ending, and decoded, with the byte named where that can't be done."""

from __future__ import annotations

import codecs
import sys
from pathlib import Path
from typing import TextIO

import attrs

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.runs._problems import UnreadableFileError, whole_line

STDIN = "-"
ENDINGS = (".jsonl", ".csv", ".tsv", ".txt")
_ACCEPTED = (
    "Give a .jsonl (one object a line), .csv or .tsv (a header and one row each) or .txt file (one prompt a line), "
    'or "-" for JSONL on standard input.'
)
_SAVE_AS_UTF8 = 'Save the file as UTF-8; in a spreadsheet, as "CSV UTF-8".'
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@attrs.frozen
class SourceText:
    """The text of a batch file, with its lines ended by ``\\n``.

    `name` is how the user called it, `folder` where its relative paths are counted from, `ending` its kind.
    """

    name: str
    folder: Path
    ending: str
    text: str = attrs.field(repr=False)


def name_of(source: str | Path | TextIO) -> str:
    """How a source is called in messages."""
    if isinstance(source, str | Path):
        return "<stdin>" if source == STDIN else str(source)
    name = getattr(source, "name", None)
    return name if isinstance(name, str) else "<stream>"


def read_source(source: str | Path | TextIO) -> SourceText:
    """The text of `source`: a path, ``"-"`` for standard input, or a stream that is open for reading. It blocks.

    Raises:
        ConfigurationError: there is no such file, it can't be read, or its ending says nothing.
        UnreadableFileError: it can't be decoded.
    """
    if isinstance(source, str | Path) and source != STDIN:
        path = _checked_path(source)
        return SourceText(str(source), path.parent, path.suffix.lower(), _decoded(_content(path)))
    # The bytes of standard input, where they can be had: its locale says nothing of what is piped in.
    stream = getattr(sys.stdin, "buffer", sys.stdin) if isinstance(source, str | Path) else source
    return SourceText(name_of(source), Path(), ".jsonl", _streamed(stream))


def _checked_path(source: str | Path) -> Path:
    try:
        path = Path(source).expanduser()
        found = path.is_file()
    except (OSError, RuntimeError, ValueError) as error:  # no such user for `~name`; a NUL in the path
        raise ConfigurationError(f"{str(source)!r} can't be read: {error}", remedy=_ACCEPTED) from error
    if path.is_dir():
        raise ConfigurationError(f"{str(source)!r} is a folder, not a batch file", remedy=_ACCEPTED)
    if path.suffix.lower() not in ENDINGS:
        kind = f"ends in {path.suffix!r}" if path.suffix else "has no ending"
        raise ConfigurationError(f"{str(source)!r} {kind}, which tells no kind of batch file", remedy=_ACCEPTED)
    if not found:
        raise ConfigurationError(f"there is no file {str(source)!r}", remedy=_ACCEPTED)
    return path


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        remedy = "Get the right to read it, or copy it to where you have it."
        raise ConfigurationError(f"{str(path)!r} can't be read: {error.strerror}", remedy=remedy) from error


def _streamed(stream: TextIO) -> str:
    try:
        content: str | bytes = stream.read()
    except UnicodeDecodeError as error:
        raise UnreadableFileError(0, whole_line(f"it can't be decoded: {error}", _SAVE_AS_UTF8)) from None
    return _decoded(content) if isinstance(content, bytes) else _plain(content)


def _decoded(content: bytes) -> str:
    encoding = "utf-16" if content.startswith(_WIDE_MARKS) else "utf-8"
    try:
        return _plain(content.decode(encoding))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = f"byte 0x{content[error.start]:02x} at offset {error.start}"
        message = f"{byte} is not {encoding.upper()}: {error.reason}"
        raise UnreadableFileError(line, whole_line(message, _SAVE_AS_UTF8)) from None


def _plain(text: str) -> str:
    """Without a byte-order mark, and with one kind of line end: a checkout on Windows must not change a key."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
