"""The two ways to ask for one image under a key, for tests that hold for both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from nanobanana_async import Client


async def generate(client: Client, **more: Any) -> str | None:
    """The id of the task that made the banana of the key ``k``."""
    return (await client.generate("a banana", key="k", **more)).task_id


async def submit(client: Client, **more: Any) -> str | None:
    """The id of the task that makes it."""
    return (await client.submit("a banana", key="k", **more)).id


EITHER = pytest.mark.parametrize("ask", [generate, submit])
Ask = Callable[..., Awaitable[str | None]]
