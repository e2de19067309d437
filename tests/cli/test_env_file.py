"""`--env-file`: assignments as `.env` files hold them, and nothing of their values in what is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from nanobanana_async import ConfigurationError
from nanobanana_async.cli._env_file import environment, read_env_file
from nanobanana_async.emulator import EmulatorServer
from tests.cli.shell import nanobanana


def written(folder: Path, text: str) -> Path:
    path = folder / "keys.env"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("NAME=value", "value"),
        ("export NAME=value", "value"),
        ("  NAME = value  ", "value"),
        ('NAME="a b"', "a b"),
        ("NAME='a \"b\"'  # why", 'a "b"'),
        ("NAME=a#b # why", "a#b"),
        ("NAME=# nothing", ""),
        ("NAME=", ""),
    ],
)
def test_an_assignment_is_read_as_a_shell_would(tmp_path: Path, line: str, value: str) -> None:
    """Quotes, `export` and comments are taken off."""
    assert read_env_file(written(tmp_path, f"\ufeff# keys\n\n{line}\n")) == {"NAME": value}


@pytest.mark.parametrize("line", ["sk-secret", "=sk-secret", 'NAME="sk-secret', "NAME='a' sk-secret", "1N=sk-secret"])
def test_nonsense_is_named_by_its_line_and_not_shown(tmp_path: Path, line: str) -> None:
    """It may be a key that somebody pasted in alone."""
    with pytest.raises(ConfigurationError, match=r"keys\.env, line 2") as caught:
        read_env_file(written(tmp_path, f"A=b\n{line}\n"))

    assert "secret" not in f"{caught.value}{caught.value.remedy}"


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    """Whether it is missing or no text."""
    path = tmp_path / "keys.env"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigurationError, match="can't read the file"):
        read_env_file(path)


def test_the_real_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is set is never overridden; one that is empty counts as unset, and others are left alone."""
    monkeypatch.setenv("KIE_API_KEY", "real")
    monkeypatch.setenv("KIE_BASE_URL", "")
    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    found = environment(written(tmp_path, "KIE_API_KEY=file\nKIE_BASE_URL=http://file\nHTTPS_PROXY=http://file\n"))

    assert found["KIE_API_KEY"] == "real"
    assert found["KIE_BASE_URL"] == "http://file"
    assert "HTTPS_PROXY" not in found


def test_a_command_takes_its_key_from_the_file(
    tmp_path: Path, gateway: EmulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With nothing in the environment it is enough."""
    monkeypatch.delenv("KIE_API_KEY")
    said = nanobanana("balance", "--env-file", written(tmp_path, 'export KIE_API_KEY="k"'))

    assert said.code == 0
    assert said.out == "10000 credits (50.00 USD)\n"


def test_a_bad_file_ends_a_command_with_its_line(tmp_path: Path) -> None:
    """Exit code 2, and the file with its line."""
    said = nanobanana("balance", "--env-file", written(tmp_path, "nonsense"))

    assert said.code == 2
    assert said.err.startswith(f"error: {tmp_path}/keys.env, line 1: not a NAME=value line\n")
