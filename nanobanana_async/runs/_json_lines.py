"""JSONL, read strictly: one object a line, known names only, and nothing that two readers could take differently."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from nanobanana_async.models import FieldProblem
from nanobanana_async.runs._names import DATA, KEY, Names
from nanobanana_async.runs._problems import whole_line
from nanobanana_async.runs._raw import Listing, RawRow
from nanobanana_async.values import JSON

_EXAMPLE = '{"prompt": "a banana in orbit"}'


def read_json_lines(text: str, known: Names) -> Listing:
    """The rows of a JSONL file; blank lines are left out."""
    return Listing(_rows(text, known))


def _rows(text: str, known: Names) -> Iterator[RawRow]:
    # Not `splitlines`: U+2028 and its like may stand in a JSON string, and end no line.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield _row(number, line, known)


class _NotStrictError(ValueError):
    """JSON that some readers take, and this one doesn't."""


def _row(number: int, line: str, known: Names) -> RawRow:
    try:
        value = json.loads(line, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        problem = whole_line(
            f"no JSON: {error.msg} at column {error.colno}", f"Write one object a line, such as {_EXAMPLE}.", value=line
        )
        return RawRow(number, problems=(problem,))
    except (ValueError, RecursionError) as error:  # a name twice, NaN, a number of thousands of digits; too deep
        why = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        return RawRow(number, problems=(whole_line(f"not taken: {why}", "Write plain JSON.", value=line),))
    if not isinstance(value, dict):
        return RawRow(number, problems=(_no_object(value),))
    return _read(number, value, known)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _NotStrictError(f"{twice!r} stands twice in one object")
    return value


def _refuse_constant(name: str) -> JSON:
    raise _NotStrictError(f"{name} is not JSON")


def _no_object(value: JSON) -> FieldProblem:
    if isinstance(value, str):
        remedy = f'Write {{"prompt": …}} round it, such as {_EXAMPLE}; prompts alone go into a .txt file.'
        return whole_line("a line of text, not an object", remedy, value=value)
    return whole_line("no object", f"Write one object a line, such as {_EXAMPLE}.", value=value)


def _read(number: int, value: dict[str, JSON], known: Names) -> RawRow:
    unknown = [name for name in value if name not in known.fields and name not in (KEY, DATA)]
    problems = [_unknown_name(name, value[name], known) for name in unknown]
    data = value.get(DATA)
    if not _can_be_written(data):
        message = "data has half of a surrogate pair, or is nested too deep, and can't be written as UTF-8"
        problems.append(FieldProblem(DATA, data, message, "Give plain JSON with whole characters."))
    return RawRow(
        number,
        {name: given for name, given in value.items() if name in known.fields},
        value.get(KEY),
        data,
        {**(data if isinstance(data, dict) else {}), **value},
        tuple(problems),
    )


def _unknown_name(name: str, value: JSON, known: Names) -> FieldProblem:
    meant = known.meant_by(name)
    if meant:
        return FieldProblem(name, value, f"{name!r} is no field (did you mean {meant!r}?)", f"Call it {meant}.")
    shown = json.dumps(name, ensure_ascii=False)
    own = f'ut what is your own into "data": {{{shown}: …}}.'
    foreign = known.foreign(name)
    if foreign is not None:
        return FieldProblem(name, value, f"{name!r} is no field: {foreign.why}", f"{foreign.instead} P{own}")
    vendors = f'Put what the vendor takes into "extra": {{{shown}: …}}, and p' if "extra" in known.fields else "P"
    return FieldProblem(name, value, f"{name!r} is no field", vendors + own)


def _can_be_written(value: JSON) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        return False
    return True
