"""The gateway at kie.ai: its key and URLs, the dialects spoken there, and the names that models have there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized

import attrs

from nanobanana_async import dialects
from nanobanana_async.gateways._credentials import a_key, a_url, checked_key, checked_url
from nanobanana_async.gateways._equivalents import not_spoken, refuse_foreign
from nanobanana_async.models import build_request
from nanobanana_async.values import JSON, Dialect, ImageSource, Refused, Request, WireReply, WireRequest

KIE_URL = "https://api.kie.ai"
KIE_UPLOAD_URL = "https://kieai.redpandaai.co"
KIE_ALIASES: Mapping[str, str] = {
    "nano-banana": "google/nano-banana",
    "nano-banana-edit": "google/nano-banana-edit",
    "nano-banana-lite": "nano-banana-2-lite",
    "nano-banana-2.1": "nano-banana-2-1",
}
"""Short names at Kie. Never changed within a major version: a name that is in somebody's file keeps its meaning."""

_PLACES = (
    "The key is the first argument of Kie, the URL goes in as base_url; in the environment they are KIE_API_KEY and "
    "KIE_BASE_URL."
)
_SPOKEN = ("jobs", "generate")

UPLOAD_FOLDER = "nanobanana-async"


@attrs.frozen
class Kie:
    """The gateway at kie.ai (PROTOCOL §1, §2 and §4), or whatever speaks like it at `base_url`.

    What is left out comes from the environment when a client starts: `api_key` from ``KIE_API_KEY``, `base_url` from
    ``KIE_BASE_URL`` (else https://api.kie.ai), `upload_url` from ``KIE_UPLOAD_URL``. With a base URL of your own and no
    upload URL, uploads go to the base URL: never half to an emulator and half to the vendor.
    """

    api_key: str | None = a_key("KIE_API_KEY", places=_PLACES)
    base_url: str | None = a_url(places=_PLACES)
    upload_url: str | None = a_url(places=_PLACES)

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

    @property
    def default_dialect(self) -> str:
        """``"jobs"``."""
        return "jobs"

    @property
    def aliases(self) -> Mapping[str, str]:
        """`KIE_ALIASES`."""
        return KIE_ALIASES

    def resolved(self, environ: Mapping[str, str]) -> Kie:
        """The same gateway with key and URLs filled in from `environ`; ConfigurationError where there is no key."""
        base = self.base_url or environ.get("KIE_BASE_URL", "").strip() or None
        upload = self.upload_url or environ.get("KIE_UPLOAD_URL", "").strip() or base or KIE_UPLOAD_URL
        key = _checked(self.api_key or environ.get("KIE_API_KEY"))
        base = base or KIE_URL
        return attrs.evolve(
            self,
            api_key=key,
            base_url=checked_url(base, "KIE_BASE_URL", places=_PLACES).rstrip("/"),
            upload_url=checked_url(upload, "KIE_UPLOAD_URL", places=_PLACES).rstrip("/"),
        )

    def dialect(self, name: str) -> Dialect:
        """The dialect ``jobs``, or the older ``generate``; ConfigurationError for any other."""
        match name:
            case "jobs":
                return dialects.JobsDialect(self.address, self._key)
            case "generate":
                return dialects.GenerateDialect(self.address, self._key)
            case _:
                raise not_spoken("Kie", name, _SPOKEN)

    def request(
        self, prompt: str, fields: Mapping[str, JSON], *, images: ImageSource | Sequence[ImageSource] = ()
    ) -> Request:
        """The request for a prompt: `google/nano-banana`, or `google/nano-banana-edit` where there are images."""
        wanted = {name: value for name, value in fields.items() if value is not None}
        if "input" in wanted:  # the vendor's own fields, sent as they are: nothing of ours goes beside them
            return build_request(wanted, dialect="jobs", aliases=KIE_ALIASES)
        if isinstance(images, str | bytes) or not isinstance(images, Sized) or len(images):
            wanted["images"] = images
        wanted.setdefault("model", self.default_edit_model if "images" in wanted else self.default_model)
        return build_request({**wanted, "prompt": prompt}, dialect="jobs", aliases=KIE_ALIASES)

    def priced(self, request: Request) -> Request:
        """`request` as it is: its price is documented (PROTOCOL §1.5), or is its own.

        Raises:
            ConfigurationError: it is a request of another gateway's; its equivalent here is named.
        """
        refuse_foreign(request, "Kie", _SPOKEN)
        return request

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
        return _checked(self.api_key)


def _checked(key: str | None) -> str:
    remedy = 'Set KIE_API_KEY, or pass Client(Kie("…")); to try things without a key, use the emulator.'
    return checked_key(key, variable="KIE_API_KEY", remedy=remedy, places=_PLACES)
