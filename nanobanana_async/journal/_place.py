"""Where a journal may be: on a disk of this machine, in a folder that can be written to.

SQLite shares memory between the processes that have a journal open, and trusts the locks of the file system. A disk
that other machines write to as well keeps neither promise, and a journal there would be damaged without a word.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from nanobanana_async.errors import ConfigurationError

MOUNTS = Path("/proc/self/mountinfo")
"""Where Linux tells what is mounted; elsewhere there is no such file, and nothing is refused."""

_OF_NETWORKS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "ncpfs", "fuse.sshfs"})
_REMEDY = "Name a file in a folder of your own on this machine: --journal PATH."


def prepared(path: str | os.PathLike[str]) -> Path:
    """The path of the journal, its folder made if it was missing, its file made readable by its owner alone.

    Raises:
        ConfigurationError: there can be no journal there.
    """
    if str(path) in ("", ":memory:"):
        raise ConfigurationError(
            f"{str(path)!r} is no file for a journal", remedy="For a journal in memory, use MemoryJournal()."
        )
    try:
        # Whatever links lead to it, all have to meet at the same locks beside it.
        place = Path(path).expanduser().resolve()
        place.parent.mkdir(parents=True, exist_ok=True)
        _refuse_what_is_no_file(place)
        _refuse_networks(place)
        _create(place)
    except (FileExistsError, NotADirectoryError) as error:
        raise ConfigurationError(
            f"there can be no journal at {str(path)!r}: a part of the path is a file, not a folder; nothing was sent",
            remedy=_REMEDY,
        ) from error
    except (OSError, ValueError, RuntimeError) as error:
        words = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigurationError(
            f"there can be no journal at {str(path)!r}: {words}; nothing was sent", remedy=_REMEDY
        ) from error
    return place


def locks_of(path: Path) -> Path:
    """The folder for the lock files of the journal at `path`."""
    return path.with_name(f"{path.name}.locks")


def file_system_of(path: Path, mounts: str) -> str | None:
    """The kind of the file system that `path` is on, by the lines of /proc/self/mountinfo; None where none fits."""
    best, kind = -1, None
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split()
        if len(fields) < 5 or not after:
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), fields[4]))
        # The last of several that are mounted at one place hides the others.
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), after.split()[0]
    return kind


def _refuse_what_is_no_file(place: Path) -> None:
    if place.exists() and not stat.S_ISREG(place.stat().st_mode):
        what = "a folder" if place.is_dir() else "a device or a pipe"
        raise ConfigurationError(f"{str(place)!r} is {what}, and a journal is a file", remedy=_REMEDY)


def _refuse_networks(place: Path) -> None:
    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return
    kind = file_system_of(place, mounts)
    if kind in _OF_NETWORKS:
        raise ConfigurationError(
            f"{str(place)!r} is on a network disk ({kind}), where a journal can't be kept safe; nothing was sent",
            remedy=_REMEDY,
        )


def _create(place: Path) -> None:
    """Make the file where there is none. SQLite gives what it puts beside it the same mode."""
    try:
        descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    os.close(descriptor)
