"""What is in an input image, read once."""

from __future__ import annotations

import os
from pathlib import Path

from nanobanana_async import NanoBanana2
from nanobanana_async.storage import Digests
from nanobanana_async.storage._digests import REMEMBERED
from tests.runs.files import PNG
from tests.runs.files import written as at


def test_a_file_is_read_again_only_when_it_has_changed(tmp_path: Path) -> None:
    """By its time and size."""
    path = at(tmp_path / "a.png", PNG)
    digests = Digests()
    first = digests.of(NanoBanana2("x", images=path))
    time = path.stat().st_mtime_ns

    at(path, PNG[:-1] + b"\0")
    os.utime(path, ns=(time, time))
    assert digests.of(NanoBanana2("x", images=path)) == first

    os.utime(path, ns=(time, time + 10**9))
    assert digests.of(NanoBanana2("x", images=path)) != first
    assert digests.of(NanoBanana2("x", images=PNG)) == first


def test_no_more_digests_are_kept_than_a_few_thousand(tmp_path: Path) -> None:
    """A batch may have a million images, and each of them once."""
    digests = Digests()
    digests._known.update({("an earlier one", number, 0, 0): "" for number in range(REMEMBERED)})

    digests.of(NanoBanana2("x", images=at(tmp_path / "a.png", PNG)))

    assert len(digests._known) == REMEMBERED
    assert ("an earlier one", 0, 0, 0) not in digests._known
