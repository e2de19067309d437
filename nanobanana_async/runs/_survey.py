"""A folder looked over before a run: what is known of each key, what is to be done, and under which names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import attrs

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.journal import Contents, Entry
from nanobanana_async.pacing import Rate
from nanobanana_async.pricing import Price, total
from nanobanana_async.runs._budgets import refuse_unpriced, unsaid_in
from nanobanana_async.runs._costs import Others
from nanobanana_async.runs._fates import TO_DO, TO_SEND, Fate, Rules, differs, fate_of
from nanobanana_async.runs._known import others_of, records_of
from nanobanana_async.runs._naming import stems_of
from nanobanana_async.runs._plan import Plan, plan_of
from nanobanana_async.runs._record import Record
from nanobanana_async.runs._redoing import Redoing
from nanobanana_async.runs._rows import Row, Rows
from nanobanana_async.tasks import MOST_RESENT

_AGAIN = (Fate.SEND, Fate.RETRY)
"""What goes on with what was lost before, and begins nothing anew."""

_OTHER = ""
"""The fingerprint of no request."""


@attrs.frozen(kw_only=True)
class Survey:
    """What is known before a run. `stems` has a name for each row that may get pictures, by key.

    `entries` and `records` are those of the keys that the journal knows. `gone` are those paid for that are no longer
    in the file, `left_out` those that this run was not asked for, `others` creates that no key follows any more.
    `unsaid` credits were spent of which only the file tells the price. `redoing` is what was asked to be made anew.
    """

    rows: Rows
    folder: Path
    entries: Mapping[str, Entry]
    records: Mapping[str, Record]
    fates: Mapping[str, Fate]
    stems: Mapping[str, str]
    plan: Plan
    gone: Others
    left_out: Others
    others: tuple[Record, ...]
    redoing: Redoing
    unsaid: float = 0.0

    def to_do(self) -> list[Row]:
        """The rows for which there is anything to send, to wait for or to fetch, in their order."""
        return [row for row in self.rows.rows if self.fates[row.key] in TO_DO]

    def changed(self) -> list[Row]:
        """The rows that are held back, because their keys stand for another request."""
        return [row for row in self.rows.rows if self.fates[row.key] is Fate.CHANGED]

    def to_redo(self) -> list[str]:
        """The keys that are made anew because that was asked for by their names."""
        left = self.redoing.left(self.entries)
        return [row.key for row in self.to_do() if row.key in left]

    def standing(self) -> dict[str, Entry]:
        """What stands under the keys that there is anything to do for, as the same request or as another one.

        Whether it is another is decided by their fates: what is made anew is, what is kept or waited for is not.
        """
        known = [row for row in self.to_do() if row.key in self.entries]
        return {
            row.key: attrs.evolve(
                self.entries[row.key], fingerprint=_OTHER if self.fates[row.key] is Fate.RENEW else row.fingerprint
            )
            for row in known
        }

    def unchanged(self, now: Mapping[str, Entry]) -> list[str]:
        """The keys that were to be sent, and stand as they stood, by the entries of `now`.

        Nothing was sent for them, or all of that came to nothing.
        """
        to_send = [row.key for row in self.to_do() if self.fates[row.key] in TO_SEND and row.key in self.entries]
        return [key for key in to_send if key in now and _sent(now[key]) == _sent(self.entries[key])]

    def not_renewed(self, now: Mapping[str, Entry]) -> list[str]:
        """Those of them that were to be made anew."""
        return [key for key in self.unchanged(now) if self.fates[key] is Fate.RENEW]

    def to_fetch(self) -> list[str]:
        """The keys whose pictures were made by an earlier run, and are not here."""
        return [row.key for row in self.rows.rows if self.fates[row.key] is Fate.FETCH]

    def states(self, records: Mapping[str, Record]) -> Counter[str]:
        """How many rows of the file are in each state, by the `records` of now."""
        return Counter(
            "skipped" if self.fates[row.key] is Fate.CHANGED else records[row.key].state for row in self.rows.rows
        )

    def place(self, key: str) -> Path:
        """Where the pictures of a key go, without extension: where they were before, else under a name of ours."""
        known = self.records.get(key)
        if known is not None and known.files and self.fates[key] not in TO_SEND:
            return (self.folder / known.files[0]).with_suffix("")
        return self.folder / self.stems[key]


def _sent(entry: Entry) -> tuple[int, str | None]:
    """What tells one create of a key from another."""
    return entry.generation, entry.token


def survey(
    rows: Rows,
    folder: Path,
    contents: Contents,
    rules: Rules,
    *,
    rate: Rate,
    download: bool,
    name: str | None,
    budget: float | None = None,
    noted: Mapping[str, int] | None = None,
) -> Survey:
    """Look over `folder` for `rows`, with what its journal knows. It blocks.

    `noted` are the keys that a run which was cut short was to make anew, with the generations to be replaced.

    Raises:
        ConfigurationError: the template for names can't be used, there is nothing under a key that is to be made anew,
            or nobody knows what is left of the budget, or what is to be sent costs.
    """
    entries = {entry.key: entry for entry in contents.entries}
    records = records_of(contents, rows, folder)
    _refuse_strange_keys(rows, rules)
    redoing = Redoing.of(rules.redo, noted or {}, entries, records)
    rules = attrs.evolve(rules, redo=redoing.left(entries))
    fates = fates_of(rows, contents, rules, folder=folder if download else None)
    if budget is not None:
        refuse_unpriced([row for row in rows.rows if fates[row.key] in TO_SEND])
    unsaid = 0.0 if budget is None else unsaid_in(rows, entries, records, folder)
    spent = contents.spent.total + unsaid
    named = [row for row in rows.rows if fates[row.key] in TO_DO]
    gone, left_out = _others(rows, records, folder)
    return Survey(
        rows=rows,
        folder=folder,
        entries=entries,
        records=records,
        fates=fates,
        stems=stems_of(named, records, template=name, source=rows.source),
        plan=attrs.evolve(
            plan_of(rows, fates, rate=rate, folder=folder, budget=budget, spent=0.0 if budget is None else spent),
            overtaken=sum(records[key].state == "pending" for key, fate in fates.items() if fate is Fate.RENEW),
            renewed_before=sum(
                fates[key] in (Fate.DONE, Fate.FETCH) for key in redoing.asked.keys() - redoing.left(entries)
            ),
            most=_most(rows, fates, contents, rules),
        ),
        gone=gone,
        left_out=left_out,
        others=others_of(contents),
        redoing=redoing,
        unsaid=unsaid,
    )


def fates_of(rows: Rows, contents: Contents, rules: Rules, *, folder: Path | None) -> dict[str, Fate]:
    """What is to be done for each of `rows`, by key; without a `folder`, no files are asked for. It blocks."""
    entries = {entry.key: entry for entry in contents.entries}
    records = records_of(contents, rows, folder or Path())
    known = partial(_fate, rules=rules, source=rows.folder, folder=folder)
    return {
        row.key: known(row, entries[row.key], records[row.key], lost=contents.times_lost(entries[row.key]))
        if row.key in entries
        else Fate.SEND
        for row in rows.rows
    }


def _fate(
    row: Row, entry: Entry, record: Record, *, rules: Rules, source: Path, folder: Path | None, lost: int
) -> Fate:
    """The fate of a row that is known; without a `folder`, no files are asked for."""
    complete = folder is None or (bool(record.files) and all((folder / file).is_file() for file in record.files))
    asks_otherwise = differs(row, entry, record, source)
    return fate_of(row, entry, record, rules, differs=asks_otherwise, complete=complete, lost=lost)


def _most(rows: Rows, fates: Mapping[str, Fate], contents: Contents, rules: Rules) -> Price | None:
    """What those to send cost if every answer is lost and sent again; None where none is."""
    if rules.on_unknown == "hold":
        return None
    lost = {entry.key: contents.times_lost(entry) for entry in contents.entries if fates.get(entry.key) in _AGAIN}
    to_send = [row for row in rows.rows if fates[row.key] in TO_SEND]
    return total(row.request.credits for row in to_send for _ in range(max(1, 1 + MOST_RESENT - lost.get(row.key, 0))))


def _refuse_strange_keys(rows: Rows, rules: Rules) -> None:
    strange = sorted(rules.redo.difference(rows.keys))
    if strange:
        where = "" if rows.is_whole else " of those that were read (--limit)"
        raise ConfigurationError(
            f"no row{where} has the key {strange[0]!r}, which is to be made anew; nothing was sent",
            remedy="Give the key as the manifest has it.",
        )
    left_out = sorted(rules.redo.difference(row.key for row in rows.rows))
    if left_out:
        raise ConfigurationError(
            f"the key {left_out[0]!r} is to be made anew, and its row is not among those that this run is to make; "
            "nothing was sent",
            remedy="See --only, --limit and --skip-invalid, or leave out the --redo.",
        )


def _others(rows: Rows, records: Mapping[str, Record], folder: Path) -> tuple[Others, Others]:
    """What is known of other rows than these: of those that are no longer in the file, and of those in it."""
    asked = {row.key for row in rows.rows}
    others = {key: record for key, record in records.items() if key not in asked}
    # The keys of lines that were not read, or can't be, are not known.
    is_gone = set(others).difference(rows.keys) if rows.is_whole and not rows.problems else set[str]()
    gone = [record for key, record in others.items() if key in is_gone]
    files = [file for record in gone for file in record.files if (folder / file).is_file()]
    return Others.of(gone, files), Others.of(record for key, record in others.items() if key not in is_gone)
