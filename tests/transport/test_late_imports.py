"""Importing is cheap: httpx comes with the first request."""

from __future__ import annotations

import subprocess
import sys

from nanobanana_async.transport import HttpxTransport

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


WARM = """
import asyncio, sys
from nanobanana_async.transport import HttpxTransport
async def main():
    transport = HttpxTransport()
    before = "httpx" in sys.modules
    await transport.warm_up("https://127.0.0.1:1")
    await transport.warm_up("http://127.0.0.1:1")
    print(before, "httpx" in sys.modules, "h11" in sys.modules, "httpcore" in sys.modules, transport)
asyncio.run(main())
"""


def test_warming_up_loads_what_the_first_request_needs_and_connects_to_nothing() -> None:
    """So that no loop stands still while httpx is imported and an SSL context built. httpcore is for proxies."""
    run = subprocess.run([sys.executable, "-W", "error", "-c", WARM], capture_output=True, text=True, check=True)

    assert run.stdout.split(maxsplit=4) == [
        "False",
        "True",
        "True",
        "False",
        "<HttpxTransport [0 busy, 0 idle | 0 hosts]>\n",
    ]


async def test_warming_up_with_a_proxy_that_can_not_be_used_says_nothing_yet() -> None:
    """The first request says it, to whoever sends that."""
    await HttpxTransport(proxy="nonsense").warm_up("http://127.0.0.1:1")
