"""Who asks for a key that another process sends right now: his time is kept, and he is told what is known."""

from __future__ import annotations

import asyncio
from typing import Any, Self

import pytest

from nanobanana_async import BusyError, NanoBanana, Rate, StillRunningError
from nanobanana_async.journal import Change, Claimed, Entry, Intent
from nanobanana_async.lifecycle import AttemptState, ItemState
from nanobanana_async.models import derive_key
from tests.paying_once.asking import EITHER, Ask, generate
from tests.paying_once.conftest import Shelf
from tests.paying_once.lives import GATEWAY, AnyJournal, PatientKie, assert_idle


class Stopped:
    """Another process, which has claimed the key and stands still: it lives, and says nothing until it goes on."""

    def __init__(self, journal: AnyJournal) -> None:
        self._journal = journal

    async def __aenter__(self) -> Self:
        await self._journal.open(GATEWAY)
        request = NanoBanana("a banana")
        own = Intent(
            scope="",
            key="k",
            fingerprint=derive_key(request, []),
            request={"prompt": request.prompt},
            model=request.model,
            dialect=request.dialect,
            at=0.0,
            token="its own",
        )
        assert isinstance(await self._journal.claim(own), Claimed)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._journal.aclose()

    async def go_on(self) -> None:
        """Its create was accepted."""
        own = ("its own", AttemptState.ACCEPTED)
        step = Change(scope="", key="k", generation=1, at=1.0, to=ItemState.ACCEPTED, attempt=own, task_id="task9")
        assert await self._journal.record(step)


@EITHER
@pytest.mark.parametrize(
    "limits", [{"timeout": 5}, {"timeout": 5, "queue_timeout": 2}, {"timeout": 5, "queue_timeout": 60}], ids=str
)
async def test_a_timeout_is_kept(shelf: Shelf, ask: Ask, limits: dict[str, float]) -> None:
    """And nobody is told that nothing was charged: another sends it, and has no answer yet."""
    kie, now = PatientKie(), asyncio.get_running_loop().time

    async with Stopped(shelf()), kie.client(journal=shelf()) as client:
        began = now()
        with pytest.raises(StillRunningError, match="another process sends this under the same key") as caught:
            await asyncio.wait_for(ask(client, **limits), 600)
        took = now() - began
        await asyncio.sleep(1)
        assert_idle(client, in_flight=1)  # the other's

    assert took == pytest.approx(5)
    assert caught.value.charged == "unknown"
    assert caught.value.retryable
    assert "same key" in caught.value.remedy
    assert not kie.prompts


async def test_each_has_his_own_time(shelf: Shelf) -> None:
    """Of several who wait in one client; who has more of it is given what the other process had made."""
    kie, now = PatientKie(), asyncio.get_running_loop().time

    async with Stopped(shelf()) as other, kie.client(journal=shelf()) as client:
        began, ends = now(), list[float]()
        asking = [asyncio.ensure_future(generate(client, timeout=seconds)) for seconds in (3, 7, 60)]
        for one in asking:
            one.add_done_callback(lambda _: ends.append(now() - began))
        await asyncio.sleep(10)
        await other.go_on()
        got = await asyncio.gather(*asking, return_exceptions=True)

    assert [type(one) for one in got[:2]] == [StillRunningError, StillRunningError]
    assert got[2] == "task9"
    assert ends[:2] == [pytest.approx(3), pytest.approx(7)]
    assert not kie.prompts


async def test_who_has_left_asks_no_more(shelf: Shelf) -> None:
    """The journal is not asked for as long as the other process stands still."""
    kie, journal, finds = PatientKie(), shelf(), list[str]()
    find = journal.find

    async def counted(scope: str, key: str, **more: Any) -> Entry | None:
        finds.append(key)
        return await find(scope, key, **more)

    async with Stopped(shelf()), kie.client(journal=journal) as client:
        journal.find = counted  # type: ignore[method-assign]  # the same, counted
        with pytest.raises(StillRunningError):
            await generate(client, timeout=5)
        asked = len(finds)
        await asyncio.sleep(600)

    assert asked > 5
    assert len(finds) <= asked + 1


@EITHER
async def test_who_was_told_so_may_ask_again(shelf: Shelf, ask: Ask) -> None:
    """The remedy holds: with the same key he takes up what has come of it."""
    kie = PatientKie()

    async with Stopped(shelf()) as other, kie.client(journal=shelf()) as client:
        with pytest.raises(StillRunningError):
            await ask(client, timeout=5)
        await other.go_on()
        got = await ask(client, timeout=60)

    assert got == "task9"
    assert not kie.prompts


async def test_who_waits_for_his_own_client_is_told_so(shelf: Shelf) -> None:
    """It is this one that sends, and reads the answer to its end."""
    kie = PatientKie()
    kie.answering.clear()

    async with kie.client(journal=shelf()) as client:
        with pytest.raises(StillRunningError, match="no answer to the create within 5 s") as caught:
            await generate(client, timeout=5)
        kie.answering.set()
        got = await generate(client)

    assert caught.value.charged == "unknown"
    assert got == "task0"
    assert len(kie.prompts) == 1


async def test_who_waits_for_nothing_but_his_turn_is_told_that_nothing_was_charged(shelf: Shelf) -> None:
    """Here it is true: nobody sends it."""
    kie = PatientKie()

    async with kie.client(journal=shelf(), rate=Rate(1, per=3600)) as client:
        await client.submit("something else")
        with pytest.raises(BusyError) as caught:
            await generate(client, timeout=5)

    assert caught.value.charged == "no"
    assert len(kie.prompts) == 1
