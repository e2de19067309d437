"""A task of Kie's older endpoint of which only the id was given: whoever looks for it elsewhere is told where it is."""

from __future__ import annotations

from typing import Any

import pytest

from nanobanana_async import Client, InvalidRequestError, LegacyNanoBanana, NanoBanana, OpenAIImages, StillRunningError
from nanobanana_async.testing import Emulator
from nanobanana_async.transport import json_reply
from nanobanana_async.values import Task
from tests.scripted_images import URL, ScriptedImages

NAMED = 'is asked for with dialect="generate"'


@pytest.mark.virtual_time
async def test_a_task_that_is_asked_for_at_the_wrong_endpoint_is_found_by_the_remedy() -> None:
    """At once by `status`, at its end by `wait` and `watch`; with the dialect it is found."""
    async with Emulator(seed=1).client() as client:
        task = await client.submit(LegacyNanoBanana("a cat"))
        with pytest.raises(InvalidRequestError, match="no record of task") as asked:
            await client.status(task.id)
        with pytest.raises(StillRunningError) as waited:
            await client.wait(task.id, timeout=1)
        with pytest.raises(StillRunningError) as watched:
            _ = [seen async for seen in client.watch(task.id, timeout=1)]
        found = await client.wait(task.id, dialect="generate")

    assert [NAMED in caught.value.remedy for caught in (asked, waited, watched)] == [True, True, True]
    assert found.task_id == task.id


@pytest.mark.virtual_time
async def test_an_id_that_looks_like_any_other_is_told_once_it_is_known_to_be_missing() -> None:
    """Not while it may only be slow."""
    async with Emulator(seed=1).client() as client:
        task = await client.submit(NanoBanana("a cat"))
        with pytest.raises(StillRunningError) as slow:
            await client.wait(task.id, timeout=1)
        with pytest.raises(StillRunningError, match="no record of it") as missing:
            await client.wait("0" * 32)

    assert NAMED not in slow.value.remedy
    assert NAMED in missing.value.remedy


@pytest.mark.virtual_time
@pytest.mark.parametrize(
    ("task", "given"),
    [
        ("nano_banana_task_1", {"dialect": "generate"}),
        ("nano_banana_task_1", {"dialect": "jobs"}),
        (Task("nano_banana_task_1"), {}),
    ],
)
async def test_who_has_named_the_dialect_is_told_nothing(task: Any, given: dict[str, str]) -> None:
    """A task that was handed over has its own."""
    async with Emulator(seed=1).client() as client:
        with pytest.raises(InvalidRequestError, match="no record of task") as caught:
            await client.status(task, **given)

    assert NAMED not in caught.value.remedy


async def test_another_gateway_has_no_such_endpoint() -> None:
    """Nothing is said of it there."""
    gateway = ScriptedImages(json_reply({"error": {"message": "no such task"}}, 404))

    async with Client(OpenAIImages(URL, "key", mode="async"), transport=gateway.transport) as client:
        with pytest.raises(InvalidRequestError, match="no record of task") as caught:
            await client.status("nano_banana_task_1")

    assert NAMED not in caught.value.remedy
