"""A key and a URL that stand in each other's place: it is said, and no key is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from nanobanana_async import Client, ConfigurationError, Kie, OpenAIImages

KEY = "sk-live-51c0ffee"
URL = "https://reseller.example/v1"


def refused(make: Callable[[], object]) -> ConfigurationError:
    """The error, in which the key stands nowhere."""
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert "51c0ffee" not in f"{caught.value!r} {caught.value.remedy}"
    return caught.value


@pytest.mark.parametrize(
    "make",
    [
        lambda: OpenAIImages(KEY),
        lambda: OpenAIImages(KEY, URL),
        lambda: Kie(base_url=KEY),
        lambda: Kie(upload_url=KEY),
        lambda: Kie(URL, base_url=KEY),
        lambda: Client(base_url=KEY),
        lambda: OpenAIImages(KEY.encode()),  # type: ignore[arg-type]  # on purpose
        lambda: OpenAIImages(f"https://{KEY}@reseller.example"),
        lambda: OpenAIImages(f"ftp://user:{KEY}@reseller.example"),
        lambda: OpenAIImages(f"https://user:{KEY}/1@reseller.example"),
        lambda: OpenAIImages(f"{URL}?key={KEY}"),
        lambda: OpenAIImages(f"{URL}#{KEY}"),
        lambda: OpenAIImages(URL, None, KEY),  # type: ignore[arg-type]  # an argument too far
        lambda: OpenAIImages(URL, None, KEY.encode()),  # type: ignore[arg-type]  # as above
        lambda: OpenAIImages(URL, KEY.encode()),  # type: ignore[arg-type]  # as above
    ],
)
def test_a_key_that_stands_elsewhere_is_not_shown(make: Callable[[], object]) -> None:
    """Messages end in logs."""
    assert refused(make).remedy


@pytest.mark.parametrize(
    ("gateway", "environ", "variable"),
    [
        (
            OpenAIImages(),
            {"NANOBANANA_IMAGES_BASE_URL": KEY, "NANOBANANA_IMAGES_API_KEY": "k"},
            "NANOBANANA_IMAGES_BASE_URL",
        ),
        (Kie(), {"KIE_BASE_URL": KEY, "KIE_API_KEY": "k"}, "KIE_BASE_URL"),
        (Kie(), {"KIE_UPLOAD_URL": KEY, "KIE_API_KEY": "k"}, "KIE_UPLOAD_URL"),
    ],
)
def test_a_key_in_the_variable_of_the_url_is_not_shown_either(
    gateway: Any, environ: Mapping[str, str], variable: str
) -> None:
    """The variable is named, and what belongs into which."""
    error = refused(lambda: gateway.resolved(environ))

    assert error.message == f"{variable} is no URL (not shown: it may be a key)"
    assert "in the environment they are" in error.remedy


@pytest.mark.parametrize("url", [URL, "HTTP://reseller.example", " https://reseller.example"])
def test_a_url_in_the_place_of_the_key_is_refused(url: str) -> None:
    """It would be sent as a key, to wherever the gateway's own URL leads."""
    there, at_kie = refused(lambda: OpenAIImages("https://other.example", url)), refused(lambda: Kie(url))

    assert there.message == at_kie.message == "api_key is a URL, and no key"
    assert there.remedy.startswith("The URL is the first argument of OpenAIImages, the key the second;")
    assert at_kie.remedy.startswith("The key is the first argument of Kie, the URL goes in as base_url;")


@pytest.mark.parametrize(
    ("gateway", "variable"), [(OpenAIImages(URL), "NANOBANANA_IMAGES_API_KEY"), (Kie(), "KIE_API_KEY")]
)
def test_a_url_in_the_variable_of_the_key_is_refused(gateway: Any, variable: str) -> None:
    """As where both variables were swapped."""
    error = refused(lambda: gateway.resolved({variable: f"{URL}\n"}))

    assert error.message == f"{variable} is a URL, and no key"
    assert "in the environment they are" in error.remedy


def test_a_url_that_can_not_be_one_is_shown_as_far_as_it_tells_something() -> None:
    """Neither its query, nor more than a line of it."""
    queried = refused(lambda: OpenAIImages(f"{URL}?x=1"))
    long = refused(lambda: OpenAIImages(f"https://a b/{'x' * 5000}"))
    of_a_question = refused(lambda: OpenAIImages(f"https://a/{'x' * 5000}/images/edits"))

    assert queried.message == f"base_url='{URL}…' is not a base URL"
    assert max(len(error.message) + len(error.remedy) for error in (long, of_a_question)) < 400
