"""One content under two names: a picture that a journal keeps, and the same where the user wanted it."""

from __future__ import annotations

import filecmp
import os
import secrets
from contextlib import suppress
from pathlib import Path


def share_content(kept: Path, saved: Path) -> None:
    """Let `kept` be another name of `saved`, where both have the same content: it takes its room once. It blocks.

    A disk that knows no such links, or a second disk, keeps two.
    """
    link = kept.with_name(f".{secrets.token_hex(8)}.part")
    with suppress(OSError):
        if kept.samefile(saved) or not filecmp.cmp(kept, saved, shallow=False):
            return
        os.link(saved, link)
        try:
            link.replace(kept)
        finally:
            link.unlink(missing_ok=True)
