"""A budget where nobody knows a price: refused before anything is sent, and nothing is held against the rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nanobanana_async import BudgetError, ConfigurationError, OpenAIImages, Rate
from nanobanana_async.runs import RunReport, plan_batch, read_items, run_batch
from tests.runs.files import A, B, by_key, json_lines, kie_with_files, run_on, written
from tests.scripted_images import URL, ScriptedImages

OWN = [{"model": "new/model", "input": {"prompt": name}, "key": name} for name in "ab"]


async def run_there(images: ScriptedImages, source: Path, out: Path, price: float | None, **options: Any) -> RunReport:
    return await run_batch(
        source,
        out,
        gateway=OpenAIImages(URL, "key", price),
        transport=images.transport,
        rate=Rate(1000, per=1),
        **options,
    )


async def test_an_image_of_a_reseller_has_the_price_that_is_told(tmp_path: Path) -> None:
    """Without it, plan and run are refused alike; with it the same rows are sent."""
    source, out, images = written(tmp_path / "rows.jsonl", json_lines(A, B)), tmp_path / "out", ScriptedImages()
    gateway = OpenAIImages(URL, "key")

    with pytest.raises(ConfigurationError, match="2 have none: 'a', 'b'; nothing was sent") as planned:
        await plan_batch(read_items(source, gateway=gateway), out, gateway=gateway, budget=100)
    with pytest.raises(ConfigurationError) as refused:
        await run_there(images, source, out, None, budget=100)
    sent = len(images.requests)
    report = await run_there(images, source, out, 0.04, budget=100)

    assert refused.value.message == planned.value.message
    assert "--price" in refused.value.remedy
    assert sent == 0
    assert (report.exit_code, report.counts) == (0, {"succeeded": 2})


async def test_a_request_of_the_users_own_has_the_price_of_its_line(tmp_path: Path) -> None:
    """What is done already needs none."""
    source, out, kie = written(tmp_path / "rows.jsonl", json_lines(*OWN)), tmp_path / "out", kie_with_files()

    with pytest.raises(ConfigurationError, match="2 have none") as refused:
        await run_on(kie, source, out, budget=100)
    await run_on(kie, source, out)
    report = await run_on(kie, source, out, budget=100)

    assert '"credits": 8' in refused.value.remedy
    assert sorted(kie.prompts) == ["a", "b"]
    assert (report.exit_code, report.counts) == (0, {"succeeded": 2})


async def test_a_model_costs_elsewhere_what_it_costs_there(tmp_path: Path) -> None:
    """Kie's documents say nothing of a reseller's prices, though the names are the same."""
    source, out, images = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out", ScriptedImages()

    report = await run_there(images, source, out, None)

    assert (report.bill.about, report.bill.unknown) == (0.0, 1)
    assert by_key(out)["a"]["request"]["credits"] is None


async def test_a_budget_is_told_as_it_was_given(tmp_path: Path) -> None:
    """What was made before without a price counts by the price of now, and the sum stays the user's."""
    out, images = tmp_path / "out", ScriptedImages()
    await run_there(images, written(tmp_path / "rows.jsonl", json_lines(A)), out, None)
    both = written(tmp_path / "rows.jsonl", json_lines(A, B, {"prompt": "c", "key": "c"}))

    report = await run_there(images, both, out, 0.10, budget=50)

    assert report.counts == {"succeeded": 2, "skipped": 1}
    assert isinstance(report.stopped_by, BudgetError)
    assert "the budget of 50 credits is spent: 10 are left, and this one costs 20" in report.stopped_by.message
