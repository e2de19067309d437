"""Where the journal of a folder is, and what the folder is called in it. No folder ever goes by two.

Theory of operation
===================
1. A folder's own journal is ``run.db`` in it, and calls it "default". So a folder can be moved with its journal.
2. Where another is named, the folder notes it, with the name that it has there: the path that it had at first, by which
   several folders share one journal and keep apart. From then on the folder goes by that, named again or not.
3. One that is named and is not the one of before would know nothing of what that one knows, and it would all be paid
   for again. So it is refused where there is anything to lose. A journal that was moved is known by the name in it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import attrs

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.journal import Entry, read_journal, scopes_in
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.runs._folder_note import NOTE, FolderNote, read_note

OWN: Final = "run.db"
"""The journal's file, in the folder, where no other is named."""

SCOPE: Final = "default"
"""What the batch of a folder is called in its own journal."""


@attrs.frozen
class JournalPlace:
    """The journal at `path`, in which the folder is called `scope`."""

    path: Path
    scope: str = SCOPE

    def noted(self, folder: Path, *, redo: dict[str, int]) -> FolderNote:
        """What `folder` has to tell, so that the next run finds it."""
        if _is_same(self.path, folder / OWN):
            return FolderNote(redo=redo)
        return FolderNote(str(self.path.absolute()), self.scope, redo)


def journal_place(folder: Path, named: str | Path | None = None) -> JournalPlace:
    """Where the journal of `folder` is, or will be, if `named` is the one that the user has named. It blocks.

    Raises:
        ConfigurationError: the folder goes by another one, by which something is, or may be, paid for; or by one that
            is not there; or its journal can't be read.
    """
    note, wanted = read_note(folder), None if named is None else Path(named).expanduser()
    before = JournalPlace(folder / OWN) if note.journal is None else JournalPlace(Path(note.journal), note.batch or "")
    if wanted is None or _is_same(wanted, before.path):
        _refuse_missing(folder, note)
        return before
    if note.journal is not None and not before.path.exists():
        return _moved(folder, note, wanted)
    count = _paid_in(before)
    if count:
        rows = "1 row that is" if count == 1 else f"{count} rows that are"
        raise ConfigurationError(
            f"the folder {str(folder)!r} goes by the journal {str(before.path)!r}, which knows of {rows}, or may be, "
            f"paid for; {str(wanted)!r} is another one; nothing was sent",
            remedy="Leave --journal out to go on with it. To keep it elsewhere, move it, with its -wal if there is "
            "one, and name it there. For another set use another folder.",
        )
    return JournalPlace(wanted, _name_in(wanted, folder))


def _refuse_missing(folder: Path, note: FolderNote) -> None:
    if note.journal is not None and not Path(note.journal).exists():
        raise ConfigurationError(
            f"the folder {str(folder)!r} goes by the journal {note.journal!r}, which is not there; nothing was sent",
            remedy="See that its disk is there; or, where it was moved, name it there: --journal PATH. If it is lost, "
            f"remove {str(folder / NOTE)!r}: what the manifest doesn't tell of is then sent, and paid for, again.",
        )


def _moved(folder: Path, note: FolderNote, wanted: Path) -> JournalPlace:
    """The journal that a folder went by, at another place by now. Raises: ConfigurationError, where it is not that."""
    if note.batch not in scopes_in(wanted):
        _refuse_missing(folder, note)
    return JournalPlace(wanted, note.batch or "")


def _name_in(journal: Path, folder: Path) -> str:
    """What `folder` is to be called in a journal that it never went by: as in its own, where it is that, moved."""
    name, known = os.path.realpath(folder), scopes_in(journal)
    return SCOPE if SCOPE in known and name not in known else name


def _paid_in(place: JournalPlace) -> int:
    return sum(map(_may_be_paid, read_journal(place.path, place.scope).entries))


def _may_be_paid(entry: Entry) -> bool:
    if entry.state is ItemState.FAILED:
        return entry.charged in ("yes", "unknown")
    return entry.state is not ItemState.NEW


def _is_same(one: Path, other: Path) -> bool:
    """Whether both paths lead to one place, whatever is there."""
    return os.path.realpath(one) == os.path.realpath(other)  # pathlib's own raises where links go round
