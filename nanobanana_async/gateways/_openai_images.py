"""Whoever sells Nano Banana through an API in OpenAI's style: resellers and relays, each at a URL of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Sized
from typing import Literal, NoReturn
from urllib.parse import urlsplit

import attrs

from nanobanana_async import dialects
from nanobanana_async.errors import ConfigurationError
from nanobanana_async.gateways._credentials import a_key, checked_key, checked_url, shown_url
from nanobanana_async.gateways._equivalents import not_spoken, refuse_foreign
from nanobanana_async.gateways._prices import checked, kept
from nanobanana_async.models import OpenAIEdit, OpenAIGeneration, build_request
from nanobanana_async.pricing import DOLLARS_PER_CREDIT
from nanobanana_async.settings import ABOVE_ZERO, one_of
from nanobanana_async.values import JSON, Dialect, ImageSource, Refused, Request, WireReply, WireRequest

KEY_VARIABLE, URL_VARIABLE = "NANOBANANA_IMAGES_API_KEY", "NANOBANANA_IMAGES_BASE_URL"

ImagesMode = Literal["sync", "async"]
"""Whether a create is answered with the picture, or with the id of a task that is then looked at."""

_PLACES = (
    "The URL is the first argument of OpenAIImages, the key the second; in the environment they are "
    f"{URL_VARIABLE} and {KEY_VARIABLE}."
)
_SPOKEN = ("images",)
_WHO = "an OpenAI-style gateway"

_ENDPOINT = re.compile(
    r"/images/(generations|edits|variations|tasks)$|/chat/completions$|(?<=/v\d)/(images|models|chat|responses)$", re.I
)
"""What a base URL ends in that was copied from a question: such questions follow it (PROTOCOL §3)."""


def _base_url(_: object, __: object, value: str | None) -> None:
    """ConfigurationError for what can't be the base URL of such a gateway."""
    if value is not None:
        _checked_base(value, "base_url")


def _checked_base(url: str, name: str) -> str:
    """`url` without slashes at its end. ConfigurationError, where it is none, or leads past the base."""
    base = checked_url(url, name, places=_PLACES).rstrip("/")
    if found := _ENDPOINT.search(base):
        raise ConfigurationError(
            f"{name}={shown_url(url)} is the address of one question, and no base URL",
            remedy=f"Leave out {found[0]}: {shown_url(base.removesuffix(found[0]))}.",
        )
    if "//" in urlsplit(base).path:
        raise ConfigurationError(
            f"{name}={shown_url(url)} has two slashes in a row in its path",
            remedy="Write it like https://api.example.com/v1.",
        )
    return base


@attrs.frozen
class OpenAIImages:
    """A gateway that speaks OpenAI's images API at `base_url`, with or without ``/v1`` at its end (PROTOCOL §3); a path
    that has another version in it, such as ``/api/v3`` or ``/v1beta/openai``, is taken as it is.

    There is no default URL: resellers share the API, not the address. What is left out comes from the environment when
    a client starts: `base_url` from ``NANOBANANA_IMAGES_BASE_URL``, `api_key` from ``NANOBANANA_IMAGES_API_KEY``.

    `price` is what one image costs there, in US dollars, or a mapping from model ids to that, of which a copy is kept;
    None where you don't know: then no budget can be kept. An answer with several images costs that for each of them. As
    everywhere, sums are in credits, of 0.005 USD each.

    `mode` is ``"sync"``, where a create is answered with the picture, seconds to minutes later; or ``"async"``, where
    it is answered with the id of a task, as relays offer it that cut long connections (at about 184 s). Only the second
    loses nothing at a crash: of a create that waits for its picture, nobody has an id.

    `answer_within` is how long such a create may take, in seconds: what has no whole answer by then is lost, and
    perhaps paid for. It holds in the second mode too, for gateways that know of none and answer with the picture.

    Raises:
        ConfigurationError: a setting that can't be; the base URL and the key are asked for when a client starts.
    """

    base_url: str | None = attrs.field(default=None, validator=_base_url)
    api_key: str | None = a_key(KEY_VARIABLE, places=_PLACES)
    price: float | Mapping[str, float] | None = attrs.field(default=None, converter=kept, validator=checked)
    mode: ImagesMode = attrs.field(default="sync", kw_only=True, validator=one_of("sync", "async"))
    answer_within: float = attrs.field(default=200.0, kw_only=True, validator=ABOVE_ZERO)

    default_model = "nano-banana-2"

    @property
    def kind(self) -> str:
        """``"openai-images"``."""
        return "openai-images"

    @property
    def address(self) -> str:
        """The base URL; with ``/v1`` at its end, whether it was named so or not, where it has no version in it."""
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
        if name not in _SPOKEN:
            raise not_spoken(_WHO, name, _SPOKEN)
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
        """`request` with the price that was given for its model, in credits, where it names none itself.

        Raises:
            ConfigurationError: it is a request of another gateway's; its equivalent here is named.
        """
        refuse_foreign(request, _WHO, _SPOKEN)
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
    raise ConfigurationError(f"{_WHO} offers {what}", remedy="Look it up where you have the key from.")


def _checked(key: str | None) -> str:
    remedy = f"Set {KEY_VARIABLE}, or pass it: OpenAIImages(base_url, api_key)."
    return checked_key(key, variable=KEY_VARIABLE, remedy=remedy, places=_PLACES)
