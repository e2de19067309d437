"""Each whole picture in turn, and streams of chunks such as a download gives."""

from __future__ import annotations

import pytest

from tests.storage.pictures import PICTURES, Picture, make_png


@pytest.fixture(params=sorted(PICTURES))
def picture(request: pytest.FixtureRequest) -> Picture:
    """Each of the whole pictures in turn."""
    return PICTURES[str(request.param)]


@pytest.fixture(scope="session")
def png() -> bytes:
    """A small PNG."""
    return make_png()


@pytest.fixture(scope="session")
def large_png() -> bytes:
    """A PNG of a little over 600 KiB: three blocks of what `save_image` writes at once."""
    return make_png(pixels=bytes(range(256)) * 2500)
