"""A journal in a file on a loop whose time is virtual: it is written on that loop, and so takes no time there."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from tests.paying_once.lives import PatientKie


def journal_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if "journal" in thread.name]


async def test_on_virtual_time_a_path_is_written_on_the_loop(tmp_path: Path) -> None:
    """No thread, and so no clock that runs away while one is waited for."""
    kie = PatientKie()
    began = asyncio.get_running_loop().time()

    async with kie.client(journal=tmp_path / "run.db") as client:
        await client.generate("a banana", key="k")
        assert not journal_threads()

    assert asyncio.get_running_loop().time() - began < 60
    assert (tmp_path / "run.db").stat().st_size > 0


@pytest.mark.wall_clock
async def test_on_the_wall_clock_it_has_a_thread_of_its_own(tmp_path: Path) -> None:
    """The loop never waits for a disk."""
    kie = PatientKie()

    async with kie.client(journal=str(tmp_path / "run.db")) as client:
        assert journal_threads()
        assert await client.lookup("k") is None
