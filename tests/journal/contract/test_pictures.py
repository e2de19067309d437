"""Pictures that came in an answer: kept under the digest of their content, and found by it for as long as they last."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from nanobanana_async.errors import ClientClosedError
from tests.journal.conftest import GATEWAY, AnyJournal, Journals

PICTURE = b"\x89PNG\r\n\x1a\n and more" * 1000
DIGEST = hashlib.sha256(PICTURE).hexdigest()


def content_at(url: str) -> bytes:
    """What the URL of a kept picture leads to."""
    if url.startswith("data:"):
        return base64.b64decode(url.partition(";base64,")[2])
    return Path(unquote(urlsplit(url).path)).read_bytes()


async def test_a_picture_is_kept_and_found(journal: AnyJournal, other: AnyJournal) -> None:
    """Every byte of it, by any process, at once."""
    url = await journal.keep(PICTURE, sha256=DIGEST, suffix=".png")

    assert content_at(url) == PICTURE
    assert await journal.kept(DIGEST) == url
    assert await other.kept(DIGEST) == url


async def test_what_is_kept_twice_is_kept_once(journal: AnyJournal, other: AnyJournal) -> None:
    """Whoever keeps it; another picture is another."""
    urls = [await one.keep(PICTURE, sha256=DIGEST, suffix=".png") for one in (journal, other, journal)]
    another = await other.keep(b"another", sha256="0" * 64, suffix=".jpg")

    assert len(set(urls)) == 1
    assert another not in urls
    assert content_at(another) == b"another"


async def test_what_was_never_kept_is_not_found(journal: AnyJournal) -> None:
    """Neither before anything was, nor after."""
    before = await journal.kept(DIGEST)
    await journal.keep(b"another", sha256="0" * 64, suffix=".png")

    assert before is None
    assert await journal.kept(DIGEST) is None


async def test_a_picture_outlives_its_run(journals: Journals) -> None:
    """However that ends."""
    journal, heir = journals(), journals()
    await journal.open(GATEWAY)
    await journal.keep(PICTURE, sha256=DIGEST, suffix=".png")
    journal.abandon()
    await heir.open(GATEWAY)
    url = await heir.kept(DIGEST)
    await heir.aclose()

    assert url is not None
    assert content_at(url) == PICTURE


async def test_a_journal_that_is_not_open_keeps_nothing(journals: Journals) -> None:
    """Nor does it find anything."""
    journal = journals()

    with pytest.raises(ClientClosedError, match="not open"):
        await journal.keep(PICTURE, sha256=DIGEST, suffix=".png")
    with pytest.raises(ClientClosedError, match="not open"):
        await journal.kept(DIGEST)
