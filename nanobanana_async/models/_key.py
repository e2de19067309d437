"""The key of a request that was given none: the same for the same request, on every machine and in every release.

Theory of operation. A key decides whether a picture is paid for again, so what it is made of may never change:

1. The canonical document of a request is a JSON object of exactly three members: ``fields``, ``images``, ``model``.
2. ``model`` is the vendor's model id.
3. ``fields`` is an object of what the user set, under our public names and after normalisation (``jpeg`` → ``jpg``,
   ``4k`` → ``4K``, the prompt without the blanks round it); without ``images``, which stand beside it, and without
   ``credits`` and ``response_format``, for a price, and the way in which a picture is handed over, are no part of what
   is asked for. What was left unset is absent, so a new optional field in a later release changes no key.
   ``operation`` is there only in a generation with images, which without it would read as an edit of them.
4. ``images`` is the list, in order, of the SHA-256 of each image's content in 64 lower-case hex digits, however the
   content was given: as bytes, as a file or as a ``data:`` URL; of an image that was given as an http(s) URL, the URL
   itself. It is there when empty.
5. It is written with sorted keys (by code point), no blanks, no escapes beyond those that JSON demands
   (``ensure_ascii=False``), in UTF-8. Unicode is taken as it was given: composed and decomposed letters differ.
6. The key is the first 20 hex digits of the SHA-256 of those bytes.

An example: ``{"fields":{"output_format":"jpg","prompt":"a cat"},"images":[],"model":"nano-banana-2"}``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence

from nanobanana_async.models._image_rules import is_url
from nanobanana_async.values import ImageSource, Request

_DIGEST = re.compile(r"[0-9a-f]{64}")
_NOT_ASKED_FOR = ("images", "credits", "response_format")


def derive_key(request: Request, image_digests: Sequence[str]) -> str:
    """The key of `request`: 20 hex digits.

    `image_digests` has one entry for each of ``request.images``: the SHA-256 of its content (for a ``data:`` URL, of
    what `data_url_content` gives) in lower-case hex digits, or, for an http(s) URL, that URL. The key is made from
    ``{"fields": …, "images": […], "model": …}`` as the head of this module lays down, once and for all.

    Raises:
        ValueError: the entries are not those.
    """
    if len(image_digests) != len(request.images):
        raise ValueError(f"{len(image_digests)} digests for {len(request.images)} images")
    images = [_identity(source, digest) for source, digest in zip(request.images, image_digests, strict=True)]
    fields = {name: value for name, value in request.fields().items() if name not in _NOT_ASKED_FOR}
    document = {"fields": fields, "images": images, "model": request.model}
    canonical = json.dumps(document, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:20]


def _identity(source: ImageSource, digest: str) -> str:
    if is_url(source) and digest == source:
        return digest
    if not is_url(source) and _DIGEST.fullmatch(digest):
        return digest
    raise ValueError(f"{digest!r} is neither the image's URL nor the SHA-256 of its content in lower-case hex digits")
