"""A picture that does not come as it should: it is paid for, and whatever happens to it is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from nanobanana_async.testing import Emulator
from nanobanana_async.transport import user_agent
from nanobanana_async.values import WireRequest
from tests.testing.faults.contract import Case, cases, meet


@cases(
    Case("truncated,times=1"),
    Case("short,times=1"),
    Case("expired,times=1"),
    Case("gone,times=1"),
    Case("html-file,times=1"),
    Case("empty-file,times=1"),
    Case("silent,on=file,times=1"),
    Case("closed,on=file,times=1"),
    Case("reset,on=file,times=1"),
    Case("cut,on=file,times=1"),
    Case("bad-gateway,on=file,times=1"),
    Case("html,on=file,times=1"),
    Case("drip,on=file,times=1"),
    Case("too-many,on=file,times=1"),
    Case("server-error,on=file,times=1"),
)
async def test_a_picture_is_fetched_again_where_that_may_help(case: Case, tmp_path: Path) -> None:
    """One whole picture on disk and no half of one beside it; nothing is paid for it."""
    met = await meet(case, save_to=tmp_path)
    [path] = met.outcome.files

    with Image.open(path) as picture:
        picture.load()
    assert list(tmp_path.iterdir()) == [path]
    assert len(met.ledger.accepted) == 2


@pytest.mark.parametrize(("agent", "status"), [(user_agent(), 200), ("curl/8.5.0", 403), ("python-httpx/0.28.1", 403)])
async def test_our_own_name_is_let_in_where_the_usual_ones_are_refused(agent: str, status: int) -> None:
    """The file host turns some User-Agents away (PROTOCOL §1.8); ours is none of them."""
    emulator = Emulator(faults=["refuses-agents"])

    async with emulator.client() as client:
        result = await client.generate("a banana")
        reply = await emulator.transport().send(
            WireRequest("GET", result.urls[0], headers={"user-agent": agent}, max_bytes=100_000_000)
        )

    assert reply.status == status


@cases(Case("wrong-type"), Case("mislabelled"))
async def test_a_picture_is_named_by_what_it_is(case: Case, tmp_path: Path) -> None:
    """Not by what was asked for, nor by what the file host calls it."""
    met = await meet(case, save_to=tmp_path)
    [path] = met.outcome.files

    with Image.open(path) as picture:
        assert picture.format == {".png": "PNG", ".jpg": "JPEG"}[path.suffix]


@cases(
    Case("truncated", reason="network"),
    Case("short", reason="storage"),
    Case("expired", reason="expired"),
    Case("gone", reason="expired"),
    Case("html-file", reason="storage"),
    Case("empty-file", reason="storage"),
    Case("private-redirect", reason="service"),
    Case("private-redirect,to=http://169.254.169.254/latest/meta-data", reason="service"),
    Case("private-redirect,to=file:///etc/passwd", reason="service"),
    Case("silent,on=file", reason="network"),
    Case("huge,on=file,size=200000000", reason="storage"),
    Case("gzip-bomb,on=file", reason="storage"),
)
async def test_a_picture_that_cannot_be_had_is_a_success_with_its_error(case: Case, tmp_path: Path) -> None:
    """It is paid for: no file, no half of one, the reason why, and the URL for later."""
    met = await meet(case, save_to=tmp_path)
    outcome = met.outcome

    assert (outcome.state, outcome.charged, outcome.files) == ("succeeded", "yes", ())
    assert outcome.result is not None
    assert outcome.result.urls
    assert outcome.file_error is not None  # type: ignore[union-attr]  # a success has one
    assert outcome.file_error.reason == case.reason  # type: ignore[union-attr]  # see above
    assert not list(tmp_path.iterdir())
