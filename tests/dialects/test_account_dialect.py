"""The account: balance and fresh links (PROTOCOL §1.7)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nanobanana_async.dialects import ask_balance, ask_download_url, read_balance, read_download_url
from nanobanana_async.values import Refused, WireReply

KEY = "sk-0123456789abcdef"


def reply(**body: Any) -> WireReply:
    return WireReply(200, body=json.dumps(body).encode())


def test_the_balance_is_asked_for_with_the_key() -> None:
    """A question that pays nothing."""
    wire = ask_balance("https://api.kie.ai/", KEY)

    assert (wire.method, wire.url) == ("GET", "https://api.kie.ai/api/v1/chat/credit")
    assert (wire.bearer, wire.pays, wire.deadline) == (KEY, False, 20)


@pytest.mark.parametrize(
    ("data", "credits_left"), [(5916.25, 5916.25), (100, 100.0), ("7.5", 7.5), (0, 0.0), (-1, -1.0)]
)
def test_the_balance_is_a_number_in_any_type(data: object, credits_left: float) -> None:
    """A float on the wire, an int in documents."""
    assert read_balance(reply(code=200, msg="success", data=data)) == credits_left


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"code": 401, "msg": f"Unauthorized {KEY}", "data": 3}, "Unauthorized ***"),
        ({"code": 200, "msg": "success", "data": None}, "the answer has no number of credits: success"),
        ({"code": 200, "msg": "success", "data": {"credits": 3}}, "the answer has no number of credits: success"),
        ({"code": 200, "msg": "success", "data": True}, "the answer has no number of credits: success"),
    ],
)
def test_a_balance_that_is_not_said_is_refused(body: dict[str, Any], text: str) -> None:
    """Nothing is taken for zero, and the key is in no text."""
    said = read_balance(reply(**body), bearer=KEY)

    assert isinstance(said, Refused)
    assert said.problem.text == text


def test_a_fresh_link_is_asked_for_in_json() -> None:
    """The URL goes into the body; no credits are taken."""
    wire = ask_download_url("https://api.kie.ai", KEY, "https://tempfile.aiquickdraw.com/a.png")

    assert (wire.method, wire.url) == ("POST", "https://api.kie.ai/api/v1/common/download-url")
    assert wire.body == b'{"url":"https://tempfile.aiquickdraw.com/a.png"}'
    assert (wire.bearer, wire.pays) == (KEY, False)


def test_the_fresh_link_is_the_data() -> None:
    """A URL that can be fetched."""
    assert read_download_url(reply(code=200, data="https://x/y?sig=1")) == "https://x/y?sig=1"


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ({"code": 422, "msg": "url is wrong", "data": None}, 422, "url is wrong"),
        ({"code": 200, "msg": "success", "data": "no link"}, 200, "the answer has no link: success"),
    ],
)
def test_no_link_is_a_refusal(body: dict[str, Any], code: int, text: str) -> None:
    """A foreign URL is refused by the gateway."""
    said = read_download_url(reply(**body))

    assert isinstance(said, Refused)
    assert (said.problem.code, said.problem.text) == (code, text)
