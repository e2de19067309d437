"""What `import nanobanana_async` costs, and what it loads.

    python benchmarks/import_time.py

Each import runs in a fresh interpreter, once to compile and then nine times; the median of the nine counts. Ours is
what comes on top of `import asyncio, anyio, attrs`; a peer is shown on top of a bare interpreter, which is how it is
usually quoted, and on top of the same three. Peers that aren't installed are left out.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile

BASE = "asyncio, anyio, attrs"
PEERS = {"fal-client": "fal_client", "openai": "openai", "replicate": "replicate"}
WATCHED = ("httpx", "cattrs", "sqlite3", "ssl")
RUNS = 9

PROGRAM = """
import sys, time
{first}
before = time.perf_counter()
import {module}
print(1000 * (time.perf_counter() - before), *(name for name in {watched} if name in sys.modules))
"""


def import_of(module: str, compiled: str, *, after: str | None) -> tuple[float, list[str]]:
    """Milliseconds, and which of the watched modules are loaded afterwards."""
    program = PROGRAM.format(first=f"import {after}" if after else "", module=module, watched=WATCHED)
    outputs = [run(program, compiled) for _ in range(1 + RUNS)]
    return statistics.median(float(output[0]) for output in outputs[1:]), outputs[0][1:]


def run(program: str, compiled: str) -> list[str]:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()


def main() -> None:
    with tempfile.TemporaryDirectory() as compiled:
        table(compiled)


def table(compiled: str) -> None:
    print(f"import                 ms beyond {BASE}   ms beyond nothing   loaded afterwards")
    of_base, loaded = import_of(BASE, compiled, after=None)
    print(f"{'(those three)':22} {'':30} {of_base:18.1f}   {', '.join(loaded)}")
    for name, module in {"nanobanana-async": "nanobanana_async", **PEERS}.items():
        if importlib.util.find_spec(module) is None:
            print(f"{name:22} not installed")
            continue
        beyond, loaded = import_of(module, compiled, after=BASE)
        alone, _ = import_of(module, compiled, after=None)
        print(f"{name:22} {beyond:30.1f} {alone:18.1f}   {', '.join(loaded)}")


if __name__ == "__main__":
    main()
