"""A gateway in OpenAI's style that gives tasks: its records have words of their own, and are paid for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nanobanana_async import Client, NoResultError, OpenAIImages, Polling, ScriptedTransport
from nanobanana_async.journal import SQLiteJournal
from nanobanana_async.transport import json_reply
from nanobanana_async.values import WireReply, WireRequest
from tests.scripted_images import IN_THE_ANSWER, URL

PICTURE = {"created": 1, "data": [IN_THE_ANSWER]}


class Tasks:
    """Takes every create, and tells the same record at every look."""

    def __init__(self, **record: Any) -> None:
        self.record = record
        self.creates = 0

    async def _answer(self, request: WireRequest) -> WireReply:
        if request.method == "POST":
            self.creates += 1
            return json_reply({"task_id": f"task_{self.creates}"})
        return json_reply({"code": "success", "data": self.record})

    def client(self, **policies: Any) -> Client:
        gateway = OpenAIImages(URL, "key", 0.04, mode="async")
        return Client(gateway, transport=ScriptedTransport(self._answer), polling=Polling(speed=50), **policies)


@pytest.mark.parametrize("status", ["FAILURE", "DONE", "OK", 3])
async def test_a_picture_is_never_bought_again(status: str | int) -> None:
    """Whatever word stands beside it: one create, and its picture."""
    gateway = Tasks(status=status, fail_reason="upstream error", data=PICTURE)

    async with gateway.client() as client:
        (outcome,) = await client.generate_all(["a banana"])

    assert (outcome.state, outcome.charged) == ("succeeded", "yes")
    assert gateway.creates == 1


async def test_a_word_that_nobody_knows_is_told_at_the_deadline() -> None:
    """Whoever reads it may know what it means."""
    gateway = Tasks(status="CANCELLED", data=None)

    async with gateway.client(deadline=30) as client:
        (outcome,) = await client.generate_all(["a banana"])

    assert (outcome.state, outcome.charged) == ("pending", "yes")
    assert "no result yet (its status is 'CANCELLED')" in str(outcome.error)


async def test_a_success_that_can_not_be_read_is_kept_as_it_came(tmp_path: Path) -> None:
    """It is paid for, and what was made may be found in it."""
    gateway = Tasks(status="SUCCESS", data={"where": "s3://bucket/paid-for.png"})
    journal = SQLiteJournal(tmp_path / "journal.db")

    async with gateway.client(journal=journal) as client:
        with pytest.raises(NoResultError):
            await client.generate("a banana", key="k")
        found = await journal.find("", "k")

    assert found is not None
    assert "s3://bucket/paid-for.png" in (found.raw or "")
    assert found.charged == "yes"
