"""`demo`: the whole thing, with no key and no network."""

from __future__ import annotations

from pathlib import Path

import pytest

from nanobanana_async import ConfigurationError
from nanobanana_async.cli import _demo
from tests.cli.shell import nanobanana


def test_the_demo_makes_pictures_and_says_where(tmp_path: Path) -> None:
    """And what to type to have the same with a key."""
    out = tmp_path / "demo"
    said = nanobanana("demo", "-o", out, "--limit", 3, "--speed", 200, "--rate", "100/1", "--seed", 7)

    assert said.code == 0
    assert f"look at the pictures in {out}; with a key in KIE_API_KEY the same is:\n" in said.err
    assert "prompts.jsonl -o pictures" in said.err
    assert len([path for path in out.iterdir() if path.suffix in (".png", ".jpg")]) == 3


def test_the_installed_examples_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the package of a wheel, beside it in a checkout; elsewhere there are none."""
    package = tmp_path / "nanobanana_async"
    monkeypatch.setattr(_demo, "_PACKAGE", package)
    with pytest.raises(ConfigurationError, match="the examples are missing"):
        _demo.examples()
    for folder in (tmp_path / "examples", package / "examples"):
        folder.mkdir(parents=True)
        (folder / "prompts.jsonl").touch()

        assert _demo.examples() == folder
