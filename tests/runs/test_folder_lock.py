"""The lock on an output folder, where it can't be had as it should, and what a folder tells that can't be written."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from nanobanana_async import ConfigurationError, StorageError
from nanobanana_async.journal import LockFile
from nanobanana_async.runs import at_work_in, lost_in
from nanobanana_async.runs._folder_hold import FolderHold
from nanobanana_async.runs._folder_note import FolderNote, read_note, write_note
from tests.runs.files import A, json_lines, kie_with_files, run_on, written
from tests.scripted_kie import record, said

POLICY = "Your prompt was flagged by Website as violating content policies."


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """One row."""
    return written(tmp_path / "rows.jsonl", json_lines(A))


def failing(patch: pytest.MonkeyPatch, code: int) -> None:
    """Locks that the system refuses with this error."""

    def take(_: LockFile) -> bool:
        raise OSError(code, "no locks available")

    patch.setattr(LockFile, "take", take)


async def test_a_disk_that_knows_no_locks_has_room_for_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal has locks of its own, on a disk of this machine."""
    with monkeypatch.context() as patch:
        failing(patch, errno.ENOLCK)
        hold = await FolderHold.taken(tmp_path)
    there = hold.is_there
    hold.let_go()
    hold.let_go()

    assert there


async def test_a_lock_that_can_not_be_opened_is_named(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As another user's, of a run that was killed; nothing is sent."""
    kie = kie_with_files()
    with monkeypatch.context() as patch:
        failing(patch, errno.EACCES)
        with pytest.raises(ConfigurationError, match=r"\.run\.lock', can't be taken: no locks available") as caught:
            await run_on(kie, source, tmp_path / "out")

    assert "it can be removed" in caught.value.remedy
    assert kie.prompts == []


async def test_who_holds_a_folder_is_told(tmp_path: Path) -> None:
    """For as long as it is held; and nothing is made by asking."""
    before = at_work_in(tmp_path)
    hold = await FolderHold.taken(tmp_path)
    held = at_work_in(tmp_path)
    hold.let_go()

    assert (before, at_work_in(tmp_path)) == (None, None)
    assert held is not None
    assert held.isdecimal()
    assert not list(tmp_path.iterdir())


async def test_a_folder_that_can_not_be_told_where_its_journal_is_sends_nothing(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run would know nothing of what this one pays for. The folder is free again."""
    out, kie = tmp_path / "out", kie_with_files()

    def refuse(_: Path, __: FolderNote) -> None:
        raise StorageError("no room for run.json")

    with monkeypatch.context() as patch:
        patch.setattr("nanobanana_async.runs._run_journal.write_note", refuse)
        with pytest.raises(StorageError, match=r"no room for run\.json"):
            await run_on(kie, source, out, journal=tmp_path / "x.db")
    sent = list(kie.prompts)
    report = await run_on(kie, source, out, journal=tmp_path / "x.db")

    assert sent == []
    assert report.exit_code == 0


def test_what_a_folder_tells_comes_back_as_it_was(tmp_path: Path) -> None:
    """A path that is no text as well; nothing to tell leaves no file."""
    note = FolderNote("/disk/\udcff.db", "/out", {"a": 1})
    write_note(tmp_path, note)
    found = read_note(tmp_path)
    write_note(tmp_path, FolderNote())

    assert found == note
    assert not (tmp_path / "run.json").exists()


def test_a_note_that_can_not_be_removed_is_told_of(tmp_path: Path) -> None:
    """By its path."""
    (tmp_path / "run.json").mkdir()

    with pytest.raises(StorageError, match=r"can't remove .*run\.json"):
        write_note(tmp_path, FolderNote())
    with pytest.raises(ConfigurationError, match=r"run\.json', which tells where the journal of the folder is"):
        read_note(tmp_path)


@pytest.mark.parametrize(("refused", "charged"), [(True, "no"), (False, "yes")])
async def test_what_was_refused_ties_no_folder_to_its_journal(
    source: Path, tmp_path: Path, refused: bool, charged: str
) -> None:
    """Nothing of it is lost with another one; a task that failed and kept its credits is."""
    out, kie = tmp_path / "out", kie_with_files()
    failed = record("task0", "fail", failCode="400", failMsg=POLICY, creditsConsumed=0 if refused else 4)
    kie.looks = [said(200, data=failed)]
    report = await run_on(kie, source, out)
    assert report.counts == {"failed": 1}

    if charged == "no":
        report = await run_on(kie_with_files(), source, out, journal=tmp_path / "x.db")
        assert report.counts == {"failed": 1}  # as the manifest tells
    else:
        with pytest.raises(ConfigurationError, match="knows of 1 row that is, or may be, paid for"):
            await run_on(kie_with_files(), source, out, journal=tmp_path / "x.db")


@pytest.mark.parametrize("has_journal", [True, False])
async def test_a_damaged_manifest_hides_no_lost_answer(source: Path, tmp_path: Path, has_journal: bool) -> None:
    """Where the journal tells, it does; where nothing does, that is said."""
    out, kie = tmp_path / "out", kie_with_files()
    await run_on(kie, source, out)
    written(out / "manifest.jsonl", "{")
    if not has_journal:
        (out / "run.db").unlink()
        with pytest.raises(ConfigurationError, match="the manifest is damaged"):
            lost_in(out)
    else:
        assert lost_in(out) == []
