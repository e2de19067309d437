"""A journal that is not in its folder: the folder tells where it is, and never goes by two."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from nanobanana_async import ConfigurationError, NetworkError
from nanobanana_async.errors import BatchBusyError
from nanobanana_async.journal import scopes_in
from nanobanana_async.runs import known_records, lost_in, plan_batch, read_items
from tests.runs.files import A, B, C, by_key, json_lines, kie_with_files, pictures, run_on, written
from tests.scripted_kie import ScriptedKie, until


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two rows."""
    return written(tmp_path / "rows.jsonl", json_lines(A, B))


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nanobanana_async.journal._holding.HOLD_SECONDS", 0.1)


async def killed(kie: ScriptedKie, source: Path, out: Path, **options: object) -> None:
    """A run that leaves two tasks accepted, and a manifest of before: as a kill does."""
    await run_on(kie, source, out, only=["a"], **options)
    before = (out / "manifest.jsonl").read_bytes()
    kie.state = "generating"
    await run_on(kie, source, out, deadline=0.01, redo=["a"], **options)
    (out / "manifest.jsonl").write_bytes(before)
    kie.state = "success"


async def test_a_folder_goes_on_by_the_journal_it_began_with(tmp_path: Path, source: Path) -> None:
    """Named again or not: what is in flight is known there alone."""
    out, kie = tmp_path / "out", kie_with_files()
    await killed(kie, source, out, journal=tmp_path / "disk" / "x.db")

    plan = await plan_batch(read_items(source), out)
    report = await run_on(kie, source, out)

    assert (plan.adopted, plan.to_send) == (2, 0)
    assert report.exit_code == 0
    assert sorted(kie.prompts) == ["a", "a", "b"]
    assert not (out / "run.db").exists()
    assert len(known_records(out).records) == 2


@pytest.mark.parametrize(("first", "second"), [(None, "x.db"), ("x.db", "y.db"), ("x.db", "out/run.db")])
async def test_another_journal_is_refused_where_there_is_anything_to_lose(
    tmp_path: Path, source: Path, first: str | None, second: str
) -> None:
    """Both are named, and how many rows it is about; the plan says the same, and nothing is written."""
    out, kie = tmp_path / "out", kie_with_files()
    await killed(kie, source, out, journal=None if first is None else tmp_path / first)
    words = rf"goes by the journal .*{first or 'run.db'}', which knows of 2 rows .*{second}' is another one"

    for asked in (
        run_on(kie, source, out, journal=tmp_path / second),
        plan_batch(read_items(source), out, journal=tmp_path / second),
    ):
        with pytest.raises(ConfigurationError, match=words) as caught:
            await asked

    assert "Leave --journal out" in caught.value.remedy
    assert sorted(kie.prompts) == ["a", "a", "b"]
    assert not (tmp_path / second).exists()


async def test_another_journal_is_taken_where_nothing_is_paid_for(tmp_path: Path, source: Path) -> None:
    """As where all was refused."""
    out, kie = tmp_path / "out", kie_with_files()
    kie.creates = [NetworkError("refused", sent="no")] * 10
    await run_on(kie, source, out, budget=0)

    report = await run_on(kie_with_files(), source, out, journal=tmp_path / "x.db")

    assert report.exit_code == 0
    assert scopes_in(tmp_path / "x.db") == [str(out)]


async def test_a_journal_that_is_gone_is_asked_for(tmp_path: Path, source: Path) -> None:
    """Its disk may be away: a new one would pay for all of it again. The note can be removed by who knows better."""
    out, kie = tmp_path / "out", kie_with_files()
    await run_on(kie, source, out, journal=tmp_path / "x.db")
    (tmp_path / "x.db").rename(tmp_path / "moved.db")

    for named in (None, tmp_path / "x.db", tmp_path / "new.db"):
        with pytest.raises(ConfigurationError, match=r"goes by the journal .*x\.db', which is not there") as caught:
            await run_on(kie, source, out, journal=named)
    moved = await run_on(kie, source, out, journal=tmp_path / "moved.db")
    after = await run_on(kie, source, out)

    assert str(out / "run.json") in caught.value.remedy
    assert (moved.exit_code, after.exit_code) == (0, 0)
    assert sorted(kie.prompts) == ["a", "b"]


async def test_a_folders_own_journal_may_be_moved_elsewhere(tmp_path: Path, source: Path) -> None:
    """It is the same set there."""
    out, kie = tmp_path / "out", kie_with_files()
    await killed(kie, source, out)
    shutil.move(out / "run.db", tmp_path / "x.db")

    report = await run_on(kie, source, out, journal=tmp_path / "x.db")

    assert report.exit_code == 0
    assert sorted(kie.prompts) == ["a", "a", "b"]


async def test_two_folders_share_a_journal_and_keep_apart(tmp_path: Path, source: Path) -> None:
    """Neither has the other's rows, nor its pictures, nor its costs; each has its own locks."""
    shared, kie = tmp_path / "x.db", kie_with_files()
    first = await run_on(kie, source, tmp_path / "one", journal=shared)
    kie.state = "generating"
    run = asyncio.create_task(run_on(kie, source, tmp_path / "two", journal=shared))
    await until(lambda: kie.polls.total() > 3)
    again = await run_on(kie, source, tmp_path / "one", journal=shared)
    kie.state = "success"
    second = await run

    assert (first.credits, second.credits, again.credits) == (8.0, 8.0, 8.0)
    assert sorted(kie.prompts) == ["a", "a", "b", "b"]
    assert set(by_key(tmp_path / "two")) == {"a", "b"}
    assert pictures(tmp_path / "two") == ["a.png", "b.png"]


async def test_what_is_lost_is_found_without_naming_the_journal(tmp_path: Path, source: Path) -> None:
    """The folder tells where it is."""
    kie = kie_with_files()
    kie.creates = [NetworkError("reset")]
    await run_on(kie, source, tmp_path / "out", journal=tmp_path / "x.db")

    assert [one.key for one in lost_in(tmp_path / "out")] == ["a"]


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("second", ["x.db", "y.db"])
async def test_two_runs_never_share_a_folder_whatever_their_journals(tmp_path: Path, source: Path, second: str) -> None:
    """The second one is told of the first."""
    out, kie = tmp_path / "out", ScriptedKie()
    kie.state = "generating"
    run = asyncio.create_task(run_on(kie, source, out, journal=tmp_path / "x.db"))
    await until(lambda: kie.accepted)

    with pytest.raises(BatchBusyError, match=rf"at work in the folder .*out'.*\(process {os.getpid()}\)"):
        await run_on(ScriptedKie(), source, out, journal=tmp_path / second)

    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run


@pytest.mark.usefixtures("_impatient")
async def test_a_copy_of_a_folder_is_the_same_set(tmp_path: Path, source: Path) -> None:
    """With a journal elsewhere it is known there by the same name, and one of both is at work at a time."""
    out, kie = tmp_path / "out", ScriptedKie()
    kie.state = "generating"
    run = asyncio.create_task(run_on(kie, source, out, journal=tmp_path / "x.db"))
    await until(lambda: kie.accepted)
    (tmp_path / "copy").mkdir()
    shutil.copy(out / "run.json", tmp_path / "copy")

    with pytest.raises(BatchBusyError, match=r"another run is at work in the journal .*x\.db'"):
        await run_on(ScriptedKie(), source, tmp_path / "copy")

    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run


@pytest.mark.parametrize("content", ["", "null", "[1]", '{"journal": 3}', '{"journal": "x"}', '{"redo": {"a": "b"}}'])
async def test_a_note_that_is_damaged_is_not_guessed_at(tmp_path: Path, source: Path, content: str) -> None:
    """Nothing is sent."""
    out, kie = tmp_path / "out", kie_with_files()
    out.mkdir()
    written(out / "run.json", content)

    with pytest.raises(ConfigurationError, match=r"run\.json', which tells where the journal .* is damaged"):
        await run_on(kie, source, out)

    assert kie.prompts == []


async def test_a_set_that_is_added_to_stays_together(tmp_path: Path, source: Path) -> None:
    """A row that comes later goes into the same journal."""
    out, kie = tmp_path / "out", kie_with_files()
    await run_on(kie, source, out, journal=tmp_path / "x.db")
    await run_on(kie, written(source, json_lines(A, B, C)), out)

    assert scopes_in(tmp_path / "x.db") == [str(out)]
    assert set(known_records(out, tmp_path / "x.db").records) == {"a", "b", "c"}
