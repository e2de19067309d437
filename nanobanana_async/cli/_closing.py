"""The last words of a batch: what has become of those without a picture, and what one can do about it.

Nothing is said that isn't so for this folder: what the next run does for how many rows, and what it leaves alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nanobanana_async.runs import RunReport

NOT_PAID_AGAIN = "What is paid for is not paid for again."


def closing_lines(report: RunReport) -> list[str]:
    """What to say after `report`, a line each."""
    counts = report.counts
    lines = [
        _go_on(report),
        _for_good(counts["failed"] - report.retryable),
        _expired(report.expired),
        _missing(report.missing),
        unknown_line(counts["unknown"], report.manifest.parent),
        _changed(report.changed),
        _invalid(report.invalid),
        _rate(report),
    ]
    return [line for line in lines if line]


def unknown_line(count: int, folder: Path) -> str:
    """What can be done about creates whose answer was lost; nothing where there are none."""
    if not count:
        return ""
    said = "is unknown: it" if count == 1 else "are unknown: they"
    verb = "is" if count == 1 else "are"
    return f"{count} {said} may be paid for, and {verb} not sent again. See: nanobanana unknown {folder}"


def _go_on(report: RunReport) -> str:
    """What the same command would do."""
    counts = report.counts
    parts = [
        _counted(report.retryable, "{} that failed in passing {is_are} sent again"),
        _counted(counts["pending"] - report.missing, "{} pending {is_are} waited for"),
        _counted(counts["skipped"] - report.changed, "{} skipped {is_are} sent"),
        _counted(report.unsaved - report.expired, "{} not saved {is_are} fetched"),
    ]
    if not any(parts):
        return ""
    begin = "To go on, run" if report.stopped_by is None else "Once that is put right, run"
    return f"{begin} the same command again: {_listed(parts)}. {NOT_PAID_AGAIN}"


def _for_good(count: int) -> str:
    if not count:
        return ""
    stay = "it stays so until its line" if count == 1 else "they stay so until their lines"
    be = "is" if count == 1 else "are"
    return f"{count} failed for good: {stay} in the file {be} changed; to send again all the same: --redo KEY."


def _expired(count: int) -> str:
    return _counted(
        count, "{} {is_are} made and paid for, and can't be had any more. To make it again, and pay again: --redo KEY."
    )


def _missing(count: int) -> str:
    return _counted(
        count,
        "{} {is_are} paid for, and the gateway has no record of it: see that the API key is the one of then. "
        "To make it again, and pay again: --redo KEY.",
    )


def _changed(count: int) -> str:
    return _counted(
        count, "{} {has_have} a key that was used for another request, and {is_are} not sent: see --on-change."
    )


def _invalid(count: int) -> str:
    return _counted(count, "{} invalid {is_are} not sent: correct the file, and run the same command again.")


def _rate(report: RunReport) -> str:
    return "" if report.kept_rate is None else f"With --rate {report.kept_rate} fewer are refused from the beginning."


def _counted(count: int, words: str) -> str:
    one = count == 1
    return words.format(count, is_are="is" if one else "are", has_have="has" if one else "have") if count else ""


def _listed(parts: Iterable[str]) -> str:
    return ", ".join(part for part in parts if part)
