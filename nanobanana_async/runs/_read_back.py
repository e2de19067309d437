"""A line of a manifest, read back. Nothing is guessed: what a damaged line stood for would be paid for again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from nanobanana_async.runs._record import Record
from nanobanana_async.values import JSON

STATES = ("succeeded", "failed", "pending", "unknown", "skipped")


def record_from(value: JSON) -> Record:
    """The record that the JSON of a line holds. What a later release has added is left out.

    Raises:
        ValueError: it is none.
    """
    if not _is_object(value):
        raise ValueError("it is no object")
    for name, rule in _RULES.items():
        if (name in value or name in ("key", "state")) and not rule(value.get(name)):
            raise ValueError(f"{name!r} can't be {value.get(name)!r}")
    if value["state"] == "pending" and value.get("task_id") is None:
        raise ValueError("it is pending and names no 'task_id'")
    known = {name: value[name] for name in (*_RULES, "data") if name in value}
    lists = {name: tuple(value.get(name, ())) for name in ("urls", "files")}
    times = {name: _time(value.get(name)) for name in ("created_at", "completed_at")}
    return Record(**{**known, **lists, **times})


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    time = datetime.fromisoformat(text)
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_text_or_none(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_amount(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and value >= 0)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _are_inside(value: Any) -> bool:
    return _are_texts(value) and all(_is_inside(name) for name in value)


def _is_inside(name: str) -> bool:
    """No manifest may send a file out of its folder."""
    path = PurePosixPath(name)
    is_plain = "\\" not in name and "\0" not in name and not PureWindowsPath(name).drive
    return is_plain and bool(path.parts) and not path.is_absolute() and ".." not in path.parts


_RULES: Mapping[str, Callable[[Any], bool]] = {
    "key": _is_text,
    "state": lambda value: value in STATES,
    "model": _is_text_or_none,
    "request": _is_object,
    "task_id": lambda value: value is None or _is_text(value),
    "urls": _are_texts,
    "files": _are_inside,
    "credits": _is_amount,
    "charged": lambda value: value in ("yes", "no", "unknown"),
    "error": lambda value: value is None or _is_object(value),
    "created_at": _is_text_or_none,
    "completed_at": _is_text_or_none,
}
