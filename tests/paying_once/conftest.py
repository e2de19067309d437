"""Journals of both kinds for the tests of this folder, and a client that hopes for the best."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nanobanana_async.journal import MemoryJournal, SQLiteJournal
from nanobanana_async.pacing import HoldUnknown, Repeat, after_create_failure
from nanobanana_async.tasks import _creates

Shelf = Callable[[], "MemoryJournal | SQLiteJournal"]


@pytest.fixture(params=["memory", "sqlite"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    """What gives a journal with the same content each time, as each process would have it."""
    if request.param == "memory":
        return MemoryJournal().beside
    return lambda: SQLiteJournal(tmp_path / "run.db", inline=True)


@pytest.fixture
def _hopeful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence is taken for a refusal: a lost answer is repeated as an error of the gateway's own would be."""
    decide = after_create_failure

    def hopeful(*args: Any, **settings: Any) -> Any:
        step = decide(*args, **settings)
        return Repeat(step.error, counts_as="server_errors") if isinstance(step, HoldUnknown) else step

    monkeypatch.setattr(_creates, "after_create_failure", hopeful)


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
