"""A folder looked over before a run: what is known of each key, what is to be done, and under which names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.pacing import Rate
from nanobanana_async.runs._adopting import Adoption, place_of
from nanobanana_async.runs._ledger import Ledger
from nanobanana_async.runs._manifest import CSV, JSONL, read_manifest
from nanobanana_async.runs._naming import stems_of
from nanobanana_async.runs._plan import Fate, Plan, fate_of, plan_of
from nanobanana_async.runs._record import Record
from nanobanana_async.runs._rows import Row, Rows


@attrs.frozen
class Survey:
    """What is known before a run. `stems` has a name for each row that may get pictures, by key.

    `records` are those of the manifest, and stay so; the `ledger` goes on from them.
    """

    rows: Rows
    folder: Path
    records: dict[str, Record]
    fates: Mapping[str, Fate]
    stems: Mapping[str, str]
    plan: Plan
    ledger: Ledger

    def with_fate(self, *fates: Fate) -> list[Row]:
        """The rows of which that is to be done, in their order."""
        return [row for row in self.rows.rows if self.fates[row.key] in fates]

    def spent(self) -> float:
        """Credits that the folder has cost, or may have: what no record tells counts at the documented price."""
        prices = {row.key: row.request.credits for row in self.rows.rows}
        paid = (record for record in self.records.values() if record.may_be_paid)
        return sum(prices.get(record.key) or 0.0 if record.credits is None else record.credits for record in paid)

    def adoptions(self, *, download: bool) -> list[Adoption]:
        """What is paid for and not here."""
        rows = [(row, self.records[row.key]) for row in self.with_fate(Fate.ADOPT, Fate.FETCH)]
        return [
            Adoption(row, record, place_of(record, self.folder, self.stems[row.key]) if download else None)
            for row, record in rows
        ]


def survey(rows: Rows, folder: Path, *, rate: Rate, download: bool, name: str | None) -> Survey:
    """Look over `folder` for `rows`. It blocks.

    Raises:
        ConfigurationError: the manifest is damaged, the template for names can't be used, or the batch file is where
            the manifest goes.
    """
    _refuse_own_manifest(rows, folder)
    records = read_manifest(folder)

    def is_complete(record: Record) -> bool:
        return not download or (bool(record.files) and all((folder / file).is_file() for file in record.files))

    fates = {row.key: fate_of(row, records.get(row.key), rows.folder, is_complete=is_complete) for row in rows.rows}
    named = [row for row in rows.rows if fates[row.key] in (Fate.SEND, Fate.ADOPT, Fate.FETCH)]
    stems = stems_of(named, records, template=name, source=rows.source)
    plan = plan_of(rows, fates, rate=rate, folder=folder)
    return Survey(rows, folder, records, fates, stems, plan, Ledger(rows, folder, dict(records), fates))


def _refuse_own_manifest(rows: Rows, folder: Path) -> None:
    source = Path(rows.source)
    if source.name in (JSONL, CSV) and source.expanduser().resolve().parent == folder.resolve():
        raise ConfigurationError(
            f"the batch file {rows.source!r} is where the manifest goes; nothing was sent",
            remedy="Choose another folder, or another name for the file.",
        )
