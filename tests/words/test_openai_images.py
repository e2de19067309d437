"""A gateway in OpenAI's style: at a URL that must be named, with a price that must be told."""

from __future__ import annotations

from typing import Any

import pytest

from nanobanana_async import (
    ConfigurationError,
    InvalidRequestError,
    OpenAIEdit,
    OpenAIGeneration,
    OpenAIImages,
)

URL = "https://reseller.example/v1"


def test_there_is_no_default_url_and_the_message_says_so() -> None:
    """Resellers share the API, not the address."""
    with pytest.raises(ConfigurationError, match="has no default; set NANOBANANA_IMAGES_BASE_URL"):
        OpenAIImages(api_key="k").resolved({})


def test_url_and_key_come_from_the_environment_where_they_are_left_out() -> None:
    """What is given stands above it."""
    environ = {"NANOBANANA_IMAGES_BASE_URL": f"{URL}/", "NANOBANANA_IMAGES_API_KEY": " theirs "}

    found = OpenAIImages().resolved(environ)
    given = OpenAIImages("https://other.example", "mine").resolved(environ)

    assert (found.base_url, found.api_key) == (URL, "theirs")
    assert (given.base_url, given.api_key) == ("https://other.example", "mine")


@pytest.mark.parametrize("key", ["", None, "a b"])
def test_without_a_key_the_variable_is_named_or_the_fault(key: str | None) -> None:
    """Before anything is sent; the key is not shown."""
    with pytest.raises(ConfigurationError, match=r"NANOBANANA_IMAGES_API_KEY|a character that no key has"):
        OpenAIImages(URL, key).resolved({})


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "reseller.example"},
        {"base_url": f"{URL}/images/generations"},
        {"base_url": f"{URL}/images"},
        {"base_url": f"{URL}/Models/"},
        {"base_url": "https://reseller.example/api/v3/images"},
        {"base_url": "https://reseller.example/images/variations"},
        {"base_url": "https://reseller.example//v1"},
        {"price": -1},
        {"price": 1e308},
        {"price": {"nano-banana-2": "4 ct"}},
        {"price": {"nano-banana-2": None}},
        {"price": {1: 0.04}},
        {"mode": "later"},
    ],
)
def test_a_setting_that_can_not_be_is_refused(wrong: dict[str, Any]) -> None:
    """At once, by its name."""
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        OpenAIImages(**{"base_url": URL, **wrong})


def test_the_address_of_a_question_is_no_base_url_from_the_environment_either() -> None:
    """What is too much is named, and what is left of it."""
    environ = {"NANOBANANA_IMAGES_BASE_URL": f"{URL}/images/edits/", "NANOBANANA_IMAGES_API_KEY": "k"}

    with pytest.raises(ConfigurationError, match=r"NANOBANANA_IMAGES_BASE_URL=.* is the address of one") as refused:
        OpenAIImages().resolved(environ)

    assert refused.value.remedy == f"Leave out /images/edits: {URL!r}."


@pytest.mark.parametrize("base", ["https://reseller.example/images", "https://reseller.example/models"])
def test_a_path_of_the_sellers_own_is_no_question(base: str) -> None:
    """Only behind a version is it the address of one."""
    assert OpenAIImages(base).address == f"{base}/v1"


@pytest.mark.parametrize("base", ["https://reseller.example/api/v3", "https://reseller.example/v1beta/openai"])
def test_a_version_of_the_sellers_own_stays(base: str) -> None:
    """As the openai package takes it: nothing is put behind it."""
    assert OpenAIImages(f"{base}/", "k").address == base


def test_the_key_is_in_no_repr() -> None:
    """It lands in logs."""
    assert "secret" not in repr(OpenAIImages(URL, "secret"))


def test_a_prompt_becomes_a_generation_and_with_images_an_edit() -> None:
    """By the model that PROTOCOL §3 recommends, unless another is named: there are no aliases here."""
    gateway = OpenAIImages(URL, "k")

    assert gateway.request("a cat", {}) == OpenAIGeneration("a cat", model="nano-banana-2")
    assert gateway.request("a cat", {"model": "nano-banana", "aspect_ratio": "16:9"}) == OpenAIGeneration(
        "a cat", model="nano-banana", aspect_ratio="16:9"
    )
    assert gateway.request("at dusk", {}, images="cat.png") == OpenAIEdit("at dusk", images=["cat.png"])


def test_what_it_can_not_be_asked_for_is_refused_before_anything_is_sent() -> None:
    """A field of another gateway's would be ignored, and paid for."""
    with pytest.raises(InvalidRequestError, match="output_format"):
        OpenAIImages(URL, "k").request("a cat", {"output_format": "png"})


@pytest.mark.parametrize(
    ("price", "credits"), [(None, None), (0.04, 8.0), ({"nano-banana-2": 0.04}, 8.0), ({"nano-banana-hd": 1}, None)]
)
def test_the_price_is_in_dollars_an_image(price: Any, credits: float | None) -> None:
    """Sums are in credits, of half a cent each; a model without a price stays without."""
    gateway = OpenAIImages(URL, "k", price)

    assert gateway.request("a cat", {}).credits == credits
    assert gateway.priced(OpenAIGeneration("a cat")).credits == credits


def test_a_request_that_names_its_price_keeps_it() -> None:
    """What it was told stands above what the gateway was."""
    gateway = OpenAIImages(URL, "k", 0.04)

    assert gateway.priced(OpenAIGeneration("a cat", credits=2.0)).credits == 2.0


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_the_mode_says_whether_creates_answer_at_once(mode: Any) -> None:
    """It speaks the images dialect, and no other."""
    gateway = OpenAIImages(URL, "k", mode=mode)

    assert gateway.dialect("images").answers_at_once is (mode == "sync")
    with pytest.raises(ConfigurationError, match="does not speak the dialect 'jobs'"):
        gateway.dialect("jobs")


@pytest.mark.parametrize(
    "ask",
    [
        lambda gateway: gateway.ask_balance(),
        lambda gateway: gateway.read_balance(None),
        lambda gateway: gateway.ask_download_url("https://a.example/b.png"),
        lambda gateway: gateway.read_download_url(None),
        lambda gateway: gateway.upload(b"", filename="a", media_type="image/png"),
        lambda gateway: gateway.read_uploaded(None),
    ],
)
def test_what_this_api_does_not_offer_is_said(ask: Any) -> None:
    """There is no balance, no upload, no fresh link."""
    with pytest.raises(ConfigurationError, match="an OpenAI-style gateway offers no"):
        ask(OpenAIImages(URL, "k"))


def test_how_long_an_answer_is_waited_for_is_the_users_to_say() -> None:
    """200 s if he does not; and no less than a minute where a task is asked for, which comes sooner."""
    request = OpenAIImages(URL, "key").request("a banana", {})

    def deadline(**given: Any) -> float | None:
        return OpenAIImages(URL, "key", **given).dialect("images").submit(request, ()).deadline

    assert (deadline(), deadline(answer_within=420.0)) == (200.0, 420.0)
    assert (deadline(mode="async"), deadline(mode="async", answer_within=5.0)) == (200.0, 60.0)
    for wrong in (0, -1, "200", float("nan")):
        with pytest.raises(ConfigurationError, match="answer_within"):
            deadline(answer_within=wrong)
