"""What came in an answer and is no picture that can be saved: it is kept as it came, for it is nowhere else."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path

import pytest

from nanobanana_async import Item, OpenAIGeneration, Result
from nanobanana_async.cli._outcomes import collected
from nanobanana_async.cli._rescue import rescued
from nanobanana_async.outcomes import Succeeded
from tests.scripted_images import ScriptedImages, made

GIF = b"GIF89a, and whatever comes behind it"
RESULT = Result(None, "m", (f"data:image/gif;base64,{base64.b64encode(GIF).decode()}", "https://a.example/b.png"))


async def test_a_picture_of_another_kind_is_put_beside_its_place(tmp_path: Path) -> None:
    """The error names the file, and nothing about a task or a link that there is not."""
    gateway = ScriptedImages(made({"b64_json": base64.b64encode(GIF).decode()}))
    request = OpenAIGeneration("a cat")

    async with gateway.client() as client:
        outcome = await collected(client, Item(request), client.generate(request), tmp_path / "cat.png")

    [file] = tmp_path.iterdir()
    assert file.read_bytes() == GIF
    assert isinstance(outcome, Succeeded)
    assert outcome.file_error is not None
    assert str(file) in outcome.file_error.remedy


def test_a_link_needs_no_rescue(tmp_path: Path) -> None:
    """Only what came in the answer is kept, a file each."""
    assert [file.read_bytes() for file in rescued(RESULT, tmp_path / "cat.png")] == [GIF]


def test_where_its_folder_takes_nothing_it_goes_among_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its folder may be full, or gone; where neither takes it, there is no file to name."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))

    [file] = rescued(RESULT, tmp_path / "gone" / "cat.png")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone, too"))

    assert (file.parent, file.read_bytes()) == (elsewhere, GIF)
    assert rescued(RESULT, tmp_path / "gone" / "cat.png") == []


def test_what_is_no_base64_is_kept_as_its_text(tmp_path: Path) -> None:
    """Nobody knows what it is: so it stays whole."""
    odd = Result(None, "m", ("data:image/png;base64,ab",))

    assert [file.read_bytes() for file in rescued(odd, tmp_path / "cat.png")] == [odd.urls[0].encode()]
