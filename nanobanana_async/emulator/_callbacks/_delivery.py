"""One callback, ready to be sent: its address, its signature, and what is wrong with it on purpose (PROTOCOL §1.6).

Pure: values in, values out. Only the task's id and the time are signed, never the body; that is the vendor's way, and
why a client must not believe a callback.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Literal, TypeAlias

from attrs import field, frozen

Kind: TypeAlias = Literal["genuine", "forged", "replayed"]

TIMESTAMP = "X-Webhook-Timestamp"
SIGNATURE = "X-Webhook-Signature"
_FIRST = {"Content-Type": "application/json", "User-Agent": "nanobanana-emulator"}


@frozen
class Delivery:
    """A POST that is due."""

    task_id: str
    url: str
    body: bytes = field(repr=False)
    due_at: float
    """When it fell due first, in seconds since the epoch, whatever then held it up."""
    headers: Mapping[str, str] = field(default=_FIRST, repr=False)
    """Unsigned until it goes out."""
    attempt: int = 1
    kind: Kind = "genuine"
    signs: bool = True
    """Whether its sender signs at all: an OpenAI-style gateway has no word of that (PROTOCOL §3)."""
    fault: str | None = None
    """The name of the fault that made it what it is."""


def signed(task_id: str, key: str | None, now: float) -> dict[str, str]:
    """The headers of a callback that is sent now; without a key it isn't signed."""
    if key is None:
        return dict(_FIRST)
    timestamp = str(int(now))
    mac = hmac.digest(key.encode("utf-8", "surrogatepass"), f"{task_id}.{timestamp}".encode(), sha256)
    return {**_FIRST, TIMESTAMP: timestamp, SIGNATURE: base64.b64encode(mac).decode()}
