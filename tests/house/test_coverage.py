"""The pure floors are tested whole: every line and every branch, by their own tests alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLOORS = {
    "tests/words": ["values", "errors", "outcomes", "events", "lifecycle", "pricing"],
    "tests/models": ["models"],
    "tests/dialects": ["dialects"],
    "tests/pacing": ["pacing"],
}


@pytest.mark.parametrize("folder", FLOORS)
def test_a_pure_floor_is_covered_whole(folder: str, tmp_path: Path) -> None:
    """Branch coverage of 100 %."""
    options = ["-q", "--no-header", "-p", "no:cacheprovider", "-o", "addopts="]
    coverage = [
        "--cov-branch",
        "--cov-config=/dev/null",
        "--cov-report=term-missing:skip-covered",
        "--cov-fail-under=100",
    ]
    measured = [f"--cov=nanobanana_async.{module}" for module in FLOORS[folder]]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", folder, *options, *coverage, *measured],
        cwd=ROOT,
        env={**os.environ, "COVERAGE_FILE": str(tmp_path / "coverage")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr
