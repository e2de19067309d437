"""Uploads of input images: a file in, a public URL out (PROTOCOL §4). Free, and safe to repeat."""

from __future__ import annotations

from nanobanana_async.dialects._envelope import Envelope
from nanobanana_async.dialects._lenient import as_dict, web_url
from nanobanana_async.dialects._requests import rooted
from nanobanana_async.values import FilePart, Refused, WireReply, WireRequest

_NAMES = ("downloadUrl", "fileUrl", "url")


def upload(base_url: str, bearer: str, *, content: bytes, filename: str, media_type: str, folder: str) -> WireRequest:
    """The stream upload of one file to the upload host at `base_url`; it has 120 s in all.

    An equal `filename` in the same `folder` overwrites, with a cache delay: name each content by its hash.
    """
    return WireRequest(
        "POST",
        f"{rooted(base_url)}/api/file-stream-upload",
        headers={"accept": "application/json"},
        form={"uploadPath": folder.strip("/"), "fileName": filename},
        files=(FilePart("file", filename, content, media_type),),
        bearer=bearer,
        deadline=120.0,
    )


def read_uploaded(reply: WireReply, *, bearer: str = "") -> str | Refused:
    """The public URL of the uploaded file. `bearer` is the key, to be kept out of what a refusal says."""
    answer = Envelope.opened(reply, secret=bearer)
    data = as_dict(answer.data)
    if not answer.ok:
        return Refused(answer.problem())
    if data.get("success") is False:
        return Refused(answer.problem("the upload did not succeed"))
    found = (web_url(said) for said in (*(data.get(name) for name in _NAMES), answer.data))
    return next((url for url in found if url), None) or Refused(answer.problem("the answer has no URL of the file"))
