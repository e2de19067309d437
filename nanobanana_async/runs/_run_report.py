"""What a folder has come to after a run: the whole set, and what this run did for it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import attrs

from nanobanana_async.errors import NanoBananaError
from nanobanana_async.pricing import total
from nanobanana_async.tasks import Report


@attrs.frozen(kw_only=True)
class RunReport:
    """The rows of a batch file after a run, those that were done before included.

    `counts` has how many are ``succeeded``, ``failed``, ``pending``, ``unknown`` and ``skipped``; of those skipped,
    `changed` have a key that was used for another request. `unsaved` succeeded and have no files. `invalid` lines were
    left out. `credits` is what the records say all of it cost, over all runs. `report` is of this run alone.
    `stopped_by` is what ended it early: the key, the credits, the gateway.
    """

    counts: Counter[str]
    changed: int = 0
    unsaved: int = 0
    invalid: int = 0
    credits: float = 0.0
    report: Report
    stopped_by: NanoBananaError | None = None
    manifest: Path

    @property
    def total(self) -> int:
        """How many rows there are, the invalid ones left out."""
        return self.counts.total()

    @property
    def ok(self) -> bool:
        """True when every line has its picture."""
        return self.counts["succeeded"] == self.total and not self.unsaved and not self.invalid

    @property
    def exit_code(self) -> int:
        """For a shell: 0 all succeeded, 1 some did not, 3 stopped early."""
        if self.stopped_by is not None:
            return 3
        return 0 if self.ok else 1

    def __str__(self) -> str:
        """For people: the set on the first line, this run on the second, what stopped it on a third."""
        states = {state: self.counts[state] for state in ("failed", "pending", "unknown", "skipped")}
        others = {**states, "of them changed": self.changed, "unsaved": self.unsaved, "invalid": self.invalid}
        rest = "".join(f", {count} {word}" for word, count in others.items() if count)
        lines = [
            f"{self.counts['succeeded']} of {self.total} succeeded{rest} | {total([self.credits])} | {self.manifest}"
        ]
        if self.report.total:
            lines.append(f"this run: {self.report}")
        if self.report.generation is not None:
            lines.append(self.report.where_the_time_went)
        if self.stopped_by is not None:
            lines.append(f"stopped: {self.stopped_by.message} — {self.stopped_by.remedy}")
        return "\n".join(lines)
