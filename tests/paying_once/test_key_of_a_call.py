"""What a key may be, and what it stands for: a request, known by all that was asked for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from nanobanana_async import (
    ConfigurationError,
    KeyConflictError,
    NanoBananaEdit,
    QueueFullError,
    Rate,
)
from tests.paying_once.asking import EITHER, Ask
from tests.paying_once.conftest import Shelf
from tests.paying_once.lives import assert_idle
from tests.scripted_kie import ScriptedKie, said, until
from tests.storage.pictures import make_png


@EITHER
async def test_another_request_under_the_same_key_is_refused(shelf: Shelf, ask: Ask) -> None:
    """Whether the first is under way, over, or of another run."""
    kie = ScriptedKie()
    kie.answering.clear()

    async with kie.client(journal=shelf()) as client:
        first = asyncio.ensure_future(ask(client))
        await until(lambda: kie.prompts)
        with pytest.raises(KeyConflictError, match="under way under the key 'k'"):
            await client.generate("another", key="k")
        kie.answering.set()
        await first
    async with kie.client(journal=shelf()) as client:
        with pytest.raises(KeyConflictError, match="'k' was used for another request: google/nano-banana, 'a banana'"):
            await client.submit("another", key="k")

    assert kie.prompts == ["a banana"]


async def test_what_was_never_sent_may_be_changed(shelf: Shelf) -> None:
    """A key under which nothing was made or paid stands for nothing yet."""
    kie = ScriptedKie()
    kie.creates.append(said(402, "Insufficient credits"))
    async with kie.client(journal=shelf()) as client:
        with pytest.raises(Exception, match="credits"):
            await client.generate("a bananna", key="k")

        result = await client.generate("a banana", key="k")

    assert result.task_id == "task0"


async def test_a_stored_result_needs_no_turn(shelf: Shelf) -> None:
    """`queue_timeout` is for what has to be sent: what is made is given, however long the queue."""
    kie = ScriptedKie()

    async with kie.client(journal=shelf(), rate=Rate(1, per=3600)) as client:
        made = await client.generate("a banana", key="k")
        again = await client.generate("a banana", key="k", queue_timeout=1)
        with pytest.raises(QueueFullError) as caught:
            await client.generate("another", key="other", queue_timeout=1)
        assert_idle(client)

    assert again == made
    assert caught.value.expected_wait > 3000


@pytest.mark.parametrize("asked", [{"key": "k"}, {"retry_failed": True}])
async def test_without_a_journal_there_is_no_key(asked: dict[str, Any]) -> None:
    """Who gives one thinks that he pays once; nothing would see to that."""
    kie = ScriptedKie()

    async with kie.client() as client:
        with pytest.raises(ConfigurationError, match="this client has none"):
            await client.generate("a banana", **asked)

    assert not kie.accepted


async def test_without_a_key_each_call_is_its_own(shelf: Shelf) -> None:
    """Also with a seed: no run takes the pictures of another for its own."""
    kie = ScriptedKie()

    for _ in range(2):
        async with kie.client(journal=shelf(), seed=1) as client:
            await client.generate("a banana")
            await client.generate("a banana")

    assert len(kie.accepted) == 4


async def test_a_key_is_checked_before_anything_is_sent(shelf: Shelf) -> None:
    """Blank, or no text at all."""
    kie = ScriptedKie()

    async with kie.client(journal=shelf()) as client:
        for key in ("", " ", 3):
            with pytest.raises(Exception, match="is no key"):
                await client.generate("a banana", key=key)  # type: ignore[arg-type]  # what is tested

    assert not kie.prompts


async def test_data_that_is_no_json_is_refused_before_anything_is_sent(shelf: Shelf) -> None:
    """It could not be written down, so nothing may be sent; and nobody is told that anything was."""
    kie = ScriptedKie()

    async with kie.client(journal=shelf()) as client:
        with pytest.raises(Exception, match="can't be written as JSON") as caught:
            await client.generate("a banana", key="k", data={1, 2})
        assert_idle(client)

    assert not kie.prompts
    assert getattr(caught.value, "charged", None) == "no"


@pytest.mark.parametrize("source", ["bytes", "path", "text"])
async def test_an_image_is_known_by_its_content(shelf: Shelf, tmp_path: Path, source: str) -> None:
    """Given as a file, moved, or as bytes: it is the same request; with another content it is not."""
    kie = ScriptedKie()
    content, other = make_png(8, 8), make_png(9, 9)
    (tmp_path / "one.png").write_bytes(content)
    givens: dict[str, bytes | Path | str] = {
        "bytes": content,
        "path": tmp_path / "one.png",
        "text": str(tmp_path / "one.png"),
    }
    given = givens[source]
    kie.others["/api/file-stream-upload"] = said(200, data={"downloadUrl": "https://files.example/up.png"})

    async with kie.client(journal=shelf()) as client:
        await client.generate(NanoBananaEdit("paint it", images=[given]), key="k")
        again = await client.generate(NanoBananaEdit("paint it", images=[content]), key="k")
        with pytest.raises(KeyConflictError):
            await client.generate(NanoBananaEdit("paint it", images=[other]), key="k")

    assert again.task_id == "task0"
    assert len(kie.prompts) == 1


async def test_a_url_is_known_by_itself(shelf: Shelf) -> None:
    """Nobody fetches it to see what is behind it."""
    kie = ScriptedKie()

    async with kie.client(journal=shelf()) as client:
        await client.generate(NanoBananaEdit("paint it", images=["https://x.example/1.png"]), key="k")
        with pytest.raises(KeyConflictError):
            await client.generate(NanoBananaEdit("paint it", images=["https://x.example/2.png"]), key="k")

    assert len(kie.prompts) == 1
