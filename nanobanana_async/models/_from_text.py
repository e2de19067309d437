"""The cells of a table as the values of fields: what is text everywhere becomes what each field takes.

What can't be read is left as it is, for the field's own rule to report.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

# A whole number, as people write it and as spreadsheets export it.
_WHOLE = re.compile(r"\s*([+-]?[0-9]+)(?:\.0*)?\s*", re.ASCII)
_BOOLS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def read_cells(cells: Mapping[str, Any]) -> dict[str, Any]:
    """The values of `cells`; an empty cell is left out, a value that is no text stays as it is."""
    filled = {name: cell for name, cell in cells.items() if not isinstance(cell, str) or cell.strip()}
    return {name: _READERS[name](cell) if _is_read(name, cell) else cell for name, cell in filled.items()}


def _is_read(name: str, cell: object) -> bool:
    return isinstance(cell, str) and name in _READERS


def _images(cell: str) -> list[str]:
    return [image.strip() for image in cell.split("|") if image.strip()]


def _bool(cell: str) -> bool | str:
    return _BOOLS.get(cell.strip().lower(), cell)


def _number(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell


def _whole(cell: str) -> float | str:
    found = _WHOLE.fullmatch(cell)
    try:
        return int(found[1]) if found else _number(cell)
    except ValueError:  # thousands of digits
        return cell


def _json(cell: str) -> Any:
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        return cell


_READERS: Mapping[str, Callable[[str], Any]] = {
    "model": str.strip,
    "images": _images,
    "nsfw_checker": _bool,
    "credits": _number,
    "input": _json,
    "extra": _json,
    "seed": _whole,
    "width": _whole,
    "height": _whole,
    "steps": _whole,
    "guidance_scale": _number,
}
