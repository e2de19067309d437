"""What a run that was killed leaves half written: hidden files that are nobody's any more."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from nanobanana_async.journal import pictures_beside

LONGEST = 600.0
"""Seconds: twice what one picture may take. A part that nothing was written to for so long has nobody who would."""
SHORTEST = 5.0
"""Seconds. Who isn't a run may be writing there, slowly."""

_PART = re.compile(r"\..*\.[0-9a-f]{16}\.part")  # as `storage.PartFile` names them
_KEPT_PART = re.compile(r"\.[0-9a-f]{16}\.part")  # as a journal names those of the pictures that it keeps


def sweep(folder: Path, *, journal: Path, since: float) -> None:
    """Remove the parts in `folder` that nobody is at work on. It blocks; what can't be removed stays.

    A run has had the folder to itself since the time of day `since`: nothing of an earlier one is being written. The
    pictures of its `journal` may be written by others as well.
    """
    now = time.time()
    _remove(folder.rglob(".*.part"), _PART, before=max(now - LONGEST, min(since, now - SHORTEST)))
    _remove(pictures_beside(journal).glob(".*.part"), _KEPT_PART, before=now - LONGEST)


def _remove(found: Iterable[Path], named: re.Pattern[str], *, before: float) -> None:
    for path in found:
        with suppress(OSError):
            if named.fullmatch(path.name) and path.stat().st_mtime < before:
                path.unlink()
