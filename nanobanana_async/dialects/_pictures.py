"""The pictures of an answer in OpenAI's form, and the answer without them (PROTOCOL §3).

Theory of operation
===================
1. Pictures stand in a list under ``data``. Relays wrap answers in answers, so ``data`` may be an object that has
   ``data`` again, or the JSON text of either: that chain is walked.
2. Some put them elsewhere: into one object or one text in the place of the list, or beside ``data`` under names of
   their own (`Places`). That is read on every level of the chain, and counts where the list has none: it is paid for.
3. What is kept of an answer is the answer with the content of each picture replaced by its digest, ``sha256:…``. The
   content is in a file by then. A link that was not whole is kept whole. Long base64 that stands anywhere else is kept
   as its digest too: a thumbnail is no reason to carry it about.
4. What was kept is read by the same walk, and only then is a digest a picture. So that a gateway can't name a file
   that is not its own, a digest that *it* sends to any place that is read is replaced as well, by words that are none.
   Text that was read as JSON is kept as what it said, and what was kept is never read as JSON again, nor followed any
   deeper: no second reading finds more than the first has seen.
5. An image that was sent with the request is no picture of the answer, wherever it comes back: words stand for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import partial
from urllib.parse import urljoin

import attrs

from nanobanana_async.dialects._content import Content, read_base64, read_data_url
from nanobanana_async.dialects._lenient import as_dict, first, instant_of_seconds, unwrapped, web_url, word
from nanobanana_async.dialects._picture_places import OF_LEVEL, Kind, Places, Reader, is_content, names_in
from nanobanana_async.dialects._task_words import state_said
from nanobanana_async.values import JSON, Result, TaskState

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
_GIVEN = "(an image of the request)"
_SHORT = 1000  # characters of what is no picture that are kept as they came: fewer than make a digest
_MUCH = 1024  # characters from which base64 that stands anywhere is kept as its digest
_CHARACTERS = r"[A-Za-z0-9+/_\-\r\n]"
_RUN = re.compile(f"(?<!{_CHARACTERS}){_CHARACTERS}{{{_MUCH},}}+={{0,2}}")  # each is looked at once, from its start
_STARTS = ("iVBORw0KGgo", "/9j/", "_9j_", "UklGR", "R0lGOD")  # of PNG, JPEG, WebP and GIF in base64
_LONGEST_LINK = 2048  # characters of one that has to be mended first
_OF_A_TASK = re.compile(
    r"https?://\S{1,2048}(?:/images/tasks/|/(?:tasks|jobs|predictions)/[^\s/?#.]{1,200}+/?(?:[?#]|$))", re.IGNORECASE
)
_LEVELS = 6  # of answers in answers; relays were seen to make three (PROTOCOL §3)
_DEEPEST = 40  # levels of an answer that are kept: it is written down as JSON, which no depth may break


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

    @property
    def state(self) -> TaskState | None:
        """How far the answer says that its task is, on the level that is nearest to the pictures."""
        return next((said for level in reversed(self.levels) if (said := state_said(level)) is not None), None)

    @property
    def is_there(self) -> bool:
        """Whether there is a picture already: what came in the answer is; a link is where nothing says otherwise."""
        return any(map(is_content, self.urls)) or (self.state or TaskState.SUCCESS).is_final

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


def pictures_in(body: dict[str, JSON], base_url: str, given: Collection[str] = ()) -> Pictures:
    """The pictures of an answer from the wire; links without a host are those of `base_url`.

    `given` are the images that were sent with the request, as text.
    """
    readers: dict[Kind, Reader] = {
        Kind.CONTENT: partial(_content_on_the_wire, read_base64),
        Kind.PICTURE: partial(_content_on_the_wire, _content_of),
        Kind.LINK: partial(_url_on_the_wire, base_url),
        Kind.WHOLE: partial(_url_on_the_wire, None),
        Kind.WAY: _nothing,
    }
    if given:
        readers = {kind: partial(_unless_given, given, reader) for kind, reader in readers.items()}
    return _walked(body, unwrapped, Places(readers))


def pictures_kept(body: dict[str, JSON]) -> Pictures:
    """The pictures of an answer that was kept; a digest stands for a picture whose content is kept elsewhere."""
    return _walked(body, lambda value: value, Places(_AS_KEPT))


def _walked(body: dict[str, JSON], opened: Callable[[JSON], JSON], places: Places) -> Pictures:
    levels, under = [body], opened(body.get("data"))
    while isinstance(under, dict) and len(levels) < _LEVELS:
        levels.append(under)
        under = opened(under.get("data"))
    listed = isinstance(under, list)
    found, kept = places.under(Kind.LINK, under) if isinstance(under, list | str) else ([], under)
    in_list, beside = (found, []) if listed else ([], _pictured(found))
    for level in reversed(levels):
        also, kept_level = _beside(places, level, is_top=level is body)
        beside = beside or also  # each place tells of the same pictures, not of more
        kept = {**kept_level, "data": kept} if "data" in level else kept_level
    urls = tuple(in_list or beside)
    elsewhere = bool(urls) and not in_list
    return Pictures(urls, as_dict(_cut(kept, _DEEPEST)), tuple(levels), listed, elsewhere)


def _beside(places: Places, level: dict[str, JSON], *, is_top: bool) -> tuple[list[str], dict[str, JSON]]:
    """The pictures that `level` tells of itself.

    What the ``url`` at the top leads to may be no picture: it is one that is there, or where the task is said to be
    done. It is read always.
    """
    found: list[str] = []
    kept = dict(level)
    for name in names_in(level, OF_LEVEL):
        also, kept[name] = places.under(OF_LEVEL[name], level[name])
        if name == "url" and is_top and state_said(level) is not TaskState.SUCCESS:
            also = [url for url in also if is_content(url)]
        found = found or _pictured(also)
    return found, kept


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


def _content_on_the_wire(read: Callable[[str], Content | None], text: str) -> tuple[str | None, str]:
    content = read(text.strip())
    return (content.url, content.digest) if content is not None else (None, _no_picture(text))


def _url_on_the_wire(base_url: str | None, text: str) -> tuple[str | None, str]:
    """A link, or a picture. One that has blanks in it or no host is mended, where there is a base URL for it."""
    link = web_url(text)
    if link is not None:
        return link, text
    content = _content_of(text.strip())
    if content is not None:
        return content.url, content.digest
    link = _mended(base_url, text.strip()) if base_url is not None else None
    return (link, link) if link is not None else (None, _no_picture(text))


def _nothing(text: str) -> tuple[str | None, str]:
    return None, text


def _unless_given(given: Collection[str], reader: Reader, text: str) -> tuple[str | None, str]:
    found, kept = reader(text)
    is_given = found is not None and (found in given or text.strip() in given)
    return (None, _GIVEN) if is_given else (found, kept)


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


_AS_KEPT: Mapping[Kind, Reader] = {
    Kind.CONTENT: _content_as_kept,
    Kind.PICTURE: _content_as_kept,
    Kind.LINK: _url_as_kept,
    Kind.WHOLE: _url_as_kept,
    Kind.WAY: _nothing,
}


def _no_picture(text: str) -> str:
    """What is kept of a text that is no picture: itself, where it is short and can't be taken for a digest of ours."""
    if len(text) <= _SHORT and not _DIGEST.fullmatch(text):
        return text
    return f"(no picture: {len(text)} characters)"
