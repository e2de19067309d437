"""The same command again: nothing is paid for twice."""

from __future__ import annotations

from pathlib import Path

from nanobanana_async import Kie, NetworkError
from nanobanana_async.outcomes import Skipped
from tests.runs.files import (
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


async def test_what_is_done_is_not_made_again(tmp_path: Path) -> None:
    """Not even a key is needed; the counts are those of the whole set."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A, {"prompt": "b"})), tmp_path / "out"
    watch = Watch()

    with emulator() as server:
        first = await run_at(server, source, out)
        before = manifest(out)
        again = await run_at(server, source, out, gateway=Kie(), **watch.listeners)
        assert len(server.world.ledger.creates) == 2

    assert (watch.plans[0].done, watch.plans[0].to_send, watch.plans[0].price.credits) == (2, 0, 0)
    assert watch.outcomes == []
    assert (again.counts, again.credits, again.exit_code) == (first.counts, first.credits, 0)
    assert again.report.total == 0
    assert "this run" not in str(again)
    assert manifest(out) == before


async def test_new_lines_in_between_are_all_that_is_sent(tmp_path: Path) -> None:
    """The manifest follows the file; the pictures keep their names, and no new one takes theirs."""
    source, out = written(tmp_path / "rows.jsonl", json_lines({"prompt": "x"}, {"prompt": "y"})), tmp_path / "out"

    with emulator() as server:
        await run_at(server, source, out)
        written(
            source,
            json_lines(
                {"prompt": "z"},
                {"prompt": "y", "resolution": None},
                {"prompt": "y", "aspect_ratio": "16:9"},
                {"prompt": "x"},
            ),
        )
        await run_at(server, source, out)
        assert len(server.world.ledger.creates) == 4

    rows = manifest(out)
    assert [row["request"]["prompt"] for row in rows] == ["z", "y", "y", "x"]
    assert [row["files"] for row in rows] == [
        ["00001-z.png"],
        ["00002-y.png"],
        ["00003-y.png"],
        ["00001-x.png"],
    ]


async def test_a_name_that_an_earlier_picture_has_is_not_taken(tmp_path: Path) -> None:
    """The line that stood here before keeps its file."""
    source, out = written(tmp_path / "rows.jsonl", json_lines({"prompt": "x"})), tmp_path / "out"

    with emulator() as server:
        await run_at(server, source, out)
        written(source, json_lines({"prompt": "x!"}))
        await run_at(server, source, out)

    first, second = (row["files"][0] for row in manifest(out))
    assert second == "00001-x.png"
    assert first.startswith("00001-x~")
    assert pictures(out) == sorted([first, second])


async def test_lines_that_are_gone_stay_known(tmp_path: Path) -> None:
    """At the end of the manifest; they are not counted."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A, B)), tmp_path / "out"

    with emulator() as server:
        await run_at(server, source, out)
        written(source, json_lines(C, B))
        report = await run_at(server, source, out)

    assert [row["key"] for row in manifest(out)] == ["c", "b", "a"]
    assert report.counts == {"succeeded": 2}


async def test_a_run_of_some_keys_leaves_the_others_in_their_places(tmp_path: Path) -> None:
    """The order is that of the whole file."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A, B, C)), tmp_path / "out"

    with emulator() as server:
        await run_at(server, source, out, only=["c"])
        await run_at(server, source, out, limit=1)
        report = await run_at(server, source, out, only=["b"])

    assert [row["key"] for row in manifest(out)] == ["a", "b", "c"]
    assert report.total == 1


async def test_what_is_unknown_is_held(tmp_path: Path) -> None:
    """It may be paid for: it is never sent again by itself."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A, B)), tmp_path / "out"
    kie = kie_with_files()
    kie.creates = [NetworkError("reset")]
    first = await run_on(kie, source, out)
    watch = Watch()

    again = await run_on(kie, source, out, **watch.listeners)

    assert first.counts == again.counts == {"unknown": 1, "succeeded": 1}
    assert by_key(out)["a"]["charged"] == "unknown"
    assert (watch.plans[0].unknown, watch.outcomes) == (1, [])
    assert sorted(kie.prompts) == ["a", "b"]


async def test_only_what_failed_in_passing_is_sent_again(tmp_path: Path) -> None:
    """A refusal for good is held; a worded anew prompt is another request, even under its key."""
    lines = [{"prompt": "a [fail:policy]", "key": "a"}, {"prompt": "b [fail:internal]", "key": "b"}]
    source, out = written(tmp_path / "rows.jsonl", json_lines(*lines)), tmp_path / "out"
    watch = Watch()

    with emulator() as server:
        await run_at(server, source, out)
        await run_at(server, source, out, **watch.listeners)
        assert len(server.world.ledger.creates) == 1 + 2 * 2  # in each run, the passing failure is tried twice
        written(source, json_lines({**lines[0], "prompt": "a"}, lines[1]))
        report = await run_at(server, source, out)

    assert (watch.plans[0].failed, watch.plans[0].to_send) == (1, 1)
    assert report.counts == {"succeeded": 1, "failed": 1}
    assert pictures(out) == ["a.png"]


async def test_another_request_under_a_key_that_was_paid_for_is_not_sent(tmp_path: Path) -> None:
    """It is named; what is known of the key stays, and the other data of a row may change."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A, {**B, "data": 1}, C)), tmp_path / "out"
    watch = Watch()

    with emulator() as server:
        await run_at(server, source, out)
        before = by_key(out)
        changed = [{**A, "aspect_ratio": "16:9"}, {**B, "data": 2}, {**C, "model": "nano-banana-lite"}]
        report = await run_at(server, written(source, json_lines(*changed)), out, **watch.listeners)
        assert len(server.world.ledger.creates) == 3

    assert [(type(o), o.item.key, getattr(o, "reason", None)) for o in watch.outcomes] == [
        (Skipped, "a", "changed"),
        (Skipped, "c", "changed"),
    ]
    assert watch.plans[0].changed == 2
    assert (report.counts, report.changed, report.exit_code) == ({"succeeded": 1, "skipped": 2}, 2, 1)
    assert "2 skipped, 2 of them changed" in str(report)
    after = by_key(out)
    assert (after["a"], after["c"]) == (before["a"], before["c"])
    assert (before["b"]["data"], after["b"]["data"]) == (1, 2)


async def test_the_price_of_a_request_is_no_part_of_it(tmp_path: Path) -> None:
    """Written down later, it changes nothing."""
    line = {"key": "a", "model": "newest", "input": {"prompt": "x"}}
    source, out = written(tmp_path / "rows.jsonl", json_lines(line)), tmp_path / "out"
    kie = kie_with_files()
    await run_on(kie, source, out)

    report = await run_on(kie, written(source, json_lines({**line, "credits": 7})), out)

    assert report.counts == {"succeeded": 1}
    assert len(kie.accepted) == 1
