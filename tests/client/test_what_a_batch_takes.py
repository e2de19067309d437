"""What a batch can be made of, and what is refused before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from nanobanana_async import Client, InvalidRequestError, NanoBanana, UsageError
from tests.scripted_kie import ScriptedKie


async def test_a_mapping_is_refused() -> None:
    """Its keys would be sent as prompts and paid for; the way to give keys is said."""
    kie = ScriptedKie()

    async with kie.client() as client:
        with pytest.raises(UsageError, match="its keys would be sent as prompts") as caught:
            client.batch({"sku": "a red mug"})

    assert "Item(prompt, key=key)" in caught.value.remedy
    assert kie.prompts == []


@pytest.mark.parametrize("source", ["a red mug", b"a red mug", 5, None])
async def test_what_is_no_source_is_refused(source: Any) -> None:
    """One prompt alone would be sent letter by letter."""
    kie = ScriptedKie()

    async with kie.client() as client:
        with pytest.raises(UsageError, match="takes an iterable of prompts"):
            client.batch(source)
        with pytest.raises(UsageError, match="takes an iterable of prompts"):
            await client.generate_all(source)

    assert kie.prompts == []


@pytest.mark.parametrize(
    "fields", [{"aspect_ratio": "17:9"}, {"model": "nano-banana-9"}, {"resolution": "4K"}, {"output_format": "gif"}]
)
async def test_a_mistake_that_all_prompts_share_is_raised_once(fields: dict[str, str]) -> None:
    """Not once for each item; and nothing is sent."""
    kie = ScriptedKie()

    async with kie.client() as client:
        with pytest.raises(InvalidRequestError, match=next(iter(fields))):
            client.batch(["a cat", "a dog"], **fields)  # type: ignore[arg-type]  # one of the fields
        with pytest.raises(InvalidRequestError):
            client.plan(["a cat", "a dog"], **fields)  # type: ignore[arg-type]  # as above

    assert kie.prompts == []


async def test_what_one_item_has_wrong_is_its_own_failure() -> None:
    """The others are made."""
    kie = ScriptedKie()

    async with kie.client() as client:
        outcomes = await client.generate_all(["a cat", "", NanoBanana("a dog")], aspect_ratio="16:9")

    assert [outcome.state for outcome in outcomes] == ["succeeded", "failed", "succeeded"]


@pytest.mark.parametrize("source", [{"sku": "a red mug"}, "a red mug", 5])
def test_a_plan_takes_what_a_batch_takes(source: Any) -> None:
    """It is refused for the same reason."""
    with pytest.raises(UsageError, match="a plan takes"):
        Client().plan(source)


def test_a_plan_is_said_in_words_that_fit() -> None:
    """One image is no plural, and no time at all is not said to be the least."""
    one, many = Client().plan(["a cat"]), Client().plan(["a cat"] * 100)

    assert str(one).startswith("1 image | 4 credits (0.02 USD) | ")
    assert str(many).startswith("100 images | 400 credits (2.00 USD) | at least 4")
