"""The places where answers have pictures: one table of names, and one walk that reads them (PROTOCOL §3).

Relays put into OpenAI's form what others have told them, each under names of their own. What stands under a name is a
text, a list, or an object with such names in it again; how a text is read goes by the name. The first place that has
any counts: each tells of the same pictures, not of more.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping

import attrs

from nanobanana_async.dialects._task_words import says_under_way
from nanobanana_async.values import JSON

Reader = Callable[[str], tuple[str | None, str]]
"""From a text to the URL of the picture that it is, None where it is none, and to what is kept of it."""

_DEEPEST = 8  # lists and objects on the way from a name to a text; Google's form has six


class Kind(enum.Enum):
    """How a text is read."""

    CONTENT = "base64, whatever it is of"
    PICTURE = "base64 that begins as a picture does: a link may be that of an image which was given"
    LINK = "a link however it is written, or a picture"
    WHOLE = "a link with its host, or a picture: other things are told under that name as well"
    WAY = "never: only what is inside may be a picture"


_KINDS: Mapping[str, Kind] = {
    # Content goes before a link, for it can't expire; what was made before what may have been given.
    "b64_json": Kind.CONTENT,
    **dict.fromkeys(("base64", "b64", "image_base64", "image", "data"), Kind.PICTURE),
    **dict.fromkeys(("output", "result", "results"), Kind.WHOLE),
    **dict.fromkeys(("url", "result_url", "result_urls", "resultUrl", "resultUrls"), Kind.LINK),
    **dict.fromkeys(("image_url", "image_urls", "imageUrl", "imageUrls", "images"), Kind.LINK),
    **dict.fromkeys(("choices", "candidates", "message", "delta", "content", "parts"), Kind.WAY),
    **dict.fromkeys(("inlineData", "inline_data"), Kind.WAY),
}
_ORDER: Mapping[str, int] = {name: place for place, name in enumerate(_KINDS)}
_INSIDE = frozenset({"image", "data", "message", "delta", "content", "parts", "inlineData", "inline_data"})
OF_LEVEL: Mapping[str, Kind] = {name: kind for name, kind in _KINDS.items() if name not in _INSIDE}
"""The names beside ``data``: ``image`` may be what was given there."""
_OF_ITEM: Mapping[str, Kind] = {name: kind for name, kind in _KINDS.items() if kind is not Kind.WHOLE}
"""The names in an item of a list, and in whatever stands under one of those above."""


def names_in(value: dict[str, JSON], table: Mapping[str, Kind]) -> list[str]:
    """Those of `table` that `value` has, the likeliest first."""
    found = [name for name in value if name in table]
    return sorted(found, key=_ORDER.__getitem__) if len(found) > 1 else found


@attrs.frozen
class Places:
    """The walk, with a reader for each kind of text. It gives what was found, and what is kept of the value."""

    readers: Mapping[Kind, Reader]

    def under(self, kind: Kind, value: JSON, depth: int = 0) -> tuple[list[str], JSON]:
        """The pictures that stand under a name of that kind."""
        if isinstance(value, str):
            found, kept = self.readers[kind](value)
            return ([found] if found else []), kept
        if depth == _DEEPEST:
            return [], value
        if isinstance(value, list):
            read = [self.under(kind, one, depth + 1) for one in value]
            return [url for urls, _ in read for url in urls], [kept for _, kept in read]
        if isinstance(value, dict) and kind not in (Kind.CONTENT, Kind.PICTURE):
            return self._item(value, depth)
        return [], value

    def _item(self, item: dict[str, JSON], depth: int) -> tuple[list[str], JSON]:
        """One picture, of which an object may tell twice. A link in what calls itself not done leads to none yet."""
        found: list[str] = []
        kept = dict(item)
        for name in names_in(item, _OF_ITEM):
            also, kept[name] = self.under(_OF_ITEM[name], item[name], depth + 1)
            found = found or also
        return [url for url in found if is_content(url)] if found and says_under_way(item) else found, kept


def is_content(url: str) -> bool:
    """Whether `url` is the picture itself, or the digest that stands in its place."""
    return url.startswith(("data:", "sha256:"))
