"""A run that was to make something anew and is cut short: the same command goes on, and pays for nothing twice."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from nanobanana_async import OpenAIImages
from nanobanana_async.runs import RunReport, Verdicts, run_batch, settle
from nanobanana_async.runs._folder_note import read_note
from nanobanana_async.values import WireReply, WireRequest
from tests.runs.files import LIMITLESS, A, B, Watch, by_key, json_lines, kie_with_files, pictures, run_on, written
from tests.scripted_images import URL, ScriptedImages
from tests.scripted_kie import until

REDO: dict[str, Any] = {"redo": ["a"]}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two rows."""
    return written(tmp_path / "rows.jsonl", json_lines(A, B))


class Held(ScriptedImages):
    """Answers with the picture, once it may."""

    def __init__(self) -> None:
        super().__init__()
        self.answering = asyncio.Event()
        self.answering.set()

    async def _answer(self, request: WireRequest) -> WireReply:
        reply = await super()._answer(request)
        await self.answering.wait()
        return reply


async def run_there(gateway: ScriptedImages, source: Path, out: Path, **options: Any) -> RunReport:
    """A run at a gateway that answers with the picture."""
    settings: dict[str, Any] = {"gateway": OpenAIImages(URL, "key", 0.04), "rate": LIMITLESS}
    return await run_batch(source, out, transport=gateway.transport, **settings, **options)


async def cut_short(run: asyncio.Task[RunReport], times: int = 1) -> None:
    """Cancel `run`, again and again where it is to be given up, until it has ended."""
    run.cancel()
    while not run.done() and times > 1:
        run.cancel()
        await asyncio.sleep(0.001)
    with pytest.raises(asyncio.CancelledError):
        await run


async def test_an_answer_that_came_after_the_signal_is_the_one_that_was_asked_for(source: Path, tmp_path: Path) -> None:
    """It is paid for, and the same command fetches it; run once more, it asks for another."""
    out, gateway = tmp_path / "out", Held()
    await run_there(gateway, source, out)
    gateway.answering.clear()
    run = asyncio.create_task(run_there(gateway, source, out, **REDO))
    await until(lambda: len(gateway.requests) == 3)
    run.cancel()
    await asyncio.sleep(0)  # it has heard of it
    gateway.answering.set()
    with pytest.raises(asyncio.CancelledError):
        await run

    again = await run_there(gateway, source, out, **REDO)
    sent = len(gateway.requests)
    await run_there(gateway, source, out, **REDO)

    assert (again.exit_code, again.left.redone, sent) == (0, ("a",), 3)
    assert len(gateway.requests) == 4
    assert "a~2.png" in pictures(out)


async def test_what_was_saved_before_the_signal_is_not_made_once_more(source: Path, tmp_path: Path) -> None:
    """Whoever hears "run the same command again" is not told whether that was all."""
    out, gateway, plans = tmp_path / "out", ScriptedImages(), Watch()
    await run_there(gateway, source, out)

    def at_the_last_outcome(_: object) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await run_there(gateway, source, out, **REDO, on_outcome=at_the_last_outcome)
    noted = read_note(out).redo

    again = await run_there(gateway, source, out, **REDO, on_plan=plans.listeners["on_plan"])

    assert noted == {"a": 1}
    assert (again.exit_code, len(gateway.requests)) == (0, 3)
    assert (plans.plans[0].to_send, plans.plans[0].renewed_before) == (0, 1)
    assert not (out / "run.json").exists()


async def test_a_task_that_another_run_has_finished_is_not_made_once_more(source: Path, tmp_path: Path) -> None:
    """Each once for each time that it is asked for, whatever was run in between."""
    out, kie = tmp_path / "out", kie_with_files()
    await run_on(kie, source, out)
    kie.state = "generating"
    run = asyncio.create_task(run_on(kie, source, out, **REDO))
    await until(lambda: kie.polls["task2"])
    await cut_short(run)
    kie.state = "success"
    await run_on(kie, source, out)

    await run_on(kie, source, out, **REDO)
    finished = list(kie.prompts)
    await run_on(kie, source, out, **REDO)

    assert finished == ["a", "b", "a"]
    assert sorted(kie.prompts) == ["a", "a", "a", "b"]


async def test_one_whose_answer_was_lost_is_not_sent_again_however_often_it_is_asked_for(
    source: Path, tmp_path: Path
) -> None:
    """It may be paid for. Once a person gives it up, the words `--redo KEY` mean what they say."""
    out, kie = tmp_path / "out", kie_with_files()
    await run_on(kie, source, out)
    kie.answering.clear()
    run = asyncio.create_task(run_on(kie, source, out, **REDO))
    await until(lambda: kie.on_the_wire)
    await cut_short(run, times=99)
    kie.answering.set()

    reports = [await run_on(kie, source, out, **REDO) for _ in range(3)]
    held = list(kie.prompts)
    await settle(out, Verdicts(drop=["a"]))
    await run_on(kie, source, out, **REDO)

    assert {(report.counts["unknown"], report.exit_code, report.left.redone) for report in reports} == {(1, 1, ())}
    assert held == ["a", "b", "a"]
    assert sorted(kie.prompts) == ["a", "a", "a", "b"]
    assert by_key(out)["a"]["state"] == "succeeded"


async def test_a_picture_that_could_not_be_saved_is_fetched_by_the_same_command(source: Path, tmp_path: Path) -> None:
    """It was made anew, and is not here yet: to go on is to fetch it."""
    out, kie = tmp_path / "out", kie_with_files()
    await run_on(kie, source, out)
    whole, kie.others["/task2.png"] = kie.others["/task2.png"], WireReply(403, {}, b"")
    report = await run_on(kie, source, out, **REDO)
    kie.others["/task2.png"] = whole

    again = await run_on(kie, source, out, **REDO)

    assert (report.unsaved, report.left.redone) == (1, ())
    assert (again.exit_code, again.left.redone) == (0, ("a",))
    assert sorted(kie.prompts) == ["a", "a", "b"]
