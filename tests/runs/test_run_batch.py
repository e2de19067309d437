"""Whole runs, over real HTTP, at the emulator."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from nanobanana_async import ConfigurationError, Kie, Rate, UsageError
from nanobanana_async.outcomes import Outcome
from nanobanana_async.runs import COLUMNS, BadFileError, Plan, read_items, run_batch
from tests.runs.files import (
    LIMITLESS,
    PNG,
    by_key,
    emulator,
    json_lines,
    manifest,
    pictures,
    run_at,
    sheet,
    written,
)

TABLE = """\
key,prompt,model,images,colour
,A banana in orbit!,,,yellow
sku/7,wide,nano-banana-2,,=1+1
,edit,,in.png,
,no [fail:policy],,,
,again [fail:internal],,,
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A table of five rows, one of them an edit, two of which fail."""
    written(tmp_path / "in.png", PNG)
    return written(tmp_path / "rows.csv", TABLE)


async def test_a_file_becomes_a_folder_of_pictures(source: Path, tmp_path: Path) -> None:
    """Named by key or place; each outcome told once; what it came to said."""
    plans: list[Plan] = []
    outcomes: list[Outcome] = []
    out = tmp_path / "new" / "out"

    with emulator() as server:
        report = await run_at(server, source, out, on_plan=plans.append, on_outcome=outcomes.append)
        ledger = server.world.ledger

    assert [Path(name).stem for name in pictures(out)] == [
        "00001-a-banana-in-orbit",
        "00003-edit",
        "sku-7~" + pictures(out)[2].partition("~")[2].partition(".")[0],
    ]
    with Image.open(out / pictures(out)[0]) as picture:
        picture.verify()
    assert report.counts == {"succeeded": 3, "failed": 2}
    assert report.exit_code == 1
    assert report.credits == 4 + 8 + 4
    assert report.report.total == 5
    assert sorted(outcome.index for outcome in outcomes) == [0, 1, 2, 3, 4]
    assert len(ledger.accepted) == 6  # one failed in passing, and was made once more
    assert ledger.uploads == 1
    (plan,) = plans
    assert (plan.total, plan.to_send, plan.done, plan.folder) == (5, 5, 0, out)
    assert plan.models == {"google/nano-banana": 3, "nano-banana-2": 1, "google/nano-banana-edit": 1}
    assert plan.price.credits == 4 * 4 + 8
    assert str(report) == (
        f"3 of 5 succeeded, 2 failed | 16 credits (0.08 USD) | {out}/manifest.jsonl\n"
        f"this run: {report.report}\n{report.report.where_the_time_went}"
    )


async def test_the_manifest_holds_the_whole_set_in_file_order(source: Path, tmp_path: Path) -> None:
    """As JSON lines for programs, and as a table for people, in which no prompt becomes a formula."""
    with emulator() as server:
        await run_at(server, source, tmp_path / "out")

    rows = manifest(tmp_path / "out")
    assert all(tuple(row) == COLUMNS for row in rows)
    assert [row["state"] for row in rows] == ["succeeded", "succeeded", "succeeded", "failed", "failed"]
    assert [row["request"] for row in rows[:3]] == [
        {"prompt": "A banana in orbit!"},
        {"prompt": "wide"},
        {"prompt": "edit", "images": ["in.png"]},
    ]
    first, second = rows[0], rows[1]
    assert first["model"] == "google/nano-banana"
    assert first["data"] == {"colour": "yellow"}
    assert first["files"] == ["00001-a-banana-in-orbit.png"]
    assert len(first["urls"]) == 1
    assert (first["credits"], first["charged"], first["error"]) == (4.0, "yes", None)
    assert first["created_at"] < first["completed_at"]
    assert first["created_at"].endswith("Z")
    assert second["key"] == "sku/7"
    assert rows[3]["error"]["reason"] == "policy"
    assert rows[3]["error"]["retryable"] is False
    assert set(rows[4]["error"]) == {"reason", "message", "remedy", "retryable"}
    assert (rows[4]["charged"], rows[4]["files"], rows[4]["completed_at"] > rows[4]["created_at"]) == ("no", [], True)
    cells = sheet(tmp_path / "out")
    assert tuple(cells[0]) == COLUMNS
    assert cells[0]["files"] == '["00001-a-banana-in-orbit.png"]'
    assert cells[0]["data"] == '{"colour":"yellow"}'
    assert cells[0]["error"] == ""


@pytest.mark.parametrize("key", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
async def test_no_cell_becomes_a_formula(tmp_path: Path, key: str) -> None:
    """A quote before it makes it text in every spreadsheet."""
    source = written(tmp_path / "rows.jsonl", json_lines({"prompt": "x [fail:policy]", "key": key}))

    with emulator() as server:
        await run_at(server, source, tmp_path / "out")

    assert sheet(tmp_path / "out")[0]["key"] == f"'{key.strip()}"
    assert manifest(tmp_path / "out")[0]["key"] == key.strip()


async def test_pictures_are_named_by_a_template(tmp_path: Path) -> None:
    """In folders where it says so; two rows never share a file."""
    table = "prompt,colour\na,red\nb,red\nc,blue\n"
    source = written(tmp_path / "rows.csv", table)

    with emulator() as server:
        await run_at(server, source, tmp_path / "out", name="{model}/{data[colour]}.png", model="nano-banana-lite")

    names = pictures(tmp_path / "out")
    assert len(names) == 3
    assert [Path(name).parent.name for name in names] == ["nano-banana-2-lite"] * 3
    assert sorted(Path(name).stem.partition("~")[0] for name in names) == ["blue", "red", "red"]


async def test_a_template_that_a_row_can_not_fill_sends_nothing(tmp_path: Path) -> None:
    """And names the line."""
    source = written(
        tmp_path / "rows.jsonl", json_lines({"prompt": "a", "data": {"colour": "red"}}, {"prompt": "b", "data": {}})
    )

    with emulator() as server:
        with pytest.raises(ConfigurationError, match=r"rows\.jsonl:2: .*there is no field 'data\[colour\]'"):
            await run_at(server, source, tmp_path / "out", name="{data[colour]}")
        assert not server.world.ledger.creates


async def test_bad_lines_can_be_left_out(tmp_path: Path) -> None:
    """They are counted, and the exit code tells; the places of the others stay."""
    source = written(tmp_path / "rows.jsonl", json_lines({"prompt": ""}, {"prompt": "ok"}))

    with emulator() as server:
        with pytest.raises(BadFileError, match="1 problem"):
            await run_at(server, source, tmp_path / "out")
        report = await run_at(server, source, tmp_path / "out", skip_invalid=True)

    assert pictures(tmp_path / "out") == ["00002-ok.png"]
    assert (report.counts, report.invalid, report.exit_code) == ({"succeeded": 1}, 1, 1)
    assert "1 of 1 succeeded, 1 invalid" in str(report)


async def test_without_downloads_there_are_no_files(tmp_path: Path) -> None:
    """All is well all the same; a later run with them fetches what is paid for."""
    source = written(tmp_path / "rows.txt", "a cat\n")

    with emulator() as server:
        report = await run_at(server, source, tmp_path / "out", download=False)
        again = await run_at(server, source, tmp_path / "out", download=False)
        assert pictures(tmp_path / "out") == []
        await run_at(server, source, tmp_path / "out")
        assert len(server.world.ledger.accepted) == 1

    assert (report.exit_code, report.unsaved, again.exit_code) == (0, 0, 0)
    assert pictures(tmp_path / "out") == ["00001-a-cat.png"]


async def test_rows_that_were_read_already_are_run(tmp_path: Path) -> None:
    """With no options for reading beside them."""
    rows = read_items(written(tmp_path / "rows.txt", "a cat\na dog\n"), limit=1)

    with emulator() as server:
        report = await run_at(server, rows, tmp_path / "out")

    assert report.counts == {"succeeded": 1}
    assert report.exit_code == 0
    with pytest.raises(UsageError, match="model, limit can't be given beside Rows"):
        await run_batch(rows, tmp_path / "out", model="nano-banana-2", limit=3)


async def test_without_a_key_nothing_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence says which variable to set, and no plan is shown."""
    monkeypatch.delenv("KIE_API_KEY", raising=False)
    source = written(tmp_path / "rows.txt", "a cat\n")
    plans: list[Plan] = []

    with pytest.raises(ConfigurationError, match="KIE_API_KEY"):
        await run_batch(source, tmp_path / "out", on_plan=plans.append)

    assert plans == []


async def test_a_folder_that_can_not_be_written_is_said_before_anything_is_paid(tmp_path: Path) -> None:
    """A file is where the folder should be."""
    source = written(tmp_path / "rows.txt", "a cat\n")

    with emulator() as server:
        with pytest.raises(ConfigurationError, match="can't be written to"):
            await run_at(server, source, source / "out")
        assert not server.world.ledger.creates


async def test_a_setting_out_of_range_sends_nothing(tmp_path: Path) -> None:
    """The folder can be used again at once."""
    source = written(tmp_path / "rows.txt", "a cat\n")

    with emulator() as server:
        with pytest.raises(ConfigurationError, match="in_flight=0"):
            await run_at(server, source, tmp_path / "out", in_flight=0)
        report = await run_at(server, source, tmp_path / "out")

    assert report.exit_code == 0


async def test_a_refused_key_stops_the_run(tmp_path: Path) -> None:
    """Exit code 3; what was not sent is sent by the next run."""
    source = written(tmp_path / "rows.txt", "a\nb\nc\n")

    with emulator(keys=["other"]) as server:
        report = await run_at(server, source, tmp_path / "out")
        again = await run_at(server, source, tmp_path / "out", gateway=Kie("other", base_url=server.base_url))

    assert report.exit_code == 3
    assert report.counts == {"skipped": 3}
    assert "stopped: " in str(report)
    assert again.exit_code == 0


async def test_running_out_of_credits_stops_the_run(tmp_path: Path) -> None:
    """What is paid for is finished and saved; the rest is skipped, and says why."""
    source = written(tmp_path / "rows.txt", "".join(f"{n}\n" for n in range(10)))

    with emulator(credits=12.0) as server:
        report = await run_at(server, source, tmp_path / "out")

    assert report.counts == {"succeeded": 3, "skipped": 7}
    assert report.exit_code == 3
    assert len(pictures(tmp_path / "out")) == 3
    reasons = {row["error"]["reason"] for row in manifest(tmp_path / "out") if row["state"] == "skipped"}
    assert reasons == {"out_of_credits"}


async def test_the_least_time_is_what_the_rate_allows(tmp_path: Path) -> None:
    """The first window is free."""
    source = written(tmp_path / "rows.txt", "".join(f"{n}\n" for n in range(41)))
    plans: list[Plan] = []

    def look(plan: Plan) -> None:
        plans.append(plan)
        raise KeyError("that will do")

    with emulator() as server:
        for limit in (1, 20, 21, 41):
            with pytest.raises(KeyError, match="that will do"):
                await run_at(server, source, tmp_path / "out", rate=Rate(20, per=10), on_plan=look, limit=limit)
        assert not server.world.ledger.creates

    assert [plan.least_seconds for plan in plans] == [0, 0, 10, 20]
    assert not (tmp_path / "out" / "manifest.jsonl").exists()


async def test_the_batch_file_is_never_overwritten(tmp_path: Path) -> None:
    """Where the manifest would go."""
    source = written(tmp_path / "manifest.jsonl", json_lines({"prompt": "a cat"}))

    with pytest.raises(ConfigurationError, match="is where the manifest goes"):
        await run_batch(source, tmp_path, gateway=Kie("k"), rate=LIMITLESS)


async def test_what_a_listener_raises_comes_out_as_it_is(tmp_path: Path) -> None:
    """And what was paid for is written down first."""
    source = written(tmp_path / "rows.txt", "a\nb\nc\n")

    def leave(_: Outcome) -> None:
        raise BrokenPipeError("nobody reads")

    with emulator() as server:
        with pytest.raises(BrokenPipeError, match="nobody reads"):
            await run_at(server, source, tmp_path / "out", on_outcome=leave)
        accepted = {create.task_id for create in server.world.ledger.accepted}

    assert {row["task_id"] for row in by_key(tmp_path / "out").values() if row["task_id"]} == accepted
