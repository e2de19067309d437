"""A task of Kie's older endpoint, of which only the id is known."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from nanobanana_async import Client, LegacyNanoBanana
from nanobanana_async.emulator import EmulatorServer
from tests.cli.shell import nanobanana


async def accepted() -> str:
    """The id of such a task."""
    async with Client() as client:
        return (await client.submit(LegacyNanoBanana("a cat", width=96, height=64))).id


def test_a_task_of_the_older_endpoint_is_asked_for_and_fetched(gateway: EmulatorServer, tmp_path: Path) -> None:
    """By its dialect, which the id does not tell."""
    task_id = asyncio.run(accepted())
    fetched = nanobanana("download", task_id, "-o", tmp_path, "--dialect", "generate", "--speed", 1000)
    asked = nanobanana("status", task_id, "--dialect", "generate")

    assert (fetched.code, asked.code) == (0, 0), fetched.err + asked.err
    assert Path(fetched.out.strip()).stat().st_size
    assert asked.out == f"{task_id}: success\n"


@pytest.mark.parametrize("command", ["status", "download"])
def test_where_a_task_is_not_known_the_other_endpoint_is_named(gateway: EmulatorServer, command: str) -> None:
    """Its id looks like any other; once the dialect is given, there is nothing more to say."""
    here, there = nanobanana(command, "mistyped"), nanobanana(command, "mistyped", "--dialect", "generate")

    assert "on the command line with --dialect generate" in here.err
    assert here.code == there.code == 1
    assert "no record of task 'mistyped'" in there.err
    assert "is asked for with" not in there.err


def test_a_dialect_that_is_none_is_refused(gateway: EmulatorServer) -> None:
    """Before anything is asked."""
    assert nanobanana("status", "t1", "--dialect", "old").code == 2
