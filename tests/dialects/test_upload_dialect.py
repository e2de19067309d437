"""The stream upload (PROTOCOL §4)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nanobanana_async.dialects import read_uploaded, upload
from nanobanana_async.values import FilePart, Refused, WireReply

KEY = "sk-0123456789abcdef"
URL = "https://tempfile.redpandaai.co/kieai/x.png"


def reply(body: Any, status: int = 200) -> WireReply:
    return WireReply(status, body=json.dumps(body).encode())


def test_an_upload_is_a_form_with_one_file() -> None:
    """The name is the caller's, the folder has no slash at either end, and nothing is paid."""
    wire = upload(
        "https://kieai.redpandaai.co/", KEY, content=b"png", filename="x.png", media_type="image/png", folder="/a/b/"
    )

    assert (wire.method, wire.url) == ("POST", "https://kieai.redpandaai.co/api/file-stream-upload")
    assert wire.files == (FilePart("file", "x.png", b"png", "image/png"),)
    assert wire.form == {"uploadPath": "a/b", "fileName": "x.png"}
    assert (wire.body, wire.bearer, wire.pays, wire.deadline) == (None, KEY, False, 120)


@pytest.mark.parametrize(
    "body",
    [
        {
            "success": True,
            "code": 200,
            "msg": "File uploaded successfully",
            "data": {"success": True, "downloadUrl": URL},
        },
        {"success": True, "code": "200", "data": {"downloadUrl": None, "fileUrl": URL}},
        {"code": 200, "data": {"url": URL}},
        {"success": True, "data": URL},
    ],
)
def test_the_url_is_found_in_every_shape(body: dict[str, Any]) -> None:
    """`downloadUrl` on the wire, other names elsewhere."""
    assert read_uploaded(reply(body)) == URL


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        (
            {"success": False, "code": 400, "msg": "Missing required parameter: uploadPath"},
            400,
            "Missing required parameter: uploadPath",
        ),
        ({"success": False, "code": 200, "msg": "no", "data": {"downloadUrl": URL}}, 200, "no"),
        (
            {"code": 200, "msg": "hm", "data": {"success": False, "downloadUrl": URL}},
            200,
            "the upload did not succeed: hm",
        ),
        ({"code": 200, "msg": "hm", "data": {"downloadUrl": "/x.png"}}, 200, "the answer has no URL of the file: hm"),
        ({"code": 401, "msg": f"bad {KEY}"}, 401, "bad ***"),
    ],
)
def test_an_upload_that_did_not_succeed_is_refused(body: dict[str, Any], code: int, text: str) -> None:
    """Whatever says so, and the key is in no text."""
    said = read_uploaded(reply(body), bearer=KEY)

    assert isinstance(said, Refused)
    assert (said.problem.code, said.problem.text) == (code, text)
