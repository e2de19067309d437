"""The keys under which items stand in journals that exist already. Written down once: a changed key pays again.

They were made by hand, as `models/_key.py` lays down, with the SHA-256 of a document; no code of ours had a part in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import pytest

from nanobanana_async import (
    Client,
    Item,
    KieRequest,
    NanoBanana,
    NanoBanana2,
    NanoBanana2_1,
    NanoBanana2Lite,
    NanoBananaEdit,
    NanoBananaPro,
    Request,
)
from nanobanana_async.journal import MemoryJournal
from tests.paying_once.lives import PatientKie
from tests.scripted_kie import said

URL = "https://x.example/1.png"
PICTURE = b"\x89PNG\r\n\x1a\n and whatever comes after it"

GOLDEN: list[tuple[str | Request, str]] = [
    ("a cat", "b5feffe64a6e4dc293e8"),
    (" a cat\n", "b5feffe64a6e4dc293e8"),
    (NanoBanana("a cat"), "b5feffe64a6e4dc293e8"),
    (NanoBanana("a cat", output_format="jpg"), "ff9662f9ab6b7ca21316"),
    (NanoBanana("a cat", output_format="jpeg"), "ff9662f9ab6b7ca21316"),
    (NanoBanana("a cat", aspect_ratio="16:9", output_format="png"), "7e7e0b5f0784b2efb966"),
    (NanoBanana("une tasse à café, 日本, 🍌"), "9b5c01755290ed159987"),
    (NanoBananaEdit("paint it", images=[URL]), "f9645052dfcec87e7cd5"),
    (NanoBananaEdit("paint it", images=[PICTURE]), "526a85d420e6c2baa077"),
    (NanoBananaPro("a cat"), "3871507ef2738fe8e34c"),
    (NanoBananaPro("a cat", resolution="4K"), "919fe5755234b33eb04f"),
    (NanoBananaPro("a cat", resolution="4K", images=[PICTURE, URL]), "e4df33ec19966159856c"),
    (NanoBanana2("a cat"), "a42652821a0fa2842169"),
    (
        NanoBanana2("a cat", aspect_ratio="1:1", resolution="2K", output_format="jpg", images=[URL]),
        "90c4d1f40d6a05e0cad2",
    ),
    (NanoBanana2Lite("a cat"), "d4930f76056dde91b544"),
    (NanoBanana2Lite("a cat", aspect_ratio="16:9"), "d4c23b0003e48531b85d"),
    (NanoBanana2_1("a cat"), "163ff89f43872da94b04"),
    (NanoBanana2_1("a cat", aspect_ratio="16:9"), "d3300727038a878a6e6a"),
    (KieRequest("some/new-model", input={"prompt": "a cat", "seed": 7}), "27a8b244e2880bafcb07"),
    (KieRequest("some/new-model", input={"seed": 7, "prompt": "a cat"}, credits=9), "27a8b244e2880bafcb07"),
]


def kie_with_uploads() -> PatientKie:
    kie = PatientKie()
    kie.others["/api/file-stream-upload"] = said(200, data={"downloadUrl": "https://files.example/up.png"})
    return kie


async def keys_of(client: Client, items: Iterable[str | Request | Item], name: str = "default") -> list[str | None]:
    async with client.batch(items, ordered=True, name=name) as batch:
        return [outcome.item.key async for outcome in batch]


@pytest.mark.parametrize(("asked", "key"), GOLDEN)
async def test_a_key_is_the_same_for_ever(asked: str | Request, key: str) -> None:
    """In the journal it is the one that was written down, whatever the release."""
    journal = MemoryJournal()

    async with kie_with_uploads().client(journal=journal) as client:
        keys = await keys_of(client, [asked])
        found = await journal.find("default", key)

    assert keys == [key]
    assert found is not None
    assert found.fingerprint == key


async def test_equal_requests_are_counted_in_each_pass() -> None:
    """The second is `-2`, wherever it stands; so a line may be put in anywhere, and lines may change places."""
    cat, dog = "b5feffe64a6e4dc293e8", hashlib.sha256(_document("a dog")).hexdigest()[:20]
    async with PatientKie().client(journal=MemoryJournal()) as client:
        first = await keys_of(client, ["a cat", "a dog", "a cat"])
        again = await keys_of(client, ["a dog", "a cat", "a dog", "a cat", "a cat"])

    assert first == [cat, dog, f"{cat}-2"]
    assert again == [dog, cat, f"{dog}-2", f"{cat}-2", f"{cat}-3"]


def _document(prompt: str) -> bytes:
    return b'{"fields":{"prompt":"%s"},"images":[],"model":"google/nano-banana"}' % prompt.encode()


async def test_a_model_may_be_called_by_its_alias() -> None:
    """The key has the vendor's own name for it."""
    kie = PatientKie()

    async with kie.client(journal=MemoryJournal()) as client:
        for model in ("nano-banana", "google/nano-banana"):
            async with client.batch(["a cat"], model=model) as batch:
                assert [outcome.item.key async for outcome in batch] == ["b5feffe64a6e4dc293e8"]

    assert len(kie.prompts) == 1


async def test_an_image_may_be_moved(tmp_path: Path) -> None:
    """It is known by its content, not by its folder or its name."""
    kie, keys = kie_with_uploads(), []
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "cat.png").write_bytes(PICTURE)

    async with kie.client(journal=MemoryJournal()) as client:
        keys += await keys_of(client, [NanoBananaEdit("paint it", images=[tmp_path / "one" / "cat.png"])])
        (tmp_path / "one").rename(tmp_path / "other")
        (tmp_path / "other" / "cat.png").rename(tmp_path / "other" / "felix.png")
        keys += await keys_of(client, [NanoBananaEdit("paint it", images=str(tmp_path / "other" / "felix.png"))])

    assert keys == ["526a85d420e6c2baa077", "526a85d420e6c2baa077"]
    assert len(kie.prompts) == 1
