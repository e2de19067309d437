"""What a client needs to know of a gateway. Everything here is a plain computation: no I/O, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, Self, runtime_checkable

from nanobanana_async.values import JSON, Dialect, ImageSource, Refused, Request, WireReply, WireRequest

DialectName = Literal["jobs", "generate", "images"]
"""The dialects of the ready-made gateways, for an editor to complete: `Kie` speaks the first two."""


@runtime_checkable
class Gateway(Protocol):
    """A base URL, a key, and what is spoken there."""

    @property
    def kind(self) -> str:
        """The gateway's name in reports: ``"kie"``."""

    @property
    def address(self) -> str:
        """The base URL that creates go to, once resolved."""

    @property
    def default_dialect(self) -> str:
        """The dialect of what is asked for in plain words, and of a task of which only the id is known."""

    @property
    def aliases(self) -> Mapping[str, str]:
        """Short names of models here, and the ids that they stand for."""

    def resolved(self, environ: Mapping[str, str]) -> Self:
        """The same gateway with what `environ` says filled in; ConfigurationError where something is missing."""

    def dialect(self, name: str) -> Dialect:
        """The dialect of that name; ConfigurationError where it isn't spoken here."""

    def request(
        self, prompt: str, fields: Mapping[str, JSON], *, images: ImageSource | Sequence[ImageSource] = ()
    ) -> Request:
        """The request for a prompt, with the gateway's default model where `fields` names none.

        With ``input`` among the fields, these are the vendor's own, and the prompt is among them.
        """

    def priced(self, request: Request) -> Request:
        """`request` with what it costs here, where it names no price itself and that is known.

        Every request of a user's passes through it. ConfigurationError for one that isn't spoken here, which names its
        equivalent.
        """

    def upload(self, content: bytes, *, filename: str, media_type: str) -> WireRequest:
        """The upload of an input image."""

    def read_uploaded(self, reply: WireReply) -> str | Refused:
        """The public URL of an uploaded image."""

    def ask_balance(self) -> WireRequest:
        """The question for the account's credits; ConfigurationError where there is none such."""

    def read_balance(self, reply: WireReply) -> float | Refused:
        """The account's credits."""

    def ask_download_url(self, url: str) -> WireRequest:
        """The question for a fresh link to a result; ConfigurationError where there is none such."""

    def read_download_url(self, reply: WireReply) -> str | Refused:
        """The fresh link."""
