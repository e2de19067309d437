"""Answers in which nobody can read a picture: one may be in them, so a journal keeps them as they came."""

from __future__ import annotations

import asyncio
import base64
import json
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nanobanana_async import (
    Client,
    NoResultError,
    OpenAIImages,
    Outcome,
    Skipped,
    StorageError,
    Succeeded,
    Unknown,
    UnknownOutcomeError,
)
from nanobanana_async.journal import MemoryJournal, SQLiteJournal
from nanobanana_async.testing import VirtualTimeLoop
from nanobanana_async.transport import json_reply
from nanobanana_async.values import WireReply
from tests.paying_once.conftest import Shelf
from tests.scripted_images import IN_THE_ANSWER, PICTURE, URL, ScriptedImages, made
from tests.scripted_kie import until

TEXT = IN_THE_ANSWER["b64_json"]
LONG = "x y " * 200
UNREAD: list[tuple[type[Exception], bytes]] = [
    (NoResultError, json.dumps({"data": [{"picture": TEXT, "more": LONG}]}).encode()),
    (NoResultError, json.dumps({"data": [{"b64_json": f"{TEXT[:9]}*{TEXT[9:]}"}], "more": LONG}, indent=9).encode()),
    (UnknownOutcomeError, json.dumps({"picture": TEXT, "more": LONG}).encode()),
    (UnknownOutcomeError, json.dumps({"message": f"![]({TEXT})", "more": LONG}).encode()),
    (UnknownOutcomeError, b"\x00\xff" + PICTURE),
    (UnknownOutcomeError, b'{"data": [{"b64_json": "' + TEXT.encode() * 9),
    (UnknownOutcomeError, json.dumps({"error": {"message": "upstream timed out", "partial": TEXT}}).encode()),
    (UnknownOutcomeError, b'{"error": {"message": "no"}}\0' + PICTURE),
]
READ_OR_CLEAR = [
    json.dumps({"error": {"message": "bad", "code": 400}, "more": LONG}).encode(),
    b"",
    b" \n",
    b"something went wrong",
    b'{"hello": "world"}',
    b'{\n  "data": [ ]\n}\n',
    json.dumps({"task_id": "abc", "more": LONG}).encode(),
    json.dumps({"data": [IN_THE_ANSWER], "more": LONG}).encode(),
]


def answers_in(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.glob("run.db.pictures/*.answer")]


def path_in(url: str) -> Path:
    return Path(unquote(urlsplit(url).path))


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(("kind", "body"), UNREAD)
async def test_an_answer_that_nobody_can_read_is_kept_as_it_came(
    tmp_path: Path, kind: type[NoResultError | UnknownOutcomeError], body: bytes, is_first: bool
) -> None:
    """Byte for byte; the error names the file, and so does the same error to a later run."""
    gateway = ScriptedImages(*[made(IN_THE_ANSWER)] * (not is_first), WireReply(200, body=body))
    async with gateway.client(journal=tmp_path / "run.db") as client:
        if not is_first:
            await client.generate("first", key="first")
        with pytest.raises(kind) as caught:
            await client.generate("a banana", key="k")
    async with gateway.client(journal=tmp_path / "run.db") as client:
        with pytest.raises(kind) as again:
            await client.generate("a banana", key="k")

    (kept,) = answers_in(tmp_path)
    assert kept == body
    for error in (caught.value, again.value):
        assert isinstance(error, NoResultError | UnknownOutcomeError)
        assert error.answer is not None
        assert path_in(error.answer).read_bytes() == body
        assert str(path_in(error.answer)) in error.message
        assert str(path_in(error.answer)) in error.remedy


@pytest.mark.parametrize("body", READ_OR_CLEAR)
async def test_what_is_clear_or_told_whole_is_not_kept_beside_it(tmp_path: Path, body: bytes) -> None:
    """Nothing is lost by that."""
    gateway = ScriptedImages(made(IN_THE_ANSWER), WireReply(200, body=body))

    async with gateway.client(journal=tmp_path / "run.db") as client:
        await client.generate("first")
        (outcome,) = await client.generate_all(["a banana"])

    assert answers_in(tmp_path) == []
    assert getattr(outcome.error, "answer", None) is None
    assert "all of it" not in str(outcome.error)


@pytest.mark.parametrize("status", [400, 404, 502])
async def test_only_what_calls_itself_a_success_is_kept(tmp_path: Path, status: int) -> None:
    """A page of an error is told in short, as ever."""
    gateway = ScriptedImages(made(IN_THE_ANSWER), WireReply(status, body=b"<html>" + LONG.encode()))

    async with gateway.client(journal=tmp_path / "run.db") as client:
        await client.generate("first")
        await client.generate_all(["a banana"])

    assert answers_in(tmp_path) == []


@pytest.mark.parametrize(("kind", "body"), UNREAD)
async def test_without_a_journal_nobody_says_that_there_is_one(kind: type[Exception], body: bytes) -> None:
    """What is told in short is all there is."""
    gateway = ScriptedImages(made(IN_THE_ANSWER), WireReply(200, body=body))

    async with gateway.client() as client:
        await client.generate("first")
        with pytest.raises(kind) as caught:
            await client.generate("a banana")

    assert getattr(caught.value, "answer", "none") is None
    assert "journal" not in f"{caught.value} {getattr(caught.value, 'remedy', '')}"


async def test_a_journal_in_memory_has_it_by_its_digest() -> None:
    """Megabytes are no part of a message."""
    _, body = UNREAD[0]
    journal = MemoryJournal()
    gateway = ScriptedImages(WireReply(200, body=body))

    async with gateway.client(journal=journal) as client:
        with pytest.raises(NoResultError, match="all of it: the journal, as sha256:") as caught:
            await client.generate("a banana")
        kept = await journal.kept((caught.value.answer or "").removeprefix("sha256:"))

    assert kept is not None
    assert base64.b64decode(kept.partition(",")[2]) == body


async def test_what_is_sent_again_is_told_by_what_came_of_it(tmp_path: Path) -> None:
    """The answer that was lost is kept all the same, and stands in the journal under the attempt."""
    _, body = UNREAD[2]
    gateway = ScriptedImages(made(IN_THE_ANSWER), WireReply(200, body=body), WireReply(200, body=b"nothing"))

    async with gateway.client(journal=tmp_path / "run.db", on_unknown="resend") as client:
        await client.generate("first")
        again = await client.generate("a banana", key="k")

    assert len(gateway.requests) == 4
    assert answers_in(tmp_path) == [body]
    assert again.urls


async def test_the_answer_of_a_task_that_is_done_is_kept_as_well(tmp_path: Path) -> None:
    """Once it has been asked for as often as makes sense; it may be gone tomorrow."""
    record = json_reply({"code": "success", "data": {"task_id": "abc", "status": "SUCCESS", "picture": TEXT}})
    gateway = ScriptedImages(json_reply({"task_id": "abc"}), record, record, record)

    async with Client(
        OpenAIImages(URL, "key", mode="async"), transport=gateway.transport, journal=tmp_path / "run.db"
    ) as client:
        with pytest.raises(NoResultError, match="names no image") as caught:
            await client.generate("a banana")

    assert answers_in(tmp_path) == [record.body]
    assert path_in(caught.value.answer or "").read_bytes() == record.body


class FullDisk(MemoryJournal):
    """Has no room for an answer."""

    trouble: type[Exception] = StorageError

    async def keep(self, content: bytes, *, sha256: str, suffix: str) -> str:
        raise self.trouble(f"no room for {len(content)} bytes of {sha256}{suffix}")


@pytest.mark.parametrize("trouble", [StorageError, RuntimeError])
async def test_a_disk_that_is_full_is_told_and_stops_the_rest(trouble: type[Exception]) -> None:
    """And nobody says that the answer is there."""
    journal = FullDisk()
    journal.trouble = trouble
    gateway = ScriptedImages(WireReply(200, body=UNREAD[0][1]), seconds=1.0)

    async with gateway.client(journal=journal, in_flight=1) as client:
        first, *others = await client.generate_all(["a", "b", "c"])

    assert isinstance(first.error, NoResultError)
    assert first.error.answer is None
    assert "all of it" not in str(first.error)
    assert [(outcome.state, getattr(outcome, "reason", None)) for outcome in others] == [("skipped", "storage")] * 2
    assert all(isinstance(outcome, Skipped) for outcome in others)
    assert len(gateway.requests) == 1


class SlowDisk(SQLiteJournal):
    """Takes a minute for each answer."""

    async def keep(self, content: bytes, *, sha256: str, suffix: str) -> str:
        await asyncio.sleep(60)
        return await super().keep(content, sha256=sha256, suffix=suffix)


@pytest.mark.parametrize(("kind", "body"), [UNREAD[0], UNREAD[2]])
async def test_who_is_cut_short_meanwhile_loses_no_more_than_the_name(
    tmp_path: Path, kind: type[Exception], body: bytes
) -> None:
    """What the answer says is told; the file is finished where there is time for it."""
    journal = SlowDisk(tmp_path / "run.db", inline=True)
    gateway = ScriptedImages(made(IN_THE_ANSWER), WireReply(200, body=body))
    client = await Client(OpenAIImages(URL, "key"), transport=gateway.transport, journal=journal).start()
    await client.generate("first", key="first")
    asking = asyncio.ensure_future(client.generate("a banana", key="k"))
    await until(lambda: len(gateway.requests) == 2)
    await asyncio.sleep(1.0)
    await client.aclose(grace=0)

    with pytest.raises(kind) as caught:
        await asking
    assert getattr(caught.value, "charged", "") == ("yes" if kind is NoResultError else "unknown")


async def test_a_key_is_held_by_what_became_of_it(shelf: Shelf) -> None:
    """As before: it is not sent again."""
    gateway = ScriptedImages(made(IN_THE_ANSWER), WireReply(200, body=UNREAD[2][1]))
    async with gateway.client(journal=shelf()) as client:
        await client.generate("first", key="first")
        with pytest.raises(UnknownOutcomeError):
            await client.generate("a banana", key="k")
    async with gateway.client(journal=shelf()) as client:
        found = await client.lookup("k")

    assert isinstance(found, Unknown)
    assert isinstance(found.error, UnknownOutcomeError)
    assert found.error.answer is not None
    assert len(gateway.requests) == 2


# --- whatever comes ------------------------------------------------------------------------------------------------

NAMES = ["data", "b64_json", "url", "image", "output", "result", "images", "picture", "choices", "status", "created"]
LEAVES = st.sampled_from([TEXT, f"data:image/png;base64,{TEXT}", TEXT[:50], LONG, "ok", "done", "", 7, None])
SHAPES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner), max_leaves=6
)
PIECES = st.sampled_from([b"", b"\x00", b"\xff", b"data: ", b": x\n", b"\n", b"}", b'"', b",", PICTURE, b"{}"])


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """An answer with a picture somewhere, or nowhere; whole or not."""
    whole = json.dumps(draw(SHAPES)).encode()
    at, rest = draw(st.integers(0, len(whole))), draw(st.integers(0, 9))
    damaged = whole[:at] + draw(PIECES) + whole[at : len(whole) - (rest if rest > 6 else 0)]
    return draw(PIECES) + damaged + draw(PIECES)


async def _asked(body: bytes, folder: Path, status: int) -> Outcome:
    gateway = ScriptedImages(made(IN_THE_ANSWER), WireReply(status, body=body))
    journal: Any = SQLiteJournal(folder / "run.db", inline=True)
    async with gateway.client(journal=journal) as client:
        await client.generate("first", key="first")
        (outcome,) = await client.generate_all(["a banana"])
    return outcome


@settings(max_examples=75)
@given(bodies(), st.sampled_from([200, 200, 201, 202]))
def test_no_success_whatever_loses_a_byte(body: bytes, status: int) -> None:
    """Its pictures are in the result, or it is in the journal's folder as it came, or it is told whole."""
    with tempfile.TemporaryDirectory() as place, asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        folder = Path(place)
        outcome = runner.run(_asked(body, folder, status))
        kept = answers_in(folder)
        is_told = "".join(body.decode(errors="replace").split()) in "".join(str(outcome.error).split())

        if isinstance(outcome, Succeeded):
            assert outcome.result.urls
            assert kept == []
        else:
            assert kept == [body] or is_told
