"""Batch files of bananas."""

from __future__ import annotations

import json
from pathlib import Path


def bananas(folder: Path, count: int) -> Path:
    """So many prompts, a line each."""
    path = folder / "prompts.txt"
    path.write_text("".join(f"banana {n}\n" for n in range(count)))
    return path


def keyed_bananas(folder: Path, count: int) -> Path:
    """So many prompts with keys of their own."""
    path = folder / "prompts.jsonl"
    path.write_text("".join(f"{json.dumps({'prompt': f'banana {n}', 'key': f'k{n}'})}\n" for n in range(count)))
    return path
