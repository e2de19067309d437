"""The gateways: a base URL, a key, the dialects spoken there, and the names that models have there.

A gateway is a frozen description; making one does no I/O and needs no key. `resolved` fills in what the environment
says, when a client starts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from typing import Any, Protocol, Self, runtime_checkable
from urllib.parse import urlsplit

import attrs

from nanobanana_async import dialects
from nanobanana_async.errors import ConfigurationError
from nanobanana_async.models import build_request
from nanobanana_async.settings import refused
from nanobanana_async.values import JSON, Dialect, ImageSource, Refused, Request, WireReply, WireRequest


@runtime_checkable
class Gateway(Protocol):
    """What a client needs to know of a gateway. Everything here is a plain computation."""

    @property
    def kind(self) -> str:
        """The gateway's name in reports: ``"kie"``."""

    @property
    def address(self) -> str:
        """The base URL that creates go to, once resolved."""

    def resolved(self, environ: Mapping[str, str]) -> Self:
        """The same gateway with what `environ` says filled in; ConfigurationError where something is missing."""

    def dialect(self, name: str) -> Dialect:
        """The dialect of that name; ConfigurationError where it isn't spoken here."""

    def request(
        self, prompt: str, fields: Mapping[str, JSON], *, images: ImageSource | Sequence[ImageSource] = ()
    ) -> Request:
        """The request for a prompt, with the gateway's default model where `fields` names none."""

    def upload(self, content: bytes, *, filename: str, media_type: str) -> WireRequest:
        """The upload of an input image."""

    def read_uploaded(self, reply: WireReply) -> str | Refused:
        """The public URL of an uploaded image."""

    def ask_balance(self) -> WireRequest:
        """The question for the account's credits."""

    def read_balance(self, reply: WireReply) -> float | Refused:
        """The account's credits."""

    def ask_download_url(self, url: str) -> WireRequest:
        """The question for a fresh link to a result."""

    def read_download_url(self, reply: WireReply) -> str | Refused:
        """The fresh link."""


KIE_URL = "https://api.kie.ai"
KIE_UPLOAD_URL = "https://kieai.redpandaai.co"
KIE_ALIASES: Mapping[str, str] = {
    "nano-banana": "google/nano-banana",
    "nano-banana-edit": "google/nano-banana-edit",
    "nano-banana-lite": "nano-banana-2-lite",
    "nano-banana-2.1": "nano-banana-2-1",
}
"""Short names at Kie. Never changed within a major version: a name that is in somebody's file keeps its meaning."""

UPLOAD_FOLDER = "nanobanana-async"


def _url_or_none(_: object, attribute: attrs.Attribute[str | None], value: str | None) -> None:
    if value is not None:
        _checked_url(value, attribute.name)


def _key_or_none(_: object, __: object, value: Any) -> None:
    """ConfigurationError for what is no text. Whatever it is, it is not shown: it may hold the key."""
    if value is not None and not isinstance(value, str):
        raise ConfigurationError(
            f"api_key is a {type(value).__name__}, and no text", remedy="Give the key as a str, or set KIE_API_KEY."
        )


@attrs.frozen
class Kie:
    """The gateway at kie.ai (PROTOCOL §1, §2 and §4), or whatever speaks like it at `base_url`.

    What is left out comes from the environment when a client starts: `api_key` from ``KIE_API_KEY``, `base_url` from
    ``KIE_BASE_URL`` (else https://api.kie.ai), `upload_url` from ``KIE_UPLOAD_URL``. With a base URL of your own and no
    upload URL, uploads go to the base URL: never half to an emulator and half to the vendor.
    """

    api_key: str | None = attrs.field(
        default=None, validator=_key_or_none, repr=lambda key: "None" if key is None else "'***'"
    )
    base_url: str | None = attrs.field(default=None, kw_only=True, validator=_url_or_none)
    upload_url: str | None = attrs.field(default=None, kw_only=True, validator=_url_or_none)

    default_model = "google/nano-banana"
    default_edit_model = "google/nano-banana-edit"

    @property
    def kind(self) -> str:
        """``"kie"``."""
        return "kie"

    @property
    def address(self) -> str:
        """The base URL, without a slash at its end."""
        return (self.base_url or KIE_URL).rstrip("/")

    def resolved(self, environ: Mapping[str, str]) -> Kie:
        """The same gateway with key and URLs filled in from `environ`; ConfigurationError where there is no key."""
        base = self.base_url or environ.get("KIE_BASE_URL") or None
        upload = self.upload_url or environ.get("KIE_UPLOAD_URL") or base or KIE_UPLOAD_URL
        key = _checked_key(self.api_key or environ.get("KIE_API_KEY"))
        base = base or KIE_URL
        return attrs.evolve(
            self,
            api_key=key,
            base_url=_checked_url(base, "KIE_BASE_URL").rstrip("/"),
            upload_url=_checked_url(upload, "KIE_UPLOAD_URL").rstrip("/"),
        )

    def dialect(self, name: str) -> Dialect:
        """The ``jobs`` dialect; ConfigurationError for any other."""
        if name == "jobs":
            return dialects.JobsDialect(self.address, self._key)
        raise ConfigurationError(
            f"Kie does not speak the dialect {name!r}",
            remedy="Use a request of the jobs dialect: NanoBanana, NanoBananaPro, NanoBanana2 …",
        )

    def request(
        self, prompt: str, fields: Mapping[str, JSON], *, images: ImageSource | Sequence[ImageSource] = ()
    ) -> Request:
        """The request for a prompt: `google/nano-banana`, or `google/nano-banana-edit` where there are images."""
        wanted = {name: value for name, value in fields.items() if value is not None}
        if isinstance(images, str | bytes) or not isinstance(images, Sized) or len(images):
            wanted["images"] = images
        wanted.setdefault("model", self.default_edit_model if "images" in wanted else self.default_model)
        return build_request({**wanted, "prompt": prompt}, dialect="jobs", aliases=KIE_ALIASES)

    def upload(self, content: bytes, *, filename: str, media_type: str) -> WireRequest:
        """A stream upload (PROTOCOL §4); free, and safe to repeat."""
        return dialects.upload(
            self.upload_url or KIE_UPLOAD_URL,
            self._key,
            content=content,
            filename=filename,
            media_type=media_type,
            folder=UPLOAD_FOLDER,
        )

    def read_uploaded(self, reply: WireReply) -> str | Refused:
        """The image's public URL, kept for 3 days."""
        return dialects.read_uploaded(reply, bearer=self._key)

    def ask_balance(self) -> WireRequest:
        """``GET /api/v1/chat/credit`` (PROTOCOL §1.7)."""
        return dialects.ask_balance(self.address, self._key)

    def read_balance(self, reply: WireReply) -> float | Refused:
        """The credits left."""
        return dialects.read_balance(reply, bearer=self._key)

    def ask_download_url(self, url: str) -> WireRequest:
        """``POST /api/v1/common/download-url`` (PROTOCOL §1.7)."""
        return dialects.ask_download_url(self.address, self._key, url)

    def read_download_url(self, reply: WireReply) -> str | Refused:
        """A link that is valid for 20 minutes."""
        return dialects.read_download_url(reply, bearer=self._key)

    @property
    def _key(self) -> str:
        return _checked_key(self.api_key)


def _checked_key(key: str | None) -> str:
    """The key without white space round it; ConfigurationError, which never shows it, where it can't be one."""
    key = (key or "").strip()
    if not key:
        raise ConfigurationError(
            "no API key: set the environment variable KIE_API_KEY",
            remedy='Set KIE_API_KEY, or pass Client(Kie("…")); to try things without a key, use the emulator.',
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError(
            "the API key has a character that no key has (a space, a line break or a letter outside ASCII)",
            remedy="Copy the key again, whole and alone.",
        )
    return key


def _checked_url(url: str, name: str) -> str:
    """`url`, when it can be a base URL; ConfigurationError naming the setting and the value otherwise."""
    if not isinstance(url, str):
        raise refused(name, url, "a base URL such as 'https://api.example.com'")
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fine = False
    if not fine or parts.query or parts.fragment:
        raise ConfigurationError(
            f"{name}={url!r} is not a base URL", remedy="Write it like https://api.example.com, without a query."
        )
    if parts.username or parts.password:
        raise ConfigurationError(f"{name} carries a user name or password", remedy="Give the key as api_key instead.")
    return url
