"""A run that is cut short: what is paid for is written down, and the next one carries on."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from nanobanana_async import ConfigurationError
from nanobanana_async.errors import BatchBusyError
from nanobanana_async.runs._run_batch import run_batch
from nanobanana_async.values import WireReply
from tests.runs.files import PNG, by_key, json_lines, pictures, run_on, written
from tests.scripted_kie import ScriptedKie, said, until

A, B, C = ({"prompt": name, "key": name} for name in "abc")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Three rows."""
    return written(tmp_path / "rows.jsonl", json_lines(A, B, C))


def states(folder: Path) -> dict[str, tuple[str, str | None]]:
    """State and task of each key."""
    return {key: (row["state"], row["task_id"]) for key, row in by_key(folder).items()}


async def test_a_cancelled_run_writes_down_what_is_paid(source: Path, tmp_path: Path) -> None:
    """Accepted: pending, by its task; not sent: skipped. The next run adopts the one and sends the other."""
    kie = ScriptedKie()
    kie.state = "generating"
    run = asyncio.create_task(run_on(kie, source, tmp_path / "out", in_flight=2))
    await until(lambda: kie.polls.total() > 2)

    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run

    assert states(tmp_path / "out") == {"a": ("pending", "task0"), "b": ("pending", "task1"), "c": ("skipped", None)}
    assert by_key(tmp_path / "out")["c"]["error"]["retryable"] is True

    kie.state = "success"
    kie.others = {f"/task{n}.png": WireReply(200, {}, PNG) for n in range(3)}
    report = await run_on(kie, source, tmp_path / "out")
    assert report.exit_code == 0
    assert sorted(kie.prompts) == ["a", "b", "c"]
    assert pictures(tmp_path / "out") == ["a.png", "b.png", "c.png"]


async def test_a_create_on_the_wire_is_read_to_its_end(source: Path, tmp_path: Path) -> None:
    """Its task is in the manifest."""
    kie = ScriptedKie()
    kie.state = "generating"
    kie.answering.clear()
    run = asyncio.create_task(run_on(kie, source, tmp_path / "out", in_flight=1))
    await until(lambda: kie.on_the_wire)

    run.cancel()
    await asyncio.sleep(0)
    kie.answering.set()
    with pytest.raises(asyncio.CancelledError):
        await run

    assert states(tmp_path / "out")["a"] == ("pending", "task0")


async def test_a_run_that_is_cancelled_twice_writes_all_the_same(source: Path, tmp_path: Path) -> None:
    """Whose create is still on the wire is unknown: it may be paid for."""
    kie = ScriptedKie()
    kie.answering.clear()
    run = asyncio.create_task(run_on(kie, source, tmp_path / "out", in_flight=1))
    await until(lambda: kie.on_the_wire)

    while not run.done():
        run.cancel()
        await asyncio.sleep(0.001)
    with pytest.raises(asyncio.CancelledError):
        await run

    rows = by_key(tmp_path / "out")
    assert {key: row["state"] for key, row in rows.items()} == {"a": "unknown", "b": "skipped", "c": "skipped"}
    assert rows["a"]["charged"] == "unknown"
    with pytest.raises(ConfigurationError, match="KIE_API_KEY"):  # and the folder is free again
        await run_batch(source, tmp_path / "out")


async def test_what_is_refused_is_as_before(source: Path, tmp_path: Path) -> None:
    """A create that was refused and waits to be tried again is not paid for."""
    kie = ScriptedKie()
    kie.creates = [said(429, "Your call frequency is too high", retry_after="600")] * 3
    run = asyncio.create_task(run_on(kie, source, tmp_path / "out"))
    await until(lambda: kie.prompts and not kie.on_the_wire)

    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run

    assert {state for state, _ in states(tmp_path / "out").values()} == {"skipped"}


async def test_events_reach_the_user_too(source: Path, tmp_path: Path) -> None:
    """All of them."""
    kie = ScriptedKie()
    kie.others = {f"/task{n}.png": WireReply(200, {}, PNG) for n in range(3)}
    names: set[str] = set()

    await run_on(kie, source, tmp_path / "out", on_event=lambda event: names.add(type(event).__name__))

    assert {"ItemQueued", "CreateSent", "TaskAccepted", "FilesSaved", "OutcomeReached"} <= names


async def test_two_runs_never_share_a_folder(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one is told of the first, by its process, before anything is sent."""
    monkeypatch.setattr("nanobanana_async.journal._holding.HOLD_SECONDS", 0.1)
    kie = ScriptedKie()
    kie.state = "generating"
    run = asyncio.create_task(run_on(kie, source, tmp_path / "out"))
    await until(lambda: kie.accepted)
    second = ScriptedKie()

    with pytest.raises(BatchBusyError, match=rf"at work in the folder .*out'.*\(process {os.getpid()}\)"):
        await run_on(second, source, tmp_path / "out")

    assert second.prompts == []
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run


async def test_a_folder_that_can_hold_no_journal_sends_nothing(source: Path, tmp_path: Path) -> None:
    """With the system's words, and another place to name."""
    (tmp_path / "out" / "run.db").mkdir(parents=True)
    kie = ScriptedKie()

    with pytest.raises(ConfigurationError, match=r"run\.db' is a folder") as caught:
        await run_on(kie, source, tmp_path / "out")

    assert "--journal PATH" in caught.value.remedy
    assert kie.prompts == []


async def test_what_a_killed_run_left_half_written_is_removed(source: Path, tmp_path: Path) -> None:
    """Once nobody can be at work on it any more; what is not ours stays."""
    out = tmp_path / "out"
    (out / "deep").mkdir(parents=True)
    old, new, strange = (
        out / "deep" / ".a.png.0123456789abcdef.part",
        out / ".b.png.0123456789abcdef.part",
        out / ".mine.part",
    )
    for path in (old, new, strange):
        path.touch()
    for path in (old, strange):
        os.utime(path, (0, 0))
    kie = ScriptedKie()
    kie.others = {f"/task{n}.png": WireReply(200, {}, PNG) for n in range(3)}

    await run_on(kie, source, out)

    assert [path.exists() for path in (old, new, strange)] == [False, True, True]
