"""Which file a name leads to: files and folders are renamed, removed and replaced while somebody has them open."""

from __future__ import annotations

import os
from pathlib import Path


def leads_to(path: Path, file: os.stat_result) -> bool:
    """Whether `path` leads to `file`, which is open: so the system gives its number to no other. Raises: OSError."""
    try:
        return os.path.samestat(file, path.stat())
    except (FileNotFoundError, NotADirectoryError):
        return False
