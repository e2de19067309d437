"""The measure of benchmarks/journal.py: each keeper takes every item through its whole life, durably."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.journal import KEEPERS, MODULES, measured

ITEMS = 20


@pytest.mark.wall_clock
@pytest.mark.parametrize("name", KEEPERS)
async def test_every_item_ends_as_saved(tmp_path: Path, name: str) -> None:
    """In the file, whoever keeps it; and the figures are of something."""
    pytest.importorskip(MODULES.get(name, "sqlite3"))
    keeper, at_once = KEEPERS[name]
    figures = await measured(keeper, at_once, tmp_path, ITEMS, at_low_load=3)
    query = "select count(*) from {} where state = 'saved'".format("item" if name.startswith("ours") else "attempt")

    for file, count in (("full.db", ITEMS), ("low.db", 3)):
        with closing(sqlite3.connect(tmp_path / file)) as connection:
            assert connection.execute(query).fetchone() == (count,)
    assert figures.rate > 0
    assert 0 < figures.usual_intent <= figures.slow_intent
