"""What a folder has come to after a run: the whole set, and what this run did for it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import attrs

from nanobanana_async.errors import NanoBananaError
from nanobanana_async.pacing import Rate
from nanobanana_async.pricing import Bill
from nanobanana_async.runs._costs import Costs, Others
from nanobanana_async.runs._leftovers import Leftovers
from nanobanana_async.tasks import Report


@attrs.frozen(kw_only=True)
class RunReport:
    """The rows of a batch file after a run, those that were done before included.

    `counts` has how many are ``succeeded``, ``failed``, ``pending``, ``unknown`` and ``skipped``; of those skipped,
    `changed` have a key that was used for another request. `not_renewed` were to be made anew and were not sent: what
    stood there before still does, and is what is counted; so it is of those that were sent and failed at no cost, which
    `left.kept` has. `unsaved` succeeded and have no files. `invalid` lines were
    left out. Of those that failed, the same command sends the `retryable` again. Of those unsaved, `expired` can't be
    had any more; of those pending, the gateway has no record of the `missing`. `left` has the keys of what has no
    picture.

    `costs` is what the whole folder has cost, over all runs; of that, `gone` is for rows that are no longer in the
    file, and `left_out` for those that this run was not asked for. `report` is of this run alone. `kept_rate` is the
    rate that refusals have taught, where it is under the one that was given. `stopped_by` is what ended it early: the
    key, the credits, the gateway.
    """

    counts: Counter[str]
    changed: int = 0
    not_renewed: int = 0
    unsaved: int = 0
    invalid: int = 0
    retryable: int = 0
    expired: int = 0
    missing: int = 0
    left: Leftovers = attrs.field(factory=Leftovers)
    costs: Costs = attrs.field(factory=Costs)
    gone: Others = attrs.field(factory=Others)
    left_out: Others = attrs.field(factory=Others)
    kept_rate: Rate | None = None
    report: Report
    stopped_by: NanoBananaError | None = None
    manifest: Path

    @property
    def total(self) -> int:
        """How many rows there are, the invalid ones left out."""
        return self.counts.total()

    @property
    def bill(self) -> Bill:
        """What was paid for the whole folder, over all runs."""
        return self.costs.paid

    @property
    def credits(self) -> float:
        """What the records say all of it cost, over all runs."""
        return self.bill.credits

    @property
    def ok(self) -> bool:
        """True when every line has its picture, and what was to be made anew has its new one."""
        is_whole = self.counts["succeeded"] == self.total and not self.unsaved and not self.invalid
        return is_whole and not self._left_as_it_was

    @property
    def _left_as_it_was(self) -> int:
        """How many were to be made anew, and were not."""
        return self.not_renewed + len(self.left.kept)

    @property
    def exit_code(self) -> int:
        """For a shell: 0 all succeeded, 1 some did not, 3 stopped early."""
        if self.stopped_by is not None:
            return 3
        return 0 if self.ok else 1

    def __str__(self) -> str:
        """For people: the set on the first line, then what else it has cost, this run, and what stopped it."""
        states = {state: self.counts[state] for state in ("failed", "pending", "unknown", "skipped")}
        others = {
            **states,
            "of them changed": self.changed,
            "not made anew": self._left_as_it_was,
            "unsaved": self.unsaved,
            "invalid": self.invalid,
        }
        rest = "".join(f", {count} {word}" for word, count in others.items() if count)
        lines = [f"{self.counts['succeeded']} of {self.total} succeeded{rest} | {self.costs} | {self.manifest}"]
        if self.gone.rows:
            lines.append(self.gone.told("no longer in the file"))
        if self.left_out.rows:
            lines.append(self.left_out.told("not asked for in this run"))
        if self.report.total:
            lines.append(f"this run: {self.report}")
        if self.report.generation is not None:
            lines.append(self.report.where_the_time_went)
        if self.kept_rate is not None:
            lines.append(f"the account takes about {self.kept_rate.limit} new tasks in {self.kept_rate.per:g} s only")
        if self.stopped_by is not None:
            lines.append(f"stopped: {self.stopped_by.message} — {self.stopped_by.remedy}")
        return "\n".join(lines)
