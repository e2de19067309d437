"""What a batch that is run again may spend and send, and the files that it finds."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from nanobanana_async import (
    Item,
    Outcome,
)
from nanobanana_async.lifecycle import AttemptState
from tests.paying_once.answers import LOST
from tests.paying_once.conftest import Shelf
from tests.paying_once.lives import PatientKie, attempts_of, doomed
from tests.paying_once.runs_of import KEYED, run, states
from tests.scripted_kie import record, said, until


async def test_a_budget_is_that_of_all_runs(shelf: Shelf) -> None:
    """What earlier runs have spent, or may have spent, is gone; what is known already is handed out all the same."""
    kie = PatientKie()
    kie.creates.append(LOST)
    async with kie.client(journal=shelf()) as client:
        first, _ = await run(client, KEYED[:2], budget=12)

    async with kie.client(journal=shelf()) as client:
        again, _ = await run(client, [*KEYED, Item("banana d", key="d")], budget=12)

    assert states(first) == "unknown succeeded"
    assert states(again) == "unknown succeeded succeeded skipped"


async def test_an_adopted_task_that_fails_gives_its_credits_back(shelf: Shelf) -> None:
    """It counts as spent only until it is known that nothing was taken."""
    kie, journal = PatientKie(), shelf()
    kie.state = "generating"
    async with doomed(kie, journal) as client, client.batch(KEYED[:1], budget=4):
        await until(lambda: client.statistics().in_flight and not client.statistics().creating)
        await asyncio.sleep(1)
        journal.abandon()
    failed = said(200, data=record("task0", "fail", failCode="400", failMsg="flagged by the content policy"))
    kie.looks.append(failed)
    kie.state = "success"

    async with kie.client(journal=shelf()) as client:
        outcomes, _ = await run(client, KEYED[:2], budget=4)

    assert states(outcomes) == "failed succeeded"


async def test_an_unknown_that_the_budget_does_not_reach_for_is_told_as_unknown(shelf: Shelf) -> None:
    """Told to resend, it can't be: but it is not true that it was never sent."""
    kie = PatientKie()
    kie.creates.append(LOST)
    async with kie.client(journal=shelf()) as client:
        await run(client, KEYED[:1], budget=4)

    async with kie.client(journal=shelf(), on_unknown="resend") as client:
        outcomes, report = await run(client, KEYED[:1], budget=4)
        held, _ = await run(client, KEYED[:1], budget=4)

    assert states(outcomes) == states(held) == "unknown"
    assert report.possible_duplicates == 0
    assert await attempts_of(shelf(), "a", scope="default") == [AttemptState.UNKNOWN]


async def test_batches_of_one_client_share_the_budget_of_their_name(shelf: Shelf) -> None:
    """Also where the first was over a moment ago."""
    kie = PatientKie()

    async with kie.client(journal=shelf()) as client:
        first, _ = await run(client, KEYED[:2], budget=8)
        again, _ = await run(client, KEYED, budget=8)

    assert (states(first), states(again)) == ("succeeded succeeded", "succeeded succeeded skipped")


# --- limits, and files --------------------------------------------------------------------------------------------


async def test_a_run_right_after_a_kill_keeps_to_what_runs(shelf: Shelf) -> None:
    """Of three in flight, three are there still: nothing is sent before one of them is over."""
    kie, journal = PatientKie(), shelf()
    kie.state = "generating"
    async with doomed(kie, journal, in_flight=3) as client, client.batch(KEYED):
        await until(lambda: len(kie.accepted) == 3)
        await asyncio.sleep(1)
        journal.abandon()

    async with kie.client(journal=shelf(), in_flight=3) as client:
        running = asyncio.ensure_future(run(client, [*KEYED, "one more"]))
        await asyncio.sleep(60)
        assert len(kie.prompts) == 3
        kie.state = "success"
        outcomes, _ = await running

    assert states(outcomes) == "succeeded succeeded succeeded succeeded"


async def test_a_batch_may_be_stopped_while_it_asks_what_is_known(shelf: Shelf) -> None:
    """Each item has one outcome: what is done is handed out, and the rest is skipped."""
    kie = PatientKie()
    async with kie.client(journal=shelf()) as client:
        await run(client, KEYED[:1])

        outcomes: list[Outcome] = []
        async with client.batch(KEYED) as batch:
            batch.stop_sending()
            outcomes = [outcome async for outcome in batch]

    assert sorted(outcome.index for outcome in outcomes) == [0, 1, 2]
    assert sorted(outcome.state for outcome in outcomes) == ["skipped", "skipped", "succeeded"]


def _files(outcomes: Iterable[Outcome]) -> list[str]:
    return [file.name for outcome in outcomes for file in outcome.files]


async def test_files_that_are_there_are_left_alone(shelf: Shelf, tmp_path: Path) -> None:
    """One that was deleted is fetched again; nothing is paid for it, and nothing saved twice."""
    from nanobanana_async.testing import Emulator

    emulator, folder = Emulator(seed=1), tmp_path / "out"
    async with emulator.client(journal=shelf()) as client:
        first, _ = await run(client, save_to=folder)
    gone, kept = first[1].files[0], first[0].files[0]
    gone.unlink()
    before = kept.stat().st_mtime_ns

    async with emulator.client(journal=shelf()) as client:
        again, report = await run(client, save_to=folder)
        once_more, _ = await run(client, save_to=folder)

    assert _files(first) == _files(again) == _files(once_more)
    assert sorted(path.name for path in folder.iterdir()) == sorted(_files(first))
    assert kept.stat().st_mtime_ns == before
    assert report.credits == 0
    assert len(emulator.ledger.accepted) == 3


async def test_another_folder_gets_its_own_pictures(shelf: Shelf, tmp_path: Path) -> None:
    """They are here and are copied: nothing is fetched, and what has their name there is left alone."""
    from nanobanana_async.testing import Emulator

    emulator, other = Emulator(seed=1), tmp_path / "other"
    async with emulator.client(journal=shelf()) as client:
        first, _ = await run(client, save_to=tmp_path / "out")
    asked = emulator.ledger.downloads.total()
    other.mkdir()
    taken = other / first[0].files[0].name
    taken.write_bytes(b"mine")

    async with emulator.client(journal=shelf()) as client:
        again, report = await run(client, save_to=other)
    async with emulator.client(journal=shelf()) as client:
        once_more, _ = await run(client, save_to=other)

    assert {file.parent for outcome in again for file in outcome.files} == {other}
    assert [outcome.files[0].read_bytes() for outcome in again] == [outcome.files[0].read_bytes() for outcome in first]
    assert all(file.exists() for outcome in first for file in outcome.files)
    assert taken.read_bytes() == b"mine"
    assert _files(once_more) == _files(again)
    assert len(list(other.iterdir())) == 4
    assert (report.credits, emulator.ledger.downloads.total()) == (0, asked)


async def test_where_no_copy_can_be_made_the_pictures_are_where_they_were(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The outcome says where that is, and the log why."""
    from nanobanana_async.testing import Emulator

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    emulator = Emulator(seed=1)
    async with emulator.client(journal=shelf()) as client:
        first, _ = await run(client, save_to=tmp_path / "out")
    monkeypatch.setattr(os, "fsync", full)
    async with emulator.client(journal=shelf()) as client:
        again, _ = await run(client, save_to=tmp_path / "other")

    assert _files(again) == _files(first)
    assert {file.parent.name for outcome in again for file in outcome.files} == {"out"}
    assert "No space left on device" in caplog.text
    assert not list((tmp_path / "other").iterdir())


async def test_a_folder_may_be_moved(shelf: Shelf, tmp_path: Path) -> None:
    """The pictures are found where they are now, and from then on known there."""
    from nanobanana_async.testing import Emulator

    emulator = Emulator(seed=1)
    async with emulator.client(journal=shelf()) as client:
        first, _ = await run(client, save_to=tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / "moved")

    async with emulator.client(journal=shelf()) as client:
        again, _ = await run(client, save_to=tmp_path / "moved")
        known = await client.lookup("a", name="default")

    assert _files(again) == _files(first)
    assert {file.parent.name for outcome in again for file in outcome.files} == {"moved"}
    assert len(list((tmp_path / "moved").iterdir())) == 3
    assert isinstance(known, type(again[0]))
    assert known.files == again[0].files
    assert len(emulator.ledger.accepted) == 3
