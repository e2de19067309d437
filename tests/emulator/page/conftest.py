"""A browser, and a program, in front of the emulator's application."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from nanobanana_async.emulator import Exchange, World, create_app

AT = "http://127.0.0.1:8000"


@pytest.fixture
def lines() -> list[Exchange]:
    """What was reported."""
    return []


@pytest.fixture
async def browser(world: World, lines: list[Exchange]) -> AsyncIterator[httpx.AsyncClient]:
    """It follows no redirect by itself."""
    transport = httpx.ASGITransport(app=create_app(world, on_request=lines.append, threads=False))
    headers = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    async with httpx.AsyncClient(transport=transport, base_url=AT, headers=headers) as client:
        yield client


@pytest.fixture
async def program(world: World, lines: list[Exchange]) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=create_app(world, on_request=lines.append, threads=False))
    async with httpx.AsyncClient(transport=transport, base_url=AT) as client:
        yield client
