"""The page as HTML: facts in, one string out.

Nothing is looked up here and nothing decided. Every text goes through `tag`, which escapes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from attrs import frozen

from nanobanana_async.emulator._exchanges import Exchange
from nanobanana_async.emulator._faults import FAULTS, WHEN, FaultSpec
from nanobanana_async.emulator._orders import Order
from nanobanana_async.emulator._page._elements import Html, shortened, tag
from nanobanana_async.emulator._page._facts import AccountFacts, Facts, FaultFacts, TaskFacts
from nanobanana_async.emulator._page._look import FAVICON, SCRIPT, STYLE
from nanobanana_async.emulator._plans import FAIL, SUCCESS
from nanobanana_async.emulator._tasks import Task

_PROMPT, _TITLE, _PATH = 110, 600, 200
_STATES: Mapping[str, str] = {SUCCESS: "done", FAIL: "refused"}


@frozen
class Asked:
    """What the reader of the page asked for, and what he has just been refused."""

    summary: str
    """How this emulator behaves, in a line."""
    base_url: str
    key: str = "any"
    """What to put where a client wants its key; never a key."""
    before: int | None = None
    refresh: int | None = None
    """Seconds after which the browser loads the page again; None where it doesn't."""
    fault_name: str = ""
    fault_text: str = ""
    complaint: str = ""


def html_page(facts: Facts, asked: Asked) -> str:
    """The whole page."""
    again = tag("meta", http_equiv="refresh", content=asked.refresh) if asked.refresh else ""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        again,
        tag("title", "nanobanana emulator"),
        tag("link", rel="icon", href=FAVICON),
        tag("style", Html(STYLE)),
    )
    left = tag("div", _pictures(facts.pictures), _tasks(facts, asked), class_="column")
    right = tag("div", _accounts(facts), _faults(facts.faults, asked), _requests(facts.requests), class_="column")
    body = tag("body", _header(facts, asked), tag("main", left, right), _footer(), tag("script", Html(SCRIPT)))
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _header(facts: Facts, asked: Asked) -> Html:
    toggle = tag("input", type="checkbox", checked=True)
    with_script = tag("label", toggle, "live", id="live", class_="live", hidden=True)
    link = tag("a", "refresh off", href="./") if asked.refresh else tag("a", "refresh every 5 s", href="?refresh=5")
    now = tag("span", _time(facts.now), id="now", data_live=True)
    return tag(
        "header",
        tag("h1", "nanobanana emulator"),
        tag("span", f"{asked.base_url} \u00b7 {asked.summary} \u00b7 ", now, class_="soft"),
        with_script,
        tag("noscript", link),
    )


def _footer() -> Html:
    links = [tag("a", path, href=path) for path in ("ledger", "faults")]
    return tag("footer", "For programs: ", links[0], " and ", links[1], ", as JSON. Times are UTC.")


def _section(name: str, title: str, count: object, *content: object, live: bool = True) -> Html:
    heading = tag("h2", title, " ", tag("small", count))
    return tag("section", heading, *content, id=name, data_live=live)


def _pictures(tasks: Iterable[Task]) -> Html:
    shown = [_picture(task) for task in tasks]
    if not shown:
        return _section("pictures", "Pictures", "none yet")
    return _section("pictures", "Pictures", "the newest", tag("div", *shown, class_="pictures"))


def _picture(task: Task) -> Html:
    # With the time in the address: after a restart the same id may stand for another picture.
    small = f"thumbnails/{task.id}.jpg?{int(task.plan.created_at * 1000)}"
    words = shortened(task.order.prompt, _PROMPT)
    image = tag("img", src=small, alt=words, loading="lazy", decoding="async")
    return tag("a", image, href=f"files/results/{task.file_name}", title=words)


def _tasks(facts: Facts, asked: Asked) -> Html:
    counts = facts.counts
    said = f"{counts.all:,} in all, {counts.running:,} running, {counts.failed:,} failed"
    if not facts.tasks:
        hint = tag("p", "Point a client here: ", tag("code", f"KIE_BASE_URL={asked.base_url} KIE_API_KEY={asked.key}"))
        return _section("tasks", "Tasks", said, hint)
    names = ("prompt", "state", "model", "credits", "seconds", "polls")
    head = tag("tr", *(tag("th", name, class_="number" if name in names[3:] else None, scope="col") for name in names))
    rows = [_task(each) for each in facts.tasks]
    table = tag("table", tag("thead", head), tag("tbody", *rows), class_="cards")
    return _section("tasks", "Tasks", said, table, _pages(facts, asked))


def _task(facts: TaskFacts) -> Html:
    task, order = facts.task, facts.task.order
    prompt = tag("bdi", shortened(order.prompt, _PROMPT), title=shortened(order.prompt, _TITLE))
    if facts.state == SUCCESS:
        prompt = tag("a", prompt, href=f"files/results/{task.file_name}")
    error = tag("span", facts.error, class_="error") if facts.error else ""
    back = tag("span", " given back", class_="soft back") if facts.was_given_back else ""
    size = tag("span", _size(order), class_="soft whole")
    return tag(
        "tr",
        tag("td", prompt, " ", error, tag("span", task.id, class_="id"), class_="prompt"),
        tag("td", facts.state, class_=_STATES.get(facts.state)),
        tag("td", order.model, " ", size),
        tag("td", f"{order.credits:g}", back, class_="number", data_label="credits"),
        tag("td", f"{facts.seconds:.1f}", class_="number", data_label="seconds"),
        tag("td", facts.polls, class_="number", data_label="polls"),
    )


def _size(order: Order) -> str:
    """Of its pictures, with how many they are and in which dialect they were asked for, where that is not the usual."""
    said = f"{order.size[0]}\u00d7{order.size[1]}" if order.size else f"{order.resolution} {order.aspect_ratio}"
    several = f"{order.count} \u00d7 " if order.count > 1 else ""
    dialect = "" if order.dialect == "jobs" else f" \u00b7 {order.dialect}"
    return f"{several}{said}{dialect}"


def _pages(facts: Facts, asked: Asked) -> Html:
    newest = tag("a", "newest", href="./") if asked.before is not None else ""
    older = tag("a", "older", href=f"?before={facts.older}") if facts.older is not None else ""
    return tag("nav", newest, older, class_="pages", aria_label="pages of tasks")


def _accounts(facts: Facts) -> Html:
    if not facts.accounts:
        return _section("accounts", "Accounts", "none yet: a bearer key opens one")
    names = ("account", "credits", "started", "refused")
    head = tag("tr", *(tag("th", name, class_="number" if name != names[0] else None, scope="col") for name in names))
    table = tag("table", tag("thead", head), tag("tbody", *map(_account, facts.accounts)))
    more = tag("p", f"and {facts.accounts_left_out:,} more", class_="soft") if facts.accounts_left_out else ""
    return _section("accounts", "Accounts", "by name, never by key", table, more)


def _account(facts: AccountFacts) -> Html:
    limit = f"{facts.started} of {facts.limit.count} in {facts.limit.per:g} s"
    return tag(
        "tr",
        tag("td", facts.name, class_="mono"),
        tag("td", f"{facts.balance:,.1f}", class_="number"),
        tag("td", limit, class_="number"),
        tag("td", facts.over_limit, class_="number later" if facts.over_limit else "number"),
    )


def _faults(faults: Iterable[FaultFacts], asked: Asked) -> Html:
    active = [_fault(each) for each in faults]
    listed = tag("ul", *active, class_="faults", id="active", data_live=True)
    complaint = tag("p", asked.complaint, class_="complaint", role="alert") if asked.complaint else ""
    # Only the list is kept fresh: a form must not be taken away from somebody who writes in it.
    parts = (listed, complaint, _form(asked), _help())
    return _section("faults", "Faults", "what goes wrong on purpose", *parts, live=False)


def _fault(facts: FaultFacts) -> Html:
    button = tag("button", "remove", name="remove", value=facts.text)
    struck = tag("span", f"{facts.says} \u00b7 struck {facts.struck}\u00d7", class_="soft")
    form = tag("form", button, method="post", action="faults")
    return tag("li", tag("div", tag("code", facts.text), struck), form)


def _form(asked: Asked) -> Html:
    none = tag("option", "the one written below", value="", selected=not asked.fault_name)
    options = [
        tag("option", f"{spec.name}: {spec.says}", value=spec.name, selected=spec.name == asked.fault_name)
        for spec in FAULTS.values()
    ]
    example = "too-many,probability=0.2,retry-after=3"
    text = tag("input", name="fault", class_="text", value=asked.fault_text, placeholder=example)
    return tag(
        "form",
        tag("label", "fault", tag("select", none, *options, name="name")),
        tag("label", "its settings, as NAME=VALUE with commas between; or the whole fault, where none is chosen", text),
        tag("div", tag("button", "add")),
        method="post",
        action="faults",
        class_="new",
    )


def _help() -> Html:
    entries = [part for spec in FAULTS.values() for part in _entry(spec)]
    when = [tag("div", tag("code", name), f" {reader.allowed}") for name, reader in WHEN.items()]
    of_all = (tag("dt", "When it strikes; all that is given must hold:"), tag("dd", *when))
    return tag("details", tag("summary", "all faults and their settings"), tag("dl", *of_all, *entries))


def _entry(spec: FaultSpec) -> tuple[Html, Html]:
    settings = [tag("div", tag("code", each.name), f" {each.says} ({each.allowed})") for each in spec.parameters]
    if spec.where is not None:
        settings.append(tag("div", tag("code", "on"), f" {spec.where.default} unless told ({spec.where.allowed})"))
    return tag("dt", tag("code", spec.name), " ", spec.says), tag("dd", *settings)


def _requests(requests: Iterable[Exchange]) -> Html:
    lines = [_request(each) for each in requests]
    listed = tag("ul", *lines, class_="requests")
    return _section("requests", "Requests", "the newest first" if lines else "none yet", listed)


def _request(exchange: Exchange) -> Html:
    said = f"{exchange.code} \u00b7 {exchange.seconds * 1000:.1f} ms"
    fault = tag("span", f"fault: {exchange.fault}", class_=f"fault {exchange.outcome}") if exchange.fault else ""
    return tag(
        "li",
        tag("span", _time(exchange.at), class_="soft"),
        tag("span", exchange.method),
        tag("span", tag("bdi", shortened(exchange.path, _PATH)), class_="path", title=exchange.path),
        tag("span", said, class_=f"said {exchange.outcome}"),
        fault,
    )


def _time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S}"
