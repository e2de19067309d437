"""Journals of every kind, behind one face."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from nanobanana_async.journal import MemoryJournal, SQLiteJournal, _holding

AnyJournal = MemoryJournal | SQLiteJournal
Journals = Callable[[], AnyJournal]
"""Each call gives one more journal with the same content, as one more process would have it."""

GATEWAY = "kie https://api.example.com"


@pytest.fixture(params=["memory", "inline", "threaded"])
def journals(request: pytest.FixtureRequest, tmp_path: Path) -> Journals:
    """All kinds in turn."""
    path = tmp_path / "run.db"
    match request.param:
        case "memory":
            return MemoryJournal().beside
        case "inline":
            return lambda: SQLiteJournal(path, inline=True)
        case _:
            return lambda: SQLiteJournal(path)


@pytest.fixture
async def journal(journals: Journals) -> AsyncIterator[AnyJournal]:
    """One that is open, at the time of day 200."""
    one = journals()
    await one.open(GATEWAY, clock=lambda: 200.0)
    yield one
    await one.aclose()


@pytest.fixture
async def other(journals: Journals, journal: AnyJournal) -> AsyncIterator[AnyJournal]:
    """Another process's, open as well."""
    one = journals()
    await one.open(GATEWAY, clock=lambda: 300.0)
    yield one
    await one.aclose()


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a batch that is held."""
    monkeypatch.setattr(_holding, "HOLD_SECONDS", 0.1)
