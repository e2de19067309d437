"""Importing is cheap: httpx comes with the first request."""

from __future__ import annotations

import subprocess
import sys

LATE = ("httpx", "httpcore", "h11", "urllib.request", "importlib.metadata")


def test_importing_the_transport_loads_no_httpx() -> None:
    """Nor does building one; ssl comes with asyncio itself, but no context is built."""
    code = f"""
import asyncio, anyio, sys
before = set(sys.modules)
import ssl
ssl.SSLContext = None
from nanobanana_async.transport import *
HttpxTransport()
print(sorted((set(sys.modules) - before) & set({LATE!r})))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_every_name_of_the_package_is_exported() -> None:
    """And nothing else is public."""
    import nanobanana_async.transport as package

    public = {name for name, value in vars(package).items() if not name.startswith("_")}

    assert set(package.__all__) == public
    for name in package.__all__:
        assert getattr(package, name).__doc__
