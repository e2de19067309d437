"""The two creates of the images dialect: a generation as JSON, an edit as a form with files (PROTOCOL §3)."""

from __future__ import annotations

import json
from collections.abc import Sequence

import attrs

from nanobanana_async.dialects._content import data_url, read_data_url
from nanobanana_async.dialects._json_pictures import json_with
from nanobanana_async.dialects._requests import post_json
from nanobanana_async.values import JSON, FilePart, Request, WireRequest

_SUFFIXES = {"image/jpeg": "jpg", "image/svg+xml": "svg"}


def generation(url: str, bearer: str, request: Request, images: Sequence[str | FilePart]) -> WireRequest:
    """The POST of `request` to `url`. The content of files goes into it as ``data:`` URLs."""
    # Who counts the images gets one word for each; a picture is copied into the body once, and never made a text.
    named = [image if isinstance(image, str) else _word(image) for image in images]
    files = {id(name): image for name, image in zip(named, images, strict=True) if isinstance(image, FilePart)}
    body = json_with({"model": request.model, **request.vendor_input(named)}, files) if files else None
    if body is not None:
        return attrs.evolve(post_json(url, bearer, {}), body=body)
    urls = [image if isinstance(image, str) else data_url(image.content, image.media_type) for image in images]
    return post_json(url, bearer, {"model": request.model, **request.vendor_input(urls)})


def edit(url: str, bearer: str, request: Request, images: Sequence[str | FilePart]) -> WireRequest:
    """The form of `request` for `url`: a field for each of its fields, a part for each of its images.

    Raises:
        ValueError: an image is a ``data:`` URL that can't be decoded.
    """
    # Who counts the images gets one word for each; the pictures themselves are parts, in whatever form they come.
    named = [image if isinstance(image, str) else image.filename or image.name for image in images]
    given = {"model": request.model, **request.vendor_input(named)}
    return WireRequest(
        "POST",
        url,
        headers={"accept": "application/json"},
        form={name: _field(value) for name, value in given.items() if value is not None and name != "image"},
        files=tuple(_part(number, image) for number, image in enumerate(images, start=1)),
        bearer=bearer,
    )


def _field(value: JSON) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, allow_nan=False)


def _part(number: int, image: str | FilePart) -> FilePart:
    if isinstance(image, FilePart):
        return attrs.evolve(image, name="image")
    if image[:5].lower() != "data:":
        return FilePart("image", None, image.encode())
    content = read_data_url(image)
    if content is None:
        raise ValueError(f"image {number} is a data: URL without base64 that can be decoded")
    kind = content.media_type
    suffix = _SUFFIXES.get(kind, kind.removeprefix("image/"))
    return FilePart("image", f"image-{number}.{suffix}", content.data, kind)


def _word(image: FilePart) -> str:
    """A text of its own, told from every other by its identity."""
    return "".join(("data:", image.media_type, ";base64,"))
