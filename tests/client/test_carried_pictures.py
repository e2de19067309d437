"""Pictures that go into a create itself: checked before, held once, and bounded by what there is memory for."""

from __future__ import annotations

import asyncio
import base64
import os
from pathlib import Path

import pytest

from nanobanana_async import BadImageError, OpenAIEdit, Rate, Succeeded
from nanobanana_async.journal import MemoryJournal
from nanobanana_async.tasks import _board
from tests.paying_once.test_callbacks import manager_of
from tests.scripted_images import PICTURE, ScriptedImages
from tests.scripted_kie import until


async def test_a_page_in_a_data_url_fails_its_item_before_anything_is_sent() -> None:
    """As one in a file does, with a journal or without."""
    page = "data:image/png;base64," + base64.b64encode(b"<html>busy</html>").decode()
    gateway = ScriptedImages()

    for journal in (None, MemoryJournal()):
        async with gateway.client(journal=journal) as client:
            with pytest.raises(BadImageError, match="is an HTML page, not a JPEG"):
                await client.generate(OpenAIEdit("a", images=[page]))

    assert gateway.requests == []


async def test_creates_that_carry_much_wait_for_each_other_and_nobody_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more of them are on the wire than there is memory for; those that carry nothing pass by."""
    file = tmp_path / "large.png"
    file.write_bytes(PICTURE)
    os.truncate(file, 300_000)
    monkeypatch.setattr(_board, "MOST_CARRIED", 8 * 400_000)  # as base64; the real one would fill this test's memory
    gateway = ScriptedImages(seconds=30.0)
    heavy = [OpenAIEdit(f"edit {number}", images=[file]) for number in range(10)]

    async with gateway.client(in_flight=100, rate=Rate(100, per=10)) as client:
        outcomes = await client.generate_all([*heavy, *(f"light {number}" for number in range(10))])
    first = [len(request.files) for request in gateway.requests[:18]]

    assert [type(outcome) for outcome in outcomes] == [Succeeded] * 20
    assert sorted(first) == [0] * 10 + [1] * 8
    assert gateway.most_on_the_wire == 18


async def test_content_that_goes_into_a_create_is_no_text_beside_it() -> None:
    """Bytes that wait in the queue are held as they were given, and once."""
    gateway = ScriptedImages(seconds=30.0)

    async with gateway.client() as client:
        manager = manager_of(client)
        asked = asyncio.ensure_future(client.generate(OpenAIEdit("a", images=[PICTURE])))
        await until(lambda: manager.desk.sending)
        held = [row.image_urls for row in manager.desk.sending]
        await asked

    assert held == [()]


async def test_what_is_being_read_into_a_create_is_not_sent_for_a_caller_who_is_gone(tmp_path: Path) -> None:
    """It has not left, so it costs nothing; and it holds no place in flight."""
    file = tmp_path / "large.png"
    file.write_bytes(PICTURE)
    os.truncate(file, 300_000)
    gateway = ScriptedImages()

    async with gateway.client() as client:
        manager = manager_of(client)
        asked = asyncio.ensure_future(client.generate(OpenAIEdit("a", images=[file])))
        while not manager.desk.sending:  # noqa: ASYNC110  a step of the loop at a time: it is read in threads
            await asyncio.sleep(0)
        asked.cancel()
        await until(lambda: not manager.desk.sending)
        now = client.statistics()

    assert asked.cancelled()
    assert gateway.requests == []
    assert (now.creating, now.in_flight, now.queued) == (0, 0, 0)
