"""What is paid for already is waited for and fetched: nothing that was paid for is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

from nanobanana_async.outcomes import Succeeded
from nanobanana_async.values import WireReply
from tests.runs.files import (
    PNG,
    A,
    B,
    C,
    Watch,
    by_key,
    emulator,
    json_lines,
    kie_with_files,
    manifest,
    pictures,
    run_at,
    run_on,
    written,
)
from tests.scripted_kie import ScriptedKie, record, said


async def test_a_missing_picture_is_fetched_and_not_paid_for(tmp_path: Path) -> None:
    """To where it was; a folder that was moved, file and all, is the same folder."""
    root = tmp_path / "root"
    root.mkdir()
    written(root / "in.png", PNG)
    lines = json_lines({**A, "images": "in.png"}, {"prompt": "b", "images": "in.png"})
    source = written(root / "rows.jsonl", lines)
    watch = Watch()

    with emulator() as server:
        await run_at(server, source, root / "out")
        names = pictures(root / "out")
        moved = Path(shutil.move(root, tmp_path / "moved"))
        for name in names:
            (moved / "out" / name).unlink()
        report = await run_at(server, moved / "rows.jsonl", moved / "out", **watch.listeners)
        assert len(server.world.ledger.creates) == 2

    assert watch.plans[0].fetched == 2
    assert [type(outcome) for outcome in watch.outcomes] == [Succeeded, Succeeded]
    assert pictures(moved / "out") == names
    assert report.exit_code == 0


async def test_a_picture_that_can_not_be_fetched_stays_paid_for(tmp_path: Path) -> None:
    """Succeeded, with what went wrong; the next run tries again."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A, B)), tmp_path / "out"
    kie = kie_with_files()
    gone = WireReply(404)
    link = "/api/v1/common/download-url"
    kie.others = {"/task0.png": gone, "/task1.png": gone, link: said(404, "gone")}

    report = await run_on(kie, source, out)

    assert (report.counts, report.unsaved, report.expired, report.exit_code) == ({"succeeded": 2}, 2, 2, 1)
    assert by_key(out)["a"]["error"]["reason"] == "expired"
    assert "2 unsaved" in str(report)

    kie.looks = [said(501, "generation failed", record("task0", "fail"))]
    kie.others["/task1.png"] = WireReply(200, {}, PNG)
    report = await run_on(kie, source, out)

    assert len(kie.prompts) == 2
    assert [row["state"] for row in manifest(out)] == ["succeeded", "succeeded"]
    assert report.unsaved == 1
    assert pictures(out) == ["b.png"]


async def test_tasks_that_were_accepted_are_adopted(tmp_path: Path) -> None:
    """Waited for and saved, beside what is sent; nothing of it is sent again."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A, B)), tmp_path / "out"
    kie = kie_with_files()
    kie.state = "waiting"
    first = await run_on(kie, source, out, deadline=0.01)
    pending = by_key(out)["a"]
    kie.state = "success"
    watch = Watch()
    written(source, json_lines(C, B, A))

    report = await run_on(kie, source, out, **watch.listeners)

    assert (first.counts, first.exit_code) == ({"pending": 2}, 1)
    assert (pending["state"], pending["task_id"], pending["charged"]) == ("pending", "task0", "yes")
    assert pending["created_at"] is not None
    assert (watch.plans[0].adopted, watch.plans[0].to_send) == (2, 1)
    assert sorted(kie.prompts) == ["a", "b", "c"]
    assert pictures(out) == ["a.png", "b.png", "c.png"]
    assert {outcome.index for outcome in watch.outcomes} == {0, 1, 2}
    assert report.counts == {"succeeded": 3}
    assert report.report.succeeded == 3


async def test_an_adopted_task_may_fail(tmp_path: Path) -> None:
    """And is then what any task would be: made again where that may help, and once; refused for good, it is held."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    kie = kie_with_files()
    kie.state = "waiting"
    await run_on(kie, source, out, deadline=0.01)
    kie.looks = [said(200, data=record("task0", "fail", failCode="500", failMsg="Internal Error"))]
    kie.state = "success"

    report = await run_on(kie, source, out)

    assert report.counts == {"succeeded": 1}
    assert (by_key(out)["a"]["task_id"], by_key(out)["a"]["charged"]) == ("task1", "yes")
    assert kie.prompts == ["a", "a"]


async def test_an_adopted_task_may_stay_pending(tmp_path: Path) -> None:
    """For as many runs as it takes; one at a time where only one may be in flight."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A, B)), tmp_path / "out"
    kie = kie_with_files()
    kie.state = "waiting"
    await run_on(kie, source, out, deadline=0.01)
    report = await run_on(kie, source, out, deadline=0.01, in_flight=1, download=False)

    assert report.counts == {"pending": 2}
    assert {row["task_id"] for row in by_key(out).values()} == {"task0", "task1"}

    kie.state = "success"
    report = await run_on(kie, source, out, in_flight=1, download=False)
    assert report.counts == {"succeeded": 2}
    assert sorted(kie.prompts) == ["a", "b"]


async def test_a_key_refused_under_adopted_tasks_stops_the_run(tmp_path: Path) -> None:
    """Exit code 3; the tasks stay pending."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    kie = kie_with_files()
    kie.state = "waiting"
    await run_on(kie, source, out, deadline=0.01)
    kie.looks = [said(401, "You do not have access permissions")] * 2

    report = await run_on(kie, source, out)

    assert (report.counts, report.exit_code) == ({"pending": 1}, 3)
    assert by_key(out)["a"]["task_id"] == "task0"


async def test_a_picture_of_an_adopted_task_may_not_be_there(tmp_path: Path) -> None:
    """It has succeeded all the same."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    kie = ScriptedKie()
    kie.state = "waiting"
    await run_on(kie, source, out, deadline=0.01)
    kie.state = "success"
    kie.others = {"/task0.png": WireReply(404), "/api/v1/common/download-url": said(404, "gone")}

    report = await run_on(kie, source, out)

    assert (report.counts, report.unsaved) == ({"succeeded": 1}, 1)


async def test_a_task_that_nobody_knows_any_more_can_be_made_anew(tmp_path: Path) -> None:
    """It stays pending, and is counted apart; told to, the run makes it again, and looks at the old one once more."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    kie = kie_with_files()
    kie.state = "waiting"
    await run_on(kie, source, out, deadline=0.01)
    kie.looks = [said(422, "recordInfo is null")] * 1000

    gone = await run_on(kie, source, out, deadline=0.2)
    kie.looks, kie.state = [], "success"
    anew = await run_on(kie, source, out, redo=["a"])

    assert (gone.counts, gone.missing) == ({"pending": 1}, 1)
    assert (anew.counts, anew.credits) == ({"succeeded": 1}, 8.0)
    assert kie.prompts == ["a", "a"]
