"""A folder from a gateway that makes several pictures where one was asked for: its sums are of pictures."""

from __future__ import annotations

from pathlib import Path

from nanobanana_async import OpenAIImages, Rate
from nanobanana_async.runs import RunReport, run_batch
from tests.runs.files import A, B, by_key, json_lines, written
from tests.scripted_images import IN_THE_ANSWER, URL, ScriptedImages, made

ANOTHER = {"url": "https://files.example/b.png"}


async def run_there(images: ScriptedImages, source: Path, out: Path, **options: float) -> RunReport:
    return await run_batch(
        source,
        out,
        gateway=OpenAIImages(URL, "key", 0.04),
        transport=images.transport,
        rate=Rate(1000, per=1),
        download=False,
        in_flight=1,
        **options,  # type: ignore[arg-type]  # a budget
    )


async def test_each_picture_has_its_price_in_every_run(tmp_path: Path) -> None:
    """What the first run has spent is what the next one counts, and what the manifest comes to."""
    images = ScriptedImages(*[made(IN_THE_ANSWER, ANOTHER)] * 9, seconds=5.0)
    source, out = written(tmp_path / "rows.jsonl", json_lines(A)), tmp_path / "out"

    first = await run_there(images, source, out, budget=20)
    written(source, json_lines(A, B))
    second = await run_there(images, source, out, budget=20)
    third = await run_there(images, source, out, budget=24)

    assert [report.bill.about for report in (first, second, third)] == [16, 16, 32]
    assert [str(report.counts["succeeded"]) for report in (first, second, third)] == ["1", "1", "2"]
    assert len(images.requests) == 2
    assert {len(record["urls"]) for record in by_key(out).values()} == {2}
