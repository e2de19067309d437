"""The pictures of an answer in OpenAI's form, and the answer without them (PROTOCOL §3).

Theory of operation
===================
1. Pictures stand in a list under ``data``. Relays wrap answers in answers, so ``data`` may be an object that has
   ``data`` again, or the JSON text of either: that chain is walked, and nothing beside it is looked at.
2. Some put them elsewhere: into one object or one text in the place of the list, or beside ``data`` under names of
   their own. That is read on every level of the chain, and counts where the list has none: it is paid for.
3. What is kept of an answer is the answer with the content of each picture replaced by its digest, ``sha256:…``. The
   content is in a file by then. A link that was not whole is kept whole. Long base64 that stands anywhere else is kept
   as its digest too: a thumbnail is no reason to carry it about.
4. What was kept is read by the same walk, and only then is a digest a picture. So that a gateway can't name a file
   that is not its own, a digest that *it* sends to any place that is read is replaced as well, by words that are none.
   Text that was read as JSON is kept as what it said, and what was kept is never read as JSON again, nor followed any
   deeper: no second reading finds more than the first has seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from urllib.parse import urljoin

import attrs

from nanobanana_async.dialects._content import Content, read_base64, read_data_url
from nanobanana_async.dialects._lenient import as_dict, first, instant_of_seconds, unwrapped, web_url, word
from nanobanana_async.values import JSON, Result

_OF_ITEM = ("b64_json", "url", "image_url")  # content goes before a link, for it can't expire
_BESIDE = (*_OF_ITEM, "image_urls", "images", "result_url", "result_urls")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
_SHORT = 1000  # characters of what is no picture that are kept as they came: fewer than make a digest
_MUCH = 1024  # characters from which base64 that stands anywhere is kept as its digest
_CHARACTERS = r"[A-Za-z0-9+/_\-\r\n]"
_RUN = re.compile(f"(?<!{_CHARACTERS}){_CHARACTERS}{{{_MUCH},}}+={{0,2}}")  # each is looked at once, from its start
_STARTS = ("iVBORw0KGgo", "/9j/", "UklGR", "R0lGOD")  # of PNG, JPEG, WebP and GIF in base64
_LONGEST_LINK = 2048  # characters of one that has to be mended first
_OF_A_TASK = re.compile(r"https?://\S{1,2048}/images/tasks/", re.IGNORECASE)
_LEVELS = 6  # of answers in answers; relays were seen to make three (PROTOCOL §3)
_DEEPEST = 40  # levels of an answer that are kept: it is written down as JSON, which no depth may break

Reader = Callable[[str], tuple[str | None, str]]
"""From a text to the URL of the picture that it is, None where it is none, and to what is kept of it."""


@attrs.frozen
class Pictures:
    """What an answer has of pictures.

    `kept` is the answer without their content. `levels` are the objects on the way to the list, the outermost first;
    `listed` tells whether there was a list, `elsewhere` whether the pictures stand in another place.
    """

    urls: tuple[str, ...] = attrs.field(repr=lambda urls: f"<{len(urls)} URLs>")
    kept: dict[str, JSON] = attrs.field(repr=False)
    levels: tuple[dict[str, JSON], ...] = attrs.field(repr=False)
    listed: bool
    elsewhere: bool = False

    def said(self, *names: str) -> JSON:
        """The first value under one of `names`, on the level that is nearest to the pictures."""
        return next((value for level in reversed(self.levels) if (value := first(level, *names)) is not None), None)

    def result(self, task_id: str | None, model: str | None = None) -> Result:
        """The result that these are; `model` where the answer names none.

        Its credits are None. No number in such an answer is documented as its price: what is called ``credits`` there
        is in anybody's unit, or what is left of them (PROTOCOL §3).
        """
        return Result(
            task_id=task_id,
            model=word(self.said("model")) or model,
            urls=self.urls,
            credits=None,
            created_at=instant_of_seconds(self.said("created", "created_at")),
            raw=self.kept,
        )


def pictures_in(body: dict[str, JSON], base_url: str) -> Pictures:
    """The pictures of an answer from the wire; links without a host are those of `base_url`."""
    return _walked(body, _Reading(unwrapped, _content_on_the_wire, partial(_url_on_the_wire, base_url)))


def pictures_kept(body: dict[str, JSON]) -> Pictures:
    """The pictures of an answer that was kept; a digest stands for a picture whose content is kept elsewhere."""
    return _walked(body, _Reading(lambda value: value, _content_as_kept, _url_as_kept))


@attrs.frozen
class _Reading:
    """How the values of an answer are read. Each method gives what was found, and what is kept of its value."""

    opened: Callable[[JSON], JSON]
    content: Reader
    url: Reader

    def place(self, name: str, value: JSON) -> tuple[list[str], JSON]:
        """What stands under `name`: a list of pictures, or one."""
        if isinstance(value, list):
            read = [self.item(one) for one in value]
            return [found for found, _ in read if found], [kept for _, kept in read]
        found, kept = self.text(name, value) if isinstance(value, str) else self.item(value)
        return [found] if found else [], kept

    def item(self, value: JSON) -> tuple[str | None, JSON]:
        """One picture: a text, or an object that may tell of it twice."""
        if isinstance(value, str):
            return self.url(value)
        if not isinstance(value, dict):
            return None, value
        found, kept_item = None, dict(value)
        for name in _OF_ITEM:
            if name in value:
                also, kept_item[name] = self._part(name, value[name])
                found = found or also
        return found, kept_item

    def beside(self, level: dict[str, JSON], *, names_a_picture: bool) -> tuple[list[str], dict[str, JSON]]:
        """The pictures that `level` tells of itself. What its ``url`` leads to may be no picture; it is read always."""
        found: list[str] = []
        kept = dict(level)
        for name in _BESIDE:
            if name not in level:
                continue
            also, kept[name] = self.place(name, level[name])
            if names_a_picture or name != "url":
                found = found or _pictured(also)
        return found, kept

    def text(self, name: str, value: str) -> tuple[str | None, str]:
        """A text under `name`."""
        return (self.content if name == "b64_json" else self.url)(value)

    def _part(self, name: str, value: JSON) -> tuple[str | None, JSON]:
        if isinstance(value, str):
            return self.text(name, value)
        if name == "image_url" and isinstance(value, dict) and isinstance(said := value.get("url"), str):
            found, kept = self.url(said)
            return found, {**value, "url": kept}
        return None, value


def _walked(body: dict[str, JSON], reading: _Reading) -> Pictures:
    levels, under = [body], reading.opened(body.get("data"))
    while isinstance(under, dict) and len(levels) < _LEVELS:
        levels.append(under)
        under = reading.opened(under.get("data"))
    listed = isinstance(under, list)
    found, kept = reading.place("data", under) if isinstance(under, list | str) else ([], under)
    in_list, beside = (found, []) if listed else ([], _pictured(found))
    for level in reversed(levels):
        also, kept_level = reading.beside(level, names_a_picture=level is not body)
        beside = beside or also  # each place tells of the same pictures, not of more
        kept = {**kept_level, "data": kept} if "data" in level else kept_level
    urls = tuple(in_list or beside)
    elsewhere = bool(urls) and not in_list
    return Pictures(urls, as_dict(_cut(kept, _DEEPEST)), tuple(levels), listed, elsewhere)


def _pictured(urls: list[str]) -> list[str]:
    """Those of `urls` that are not the address at which a task is looked at."""
    return [url for url in urls if not _OF_A_TASK.match(url)]


def _cut(value: JSON, depth: int) -> JSON:
    if isinstance(value, str):
        return _without_content(value)
    if not isinstance(value, dict | list):
        return value
    if not depth:
        return "(nested too deep)"
    if isinstance(value, list):
        return [_cut(one, depth - 1) for one in value]
    return {name: _cut(one, depth - 1) for name, one in value.items()}


def _without_content(text: str) -> str:
    """`text`, with a digest in the place of what is long and base64: a picture under a name that nobody knows."""
    if len(text) < _MUCH or web_url(text) is not None:
        return text
    content = read_data_url(text.strip())
    return content.digest if content is not None else _RUN.sub(_digest_of_run, text)


def _digest_of_run(run: re.Match[str]) -> str:
    content = read_base64(run[0])
    return content.digest if content is not None else f"(no picture: {len(run[0])} characters)"


def _content_on_the_wire(text: str) -> tuple[str | None, str]:
    content = read_base64(text.strip())
    return (content.url, content.digest) if content is not None else (None, _no_picture(text))


def _url_on_the_wire(base_url: str, text: str) -> tuple[str | None, str]:
    link = web_url(text)
    if link is not None:
        return link, text
    content = _content_of(text.strip())
    if content is not None:
        return content.url, content.digest
    link = _mended(base_url, text.strip())
    return (link, link) if link is not None else (None, _no_picture(text))


def _content_of(text: str) -> Content | None:
    """The picture in a ``data:`` URL, or in base64 that begins as one does: any word might be base64."""
    return read_base64(text) if text.startswith(_STARTS) else read_data_url(text)


def _mended(base_url: str, text: str) -> str | None:
    """A link that has blanks in it, or no host; None where it is none."""
    if len(text) > _LONGEST_LINK:
        return None
    link = text.replace(" ", "%20")
    try:
        return web_url(urljoin(base_url, link) if link.startswith("/") else link)
    except ValueError:  # a host in brackets that is none
        return None


def _content_as_kept(text: str) -> tuple[str | None, str]:
    return (text if _DIGEST.fullmatch(text) else None), text


def _url_as_kept(text: str) -> tuple[str | None, str]:
    return (text if _DIGEST.fullmatch(text) else web_url(text)), text


def _no_picture(text: str) -> str:
    """What is kept of a text that is no picture: itself, where it is short and can't be taken for a digest of ours."""
    if len(text) <= _SHORT and not _DIGEST.fullmatch(text):
        return text
    return f"(no picture: {len(text)} characters)"
