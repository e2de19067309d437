"""A folder looked over before a run: what is known of each key, what is to be done, and under which names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.pacing import Rate
from nanobanana_async.pricing import price_of
from nanobanana_async.runs._adopting import Adoption, place_of
from nanobanana_async.runs._costs import Others
from nanobanana_async.runs._ledger import Ledger
from nanobanana_async.runs._manifest import CSV, JSONL, read_manifest
from nanobanana_async.runs._naming import stems_of
from nanobanana_async.runs._plan import Fate, Plan, fate_of, plan_of
from nanobanana_async.runs._record import Record
from nanobanana_async.runs._rows import Row, Rows

_NAMED = 3
"""How many keys a message names."""


@attrs.frozen
class Survey:
    """What is known before a run. `stems` has a name for each row that may get pictures, by key.

    `records` are those of the manifest, and stay so; the `ledger` goes on from them. `gone` are those paid for that are
    no longer in the file, `left_out` those that this run was not asked for.
    """

    rows: Rows
    folder: Path
    records: dict[str, Record]
    fates: Mapping[str, Fate]
    stems: Mapping[str, str]
    plan: Plan
    ledger: Ledger
    gone: Others
    left_out: Others

    def with_fate(self, *fates: Fate) -> list[Row]:
        """The rows of which that is to be done, in their order."""
        return [row for row in self.rows.rows if self.fates[row.key] in fates]

    def spent(self) -> float:
        """Credits that the folder has cost, or may have: what no record tells counts at the documented price.

        Raises:
            ConfigurationError: that is not known either. Counted as nothing, it would be spent a second time.
        """
        prices = {row.key: price_of(row.request) for row in self.rows.rows}
        paid = [record for record in self.records.values() if record.may_be_paid]
        costs = {record.key: _first(record.credits, record.price, prices.get(record.key)) for record in paid}
        unknown = [key for key, cost in costs.items() if cost is None]
        if unknown:
            named = ", ".join(map(repr, unknown[:_NAMED])) + (" …" if len(unknown) > _NAMED else "")
            raise ConfigurationError(
                f"a budget needs to know what {str(self.folder)!r} has cost so far; {len(unknown)} that are, or may "
                f"be, paid for have no price: {named}; nothing was sent",
                remedy='Give their lines a price, as in "credits": 8, or leave the budget out.',
            )
        return sum(cost for cost in costs.values() if cost is not None)

    def adoptions(self, *, download: bool) -> list[Adoption]:
        """What is paid for and not here."""
        rows = [(row, self.records[row.key]) for row in self.with_fate(Fate.ADOPT, Fate.FETCH)]
        return [
            Adoption(row, record, place_of(record, self.folder, self.stems[row.key]) if download else None)
            for row, record in rows
        ]


def _first(*prices: float | None) -> float | None:
    return next((price for price in prices if price is not None), None)


def survey(
    rows: Rows, folder: Path, *, rate: Rate, download: bool, name: str | None, budget: float | None = None
) -> Survey:
    """Look over `folder` for `rows`. It blocks.

    Raises:
        ConfigurationError: the manifest is damaged, the template for names can't be used, the batch file is where the
            manifest goes, or nobody knows what is left of the budget.
    """
    _refuse_own_manifest(rows, folder)
    records = read_manifest(folder)

    def is_complete(record: Record) -> bool:
        return not download or (bool(record.files) and all((folder / file).is_file() for file in record.files))

    fates = {row.key: fate_of(row, records.get(row.key), rows.folder, is_complete=is_complete) for row in rows.rows}
    named = [row for row in rows.rows if fates[row.key] in (Fate.SEND, Fate.ADOPT, Fate.FETCH)]
    stems = stems_of(named, records, template=name, source=rows.source)
    plan = plan_of(rows, fates, rate=rate, folder=folder)
    ledger = Ledger(rows, folder, dict(records), fates)
    found = Survey(rows, folder, records, fates, stems, plan, ledger, *_others(rows, records, folder))
    if budget is None:
        return found
    return attrs.evolve(found, plan=plan_of(rows, fates, rate=rate, folder=folder, budget=budget, spent=found.spent()))


def _others(rows: Rows, records: Mapping[str, Record], folder: Path) -> tuple[Others, Others]:
    """What is known of other rows than these: of those that are no longer in the file, and of those in it."""
    others = {key: record for key, record in records.items() if key not in {row.key for row in rows.rows}}
    is_gone = set(others).difference(rows.keys) if rows.is_whole else set[str]()
    gone = [record for key, record in others.items() if key in is_gone]
    files = [file for record in gone for file in record.files if (folder / file).is_file()]
    return Others.of(gone, files), Others.of(record for key, record in others.items() if key not in is_gone)


def _refuse_own_manifest(rows: Rows, folder: Path) -> None:
    source = Path(rows.source)
    if source.name in (JSONL, CSV) and source.expanduser().resolve().parent == folder.resolve():
        raise ConfigurationError(
            f"the batch file {rows.source!r} is where the manifest goes; nothing was sent",
            remedy="Choose another folder, or another name for the file.",
        )
