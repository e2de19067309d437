"""JSON with pictures in it, as bytes: each is copied into it once.

A picture of 10 MB is 14 MB of base64. Made a text, then part of a URL, then of a JSON text, then bytes, it is held five
times over; and forty creates are made at once.
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Iterator, Mapping

from nanobanana_async.dialects._content import media_type_of
from nanobanana_async.values import JSON, FilePart


def json_with(fields: Mapping[str, JSON], files: Mapping[int, FilePart]) -> bytes | None:
    """`fields` as JSON, with the ``data:`` URL of a file where the text with that `id` stands: a value, or in a list.

    None where not each of `files` stands there once: then somebody has made something else of its text.
    """
    placed = [id(one) for value in fields.values() for one in _listed(value) if id(one) in files]
    if sorted(placed) != sorted(files):
        return None
    return b"".join(_pieces(fields, files))


def _listed(value: JSON) -> list[JSON]:
    return value if isinstance(value, list) else [value]


def _pieces(fields: Mapping[str, JSON], files: Mapping[int, FilePart]) -> Iterator[bytes]:
    before = b"{"
    for name, value in fields.items():
        yield before + _plain(name) + b":"
        before = b","
        if isinstance(value, list):
            yield b"["
            for number, one in enumerate(value):
                yield b"," if number else b""
                yield from _value(one, files)
            yield b"]"
        else:
            yield from _value(value, files)
    yield b"}"


def _value(value: JSON, files: Mapping[int, FilePart]) -> Iterator[bytes]:
    file = files.get(id(value))
    if file is None:
        yield _plain(value)
        return
    yield f'"data:{media_type_of(file.content, file.media_type)};base64,'.encode()
    yield binascii.b2a_base64(file.content, newline=False)
    yield b'"'


def _plain(value: JSON) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
