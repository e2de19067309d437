"""The house card of STYLE.md, as far as a program can read it."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import nanobanana_async
from nanobanana_async import events, outcomes

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "nanobanana_async"
CODE = sorted(
    path for folder in ("nanobanana_async", "tests", "benchmarks", "examples") for path in (ROOT / folder).rglob("*.py")
)
LONGEST = 400
SILENCED = re.compile(r"#\s*(type:\s*ignore(\[[\w, -]+\])?|noqa(:\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*)?)(?P<reason>.*)")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_no_file_grows_past_one_concept(path: Path) -> None:
    """400 lines at most."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_no_folder_is_a_drawer() -> None:
    """A folder has at least three files, and no name says nothing."""
    names = {path.stem.lstrip("_") for path in PACKAGE.rglob("*.py")}
    folders = [path for path in PACKAGE.rglob("*") if path.is_dir() and path.name != "__pycache__"]

    assert not names & {"utils", "helpers", "common", "misc", "core", "base"}
    assert not [name_of(folder) for folder in folders if len(list(folder.glob("*.py"))) < 3]


def test_whatever_is_silenced_has_its_reason() -> None:
    """Each `type: ignore` and each `noqa` says which rule, and why."""
    bare = [
        f"{name_of(path)}:{number}: {line.strip()}"
        for path in CODE
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if (found := SILENCED.search(line)) and len(found["reason"].strip(" #")) < 8 and path != Path(__file__)
    ]

    assert not bare


def rules_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node


def test_every_test_states_its_rule() -> None:
    """In a docstring of its own."""
    silent = [
        f"{name_of(path)}: {test.name}"
        for path in CODE
        if path.name.startswith("test_")
        for test in rules_of(path)
        if not ast.get_docstring(test)
    ]

    assert not silent


def test_no_test_mocks() -> None:
    """Fakes that ship, real sockets and files; never a mock of our own code."""
    mocking = re.compile(r"^\s*(from|import) (unittest\.)?mock\b|MagicMock\(|AsyncMock\(", re.MULTILINE)

    assert not [
        name_of(path) for path in CODE if mocking.search(path.read_text(encoding="utf-8")) and path != Path(__file__)
    ]


def test_exported_names_are_sorted_and_documented() -> None:
    """Everything that stands in `__all__` exists and says what it is."""
    names = nanobanana_async.__all__

    assert list(names) == sorted(names)
    assert not [name for name in names if not inspect.getdoc(getattr(nanobanana_async, name))]


def test_unions_hold_every_kind() -> None:
    """An event or an outcome that is not in its union would be missed by `match`."""
    for module, union in ((events, events.Event), (outcomes, outcomes.Outcome)):
        kinds = {
            kind
            for name, kind in inspect.getmembers(module, inspect.isclass)
            if kind.__module__ == module.__name__ and not name.startswith("_")
        }
        assert kinds == set(union.__args__)


LOADED = """
import sys
import nanobanana_async
print([name for name in ("httpx", "httpcore", "cattrs", "sqlite3", "PIL", "starlette", "typer") if name in sys.modules])
"""


def test_importing_loads_nothing_heavy() -> None:
    """DESIGN §2: httpx, cattrs and sqlite3 come with the first use; extras only when they are asked for."""
    run = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == "[]"


MODULES = sorted(
    {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    - {"__init__", "__main__"}
)


@pytest.mark.parametrize("module", MODULES)
def test_every_module_can_be_imported_first(module: str) -> None:
    """No import works only because another came before it."""
    subprocess.run([sys.executable, "-W", "error", "-c", f"import nanobanana_async.{module}"], check=True)
