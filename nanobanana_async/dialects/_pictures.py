"""The pictures of an answer in OpenAI's form, and the answer without them (PROTOCOL §3).

Theory of operation
===================
1. Pictures stand in a list under ``data``. Relays wrap answers in answers, so ``data`` may be an object that has
   ``data`` again, or the JSON text of either: that chain is walked, and nothing beside it is looked at.
2. What is kept of an answer is the answer with the content of each picture replaced by its digest, ``sha256:…``. The
   content is in a file by then.
3. What was kept is read by the same walk, and only then is a digest a picture. So that a gateway can't name a file
   that is not its own, a digest that *it* sends is replaced as well, by words that are none. Text that was read as
   JSON is kept as what it said, and what was kept is never read as JSON again, nor followed any deeper: no second
   reading finds more than the first has seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import attrs

from nanobanana_async.dialects._content import read_base64, read_data_url
from nanobanana_async.dialects._lenient import amount, as_dict, first, instant_of_seconds, unwrapped, web_url, word
from nanobanana_async.values import JSON, Result

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
_SHORT = 200  # characters of what is no picture that are kept as they came
_LEVELS = 6  # of answers in answers; relays were seen to make three (PROTOCOL §3)
_DEEPEST = 40  # levels of an answer that are kept: it is written down as JSON, which no depth may break

Reader = Callable[[str], tuple[str | None, str]]
"""From a text to the URL of the picture that it is, None where it is none, and to what is kept of it."""


@attrs.frozen
class Pictures:
    """What an answer has of pictures.

    `kept` is the answer without their content. `levels` are the objects on the way to the list, the outermost first;
    `listed` tells whether there was a list.
    """

    urls: tuple[str, ...] = attrs.field(repr=lambda urls: f"<{len(urls)} URLs>")
    kept: dict[str, JSON] = attrs.field(repr=False)
    levels: tuple[dict[str, JSON], ...] = attrs.field(repr=False)
    listed: bool

    def said(self, *names: str) -> JSON:
        """The first value under one of `names`, on the level that is nearest to the pictures."""
        return next((value for level in reversed(self.levels) if (value := first(level, *names)) is not None), None)

    @property
    def credits(self) -> float | None:
        """What the answer says it cost; None where it is silent."""
        used = amount(as_dict(self.said("usage")).get("credits"))
        return used if used is not None else amount(self.said("creditsConsumed", "credits"))

    def result(self, task_id: str | None, model: str | None = None) -> Result:
        """The result that these are; `model` where the answer names none."""
        return Result(
            task_id=task_id,
            model=word(self.said("model")) or model,
            urls=self.urls,
            credits=self.credits,
            created_at=instant_of_seconds(self.said("created", "created_at")),
            raw=self.kept,
        )


def pictures_in(body: dict[str, JSON]) -> Pictures:
    """The pictures of an answer from the wire."""
    return _walked(body, unwrapped, content=_content_on_the_wire, url=_url_on_the_wire)


def pictures_kept(body: dict[str, JSON]) -> Pictures:
    """The pictures of an answer that was kept; a digest stands for a picture whose content is kept elsewhere."""
    return _walked(body, lambda value: value, content=_content_as_kept, url=_url_as_kept)


def _walked(body: dict[str, JSON], opened: Callable[[JSON], JSON], *, content: Reader, url: Reader) -> Pictures:
    levels, under = [body], opened(body.get("data"))
    while isinstance(under, dict) and len(levels) < _LEVELS:
        levels.append(under)
        under = opened(under.get("data"))
    urls: list[str] = []
    listed = isinstance(under, list)
    kept = [_item(one, urls, content=content, url=url) for one in under] if listed else under
    for level in reversed(levels):
        kept = {**level, "data": kept} if "data" in level else level
    return Pictures(tuple(urls), as_dict(_cut(kept, _DEEPEST)), tuple(levels), listed)


def _cut(value: JSON, depth: int) -> JSON:
    if not isinstance(value, dict | list):
        return value
    if not depth:
        return "(nested too deep)"
    if isinstance(value, list):
        return [_cut(one, depth - 1) for one in value]
    return {name: _cut(one, depth - 1) for name, one in value.items()}


def _item(item: JSON, urls: list[str], *, content: Reader, url: Reader) -> JSON:
    """What is kept of one entry of the list; the URL of its picture is added to `urls`.

    Content goes before a link, for it can't expire.
    """
    if isinstance(item, str):
        found, kept = url(item)
        urls.extend([found] if found else [])
        return kept
    if not isinstance(item, dict):
        return item
    kept_item, found = dict(item), None
    for name, read in (("b64_json", content), ("url", url)):
        if isinstance(said := item.get(name), str):
            also, kept_item[name] = read(said)
            found = found or also
    urls.extend([found] if found else [])
    return kept_item


def _content_on_the_wire(text: str) -> tuple[str | None, str]:
    content = read_base64(text.strip())
    return (content.url, content.digest) if content is not None else (None, _no_picture(text))


def _url_on_the_wire(text: str) -> tuple[str | None, str]:
    link = web_url(text)
    if link is not None:
        return link, text
    content = read_data_url(text.strip())
    return (content.url, content.digest) if content is not None else (None, _no_picture(text))


def _content_as_kept(text: str) -> tuple[str | None, str]:
    return (text if _DIGEST.fullmatch(text) else None), text


def _url_as_kept(text: str) -> tuple[str | None, str]:
    return (text if _DIGEST.fullmatch(text) else web_url(text)), text


def _no_picture(text: str) -> str:
    """What is kept of a text that is no picture: itself, where it is short and can't be taken for a digest of ours."""
    if len(text) <= _SHORT and not _DIGEST.fullmatch(text):
        return text
    return f"(no picture: {len(text)} characters)"
