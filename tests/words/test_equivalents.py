"""A request of another gateway's is refused before anything is sent, and what is meant by it there is named."""

from __future__ import annotations

from typing import Any

import pytest

from nanobanana_async import (
    Client,
    ConfigurationError,
    Kie,
    KieRequest,
    LegacyNanoBanana,
    NanoBanana,
    NanoBanana2,
    NanoBananaEdit,
    NanoBananaPro,
    OpenAIEdit,
    OpenAIGeneration,
    OpenAIImages,
)
from nanobanana_async.values import Expected

KIE = Kie("k")
IMAGES = OpenAIImages("https://reseller.example/v1", "k")
PHOTO = "https://example.com/a.png"


class OwnRequest:
    """A request of a user's own class."""

    model, dialect, images, credits, expected = "m", "speech", (), None, Expected(1, 2)

    def fields(self) -> dict[str, Any]:
        return {}

    def vendor_input(self, _: object) -> dict[str, Any]:
        return {}


def remedy(gateway: Any, request: Any) -> str:
    with pytest.raises(ConfigurationError, match="does not speak the dialect") as caught:
        gateway.priced(request)
    assert type(request).__name__ in caught.value.message
    return caught.value.remedy


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        (NanoBanana("x"), 'OpenAIGeneration(…, model="nano-banana")'),
        (NanoBananaEdit("x", images=PHOTO), 'OpenAIEdit(…, images=[…], model="nano-banana")'),
        (NanoBanana2("x"), 'OpenAIGeneration(…, model="nano-banana-2")'),
        (NanoBanana2("x", images=PHOTO), 'OpenAIEdit(…, images=[…], model="nano-banana-2")'),
        (LegacyNanoBanana("x"), 'OpenAIGeneration(…, model="nano-banana")'),
        (NanoBananaPro("x"), 'OpenAIGeneration(…, model="…") with the name that nano-banana-pro has'),
        (KieRequest("m", input={}), 'OpenAIGeneration(…, model="…") with the name that m has'),
    ],
)
def test_a_request_of_kies_has_its_equivalent_at_a_reseller(request_: Any, named: str) -> None:
    """By its model and its images; a model that is not documented there is named as the reseller names it."""
    assert f"Give {named}" in remedy(IMAGES, request_)


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        (OpenAIGeneration("x", model="nano-banana"), "NanoBanana(…)"),
        (OpenAIGeneration("x", model="nano-banana", images=PHOTO), "NanoBananaEdit(…, images=[…])"),
        (OpenAIGeneration("x"), "NanoBanana2(…)"),
        (OpenAIEdit("x", images=PHOTO), "NanoBanana2(…, images=[…]) or NanoBananaEdit(…, images=[…])"),
        (OpenAIGeneration("x", model="nano-banana-hd"), 'NanoBananaPro(…, resolution="4K")'),
        (OpenAIGeneration("x", model="their-own"), "NanoBanana2(…)"),
        (OpenAIEdit("x", images=PHOTO, model="their-own"), "NanoBananaEdit(…, images=[…])"),
    ],
)
def test_a_request_of_a_resellers_has_its_equivalent_at_kie(request_: Any, named: str) -> None:
    """The other way round."""
    assert f"Give {named}, or a plain prompt." == remedy(KIE, request_)


@pytest.mark.parametrize("gateway", [KIE, IMAGES])
def test_of_a_request_that_nobody_knows_no_equivalent_is_guessed(gateway: Any) -> None:
    """It is refused all the same."""
    assert remedy(gateway, OwnRequest()) == "Give a request of a dialect that is spoken here, or a plain prompt."


def test_a_dialect_that_is_not_spoken_is_told_those_that_are() -> None:
    """As where one is mistyped."""
    with pytest.raises(ConfigurationError) as at_kie:
        KIE.dialect("genrate")
    with pytest.raises(ConfigurationError) as there:
        IMAGES.dialect("genrate")

    assert at_kie.value.message == "Kie does not speak the dialect 'genrate'; it speaks 'jobs' and 'generate'"
    assert there.value.message.endswith("; it speaks 'images'")
    assert there.value.remedy == "Name that, or leave dialect out."


def test_a_plan_names_what_can_not_be_sent() -> None:
    """Offline, and for each item."""
    plan = Client(IMAGES).plan([NanoBanana2("x"), "a cat"])

    assert (plan.count, list(plan.invalid)) == (1, [0])
    assert "OpenAIGeneration" in plan.invalid[0].remedy
