"""Uploaded files: named by path, kept by content, in memory or in a folder.

The same path overwrites (PROTOCOL §4). Content is stored under its digest, so an overwritten path never
leaves half of one file and half of another, and two names for one picture cost it once.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from attrs import asdict, define, field, frozen

PICTURES = ("image/png", "image/jpeg", "image/webp")
"""What input images may be (PROTOCOL §1.5)."""

_WEBP_HEAD = 12


@frozen
class StoredFile:
    """An uploaded file, without its content."""

    path: str
    """Below `/files/`: `kieai/<account>/<uploadPath>/<fileName>`."""
    name: str
    media_type: str
    size: int
    digest: str
    uploaded_at: float


@define
class Files:
    """All uploads by path, with their contents by digest."""

    _folder: Path | None
    _lifetime: float
    """Seconds for which a file can be had after its upload."""
    _by_path: dict[str, StoredFile] = field(factory=dict, init=False, repr=False)
    _contents: dict[str, bytes] = field(factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        """How many paths there are."""
        return len(self._by_path)

    def put(self, path: str, content: bytes, now: float) -> StoredFile:
        """Keep a content under a path, in place of what was there."""
        name = path.rpartition("/")[2]
        digest = sha256(content).hexdigest()
        self._keep(digest, content)
        stored = StoredFile(path, name, sniffed_type(content), len(content), digest, now)
        self.add(stored)
        return stored

    def add(self, stored: StoredFile) -> None:
        """Know a file, new or restored."""
        self._by_path[stored.path] = stored

    def find(self, path: str, now: float) -> StoredFile | None:
        """The file under a path, unless it is too old."""
        stored = self._by_path.get(path)
        return stored if stored and now - stored.uploaded_at < self._lifetime else None

    def content(self, stored: StoredFile) -> bytes:
        """The bytes of a file; empty if somebody has taken it out of the folder."""
        if self._folder is None:
            return self._contents[stored.digest]
        try:
            return (self._folder / stored.digest).read_bytes()
        except FileNotFoundError:
            return b""

    def _keep(self, digest: str, content: bytes) -> None:
        if self._folder is None:
            self._contents[digest] = content
            return
        target = self._folder / digest
        if not target.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            part = target.with_suffix(".part")
            part.write_bytes(content)
            part.replace(target)


def sniffed_type(content: bytes) -> str:
    """The media type that the first bytes speak of; what is no picture is an octet stream."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:4] == b"RIFF" and content[8:_WEBP_HEAD] == b"WEBP":
        return "image/webp"
    return "application/octet-stream"


def file_to_json(stored: StoredFile) -> dict[str, object]:
    """The file as a line of the state file."""
    return asdict(stored)


def file_from_json(line: Mapping[str, Any]) -> StoredFile:
    """The file in a line of the state file; the reverse of `file_to_json`."""
    return StoredFile(**line)
