"""Creates whose answer was lost: what is known of them, in a folder or in any journal, whatever they were sent for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.journal import Contents, Entry, gateway_in, read_journal, scopes_in
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.runs._journal_place import OWN, JournalPlace, journal_place
from nanobanana_async.runs._known import record_of_entry
from nanobanana_async.runs._manifest import JSONL, read_manifest
from nanobanana_async.runs._record import Record


@attrs.frozen
class Lost:
    """A create whose answer was lost: its `record`, when it was `sent_at` (None: nobody knows), its `price`.

    `name` is what its batch is called in the journal: ``""`` is for single calls, None where no journal knows of it
    but the manifest of a folder.
    """

    record: Record
    sent_at: float | None
    price: float | None
    name: str | None = None

    @property
    def key(self) -> str:
        """The key of its row."""
        return self.record.key


@attrs.frozen
class Books:
    """Where something is written down: the journal at `place`, which is that of `folder` where there is one."""

    place: JournalPlace
    folder: Path | None = None

    @classmethod
    def of(cls, subject: Path, journal: Path | None = None) -> Books:
        """Those of `subject`: a folder, which may have its `journal` elsewhere, or a journal. It blocks.

        Raises:
            ConfigurationError: there is neither, or the folder has nothing written down.
        """
        folder = _folder_of(subject)
        if folder is None:
            return cls(JournalPlace(subject))
        books = cls(journal_place(folder, journal), folder)
        if not books.place.path.exists() and not (folder / JSONL).exists():
            raise ConfigurationError(
                f"{str(folder)!r} has neither {books.place.path.name} nor {JSONL}",
                remedy="Name the -o of a batch, or a journal.",
            )
        return books

    @property
    def names(self) -> list[str]:
        """The batches of which it tells: of a journal of its own all, of one that is shared only the folder's."""
        if self.folder is not None and self.place.path != self.folder / OWN:
            return [self.place.scope]
        return scopes_in(self.place.path)

    def contents(self) -> dict[str, Contents]:
        """What the journal knows of each. It blocks. Raises: ConfigurationError, where it can't be read."""
        return {name: read_journal(self.place.path, name) for name in self.names}


def lost_in(place: Path, journal: Path | None = None) -> list[Lost]:
    """Those of a folder, or of a journal, in the order in which their keys came. It blocks; nothing is written.

    What a run that is at work is sending right now is none of them.

    Raises:
        ConfigurationError: there is no such folder or journal, nothing is known of it, or it can't be read.
    """
    books = Books.of(place, journal)
    contents = books.contents()
    found = [
        Lost(record_of_entry(entry, books.folder or place.parent), entry.sent_at, entry.price, name)
        for name, known in contents.items()
        for entry in known.entries
        if is_lost(entry)
    ]
    return [*found, *_told_by_manifest(books, contents)]


def gateway_of(place: Path, journal: Path | None = None) -> str | None:
    """What the journal of a folder, or a journal, says that it is of; None where there is none yet. It blocks.

    Raises:
        ConfigurationError: as `lost_in`.
    """
    return gateway_in(Books.of(place, journal).place.path)


def is_lost(entry: Entry) -> bool:
    """Whether nobody will ever hear the answer to its create."""
    return entry.state is ItemState.UNKNOWN or (entry.state is ItemState.SENDING and not entry.is_owned)


def _folder_of(subject: Path) -> Path | None:
    """The folder that is meant, None where it is a journal. Raises: ConfigurationError, where there is neither."""
    if subject.is_dir():
        return subject
    if not subject.exists():
        raise ConfigurationError(
            f"there is no folder or journal {str(subject)!r}", remedy="Name the -o of a batch, or a journal."
        )
    is_of_a_batch = subject.name == OWN and (subject.parent / JSONL).exists()
    return subject.parent if is_of_a_batch else None


def _told_by_manifest(books: Books, contents: dict[str, Contents]) -> Iterator[Lost]:
    """Those of a folder that its journal doesn't know of."""
    if books.folder is None:
        return
    known = {entry.key for entry in contents.get(books.place.scope, Contents()).entries}
    try:
        records = read_manifest(books.folder)
    except ConfigurationError:
        if not known:
            raise
        return  # the journal knows better, and the manifest will be made anew
    for key, record in records.items():
        if record.state == "unknown" and key not in known:
            sent_at = None if record.created_at is None else record.created_at.timestamp()
            yield Lost(record, sent_at, record.price)
