"""Faults of kind `file`: what the file host serves in place of a picture (PROTOCOL §1.8).

They act on files that are there; a 404 stays one. Pictures are made when they are wanted, and so are the spoilt ones.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from PIL import Image, UnidentifiedImageError

from nanobanana_async.emulator._calls import Call, Cut, FileAnswer, Immediate, Whole
from nanobanana_async.emulator._faults._fault import Fault
from nanobanana_async.emulator._faults._names import FaultName
from nanobanana_async.emulator._proxy_page import page

_Effect: TypeAlias = Callable[[Fault, Call, FileAnswer], Immediate | None]
_OTHER = {"image/png": "image/jpeg"}
_DEFAULT_AGENTS = re.compile(
    r"$|(python-httpx|python-requests|python-urllib|aiohttp|.*\baiohttp/|curl|wget|go-http-client|node|undici|axios)\b",
    re.IGNORECASE,
)


def _acting_on_files(effect: _Effect) -> Callable[[Fault, Call, Whole], Immediate | None]:
    def on_whole(fault: Fault, call: Call, reply: Whole) -> Immediate | None:
        return effect(fault, call, reply) if isinstance(reply, FileAnswer) else None

    return on_whole


def _other_type(file: FileAnswer) -> str:
    """The media type that a file has not: JPEG for a PNG, PNG for anything else."""
    return _OTHER.get(file.media_type, "image/png")


def _short(fault: Fault, _call: Call, file: FileAnswer) -> FileAnswer:
    def produce() -> bytes:
        content = file.produce()
        return content[: int(len(content) * fault.number("share"))]

    return FileAnswer(file.media_type, produce)


def _wrong_type(_fault: Fault, _call: Call, file: FileAnswer) -> FileAnswer | None:
    if not file.media_type.startswith("image/"):
        return None
    media_type = _other_type(file)

    def produce() -> bytes:
        return _converted(file.produce(), media_type)

    return FileAnswer(media_type, produce)


def _converted(content: bytes, media_type: str) -> bytes:
    """The same picture in another format; what is none stays as it is."""
    try:
        picture = Image.open(io.BytesIO(content)).convert("RGB")
    except (UnidentifiedImageError, OSError):
        return content
    file = io.BytesIO()
    picture.save(file, "JPEG" if media_type == "image/jpeg" else "PNG")
    return file.getvalue()


def _refused_agent(_fault: Fault, call: Call, _file: FileAnswer) -> Immediate | None:
    return page(403) if _DEFAULT_AGENTS.match(call.user_agent.strip()) else None


def _redirected(fault: Fault, _call: Call, _file: FileAnswer) -> Immediate:
    return page(302, headers={"Location": fault.text("to") or ""})


_ON_FILES: Mapping[FaultName, _Effect] = {
    "truncated": lambda fault, _call, file: Cut(file, fault.number("share")),
    "short": _short,
    "expired": lambda _fault, _call, _file: page(403, title="403 The link has expired"),
    "gone": lambda _fault, _call, _file: page(404),
    "wrong-type": _wrong_type,
    "mislabelled": lambda _fault, _call, file: FileAnswer(_other_type(file), file.produce),
    "html-file": lambda _fault, _call, _file: page(200, title="Welcome"),
    "empty-file": lambda _fault, _call, file: FileAnswer(file.media_type, bytes),
    "private-redirect": _redirected,
    "refuses-agents": _refused_agent,
}
FILE_FAULTS = {name: _acting_on_files(effect) for name, effect in _ON_FILES.items()}
"""By name, what each of them makes of a file; None where the answer is none."""
