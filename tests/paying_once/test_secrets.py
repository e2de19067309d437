"""The API key is in no journal, whoever has put it into his words: the gateway, a record, or a transport."""

from __future__ import annotations

import attrs
import pytest

from nanobanana_async import NanoBananaError, NetworkError
from tests.paying_once.conftest import Shelf
from tests.paying_once.lives import PatientKie, entry_of
from tests.scripted_kie import Answer, record, said

KEY = "secret-key-0123456789"
"""The key that clients of the scripted gateway have."""


@pytest.mark.parametrize(
    "answer",
    [
        said(422, f"a bad parameter for Bearer {KEY}"),
        NetworkError(f"it broke under Authorization: Bearer {KEY}"),
        RuntimeError(f"headers were {{'Authorization': 'Bearer {KEY}'}}"),
    ],
    ids=["refused", "lost", "broken"],
)
async def test_what_is_said_of_a_create_tells_no_key(shelf: Shelf, answer: Answer) -> None:
    """The error is written down without it, and told so by the next run."""
    kie, journal = PatientKie(), shelf()
    kie.creates.append(answer)
    async with kie.client(journal=journal) as client:
        with pytest.raises(NanoBananaError):
            await client.generate("a banana", key="k")
    async with kie.client(journal=journal) as client:
        with pytest.raises(NanoBananaError) as again:
            await client.generate("a banana", key="k")
    entry = await entry_of(journal, "k")

    assert KEY not in str(attrs.asdict(entry))
    assert "***" in str(entry.error)
    assert KEY not in str(again.value)


async def test_what_is_said_of_a_task_tells_no_key(shelf: Shelf) -> None:
    """A record repeats what was sent, headers and all."""
    kie, journal = PatientKie(), shelf()
    kie.looks.append(said(200, data=record("task0", "success", param=f'{{"authorization": "Bearer {KEY}"}}')))
    async with kie.client(journal=journal) as client:
        await client.generate("a banana", key="k")
    async with kie.client(journal=journal) as client:
        again = await client.generate("a banana", key="k")
    entry = await entry_of(journal, "k")

    assert again.task_id == "task0"
    assert entry.raw is not None
    assert KEY not in entry.raw
    assert "Bearer ***" in entry.raw
