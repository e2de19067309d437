"""The account: what is left on it, and a fresh link to a result of its own (PROTOCOL §1.7)."""

from __future__ import annotations

from nanobanana_async.dialects._envelope import Envelope
from nanobanana_async.dialects._lenient import number, web_url
from nanobanana_async.dialects._requests import get, post_json, rooted
from nanobanana_async.values import Refused, WireReply, WireRequest


def ask_balance(base_url: str, bearer: str) -> WireRequest:
    """The question how many credits are left."""
    return get(f"{rooted(base_url)}/api/v1/chat/credit", bearer)


def read_balance(reply: WireReply, *, bearer: str = "") -> float | Refused:
    """The credits that are left. `bearer` is the key, to be kept out of what a refusal says."""
    answer = Envelope.opened(reply, secret=bearer)
    left = number(answer.data) if answer.ok else None
    if left is not None:
        return left
    return Refused(answer.problem("the answer has no number of credits" if answer.ok else None))


def ask_download_url(base_url: str, bearer: str, url: str) -> WireRequest:
    """The question for a new link to the result at `url`. The link is valid for 20 minutes."""
    return post_json(f"{rooted(base_url)}/api/v1/common/download-url", bearer, {"url": url})


def read_download_url(reply: WireReply, *, bearer: str = "") -> str | Refused:
    """The new link; a URL that isn't one of the vendor's results is refused with code 422."""
    answer = Envelope.opened(reply, secret=bearer)
    link = web_url(answer.data) if answer.ok else None
    return link or Refused(answer.problem("the answer has no link" if answer.ok else None))
