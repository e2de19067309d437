"""What a report says of the next run is what the plan of the same command says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nanobanana_async import NetworkError
from nanobanana_async.runs import Verdicts, plan_batch, read_items, settle
from nanobanana_async.values import WireReply, WireRequest
from tests.runs.files import by_key, json_lines, kie_with_files, run_on, written
from tests.scripted_kie import ScriptedKie, record, said

POLICY = "Your prompt was flagged by Website as violating content policies."
LOST = NetworkError("reset")
KEYS = ("done", "refused", "passing", "in-vain", "lost", "given-up", "changed")


def refused(code: int, message: str, cost: float = 0) -> Callable[[WireRequest], WireReply]:
    """The record of a task that failed, and cost nothing, or something."""

    def look(request: WireRequest) -> WireReply:
        task_id = request.url.partition("taskId=")[2]
        return said(200, data=record(task_id, "fail", failCode=str(code), failMsg=message, creditsConsumed=cost))

    return look


async def mixed(kie: ScriptedKie, source: Path, out: Path) -> None:
    """A folder with one of each kind."""
    for key, looks, creates in (
        ("done", [], []),
        ("refused", [refused(400, POLICY)], []),
        ("passing", [refused(500, "Internal Error, Please try again later.")] * 2, []),
        ("in-vain", [refused(400, POLICY, 4)], []),
        ("lost", [], [LOST]),
        ("given-up", [], [LOST]),
        ("changed", [], []),
    ):
        kie.looks, kie.creates = list(looks), list(creates)
        await run_on(kie, source, out, only=[key], retry_failed="none")
    await settle(out, Verdicts(drop=["given-up"]))


@pytest.mark.parametrize("retry_failed", ["none", "transient", "all"])
@pytest.mark.parametrize("on_unknown", ["hold", "resend"])
async def test_what_is_said_of_the_same_command_is_what_it_does(
    tmp_path: Path, retry_failed: str, on_unknown: str
) -> None:
    """Each key is of one kind; those that are said to be sent again are those that the plan has."""
    source, out = tmp_path / "rows.jsonl", tmp_path / "out"
    written(source, json_lines(*({"prompt": key, "key": key} for key in KEYS)))
    kie = kie_with_files()
    await mixed(kie, source, out)
    prompts = {"changed": "another"}
    written(source, json_lines(*({"prompt": prompts.get(key, key), "key": key} for key in KEYS)))
    kie.looks = [refused(500, "Internal Error, Please try again later.")] * 20
    kie.creates = [LOST] * (3 if on_unknown == "resend" else 0)
    rules: dict[str, Any] = {"retry_failed": retry_failed, "on_unknown": on_unknown}
    report = await run_on(kie, source, out, **rules)
    plan = await plan_batch(read_items(source), out, **rules)
    left = report.left

    failed = [*left.retried, *left.passing, *left.for_good, *left.given_up, *left.paid_in_vain]
    assert sorted(failed) == sorted(key for key, row in by_key(out).items() if row["state"] == "failed")
    assert len(left.retried) + len(left.resent) == plan.retried
    assert len(failed) - len(left.retried) == plan.failed
    assert report.counts["unknown"] - len(left.resent) == plan.unknown
    assert "given-up" in left.given_up
    assert ("in-vain" in left.paid_in_vain) is (retry_failed != "all")
    assert left.changed == ("changed",)
    assert (left.passing == ()) is (retry_failed != "none")
    assert (left.for_good == ()) is (retry_failed == "all")
    assert report.retryable == len(left.retried)
