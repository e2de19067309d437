"""A gateway is a description: it needs no key to be made, and every setting has an error that names it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nanobanana_async import ConfigurationError, InvalidRequestError, Kie, NanoBanana2, NanoBananaEdit
from nanobanana_async.gateways import KIE_ALIASES
from nanobanana_async.models import known_models

KEY = {"KIE_API_KEY": "from-the-environment"}


def test_what_is_left_out_comes_from_the_environment() -> None:
    """Key and URLs; what is given stands above it."""
    environ = {**KEY, "KIE_BASE_URL": "http://127.0.0.1:1/", "KIE_UPLOAD_URL": "http://127.0.0.1:2"}

    assert Kie().resolved(environ) == Kie(
        "from-the-environment", base_url="http://127.0.0.1:1", upload_url="http://127.0.0.1:2"
    )
    assert Kie("given", base_url="http://127.0.0.1:3").resolved(environ).base_url == "http://127.0.0.1:3"
    assert Kie().resolved(KEY) == Kie(
        "from-the-environment", base_url="https://api.kie.ai", upload_url="https://kieai.redpandaai.co"
    )


@pytest.mark.parametrize("gateway", [Kie(), Kie(base_url="http://127.0.0.1:1")])
def test_uploads_never_go_half_to_an_emulator_and_half_to_the_vendor(gateway: Kie) -> None:
    """With a base URL of the user's and no upload URL, uploads go to the base URL."""
    resolved = gateway.resolved({**KEY, "KIE_BASE_URL": "http://127.0.0.1:1"})

    assert resolved.upload_url == "http://127.0.0.1:1"


@pytest.mark.parametrize("key", ["", "   ", None])
def test_without_a_key_the_variable_is_named(key: str | None) -> None:
    """Before anything is sent."""
    with pytest.raises(ConfigurationError, match="KIE_API_KEY"):
        Kie(key).resolved({})


@pytest.mark.parametrize("key", ["a b", "a\nb", "schlüssel", "\x00"])
def test_a_key_that_can_not_be_one_is_refused_and_not_shown(key: str) -> None:
    """A line break in a header would be worse."""
    with pytest.raises(ConfigurationError) as caught:
        Kie(key).resolved({})

    assert key not in str(caught.value)


def test_a_key_is_taken_without_the_line_break_of_its_file() -> None:
    """As it comes out of a secret store."""
    assert Kie(" key\n").resolved({}).api_key == "key"


def test_a_url_is_taken_without_the_line_break_of_its_file() -> None:
    """From the environment, where shells and files leave it."""
    assert Kie("k").resolved({"KIE_BASE_URL": " http://x\n"}).base_url == "http://x"


@pytest.mark.parametrize(
    "url",
    [
        "api.kie.ai",
        "ftp://x",
        "https://",
        "https://x?y=1",
        "https://x#y",
        "http://x:0",
        "http://x:y",
        "http://[x",
        "http://a b",
        "http://x/\u200b",
    ],
)
def test_a_base_url_that_can_not_be_one_is_named(url: str) -> None:
    """With the setting's name; from the environment with the variable's."""
    with pytest.raises(ConfigurationError, match="base_url"):
        Kie("k", base_url=url)
    with pytest.raises(ConfigurationError, match="KIE_BASE_URL"):
        Kie("k").resolved({"KIE_BASE_URL": url})


def test_a_password_in_a_url_is_refused_and_not_shown() -> None:
    """It would stand in every error."""
    with pytest.raises(ConfigurationError) as caught:
        Kie("k", base_url="https://user:hunter2@host")

    assert "hunter2" not in str(caught.value)


def test_the_default_model_depends_on_whether_there_are_images() -> None:
    """DESIGN §3: google/nano-banana, and its edit with images; one image need not be a list."""
    kie = Kie()

    assert kie.request("a", {}).model == "google/nano-banana"
    for images in ("https://x/y.png", Path("x.png"), b"bytes", ["https://x/y.png"]):
        assert isinstance(kie.request("a", {}, images=images), NanoBananaEdit)
    assert isinstance(kie.request("a", {"model": "nano-banana-2"}, images=["https://x/y.png"]), NanoBanana2)


def test_aliases_lead_to_models_that_exist() -> None:
    """A short name that leads nowhere would be a lie."""
    ids = {model.id for model in known_models("jobs")}

    assert set(KIE_ALIASES.values()) <= ids
    assert not set(KIE_ALIASES) & ids
    assert {
        Kie().request("a", {"model": alias}, images=["https://x/y.png"] if "edit" in alias else ()).model
        for alias in KIE_ALIASES
    } == set(KIE_ALIASES.values())


def test_what_is_not_spoken_there_is_refused_before_anything_is_sent() -> None:
    """A dialect of another gateway; an unknown model."""
    with pytest.raises(ConfigurationError, match="images"):
        Kie("k").dialect("images")
    with pytest.raises(InvalidRequestError, match="nano-banana-9"):
        Kie("k").request("a", {"model": "nano-banana-9"})


@pytest.mark.parametrize(
    ("images", "count"), [((), 0), ([], 0), ("http://x/a.png", 1), (iter(["http://x/a.png"] * 2), 2)]
)
def test_images_come_in_any_form(images: Any, count: int) -> None:
    """None at all, one alone, or what can be iterated over."""
    assert len(Kie("k").request("a banana", {}, images=images).images) == count


def test_what_is_no_image_is_named() -> None:
    """As a field that is wrong, never as a failure of ours."""
    with pytest.raises(InvalidRequestError, match=r"images\[0\]"):
        Kie("k").request("a banana", {}, images=5)  # type: ignore[arg-type]  # on purpose
