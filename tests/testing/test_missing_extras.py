"""Where an extra is not installed, the one to install is named."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("missing", "module", "who"),
    [
        ("PIL", "nanobanana_async.testing", "nanobanana_async.testing"),
        ("uvicorn", "nanobanana_async.testing.plugin", "nanobanana_async.testing"),
        ("pytest_asyncio", "nanobanana_async.testing.plugin", "nanobanana_async.testing.plugin"),
    ],
)
def test_a_missing_extra_is_named(missing: str, module: str, who: str) -> None:
    """It is `testing`, whichever part is missing; the part is named too."""
    script = f"import sys; sys.modules[{missing!r}] = None; import {module}"

    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)

    assert f'ImportError: {who} needs {missing!r}: pip install "nanobanana-async[testing]"' in run.stderr


def test_an_error_of_our_own_is_no_missing_extra() -> None:
    """Whatever else can't be imported is told as it is."""
    script = "import sys; sys.modules['nanobanana_async.testing._latency'] = None; import nanobanana_async.testing"

    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)

    assert "nanobanana_async.testing._latency" in run.stderr
    assert "pip install" not in run.stderr
