"""File hosts: how long one is asked, what it may say, and what is told where the picture does not come."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nanobanana_async import (
    NanoBananaError,
    NetworkError,
    Result,
    ResultExpiredError,
    ServiceError,
    StorageError,
)
from nanobanana_async.storage import MAX_FILE_BYTES
from nanobanana_async.values import WireReply, WireRequest
from tests.client.test_pictures import LINK, PNG, InTurn, file_host, result, whole
from tests.scripted_images import ScriptedImages
from tests.scripted_kie import said
from tests.storage.pictures import make_png

AT = "https://files.example/a.png?signed=yes"
WITHOUT_A_TASK = Result(None, "m", (AT,), None)


async def seconds_of(reading: Callable[[], object]) -> tuple[float, BaseException | None]:
    """How long it takes on the clock of the loop, and what it raises."""
    began = asyncio.get_running_loop().time()
    try:
        await reading()  # type: ignore[misc]  # any coroutine function
    except NanoBananaError as error:
        return asyncio.get_running_loop().time() - began, error
    return asyncio.get_running_loop().time() - began, None


DATES = {"date": "Wed, 21 Oct 2026 07:28:00 GMT", "retry-after": "Wed, 21 Oct 2026 07:28:40 GMT"}


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("headers", [{"retry-after": "40"}, DATES])
async def test_a_host_that_asks_to_be_left_alone_is(status: int, headers: dict[str, str]) -> None:
    """For as long as it has asked for, in seconds or by a date."""
    answers = InTurn(WireReply(status, headers), whole())

    async with file_host(a=answers).client() as client:
        took, error = await seconds_of(lambda: client.read(result()))

    assert error is None
    assert 40 <= took < 60
    assert len(answers.requests) == 2


async def test_a_host_that_asks_for_more_than_there_is_time_is_given_up_at_once() -> None:
    """Whoever waits is told how long it would be."""
    answers = InTurn(WireReply(429, {"retry-after": "3600"}))

    async with file_host(a=answers).client() as client:
        took, error = await seconds_of(lambda: client.read(result()))

    assert isinstance(error, ServiceError)
    assert "asks to be left alone for 3600 s" in error.message
    assert error.problem is not None
    assert (error.problem.status, error.problem.retry_after) == (429, 3600.0)
    assert took < 1
    assert len(answers.requests) == 1


async def test_the_time_for_a_picture_is_for_all_tries_together() -> None:
    """Each has its own, and no more than the others have left."""
    deadlines: list[float] = []

    async def slow(request: WireRequest) -> WireReply:
        deadlines.append(request.deadline)
        await asyncio.sleep(200)
        raise NetworkError("reset")

    async with file_host(a=slow).client() as client:
        took, error = await seconds_of(lambda: client.read(result()))

    assert isinstance(error, NetworkError)
    assert 599 <= took <= 601
    assert deadlines[:2] == [300, 300]
    assert 175 <= deadlines[2] <= 200
    assert len(deadlines) == 3


async def test_a_host_that_falls_silent_once_is_asked_again() -> None:
    """One try is over long before the time is."""
    begun: list[float] = []

    async def silent(request: WireRequest) -> WireReply:
        begun.append(request.deadline)
        await asyncio.sleep(3600 if len(begun) == 1 else 0)
        return whole()

    async with file_host(a=silent).client() as client:
        took, error = await seconds_of(lambda: client.read(result()))

    assert error is None
    assert 300 <= took < 310


async def test_to_wait_for_a_turn_takes_nobodys_time() -> None:
    """Forty pictures of two hundred seconds each, a dozen at once: the last ones begin after 600 s."""

    async def slow(_: WireRequest) -> WireReply:
        await asyncio.sleep(200)
        return whole()

    async with file_host(a=slow).client() as client:
        took, error = await seconds_of(lambda: asyncio.gather(*(client.read(result()) for _ in range(40))))

    assert error is None
    assert 800 <= took < 810


@pytest.mark.parametrize(
    "answer",
    [
        WireReply(200, {"content-length": str(MAX_FILE_BYTES + 1)}, PNG),
        WireReply(200, {}, make_png(40_000, 40_000, pixels=b"")),
    ],
    ids=["as announced", "once decoded"],
)
async def test_what_is_over_the_limit_is_fetched_once(answer: WireReply) -> None:
    """It would be as large again; the link says where it can be had by hand."""
    answers = InTurn(answer)

    async with file_host(a=answers).client() as client:
        with pytest.raises(StorageError, match="over the limit") as caught:
            await client.read(result())

    assert len(answers.requests) == 1
    assert not caught.value.retryable
    assert caught.value.remedy.endswith("https://files.example/a.png")
    assert answers.requests[0].max_bytes > MAX_FILE_BYTES  # else the wire would break it off, and it would be repeated


async def test_a_part_that_was_not_asked_for_is_no_picture() -> None:
    """Though it may be all of it: nobody can tell."""
    answers = InTurn(WireReply(206, {"content-length": str(len(PNG))}, PNG))

    async with file_host(a=answers).client() as client:
        with pytest.raises(ServiceError, match="answers 206"):
            await client.read(result())


def reseller(answer: WireReply) -> ScriptedImages:
    """A gateway whose file host answers so, always."""
    return ScriptedImages(*[answer] * 9)


@pytest.mark.parametrize("status", [401, 403])
async def test_a_link_that_is_refused_is_told_as_refused(status: int) -> None:
    """Who has just paid for it must not be led to pay again: it may open in a browser."""
    gateway = reseller(WireReply(status))

    async with gateway.client() as client:
        with pytest.raises(ServiceError, match=f"refuses 'https://files.example/.*{status}") as caught:
            await client.read(WITHOUT_A_TASK)

    error = caught.value
    assert (error.charged, error.task_id, error.reason) == ("yes", None, "service")
    assert error.remedy.startswith("Try the link by hand first")
    assert error.remedy.endswith(AT)
    assert "again" not in error.remedy
    assert "do not order it anew" in error.public_message
    assert len(gateway.requests) == 1


@pytest.mark.parametrize("status", [404, 410])
async def test_a_link_that_leads_nowhere_is_looked_at_before_it_is_paid_for_again(status: int) -> None:
    """It is gone, as far as its host says."""
    async with reseller(WireReply(status)).client() as client:
        with pytest.raises(ResultExpiredError, match=f"answers {status}") as caught:
            await client.read(WITHOUT_A_TASK)

    assert caught.value.remedy.startswith("Try the link in `result.urls` by hand first")


async def test_a_gateway_that_gives_fresh_links_is_asked_for_one() -> None:
    """Where it has none either, the picture is gone."""
    kie = file_host(a=WireReply(403))
    kie.others[LINK] = said(422, "url is wrong")

    async with kie.client() as client:
        with pytest.raises(ResultExpiredError) as caught:
            await client.read(result())

    assert caught.value.remedy.startswith("Results are kept for a day to two weeks")


HALF = base64.b64encode(PNG[:-9]).decode()
ON_THE_WIRE = [WireReply(503), WireReply(200, {}, PNG[:-9]), WireReply(200, {}, b"<html>")]


@pytest.mark.parametrize("answer", ON_THE_WIRE, ids=["away", "cut off", "a page"])
async def test_a_picture_without_a_task_is_fetched_again_by_its_link(answer: WireReply) -> None:
    """There is nothing else by which anybody could."""
    async with reseller(answer).client() as client:
        with pytest.raises((ServiceError, StorageError)) as caught:
            await client.read(WITHOUT_A_TASK)

    assert caught.value.remedy.endswith(f"fetch the result again, from {AT}")
    assert "task id" not in caught.value.remedy


@pytest.mark.parametrize("answer", ON_THE_WIRE, ids=["away", "cut off", "a page"])
async def test_a_picture_of_a_task_is_fetched_again_by_its_id(answer: WireReply) -> None:
    """Its links may be too old by then."""
    async with file_host(a=answer).client() as client:
        with pytest.raises((ServiceError, StorageError)) as caught:
            await client.read(result())

    assert caught.value.remedy.endswith("fetch the result again by its task id.")


@pytest.mark.parametrize("content", [f"base64,{HALF}", "base64,A", "charset=x,what"], ids=["half", "none", "words"])
async def test_a_picture_that_came_damaged_in_the_answer_is_looked_at_there(content: str) -> None:
    """No other answer tells of it, and there is no link."""
    async with ScriptedImages().client() as client:
        with pytest.raises(StorageError) as caught:
            await client.read(Result(None, "m", (f"data:image/png;{content}",), None))

    assert caught.value.remedy.startswith("It came so in the answer: look at it in `result.urls`")
    assert "task id" not in caught.value.remedy
    assert "etch" not in caught.value.remedy


async def test_a_damaged_picture_that_the_journal_keeps_is_looked_at_there(tmp_path: Path) -> None:
    """By its path."""
    kept = tmp_path / "kept.png"
    kept.write_bytes(PNG[:-9])

    async with ScriptedImages().client() as client:
        with pytest.raises(StorageError) as caught:
            await client.read(Result(None, "m", (kept.as_uri(),), None))

    assert f"look at it in {kept}" in caught.value.remedy


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        (f"data:image/png;base64,{base64.b64encode(PNG).decode()}", "The picture is in memory alone now"),
        (AT, f"It stays paid for: fetch the result again, from {AT}"),
    ],
    ids=["in the answer", "a link"],
)
async def test_a_disk_that_refuses_says_where_the_picture_is_meanwhile(tmp_path: Path, url: str, remedy: str) -> None:
    """In memory, or where it was; and it can be saved elsewhere at once."""
    (tmp_path / "file").touch()
    made = Result(None, "m", (url,), None)

    async with reseller(whole()).client() as client:
        with pytest.raises(StorageError) as caught:
            await client.save(made, tmp_path / "file" / "x.png")
        (saved,) = await client.save(made, tmp_path / "x.png")

    assert "choose another folder. " in caught.value.remedy
    assert remedy in caught.value.remedy
    assert "task id" not in caught.value.remedy
    assert saved.read_bytes() == PNG


async def test_what_the_disk_had_no_part_in_keeps_its_remedy(tmp_path: Path) -> None:
    """A device is no place for a picture, wherever that is."""
    os.mkfifo(tmp_path / "pipe")

    async with reseller(whole()).client() as client:
        with pytest.raises(StorageError) as caught:
            await client.save(WITHOUT_A_TASK, tmp_path / "pipe")

    assert caught.value.remedy == "Name a file, or a folder."
