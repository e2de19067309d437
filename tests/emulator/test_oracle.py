"""The emulator stands alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from nanobanana_async import emulator

ALLOWED = {"PIL", "attrs", "starlette", "uvicorn", "python_multipart"}


def imported_names(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def test_nothing_of_the_client_is_imported() -> None:
    """Beside the standard library there are only the extras, and nothing of ours from outside the folder."""
    folder = Path(emulator.__file__).parent
    names = {name for path in folder.rglob("*.py") for name in imported_names(path)}

    ours = {name for name in names if name.startswith("nanobanana_async")}
    foreign = {name.partition(".")[0] for name in names - ours} - sys.stdlib_module_names
    assert all(name.startswith("nanobanana_async.emulator") for name in ours)
    assert foreign <= ALLOWED
    assert "sqlite3" not in names


def test_what_is_promised_is_there() -> None:
    """Every exported name exists, and stands there once; the linter keeps them in order."""
    assert all(hasattr(emulator, name) for name in emulator.__all__)
    assert len(emulator.__all__) == len(set(emulator.__all__))


@pytest.mark.parametrize("missing", ["PIL", "starlette", "uvicorn", "python_multipart"])
def test_a_missing_extra_is_named_with_its_remedy(missing: str) -> None:
    """Without one of the extras, the import says what to install."""
    program = f"import sys; sys.modules[{missing!r}] = None; import nanobanana_async.emulator"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False)

    assert done.returncode == 1
    assert 'pip install "nanobanana-async[emulator]"' in done.stderr


def test_an_error_of_our_own_is_not_taken_for_a_missing_extra() -> None:
    """Any other import error stays what it is."""
    program = "import sys; sys.modules['heapq'] = None; import nanobanana_async.emulator"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False)

    assert done.returncode == 1
    assert "pip install" not in done.stderr
