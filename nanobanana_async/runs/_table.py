"""Tables as spreadsheets write them: ``,``, ``;`` or tab, quoted cells, cells of several lines, and a header.

A header that is wrong, or a quote out of place, ends the reading: what comes after it can't be told for sure, and is
not to be paid for.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest

from nanobanana_async.models import FieldProblem, read_cells
from nanobanana_async.runs._names import KEY, Names, header_problems
from nanobanana_async.runs._problems import UnreadableFileError, whole_line
from nanobanana_async.runs._raw import Listing, RawRow

_SAID = re.compile(r"sep=([,;\t])\n", re.IGNORECASE)  # how Excel is told, and tells
_DELIMITERS = ",;\t"

_Record = tuple[int, list[str]]


def read_table(text: str, known: Names, *, ending: str, needs_prompt: bool) -> Listing:
    """The rows of a table; `ending` decides where its header has one column.

    Raises:
        UnreadableFileError: the header is missing or wrong. The rows raise it too, at a quote out of place.
    """
    said = _SAID.match(text)
    body = text[said.end() :] if said else text
    delimiter = said[1] if said else _delimiter(body, default="\t" if ending == ".tsv" else ",")
    records = _records(body, delimiter, skipped=1 if said else 0)
    header = next(records, None)
    if header is None:
        raise UnreadableFileError(0, whole_line("the file is empty", "Name the columns in its first line."))
    line, cells = header
    names = tuple(cell.strip() for cell in cells)
    known = known.in_table(names)
    problems = header_problems(known, names, needs_prompt=needs_prompt)
    if problems:
        raise UnreadableFileError(line, *problems)
    rows = (_row(number, names, record, known) for number, record in records)
    return Listing(rows, tuple(name for name in names if name), line)


def _delimiter(text: str, default: str) -> str:
    """What separates the cells of the first record: the most frequent of the three outside quotes."""
    counts = dict.fromkeys(_DELIMITERS, 0)
    quoted = False
    for character in chain.from_iterable(io.StringIO(text.lstrip("\n"))):
        if character == '"':
            quoted = not quoted
        elif character == "\n" and not quoted:
            break
        elif character in counts and not quoted:
            counts[character] += 1
    best = max(_DELIMITERS, key=lambda delimiter: counts[delimiter])
    return best if counts[best] else default


def _records(text: str, delimiter: str, *, skipped: int) -> Iterator[_Record]:
    """Each record with something in it, and the physical line that it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        line = skipped + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _malformed(line, error) from None
        if any(cell.strip() for cell in cells):
            yield line, cells


def _malformed(line: int, error: csv.Error) -> UnreadableFileError:
    remedy = 'Put quotes round a cell that has any, and write each quote inside it twice: "a 5"" screen".'
    return UnreadableFileError(line, whole_line(f"this row and those after it can't be read: {error}", remedy))


def _row(line: int, names: Sequence[str], cells: Sequence[str], known: Names) -> RawRow:
    columns = {name: cell for name, cell in zip_longest(names, cells[: len(names)], fillvalue="") if name}
    fields = read_cells({name: cell for name, cell in columns.items() if name in known.fields})
    data = {name: cell for name, cell in columns.items() if name not in known.fields and name != KEY}
    return RawRow(line, fields, columns.get(KEY), data or None, columns, _strays(names, cells))


def _strays(names: Sequence[str], cells: Sequence[str]) -> tuple[FieldProblem, ...]:
    """What is wrong with cells under no name. Spreadsheets write empty ones; any other is a separator in a cell."""
    strays = [cell for name, cell in zip_longest(names, cells, fillvalue="") if not name and cell.strip()]
    if not strays:
        return ()
    remedy = "Name its column, or put quotes round a cell that holds the separator."
    return (whole_line(f"{strays[0]!r} stands in no column of the header", remedy, value=strays),)
