"""`manifest.jsonl` and `manifest.csv`: what is known of the whole set, in the order of the file.

They are written whole, beside the old ones, synced and renamed into place: whoever looks sees the old or the new. They
are made from the journal, which is what a later run goes by; the CSV is for people and their spreadsheets. A manifest
is read only where no journal knows better: in a folder of a release that had none.
"""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import attrs

from nanobanana_async.errors import ConfigurationError, StorageError
from nanobanana_async.runs._read_back import record_from
from nanobanana_async.runs._record import Record
from nanobanana_async.storage import PartFile
from nanobanana_async.values import JSON

logger = logging.getLogger("nanobanana_async")

JSONL: Final = "manifest.jsonl"
CSV: Final = "manifest.csv"
COLUMNS = tuple(field.name for field in attrs.fields(Record))
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def read_manifest(folder: Path) -> dict[str, Record]:
    """The records of `folder` by key, in their order; none where it has no manifest. It blocks.

    Raises:
        ConfigurationError: a line of it can't be read. What was paid for would be paid again, so nothing is guessed.
    """
    path = folder / JSONL
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        remedy = "Get the right to read it, or choose another folder."
        raise ConfigurationError(f"{str(path)!r} can't be read: {error.strerror}", remedy=remedy) from error
    records: dict[str, Record] = {}
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if line.strip():
            record = _read_line(path, number, line)
            if record.key in records:
                raise _damaged(path, number, f"the key {record.key!r} stands there twice")
            records[record.key] = record
    return records


def _read_line(path: Path, number: int, line: bytes) -> Record:
    try:
        return record_from(json.loads(line))
    except (ValueError, RecursionError) as error:
        raise _damaged(path, number, str(error)) from error


def _damaged(path: Path, number: int, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"{path}:{number}: the manifest is damaged: {why}; nothing was sent",
        remedy="Correct the line or restore the file. Moved away, all that it holds is sent and paid for again.",
    )


def write_manifest(folder: Path, records: Iterable[Record]) -> Path:
    """Put `records` in the place of the manifests of `folder`; the path of the JSONL. It blocks.

    Raises:
        StorageError: it can't be written; the old one stands.
    """
    rows = [record.row() for record in records]
    lines = "".join(f"{_compact(row)}\n" for row in rows)
    _put(folder, JSONL, lines.encode())
    try:
        _put(folder, CSV, _table(rows))
    except StorageError as error:  # as when a spreadsheet holds it open; a run does not end for that
        logger.warning("%s: %s", error, error.remedy)
    return folder / JSONL


def _put(folder: Path, name: str, content: bytes) -> None:
    part = PartFile(folder, name)
    try:
        part.write(content)
        part.sync()
        part.replace(folder / name)
    finally:
        part.discard()


def _table(rows: Iterable[dict[str, JSON]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(row[column]) for column in COLUMNS] for row in rows)
    return file.getvalue().encode("utf-8-sig")


def _cell(value: JSON) -> str:
    """A value as a cell that a spreadsheet takes for text, whoever wrote the prompt."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else _compact(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _compact(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
