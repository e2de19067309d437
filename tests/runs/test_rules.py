"""What is done with keys that are known: changed, failed, unknown, or to be made anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from nanobanana_async import ConfigurationError, NetworkError
from nanobanana_async.journal import Contents
from nanobanana_async.runs import known_records, plan_batch, read_items
from tests.runs.files import (
    A,
    B,
    Watch,
    by_key,
    emulator,
    json_lines,
    kie_with_files,
    pictures,
    run_at,
    run_on,
    written,
)
from tests.scripted_kie import said

OTHER = {**A, "prompt": "another"}


@pytest.mark.parametrize(
    ("on_change", "creates", "prompt", "state"),
    [("hold", 1, "a", "skipped"), ("regenerate", 2, "another", "succeeded"), ("keep", 1, "a", "succeeded")],
)
async def test_a_changed_row_is_held_made_anew_or_kept(
    tmp_path: Path, on_change: str, creates: int, prompt: str, state: str
) -> None:
    """As is said; a picture that was made stays, and counts."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"

    with emulator() as server:
        await run_at(server, source, out)
        report = await run_at(server, written(source, json_lines(OTHER)), out, on_change=on_change)
        assert len(server.world.ledger.creates) == creates
        again = await run_at(server, source, out, on_change=on_change)
        assert len(server.world.ledger.creates) == creates

    assert by_key(out)["a"]["request"] == {"prompt": prompt}
    assert report.counts == again.counts == {state: 1}
    assert "a.png" in pictures(out)
    assert (len(pictures(out)), report.credits) == (creates, 4.0 * creates)


@pytest.mark.parametrize(("retry_failed", "creates"), [("none", 2), ("transient", 4), ("all", 5)])
async def test_what_failed_is_sent_again_as_is_said(tmp_path: Path, retry_failed: str, creates: int) -> None:
    """What failed in passing is tried twice in each run, a refusal once."""
    lines = [{"prompt": "a [fail:policy]", "key": "a"}, {"prompt": "b [fail:internal]", "key": "b"}]
    source, out = written(tmp_path / "rows.jsonl", json_lines(*lines)), tmp_path / "out"

    with emulator() as server:
        await run_at(server, source, out)
        before = len(server.world.ledger.creates)
        await run_at(server, source, out, retry_failed=retry_failed)
        sent = len(server.world.ledger.creates) - before

    assert sent == {"none": 0, "transient": 2, "all": 3}[retry_failed]
    assert before == 3
    assert before + sent == creates + 1


async def test_what_is_unknown_is_sent_again_where_that_is_said(tmp_path: Path) -> None:
    """And what was perhaps paid for stands in the sum."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    kie = kie_with_files()
    kie.creates = [NetworkError("reset")]
    await run_on(kie, source, out)
    watch = Watch()

    report = await run_on(kie, source, out, on_unknown="resend", **watch.listeners)

    assert (watch.plans[0].retried, watch.plans[0].to_send) == (1, 1)
    assert report.counts == {"succeeded": 1}
    assert kie.prompts == ["a", "a"]
    assert "4 credits (0.02 USD), and up to 4 credits (0.02 USD) more for 1 unknown" in str(report)


async def test_a_key_is_made_anew_on_purpose(tmp_path: Path) -> None:
    """Once for each time that it is asked for; the picture of before stays, and both are paid for."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A, B)), tmp_path / "out"
    watch = Watch()

    with emulator() as server:
        await run_at(server, source, out)
        report = await run_at(server, source, out, redo=["a"], **watch.listeners)
        again = await run_at(server, source, out)
        assert len(server.world.ledger.creates) == 3

    assert (watch.plans[0].renewed, watch.plans[0].to_send, watch.plans[0].done) == (1, 1, 1)
    assert (report.credits, again.credits) == (12.0, 12.0)
    assert len(pictures(out)) == 3
    assert by_key(out)["a"]["files"] != ["a.png"]


async def test_a_key_that_is_on_its_way_is_not_made_twice(tmp_path: Path) -> None:
    """The same command after a kill waits for what it has sent before."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    kie = kie_with_files()
    await run_on(kie, source, out)
    kie.state = "waiting"
    await run_on(kie, source, out, redo=["a"], deadline=0.01)
    kie.state = "success"

    report = await run_on(kie, source, out, redo=["a"])

    assert report.exit_code == 0
    assert kie.prompts == ["a", "a"]


async def test_a_key_that_is_none_can_not_be_made_anew(tmp_path: Path) -> None:
    """It is named, and nothing is sent."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    kie = kie_with_files()

    with pytest.raises(ConfigurationError, match="no row has the key 'sku-9'"):
        await run_on(kie, source, out, redo=["sku-9"])

    assert kie.prompts == []


@pytest.mark.parametrize("rule", ["on_change", "retry_failed", "on_unknown"])
async def test_a_rule_that_is_misspelt_is_refused(tmp_path: Path, rule: str) -> None:
    """It must never mean another: it may pay."""
    source = written(tmp_path / "rows.jsonl", json_lines(A))

    with pytest.raises(ConfigurationError, match=f"{rule}='hodl'"):
        await run_on(kie_with_files(), source, tmp_path / "out", **{rule: "hodl"})


async def test_a_plan_writes_nothing(tmp_path: Path) -> None:
    """Neither into the folder nor into its journal."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A, B)), tmp_path / "out"
    await run_on(kie_with_files(), source, out, only=["a"])
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}

    plan = await plan_batch(read_items(source), out)

    assert (plan.done, plan.to_send) == (1, 1)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before


async def test_a_journal_may_be_elsewhere(tmp_path: Path) -> None:
    """And is found there again."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    elsewhere = tmp_path / "disk" / "book.db"
    kie = kie_with_files()
    await run_on(kie, source, out, journal=elsewhere)
    await run_on(kie, source, out, journal=elsewhere)

    assert not (out / "run.db").exists()
    assert kie.prompts == ["a"]
    assert [record.state for record in known_records(out, elsewhere).records.values()] == ["succeeded"]


async def test_a_journal_of_another_gateway_is_refused(tmp_path: Path) -> None:
    """Its tasks are not there."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    await run_on(kie_with_files(), source, out)

    with emulator() as server:
        with pytest.raises(ConfigurationError, match=r"of the gateway 'kie https://api\.kie\.ai'"):
            await run_at(server, source, out)
        assert not server.world.ledger.creates


async def test_a_journal_that_can_not_be_read_in_the_end_costs_no_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What this run knows is in the manifest."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"

    def spoil(*_: object) -> Contents:
        raise ConfigurationError("the journal can't be read")

    def at_the_end(_: object) -> None:
        monkeypatch.setattr("nanobanana_async.runs._rebuilding.read_journal", spoil)

    report = await run_on(kie_with_files(), source, out, on_outcome=at_the_end)

    assert report.counts == {"succeeded": 1}
    assert by_key(out)["a"]["files"] == ["a.png"]
    assert "the journal can't be read" in caplog.text


async def test_a_link_that_is_told_no_more_is_tried_as_it_was(tmp_path: Path) -> None:
    """Where the gateway is at another address each time, and has no record any more."""
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"
    kie = kie_with_files()
    await run_on(kie, source, out, identity="emulator", download=False)
    kie.looks = [said(422, "recordInfo is null")] * 3

    report = await run_on(kie, source, out, identity="emulator")

    assert (report.exit_code, pictures(out)) == (0, ["a.png"])
