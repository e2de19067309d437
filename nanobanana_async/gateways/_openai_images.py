"""Whoever sells Nano Banana through an API in OpenAI's style: resellers and relays, each at a URL of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from typing import Any, Literal, NoReturn
from urllib.parse import urlsplit

import attrs

from nanobanana_async import dialects
from nanobanana_async.errors import ConfigurationError
from nanobanana_async.gateways._credentials import a_key, checked_key, checked_url
from nanobanana_async.models import OpenAIEdit, OpenAIGeneration, build_request
from nanobanana_async.pricing import DOLLARS_PER_CREDIT, MOST
from nanobanana_async.settings import ABOVE_ZERO, FROM_ZERO, TEXT, Kind, one_of
from nanobanana_async.values import JSON, Dialect, ImageSource, Refused, Request, WireReply, WireRequest

KEY_VARIABLE, URL_VARIABLE = "NANOBANANA_IMAGES_API_KEY", "NANOBANANA_IMAGES_BASE_URL"

ImagesMode = Literal["sync", "async"]
"""Whether a create is answered with the picture, or with the id of a task that is then looked at."""


_A_PRICE = Kind(
    "a price in US dollars, from 0", lambda value: FROM_ZERO.fits(value) and value / DOLLARS_PER_CREDIT <= MOST
)

_ENDPOINTS = ("/images/generations", "/images/edits", "/chat/completions")


def _price(_: object, __: object, value: Any) -> None:
    """ConfigurationError for what is no price, and no mapping of models to prices."""
    if not isinstance(value, Mapping):
        _A_PRICE.or_none().check(price=value)
        return
    for model, price in value.items():
        TEXT.check(**{"a model in price": model})
        _A_PRICE.check(**{f"price[{model!r}]": price})


def _base_url(_: object, __: object, value: str | None) -> None:
    """ConfigurationError for what can't be the base URL of such a gateway."""
    if value is not None:
        _checked_base(value, "base_url")


def _checked_base(url: str, name: str) -> str:
    """`url` without slashes at its end. ConfigurationError, where it is none, or leads past the base."""
    base = checked_url(url, name).rstrip("/")
    endpoint = next((end for end in _ENDPOINTS if base.endswith(end)), None)
    if endpoint is not None:
        raise ConfigurationError(
            f"{name}={url!r} is the address of one question, and no base URL",
            remedy=f"Leave out {endpoint}: {base.removesuffix(endpoint)!r}.",
        )
    if "//" in urlsplit(base).path:
        raise ConfigurationError(
            f"{name}={url!r} has two slashes in a row in its path", remedy="Write it like https://api.example.com/v1."
        )
    return base


@attrs.frozen
class OpenAIImages:
    """A gateway that speaks OpenAI's images API at `base_url`, with or without ``/v1`` at its end (PROTOCOL §3).

    There is no default URL: resellers share the API, not the address. What is left out comes from the environment when
    a client starts: `base_url` from ``NANOBANANA_IMAGES_BASE_URL``, `api_key` from ``NANOBANANA_IMAGES_API_KEY``.

    `price` is what one image costs there, in US dollars, or a mapping from model ids to that; None where you don't
    know: then no budget can be kept. As everywhere, sums are in credits, of 0.005 USD each.

    `mode` is ``"sync"``, where a create is answered with the picture, seconds to minutes later; or ``"async"``, where
    it is answered with the id of a task, as relays offer it that cut long connections (at about 184 s). Only the second
    loses nothing at a crash: of a create that waits for its picture, nobody has an id.

    `answer_within` is how long such a create may take, in seconds: what has no whole answer by then is lost, and
    perhaps paid for.

    Raises:
        ConfigurationError: a setting that can't be; the base URL and the key are asked for when a client starts.
    """

    base_url: str | None = attrs.field(default=None, validator=_base_url)
    api_key: str | None = a_key(KEY_VARIABLE)
    price: float | Mapping[str, float] | None = attrs.field(default=None, validator=_price)
    mode: ImagesMode = attrs.field(default="sync", kw_only=True, validator=one_of("sync", "async"))
    answer_within: float = attrs.field(default=200.0, kw_only=True, validator=ABOVE_ZERO)

    default_model = "nano-banana-2"

    @property
    def kind(self) -> str:
        """``"openai-images"``."""
        return "openai-images"

    @property
    def address(self) -> str:
        """The base URL with ``/v1`` at its end, whether it was named so or not."""
        return dialects.versioned(self.base_url) if self.base_url else ""

    @property
    def default_dialect(self) -> str:
        """``"images"``."""
        return "images"

    @property
    def aliases(self) -> Mapping[str, str]:
        """None: a model has the name that it has there."""
        return {}

    def resolved(self, environ: Mapping[str, str]) -> OpenAIImages:
        """The same gateway with key and URL from `environ`; ConfigurationError where there is neither."""
        base = self.base_url or environ.get(URL_VARIABLE, "").strip()
        if not base:
            raise ConfigurationError(
                f"no base URL: an OpenAI-style gateway has no default; set {URL_VARIABLE}, or name it",
                remedy='Name the reseller\'s URL: OpenAIImages("https://…/v1", "key"), or --base-url.',
            )
        key = _checked(self.api_key or environ.get(KEY_VARIABLE))
        return attrs.evolve(self, base_url=_checked_base(base, URL_VARIABLE), api_key=key)

    def dialect(self, name: str) -> Dialect:
        """The dialect ``images``; ConfigurationError for any other."""
        if name != "images":
            raise ConfigurationError(
                f"an OpenAI-style gateway does not speak the dialect {name!r}",
                remedy="Use OpenAIGeneration or OpenAIEdit, or a plain prompt.",
            )
        return dialects.ImagesDialect(
            self.address, _checked(self.api_key), asynchronous=self.mode == "async", answer_within=self.answer_within
        )

    def request(
        self, prompt: str, fields: Mapping[str, JSON], *, images: ImageSource | Sequence[ImageSource] = ()
    ) -> Request:
        """The request for a prompt: an `OpenAIGeneration` by ``nano-banana-2``, or an `OpenAIEdit` of the images."""
        wanted = {name: value for name, value in fields.items() if value is not None}
        if isinstance(images, str | bytes) or not isinstance(images, Sized) or len(images):
            wanted["images"] = images
        wanted.setdefault("model", self.default_model)
        return self.priced(build_request({**wanted, "prompt": prompt}, dialect="images"))

    def priced(self, request: Request) -> Request:
        """`request` with the price that was given for its model, in credits, where it names none itself."""
        dollars = self.price.get(request.model) if isinstance(self.price, Mapping) else self.price
        if dollars is None or not isinstance(request, OpenAIGeneration | OpenAIEdit) or request.credits is not None:
            return request
        return attrs.evolve(request, credits=dollars / DOLLARS_PER_CREDIT)

    def upload(self, content: bytes, *, filename: str, media_type: str) -> WireRequest:  # noqa: ARG002  a Gateway's
        """Nothing is uploaded here: images go into the create. Raises: ConfigurationError."""
        _not_offered("no uploads: images go into the create")

    def read_uploaded(self, reply: WireReply) -> str | Refused:  # noqa: ARG002  a Gateway's
        """Never asked. Raises: ConfigurationError."""
        _not_offered("no uploads")

    def ask_balance(self) -> WireRequest:
        """There is no question for the balance in this API. Raises: ConfigurationError."""
        _not_offered("no balance to be asked for")

    def read_balance(self, reply: WireReply) -> float | Refused:  # noqa: ARG002  a Gateway's
        """Never asked. Raises: ConfigurationError."""
        _not_offered("no balance to be asked for")

    def ask_download_url(self, url: str) -> WireRequest:  # noqa: ARG002  a Gateway's
        """There are no fresh links in this API. Raises: ConfigurationError."""
        _not_offered("no fresh links to results")

    def read_download_url(self, reply: WireReply) -> str | Refused:  # noqa: ARG002  a Gateway's
        """Never asked. Raises: ConfigurationError."""
        _not_offered("no fresh links to results")


def _not_offered(what: str) -> NoReturn:
    raise ConfigurationError(f"an OpenAI-style gateway offers {what}", remedy="Look it up where you have the key from.")


def _checked(key: str | None) -> str:
    remedy = f"Set {KEY_VARIABLE}, or pass it: OpenAIImages(base_url, api_key)."
    return checked_key(key, variable=KEY_VARIABLE, remedy=remedy)
