"""Work that would hold up the loop: in threads, two at a time, and a close loses nothing of what waits for its turn."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from nanobanana_async import Client, Succeeded
from nanobanana_async.tasks._heavy import AT_ONCE, Heavy
from tests.paying_once.test_callbacks import manager_of
from tests.scripted_images import IN_THE_ANSWER, ScriptedImages, made
from tests.scripted_kie import until


@pytest.mark.wall_clock  # its threads wait for each other
async def test_few_are_at_work_at_once() -> None:
    """However many ask; and each gets what his own work gives."""
    heavy, gate = Heavy(), threading.Event()
    at_work: list[int] = []

    def work(number: int) -> int:
        at_work.append(number)
        gate.wait(60)
        return number

    asked = [asyncio.ensure_future(heavy.in_a_thread(work, number)) for number in range(6)]
    await until(lambda: len(at_work) == AT_ONCE)
    begun = len(at_work)
    gate.set()

    assert await asyncio.gather(*asked) == list(range(6))
    assert begun == AT_ONCE


async def test_what_is_little_needs_no_thread() -> None:
    """It would cost more to hand it over."""
    heavy, here = Heavy(), threading.get_ident()

    assert await heavy.in_a_thread_if(False, threading.get_ident) == here
    assert await heavy.in_a_thread_if(True, threading.get_ident) != here


@pytest.mark.wall_clock  # as above
@pytest.mark.parametrize("has_journal", [True, False])
async def test_an_answer_that_waits_to_be_read_is_not_lost_by_a_close(tmp_path: Path, has_journal: bool) -> None:
    """It has come, and a picture is in it, paid for: it is read on the spot."""
    padding = {"note": "x" * 300_000, **IN_THE_ANSWER}
    gateway, gate = ScriptedImages(made(padding)), threading.Event()
    async with gateway.client(journal=tmp_path / "run.db" if has_journal else None) as client:
        blocking = [asyncio.ensure_future(heavy_of(client).in_a_thread(gate.wait, 60)) for _ in range(AT_ONCE)]
        batch = client.batch(["a banana"])
        async with batch:
            await until(lambda: gateway.requests and not gateway.on_the_wire)
            await client.aclose(grace=0)
            outcomes = [outcome async for outcome in batch]
        gate.set()
        await asyncio.gather(*blocking)

    assert [type(outcome) for outcome in outcomes] == [Succeeded]
    assert len(gateway.requests) == 1


def heavy_of(client: Client) -> Heavy:
    """Where the heavy work of a client waits."""
    return manager_of(client).desk.heavy
