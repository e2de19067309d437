"""Keys and URLs from a file of ``NAME=value`` lines, as `.env` files are written. The real environment always wins.

A value is never shown, not even in an error: it may be a key.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from nanobanana_async.errors import ConfigurationError

_LINE = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?P<value>.*)")
_QUOTED = re.compile(r"""(?P<quote>["'])(?P<value>.*?)(?P=quote)\s*(?:#.*)?""")
_PREFIXES = ("KIE_", "NANOBANANA_IMAGES_")


def environment(env_file: Path | None) -> Mapping[str, str]:
    """The environment, with the variables of ours that `env_file` has, where it has none of its own.

    Raises:
        ConfigurationError: the file can't be read, or has a line that is no assignment.
    """
    if env_file is None:
        return os.environ
    theirs = {name: value for name, value in read_env_file(env_file).items() if name.startswith(_PREFIXES)}
    return {**theirs, **{name: value for name, value in os.environ.items() if value or name not in theirs}}


def read_env_file(path: Path) -> dict[str, str]:
    """All assignments in a file: blank lines and comments left out, ``export`` and quotes taken off.

    Raises:
        ConfigurationError: it can't be read, or has a line that is no assignment.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigurationError(f"can't read the file {str(path)!r}: {why}", remedy="Check --env-file.") from error
    lines = ((number, line.strip()) for number, line in enumerate(text.splitlines(), start=1))
    return dict(_assignment(line, path, number) for number, line in lines if line and not line.startswith("#"))


def _assignment(line: str, path: Path, number: int) -> tuple[str, str]:
    found = _LINE.fullmatch(line)
    value = None if found is None else _unquoted(found["value"])
    if found is None or value is None:
        raise ConfigurationError(
            f"{path}, line {number}: not a NAME=value line", remedy='Write it like KIE_API_KEY="…", one a line.'
        )
    return found["name"], value


def _unquoted(value: str) -> str | None:
    """The value without its quotes, or without the comment behind it; None where a quote is not closed."""
    if value[:1] in ("'", '"'):
        found = _QUOTED.fullmatch(value)
        return found["value"] if found else None
    return re.split(r"(?:^|\s)#", value, maxsplit=1)[0].rstrip()
