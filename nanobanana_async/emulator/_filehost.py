"""The file host: results, uploads, and links that end after 20 minutes (PROTOCOL §1.7, §1.8).

No key belongs here; one that arrives is noted in the ledger. A picture is made when it is fetched, from
what its task was drawn with, so an emulator that accepts a hundred thousand tasks paints only those that
somebody looks at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import quote

from attrs import frozen

from nanobanana_async.emulator._accounts import account_name, bearer_key
from nanobanana_async.emulator._calls import Answer, Call, FileAnswer, Reply
from nanobanana_async.emulator._files import Files, StoredFile
from nanobanana_async.emulator._ledger import KeySeen, Ledger
from nanobanana_async.emulator._options import EmulatorOptions
from nanobanana_async.emulator._orders import reference_path
from nanobanana_async.emulator._pictures import Inset, Poster, paint, paint_small
from nanobanana_async.emulator._places import FILES, is_loopback, path_on_file_host, same_place
from nanobanana_async.emulator._plans import SUCCESS
from nanobanana_async.emulator._tasks import RESULTS, Task, Tasks, id_in

LINK_SECONDS = 20 * 60
_DAY = 24 * 60 * 60
_DIGITS = 15
_NOT_FOUND = Answer({"code": 404, "msg": "Not Found", "data": None}, status=404)


@frozen
class Painting:
    """One picture of a task."""

    task: Task
    number: int = 0
    """The first being 0."""


Found: TypeAlias = StoredFile | Painting
"""What can lie under a path: an upload, or a picture that is painted when it is wanted."""

_MEDIA_TYPES = {"png": "image/png", "webp": "image/webp"}


@frozen
class FileHost:
    """Finds what lies under a path or an address."""

    _options: EmulatorOptions
    _tasks: Tasks
    _files: Files
    _ledger: Ledger

    def serve(self, call: Call, now: float) -> Reply:
        """The file under `call.subject`, or a 404."""
        self.saw_key(call, now)
        found = self._find(call.subject, now)
        if found is None:
            return _NOT_FOUND
        self._ledger.downloads[call.subject] += 1
        return self._file(found, call.base_url, now)

    def saw_key(self, call: Call, now: float) -> None:
        """Note a bearer key, whatever becomes of the call."""
        key = bearer_key(call.authorization)
        if key is not None:
            self._ledger.keys_at_files.append(KeySeen(now, account_name(key), call.subject))

    def has_picture(self, task: Task, now: float) -> bool:
        """Whether the picture of a task can be fetched at this moment."""
        plan = task.plan
        return plan.state(now) == SUCCESS and now - plan.last.at < self._options.result_days * _DAY

    def thumbnail(self, task_id: str, base_url: str, now: float) -> FileAnswer | None:
        """A small print of the picture of a task, painted small and so quickly; None where it has none."""
        task = self._tasks.find(task_id)
        if task is None or not self.has_picture(task, now):
            return None
        poster = self._poster(Painting(task), base_url, now, with_insets=True)
        return FileAnswer("image/jpeg", lambda: paint_small(poster))

    def picture(self, task: Task, number: int, base_url: str, now: float) -> FileAnswer:
        """A picture of a task, whether or not the task has come to its end."""
        return self._file(Painting(task, number), base_url, now)

    def own_file(self, url: str, base_url: str, now: float) -> FileAnswer | None:
        """The file behind an address, if that address is ours and the file is still there."""
        found = self.behind(url, base_url, now)
        return self._file(found, base_url, now) if found else None

    def behind(self, url: str, base_url: str, now: float) -> Found | None:
        """What lies behind an address of ours: an upload, or a picture of a task."""
        path = path_on_file_host(url, base_url)
        if path is None or not (same_place(url, base_url) or is_loopback(url)):
            return None
        return self._find(path, now)

    def owns(self, url: str, base_url: str, now: float) -> bool:
        """Whether an address is ours: under this very host, or left over from the port of an earlier run."""
        if path_on_file_host(url, base_url) is None:
            return False
        return same_place(url, base_url) or self.behind(url, base_url, now) is not None

    def short_link(self, url: str, base_url: str, now: float) -> str | None:
        """A link to the same file that ends after 20 minutes; None for an address that is not ours."""
        if self.behind(url, base_url, now) is None:
            return None
        path = quote(path_on_file_host(url, base_url) or "", errors="replace")
        return f"{base_url}{FILES}links/{int(now + LINK_SECONDS)}/{path}"

    def _find(self, path: str, now: float) -> Found | None:
        folder, _, rest = path.partition("/")
        if folder == "links":
            expires, _, rest = rest.partition("/")
            return self._find(rest, now) if _is_ahead(expires, now) else None
        return self._finished(rest, now) if path.startswith(RESULTS) else self._files.find(path, now)

    def _file(self, found: Found, base_url: str, now: float) -> FileAnswer:
        if isinstance(found, StoredFile):
            return FileAnswer(found.media_type, _reader(self._files, found))
        poster = self._poster(found, base_url, now, with_insets=True)
        return FileAnswer(poster.media_type, _painter(poster))

    def _finished(self, name: str, now: float) -> Painting | None:
        task = self._tasks.find(id_in(name))
        if task is None or name not in task.file_names:
            return None
        return Painting(task, task.file_names.index(name)) if self.has_picture(task, now) else None

    def _poster(self, painting: Painting, base_url: str, now: float, *, with_insets: bool) -> Poster:
        order, ordinal = painting.task.order, painting.task.ordinal
        images = order.images if with_insets else ()
        return Poster(
            prompt=order.prompt,
            model=order.model,
            aspect_ratio=order.aspect_ratio,
            resolution=order.resolution,
            media_type=_MEDIA_TYPES.get(order.output_format, "image/jpeg"),
            seed=f"{self._options.seed}:{ordinal}{_variant(painting)}",
            insets=tuple(self._inset(url, base_url, now) for url in images),
            size=order.size,
        )

    def _inset(self, url: str, base_url: str, now: float) -> Inset:
        """What can be shown of an input image: a content, an earlier result (without its own), or a blank."""
        kept = reference_path(url)
        found = self.behind(url, base_url, now) if kept is None else self._files.find(kept, now)
        if isinstance(found, StoredFile):
            return Inset(content=_reader(self._files, found))
        return Inset(poster=self._poster(found, base_url, now, with_insets=False)) if found else Inset()


def _variant(painting: Painting) -> str:
    """What tells the pictures of one task apart; nothing for the first."""
    return f":{painting.number}" if painting.number else ""


def _is_ahead(expires: str, now: float) -> bool:
    return expires.isascii() and expires.isdigit() and len(expires) < _DIGITS and now < int(expires)


def _reader(files: Files, stored: StoredFile) -> Callable[[], bytes]:
    return lambda: files.content(stored)


def _painter(poster: Poster) -> Callable[[], bytes]:
    return lambda: paint(poster)
