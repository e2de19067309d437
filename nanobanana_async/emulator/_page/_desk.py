"""What is served beside the gateway: the page, small pictures, and faults and ledger for programs.

It only looks at the world, but for one thing: faults can be added and removed here. Every path answers with a `Reply`,
like the world itself, and none of them is touched by a fault.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Collection, Mapping
from urllib.parse import parse_qs

from attrs import evolve, frozen
from starlette.requests import Request

from nanobanana_async.emulator._bodies import read_body
from nanobanana_async.emulator._calls import Answer, Immediate, Page, RefusedError
from nanobanana_async.emulator._envelopes import refused, succeeded
from nanobanana_async.emulator._exchanges import Exchange
from nanobanana_async.emulator._faults import Fault, FaultError
from nanobanana_async.emulator._ledger import ledger_to_json
from nanobanana_async.emulator._page._facts import active_faults, look_at
from nanobanana_async.emulator._page._html import Asked, html_page
from nanobanana_async.emulator._page._look import HEADERS
from nanobanana_async.emulator._page._origin import is_foreign, strange_host
from nanobanana_async.emulator._places import host_of
from nanobanana_async.emulator._world import World

_FORM_MAX = 64 * 1024
_LAST = 10_000
_MOST = 10**9
_SLOWEST_REFRESH = 60
_BY_NAME = "ask 127.0.0.1 or localhost, or start it with --expose (expose=True), or with that name as its public URL"
_HOW = 'send JSON such as {"fault": "too-many,nth=3"}, or a form with the field `fault`'


@frozen
class PageDesk:
    """Answers those who look at the emulator itself."""

    _world: World
    _recent: deque[Exchange]
    """The last exchanges, the oldest first."""
    _hosts: Collection[str] | None = ()
    """The names under which it may be asked, beside those of loopback and the public URL's; None lets in any."""

    def turned_away(self, request: Request) -> Answer | None:
        """The answer to another web page, whether it wants to look or to change something; None for all others."""
        if request.method in ("POST", "DELETE") and is_foreign(request.headers):
            return _no("the faults of this emulator are not for another web page to change")
        public_url = self._world.options.public_url
        hosts = None if self._hosts is None else (*self._hosts, *([host_of(public_url)] if public_url else ()))
        host = strange_host(request.headers, hosts)
        return None if host is None else _no(f"{host!r} is no name of this emulator: {_BY_NAME}")

    def home(self, request: Request, base_url: str) -> Immediate:
        """`GET /`: the page for a browser, three lines that tell no more than numbers for anybody else."""
        if _wants_html(request):
            return self.turned_away(request) or self._page(_asked(request, self._world, base_url))
        world = self._world
        said = (
            "nanobanana emulator\n"
            f"accounts {len(world.accounts)}, tasks {len(world.tasks)}, uploads {len(world.files)}\n"
            f"createTask at {base_url}/api/v1/jobs/createTask, OpenAI-style images at {base_url}/v1\n"
        )
        return Page(said.encode("utf-8", "replace"), "text/plain; charset=utf-8", headers={"Vary": "Accept"})

    def thumbnail(self, task_id: str, base_url: str) -> Immediate:
        """`GET /thumbnails/<task id>.jpg`: the picture of a task, small."""
        found = self._world.thumbnail(task_id, base_url)
        if found is None:
            return Answer({"code": 404, "msg": "Not Found", "data": None}, status=404)
        return evolve(found, headers={"Cache-Control": "private, max-age=86400, immutable"})

    def ledger(self, request: Request) -> Answer:
        """`GET /ledger?last=N`: what the emulator saw, the newest N entries of each list (10 000 unless told)."""
        last = _number(request, "last", _LAST)
        if last is None:
            return _wrong("last is no whole number from 0 on")
        return Answer(ledger_to_json(self._world.ledger, self._world.clock(), last=last))

    def faults(self) -> Answer:
        """`GET /faults`: the active ones."""
        listed = active_faults(self._world)
        return succeeded([{"fault": each.text, "says": each.says, "struck": each.struck} for each in listed])

    async def change_faults(self, request: Request, base_url: str) -> Immediate:
        """`POST /faults`: add one, or remove one by the page's own button."""
        said = _fields(await read_body(request, _FORM_MAX))
        try:
            self._change(said)
        except RefusedError as error:
            if not _wants_html(request):
                return Answer(refused(error).payload, status=error.code)
            asked = _asked(request, self._world, base_url)
            name, text = said.get("name", ""), said.get("fault", "")
            page = self._page(evolve(asked, fault_name=name, fault_text=text, complaint=error.msg))
            return evolve(page, status=error.code)
        if _wants_html(request):
            return Page(b"", "text/plain", 303, {"Location": "./"})
        return self.faults()

    def withdraw_faults(self, request: Request) -> Answer:
        """`DELETE /faults`: all of them, or the one named by `?fault=`."""
        text = request.query_params.get("fault")
        try:
            if text is None:
                self._world.faults.clear()
            else:
                self._change({"remove": text})
        except RefusedError as error:
            return Answer(refused(error).payload, status=error.code)
        return self.faults()

    def _change(self, said: Mapping[str, str]) -> None:
        """Add or remove the fault that the fields speak of. Raises RefusedError with what is wrong."""
        faults = self._world.faults
        try:
            if "remove" in said:
                faults.remove(said["remove"])
                return
            text = ",".join(part for part in (said.get("name", ""), said.get("fault", "").strip()) if part)
            if not text:
                raise RefusedError(400, f"there is no fault in this: {_HOW}")
            faults.add(Fault.parse(text))
        except FaultError as error:
            raise RefusedError(400, str(error)) from error

    def _page(self, asked: Asked) -> Page:
        content = html_page(look_at(self._world, self._recent, before=asked.before), asked)
        return Page(content.encode("utf-8", "replace"), "text/html; charset=utf-8", headers=HEADERS)


def is_by_itself(request: Request) -> bool:
    """Whether a page that is open somewhere asks, and nobody who pressed a key: that is not worth a line."""
    return "x-refresh" in request.headers or "refresh" in request.query_params


def _asked(request: Request, world: World, base_url: str) -> Asked:
    options = world.options
    refresh = _number(request, "refresh", None)
    return Asked(
        summary=f"seed {options.seed}, speed {options.speed:g}",
        base_url=base_url,
        key="any" if options.keys is None else "one-of-yours",
        before=_number(request, "before", None),
        refresh=None if refresh is None else min(max(refresh, 1), _SLOWEST_REFRESH),
    )


def _wants_html(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _number(request: Request, name: str, default: int | None) -> int | None:
    """A whole number from 0 on in the query; None where it is something else."""
    said = request.query_params.get(name)
    if said is None:
        return default
    return min(int(said), _MOST) if said.isascii() and said.isdigit() and len(said) < 20 else None


def _fields(content: bytes) -> Mapping[str, str]:
    """The texts in a JSON object or in a form."""
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        form = parse_qs(content.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=None)
        return {name: values[0] for name, values in form.items()}
    return {name: value for name, value in said.items() if isinstance(value, str)} if isinstance(said, dict) else {}


def _wrong(msg: str) -> Answer:
    return Answer(refused(RefusedError(400, msg)).payload, status=400)


def _no(msg: str) -> Answer:
    return Answer(refused(RefusedError(403, msg)).payload, status=403)
