"""The last words of a batch: what has become of those without a picture, and what one can do about it.

Nothing is said that isn't so for this folder: what the next run does for how many rows, and what it leaves alone.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from nanobanana_async.runs import RunReport

NOT_PAID_AGAIN = "What is paid for is not paid for again."


def closing_lines(report: RunReport) -> list[str]:
    """What to say after `report`, a line each."""
    left = report.left
    lines = [
        _go_on(report),
        _passing(left.passing),
        _for_good(left.for_good),
        _given_up(left.given_up),
        _paid_in_vain(left.paid_in_vain, report.manifest),
        _kept([key for key in left.kept if key not in left.passing_anew]),
        _expired(report.expired),
        _missing(report.missing),
        unknown_line(report.counts["unknown"] - len(left.resent), report.manifest.parent),
        _changed(left.changed),
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
    return (
        f"{count} {said} may be paid for, and {verb} not sent again. See: nanobanana unknown {shlex.quote(str(folder))}"
    )


def _go_on(report: RunReport) -> str:
    """What the same command would do."""
    counts, left = report.counts, report.left
    parts = [
        _counted(len(left.retried), "{} that failed {is_are} sent again"),
        _counted(len(left.resent), "{} unknown {is_are} sent again, and perhaps paid for again"),
        _counted(counts["pending"] - report.missing, "{} pending {is_are} waited for"),
        _counted(len(left.lost_before), "{} whose answer was lost {is_are} sent again, and perhaps paid for again"),
        _counted(counts["skipped"] - report.changed - len(left.lost_before), "{} skipped {is_are} sent"),
        _counted(report.not_renewed + len(left.passing_anew), "{} not made anew {is_are} made"),
        _counted(report.unsaved - report.expired, "{} not saved {is_are} fetched"),
    ]
    if not any(parts):
        return ""
    begin = "To go on, run" if report.stopped_by is None else "Once that is put right, run"
    command = (
        f"the same command again without --redo ({named(left.redone)})" if left.redone else "the same command again"
    )
    return f"{begin} {command}: {_listed(parts)}. {NOT_PAID_AGAIN}"


def named(keys: Sequence[str], most: int = 5) -> str:
    """Some keys in a row, the first few by name: ``k1, k2 and 7 more``."""
    more = f" and {len(keys) - most} more" if len(keys) > most else ""
    return ", ".join(keys[:most]) + more


def _passing(keys: Sequence[str]) -> str:
    words = "{} failed in passing ({keys}), and {is_are} not sent again: leave out --retry-failed none."
    return _counted(len(keys), words, keys)


def _for_good(keys: Sequence[str]) -> str:
    stay = "it stays so until its line" if len(keys) == 1 else "they stay so until their lines"
    words = f"{{}} failed for good ({{keys}}): {stay} in the file {{is_are}} changed; to send again all the same: "
    return _counted(len(keys), f"{words}--redo KEY.", keys)


def _given_up(keys: Sequence[str]) -> str:
    words = "{} {is_are} given up, and may be paid for ({keys}). To make it, and perhaps to pay twice: --redo KEY."
    return _counted(len(keys), words, keys)


def _paid_in_vain(keys: Sequence[str], manifest: Path) -> str:
    words = (
        f"{{}} {{is_are}} paid for, and brought no picture ({{keys}}): what came, or where it is, stands in {manifest}."
    )
    return _counted(len(keys), f"{words} To make it, and pay again: --redo KEY.", keys)


def _kept(keys: Sequence[str]) -> str:
    its = "its line" if len(keys) == 1 else "their lines"
    words = "{} {was_were} to be made anew ({keys}), and failed for good, at no cost: "
    return _counted(len(keys), f"{words}what was there before stands. To make it anew, change {its} in the file.", keys)


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


def _changed(keys: Sequence[str]) -> str:
    words = "{} {has_have} a key that was used for another request ({keys}), and {is_are} not sent: see --on-change."
    return _counted(len(keys), words, keys)


def _invalid(count: int) -> str:
    return _counted(count, "{} invalid {is_are} not sent: correct the file, and run the same command again.")


def _rate(report: RunReport) -> str:
    return "" if report.kept_rate is None else f"With --rate {report.kept_rate} fewer are refused from the beginning."


def _counted(count: int, words: str, keys: Sequence[str] = ()) -> str:
    one = count == 1
    verbs = {"is_are": ("is", "are"), "has_have": ("has", "have"), "was_were": ("was", "were")}
    said = {name: forms[0 if one else 1] for name, forms in verbs.items()}
    return words.format(count, keys=named(keys), **said) if count else ""


def _listed(parts: Iterable[str]) -> str:
    return ", ".join(part for part in parts if part)
