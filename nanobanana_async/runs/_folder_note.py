"""`run.json`: what a folder has to tell the next run beside its journal: where that is, if elsewhere, and what is being
made anew.

Most folders have none. It is written whole, beside the old one, synced and renamed into place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from nanobanana_async.errors import ConfigurationError, StorageError
from nanobanana_async.storage import PartFile

NOTE: Final = "run.json"


@attrs.frozen
class FolderNote:
    """What a folder tells. `journal` is the path of its journal and `batch` what it is called there, None where that is
    the folder's own; `redo` are the keys that are being made anew, each with the generation that is to be replaced.
    """

    journal: str | None = None
    batch: str | None = None
    redo: Mapping[str, int] = attrs.field(factory=dict)


def read_note(folder: Path) -> FolderNote:
    """What `folder` tells, which may be nothing. It blocks.

    Raises:
        ConfigurationError: there is something, and it can't be read. Where the journal is would be a guess.
    """
    path = folder / NOTE
    try:
        return _note_in(json.loads(path.read_bytes()))
    except (FileNotFoundError, NotADirectoryError):
        return FolderNote()
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is damaged"
        raise ConfigurationError(
            f"{str(path)!r}, which tells where the journal of the folder is, can't be read: {why}; nothing was sent",
            remedy="Restore it; or remove it, and give the journal of before as --journal PATH, if there was one.",
        ) from error


def write_note(folder: Path, note: FolderNote) -> None:
    """Let `folder`, which is there, tell this from now on. It blocks. Raises: StorageError; it tells what it did."""
    path = folder / NOTE
    try:
        if note == FolderNote():
            path.unlink(missing_ok=True)
            return
    except OSError as error:
        raise StorageError(f"can't remove {str(path)!r}: {error.strerror}", remedy="See to the disk.") from error
    part = PartFile(folder, NOTE)
    try:
        part.write(json.dumps(attrs.asdict(note), indent=1).encode())
        part.sync()
        part.replace(path)
    finally:
        part.discard()


def _note_in(value: Any) -> FolderNote:
    """The note that `value` is; what a later release has added is left out. Raises: ValueError."""
    told = value if isinstance(value, dict) else {"journal": value}
    journal, batch, redo = told.get("journal"), told.get("batch"), told.get("redo", {})
    is_one = (journal is None and batch is None) or (isinstance(journal, str) and isinstance(batch, str))
    are_numbers = isinstance(redo, dict) and all(type(number) is int for number in redo.values())
    if not is_one or not are_numbers or value is None:
        raise ValueError("it tells something else")
    return FolderNote(journal, batch, redo)
