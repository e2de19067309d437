"""Pictures that came in the answers to creates, in files beside a journal, named by the digest of their content.

Answers that nobody could read stand there as well, as they came: what was paid for may be in them. Nothing else leads
to them, so each is on the disk itself before the journal says that it is there. Equal content is one file. They are
removed by whoever removes the journal.

A file is what its name says only while its content has that digest: one that somebody has edited is no picture of ours,
is never handed out, and is written anew where the same content comes again.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import attrs

from nanobanana_async.errors import StorageError

_USUAL = (".png", ".jpg", ".webp")


def pictures_beside(journal: str | os.PathLike[str]) -> Path:
    """The folder of the pictures of the journal at that path."""
    place = Path(journal).expanduser().resolve()
    return place.with_name(f"{place.name}.pictures")


@attrs.frozen
class PictureFolder:
    """The pictures of the journal at a path. Everything here blocks."""

    _folder: Path = attrs.field(converter=pictures_beside)

    def keep(self, content: bytes, name: str) -> str:
        """Put `content` into the file `name`, unless it is there; its URL. Raises: StorageError."""
        place = self._folder / name
        try:
            if not _is_whole(place, of=len(content)):
                self._write(content, place)
        except OSError as error:
            raise StorageError(
                f"what came in an answer can't be kept at {str(place)!r}: {error.strerror}",
                remedy="See to the disk, and save the result: it is in memory only.",
                charged="yes",
            ) from error
        return place.as_uri()

    def find(self, sha256: str) -> str | None:
        """The URL of the picture with that digest; None where there is none, or only what can't be read."""
        with suppress(OSError):
            return next((place.as_uri() for place in self._named(sha256) if _is_whole(place)), None)
        return None

    def place(self, sha256: str) -> Path:
        """One of the places where `find` looks."""
        return next(self._named(sha256))

    def _named(self, sha256: str) -> Iterator[Path]:
        """Where it may be. To look the folder over for each of ten thousand takes minutes, so that is done last."""
        yield from (self._folder / f"{sha256}{suffix}" for suffix in _USUAL)
        yield from self._folder.glob(f"{sha256}*")

    def _write(self, content: bytes, place: Path) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        part = self._folder / f".{secrets.token_hex(8)}.part"
        try:
            with part.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(place)
        finally:
            part.unlink(missing_ok=True)
        with suppress(OSError):  # a system that syncs no folders
            descriptor = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _is_whole(place: Path, *, of: int | None = None) -> bool:
    """Whether the file at `place` has the content that it is named by, `of` so many bytes. Raises: OSError."""
    if not place.is_file() or of not in (None, place.stat().st_size):
        return False
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == place.stem
