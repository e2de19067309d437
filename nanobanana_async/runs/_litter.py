"""What a run that was killed leaves half written: hidden files that are nobody's any more."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from pathlib import Path

LONGEST = 600.0
"""Seconds: twice what one picture may take. A part that nothing was written to for so long has nobody who would."""
SHORTEST = 5.0
"""Seconds. Who isn't a run may be writing there, slowly."""

_PART = re.compile(r"\..*\.[0-9a-f]{16}\.part")  # as `storage.PartFile` names them


def sweep(folder: Path, *, since: float) -> None:
    """Remove the parts in `folder` that nobody is at work on. It blocks; what can't be removed stays.

    A run has had the folder to itself since the time of day `since`: nothing of an earlier one is being written.
    """
    now = time.time()
    before = max(now - LONGEST, min(since, now - SHORTEST))
    for path in folder.rglob(".*.part"):
        with suppress(OSError):
            if _PART.fullmatch(path.name) and path.stat().st_mtime < before:
                path.unlink()
