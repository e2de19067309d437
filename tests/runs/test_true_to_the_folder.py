"""What a manifest and a journal tell is what is so: of pictures that are gone, of answers that were found after all."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from nanobanana_async import ConfigurationError, NetworkError, Task
from nanobanana_async.errors import UsageError
from nanobanana_async.runs import Verdicts, known_records, plan_batch, read_items, settle
from nanobanana_async.values import WireReply
from tests.runs.files import A, B, by_key, json_lines, kie_with_files, pictures, rewritten, run_on, written
from tests.scripted_kie import ScriptedKie, record, said

LINK = "/api/v1/common/download-url"
LOST = NetworkError("reset")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two rows."""
    return written(tmp_path / "rows.jsonl", json_lines(A, B))


def expired(kie: ScriptedKie, task_id: str) -> None:
    """The picture of a task can't be had any more."""
    kie.others[f"/{task_id}.png"] = WireReply(404)
    kie.others[LINK] = said(404, "gone")


async def test_a_picture_that_is_gone_for_good_stays_so_in_every_manifest(source: Path, tmp_path: Path) -> None:
    """Also in that of a run that wasn't asked for it, or wants no pictures; until it can be had again."""
    out, kie = tmp_path / "out", kie_with_files()
    await run_on(kie, source, out)
    (out / "a.png").unlink()
    expired(kie, "task0")
    told = []
    for options in ({}, {"only": ["b"]}, {"download": False}):
        await run_on(kie, source, out, **options)
        told.append(by_key(out)["a"])
    known = known_records(out).records["a"]
    kie.others = kie_with_files().others
    report = await run_on(kie, source, out)

    assert [(row["state"], row["files"], row["error"]["reason"]) for row in told] == [("succeeded", [], "expired")] * 3
    assert known.is_expired
    assert report.exit_code == 0
    assert (by_key(out)["a"]["files"], by_key(out)["a"]["error"]) == (["a.png"], None)


async def test_a_picture_that_was_taken_away_is_not_said_to_be_there(source: Path, tmp_path: Path) -> None:
    """In the manifest of a run that wasn't asked for it."""
    out, kie = tmp_path / "out", kie_with_files()
    await run_on(kie, source, out)
    (out / "a.png").unlink()

    await run_on(kie, source, out, only=["b"])

    assert [row["files"] for row in by_key(out).values()] == [[], ["b.png"]]


async def test_an_answer_that_was_found_is_no_error_any_more(source: Path, tmp_path: Path) -> None:
    """Neither while its task is waited for, nor once it is done."""
    out, kie = tmp_path / "out", kie_with_files()
    kie.creates = [LOST]
    await run_on(kie, source, out)
    await settle(out, Verdicts(adopt={"a": Task("task7", raw=record("task7", "generating"))}))
    pending = by_key(out)["a"]

    await run_on(kie, source, out)

    assert (pending["state"], pending["task_id"], pending["error"]) == ("pending", "task7", None)
    assert (by_key(out)["a"]["state"], by_key(out)["a"]["error"]) == ("succeeded", None)


@pytest.mark.parametrize(
    ("param", "words"),
    [
        ('{"input": "{\\"prompt\\": \\"x\\"}"}', "its prompt is 'x', not 'a'"),
        ({"input": {"prompt": "x"}}, "its prompt is 'x', not 'a'"),
        ('{"input": {"prompt": " a\\n"}}', None),
        ("no json", None),
        ('{"input": 1}', None),
        (None, None),
    ],
)
async def test_a_task_of_another_prompt_is_not_adopted(
    source: Path, tmp_path: Path, param: object, words: str | None
) -> None:
    """Where its record tells none, it is; spaces make no other prompt."""
    out, kie = tmp_path / "out", kie_with_files()
    kie.creates = [LOST]
    await run_on(kie, source, out)
    verdicts = Verdicts(adopt={"a": Task("task7", raw={"param": param})})

    if words is not None:
        with pytest.raises(UsageError, match=words):
            await settle(out, verdicts)
    else:
        await settle(out, verdicts)

    assert by_key(out)["a"]["state"] == ("pending" if words is None else "unknown")


async def test_what_was_not_taken_costs_nothing(source: Path, tmp_path: Path) -> None:
    """However often its answer was lost: it is new, and none of its creates is in the sum."""
    out, kie = tmp_path / "out", kie_with_files()
    kie.creates = [LOST] * 3
    await run_on(kie, source, out, only=["a"], on_unknown="resend")
    before = await plan_batch(read_items(source), out, budget=100)

    await settle(out, Verdicts(not_taken=["a"]))
    row = by_key(out)["a"]
    plan = await plan_batch(read_items(source), out, budget=100)
    report = await run_on(kie, source, out)

    assert (before.spent, plan.spent, plan.to_send) == (12.0, 0.0, 2)
    assert (row["state"], row["charged"], row["task_id"]) == ("skipped", "no", None)
    assert (report.credits, report.costs.unknown) == (8.0, 0)


async def test_a_manifest_that_knows_more_than_a_journal_is_believed(source: Path, tmp_path: Path) -> None:
    """As after a disk that had no room for the journal's last steps: the picture is paid for, and there."""
    out, kie = tmp_path / "out", kie_with_files()
    kie.creates = [LOST]
    await run_on(kie, source, out)
    written(out / "a.png", (out / "b.png").read_bytes())
    rewritten(out, a={"state": "succeeded", "task_id": "task7", "files": ["a.png"], "charged": "yes", "error": None})

    plan = await plan_batch(read_items(source), out)
    report = await run_on(kie, source, out)

    assert (plan.done, plan.unknown) == (2, 0)
    assert (report.counts, sorted(kie.prompts)) == ({"succeeded": 2}, ["a", "b"])
    assert by_key(out)["a"]["task_id"] == "task7"


async def test_a_manifest_of_before_is_not_believed_over_a_journal(source: Path, tmp_path: Path) -> None:
    """It tells of the picture that was to be made anew, whose new create was lost: that is unknown."""
    out, kie = tmp_path / "out", kie_with_files()
    await run_on(kie, source, out)
    before = (out / "manifest.jsonl").read_bytes()
    kie.creates = [LOST]
    await run_on(kie, source, out, redo=["a"])
    (out / "manifest.jsonl").write_bytes(before)

    report = await run_on(kie, source, out)

    assert report.counts == {"succeeded": 1, "unknown": 1}


async def test_a_name_that_no_file_can_have_is_refused_before_it_is_paid_for(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a locale that knows ASCII alone; the line is named, and another way to name the files."""
    written(source, json_lines({"prompt": "a", "key": "schl\u00fcssel"}))
    kie = kie_with_files()

    def fsencode(name: str) -> bytes:
        return name.encode("ascii")

    monkeypatch.setattr(os, "fsencode", fsencode)
    with pytest.raises(ConfigurationError, match=r"rows\.jsonl:1: no file can be called 'schl\u00fcssel'") as caught:
        await run_on(kie, source, tmp_path / "out")
    monkeypatch.undo()

    assert "LC_ALL=C.UTF-8" in caught.value.remedy
    assert kie.prompts == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"redo": ["a"], "only": ["b"]}, "'a' is to be made anew, and its row is not among those that this run is"),
        ({"redo": ["b"], "limit": 1}, r"no row of those that were read \(--limit\) has the key 'b'"),
        ({"redo": ["c"]}, "no row has the key 'c', which is to be made anew"),
    ],
)
async def test_what_can_not_be_made_anew_is_said(
    source: Path, tmp_path: Path, options: dict[str, object], words: str
) -> None:
    """In place of being left out without a word."""
    out, kie = tmp_path / "out", kie_with_files()
    await run_on(kie, source, out)

    with pytest.raises(ConfigurationError, match=words):
        await run_on(kie, source, out, **options)

    assert sorted(kie.prompts) == ["a", "b"]


async def test_a_line_that_can_not_be_read_is_not_gone_from_the_file(source: Path, tmp_path: Path) -> None:
    """Its key is made of what it asks for, and so is not known."""
    written(source, json_lines(A, {"prompt": "b", "images": ["b.png"]}))
    picture = written(tmp_path / "b.png", kie_with_files().others["/task0.png"].body)  # type: ignore[union-attr]  # it is a reply
    out, kie = tmp_path / "out", kie_with_files()
    kie.others["/api/file-stream-upload"] = said(
        200, data={"fileUrl": "https://x/b.png", "downloadUrl": "https://x/b.png"}
    )
    await run_on(kie, source, out)
    picture.unlink()

    report = await run_on(kie, source, out, skip_invalid=True)

    assert (report.invalid, report.gone.rows, report.left_out.rows) == (1, 0, 1)


async def test_the_plan_of_another_gateway_is_refused_as_its_run_would_be(source: Path, tmp_path: Path) -> None:
    """Both are named; no key is needed."""
    out = tmp_path / "out"
    await run_on(kie_with_files(), source, out)

    with pytest.raises(ConfigurationError, match=r"of the gateway 'kie https://api\.kie\.ai'.*speaks to 'emulator'"):
        await plan_batch(read_items(source), out, identity="emulator")
    plan = await plan_batch(read_items(source), out)

    assert plan.done == 2


async def test_what_an_earlier_run_left_half_written_is_gone_at_the_end(source: Path, tmp_path: Path) -> None:
    """The folder is this run's alone; what somebody has written to a moment ago stays."""
    out = tmp_path / "out"
    out.mkdir()
    parts = [out / f".{name}.png.0123456789abcdef.part" for name in ("old", "new")]
    for part in parts:
        part.touch()
    since = time.time() - 60
    os.utime(parts[0], (since, since))

    await run_on(kie_with_files(), source, out)

    assert [part.exists() for part in parts] == [False, True]
    assert pictures(out) == ["a.png", "b.png"]
