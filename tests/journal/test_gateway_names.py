"""Which gateway a journal is of, however its address was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.journal import MemoryJournal, SQLiteJournal, same_gateway
from tests.journal.steps import S, answered, intent

HERE = "openai-images https://api.example.com/v1"


@pytest.mark.parametrize(
    "name",
    [
        HERE,
        "openai-images HTTPS://api.example.com/v1",
        "openai-images https://API.Example.com/v1",
        "openai-images https://api.example.com:443/v1",
        "openai-images https://api.example.com/v1/",
    ],
)
def test_two_spellings_of_an_address_are_one_gateway(name: str) -> None:
    """They lead to one place."""
    assert same_gateway(HERE, name)
    assert same_gateway(name, HERE)


@pytest.mark.parametrize(
    "name",
    [
        "kie https://api.example.com/v1",
        "openai-images http://api.example.com/v1",
        "openai-images https://api.example.com:444/v1",
        "openai-images https://api.example.com/V1",
        "openai-images https://other.example.com/v1",
        "openai-images https://api.example.com:99999999/v1",
        "emulator openai-images",
    ],
)
def test_what_leads_elsewhere_is_another(name: str) -> None:
    """By its kind, scheme, port, path or host; what is no address is itself alone."""
    assert not same_gateway(HERE, name)
    assert same_gateway(name, name)


def test_an_emulator_is_of_its_kind() -> None:
    """It has no address."""
    assert not same_gateway("emulator", "emulator openai-images")


async def test_a_journal_is_opened_again_by_another_spelling(tmp_path: Path) -> None:
    """And by no other gateway, which the error names."""
    for journal in (SQLiteJournal(tmp_path / "run.db"), MemoryJournal()):
        await journal.open(HERE)
        await journal.claim(intent("k"))
        await journal.record(answered("k", S.UNKNOWN))
        await journal.aclose()

        await journal.open("openai-images HTTPS://Api.example.com:443/v1")
        await journal.aclose()
        with pytest.raises(ConfigurationError, match="speaks to 'kie"):
            await journal.open("kie https://api.example.com/v1")
