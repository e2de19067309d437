"""Journals of both kinds for the tests of this folder."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nanobanana_async.journal import MemoryJournal, SQLiteJournal

Shelf = Callable[[], "MemoryJournal | SQLiteJournal"]


@pytest.fixture(params=["memory", "sqlite"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    """What gives a journal with the same content each time, as each process would have it."""
    if request.param == "memory":
        return MemoryJournal().beside
    return lambda: SQLiteJournal(tmp_path / "run.db", inline=True)


@pytest.fixture(autouse=True)
def _reported() -> Iterator[None]:
    """No step is one that the journal refuses: whoever made it believes in a state that is not there."""
    said: list[str] = []
    listening = logging.Handler()
    listening.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]  # one line of it
    logging.getLogger("nanobanana_async").addHandler(listening)
    yield
    logging.getLogger("nanobanana_async").removeHandler(listening)
    assert not [words for words in said if "please report" in words]
