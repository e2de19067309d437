"""Where the pictures of each row go: no two keys share a name, in this run or with an earlier one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.runs._record import Record
from nanobanana_async.runs._rows import Row
from nanobanana_async.storage import Stems, file_stem, key_stem, render_name


def stems_of(
    rows: Iterable[Row], records: Mapping[str, Record], *, template: str | None, source: str
) -> dict[str, str]:
    """The stem for each of `rows` by key; what `records` say that other keys have is taken.

    Raises:
        ConfigurationError: the template can't be used, or names what a row has not; the line is named.
    """
    stems = Stems()
    for record in records.values():
        for file in record.files:
            stems.claim(str(PurePosixPath(file).with_suffix("")), owner=record.key)
    return {row.key: stems.claim(_writable(_wished(row, template, source), row, source), owner=row.key) for row in rows}


def _writable(stem: str, row: Row, source: str) -> str:
    """`stem`, as a name that files can have here. Raises: ConfigurationError, before anything is paid for."""
    try:
        os.fsencode(stem)
    except UnicodeEncodeError:
        encoding = sys.getfilesystemencoding()
        raise ConfigurationError(
            f"{source}:{row.line}: no file can be called {stem!r} here, where names are {encoding}; nothing was sent",
            remedy="Set a UTF-8 locale, as in LC_ALL=C.UTF-8; or name the files otherwise: --name {index}.",
        ) from None
    return stem


def _wished(row: Row, template: str | None, source: str) -> str:
    if template is None:
        return key_stem(row.key) if row.has_own_key else file_stem(row.index, row.prompt)
    values = {
        "index": row.index,
        "key": row.key,
        "prompt": row.prompt,
        "model": row.request.model,
        "data": row.item.data,
    }
    try:
        return render_name(template, values)
    except ConfigurationError as error:
        raise ConfigurationError(f"{source}:{row.line}: {error.message}", remedy=error.remedy) from None
