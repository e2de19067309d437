"""How often a call pays when the answer to its create is lost, and whether it gives up on a refusal that costs nothing.

    python benchmarks/paying_once.py       # a minute; --quick: a quarter of that, without those who repeat longest

A server in another process speaks enough of each service to take a create. It charges each one that it has read to the
account that the key names, and then misbehaves; every time. (Creates with the same Idempotency-Key it charges once.)
Two refusals cost nothing: 429 to the first five creates, and 429 with ``Retry-After: 1`` for a second. One call of each
client for each of these, with the retries that it comes with: `fal-client` (submit), `openai` (images.generate),
`replicate` (async_run), `google-genai` (aio.models.generate_content; once more with its retry_options switched on), and
ours: generate with a key and a journal, and then the same again from a new client.

Nobody waits for the silent server as long as he usually would: `AsyncClient(default_timeout=1)`,
`AsyncOpenAI(timeout=1)`, `async_run(wait=1)`, `HttpOptions(timeout=1000)`; our 60 s for a create are no setting, so a
transport with a deadline of 1 s takes the place of ours. fal-client knows https only: its constant is replaced. Each
client is in a process of its own, without the user's environment, that may reach 127.0.0.1 and nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, closing
from functools import partial
from importlib import import_module
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs

from benchmarks.loopback import HOST, Gateway, serve, server_process
from nanobanana_async import Client, Kie, Polling
from nanobanana_async.transport import HttpxTransport
from nanobanana_async.values import WireReply, WireRequest

LOST = {
    "silence": "no answer in time",
    "closed": "the connection is closed",
    "page": "502, a page of HTML",
    "cut": "half an answer",
    "failed": "500, in the service's own form",
}
REFUSED = {"busy": "429, five times", "later": "429, Retry-After: 1"}
FAULTS = LOST | REFUSED
"""What the server does, by the word that an account's name begins with; any other account is served well."""

REFUSALS, PAUSE = 5, 1.0
"""How many creates are refused, and for how many seconds."""
PATIENCE, MOST = 1.0, 80.0
"""Seconds that a client waits for the silent server; and after which a call is left, and reported as such."""
PROMPT = "a banana in orbit, studio light"


# --- the server -------------------------------------------------------------------------------------------------

WORDS_500, WORDS_429 = "Internal Error, Please try again later.", "Your call frequency is too high."
IMAGE = "https://files.invalid/banana.png"
FAL = ("request_id", "response_url", "status_url", "cancel_url")
PREDICTION = {"model": "m", "version": "v", "status": "succeeded", "input": {}, "output": IMAGE, "urls": {}}

SERVICES: dict[str, tuple[Callable[[str], object], object, object]] = {
    "/api/v1/jobs/createTask": (
        lambda number: {"code": 200, "msg": "success", "data": {"taskId": number}},
        {"code": 500, "msg": WORDS_500, "data": None},
        {"code": 429, "msg": WORDS_429, "data": None},
    ),
    "/fal-ai/nano-banana": (lambda number: dict.fromkeys(FAL, number), {"detail": WORDS_500}, {"detail": WORDS_429}),
    "/v1/images/generations": (
        lambda _: {"created": 1, "data": [{"url": IMAGE}]},
        {"error": {"message": WORDS_500, "type": "server_error", "param": None, "code": None}},
        {"error": {"message": WORDS_429, "type": "requests", "param": None, "code": "rate_limit_exceeded"}},
    ),
    "/v1/models/google/nano-banana/predictions": (
        lambda number: PREDICTION | {"id": number},
        {"title": "Internal Server Error", "detail": WORDS_500, "status": 500},
        {"title": "Too Many Requests", "detail": WORDS_429, "status": 429},
    ),
    "/v1/models/nano-banana:generateContent": (
        lambda _: {"candidates": [{"content": {"role": "model", "parts": [{"text": IMAGE}]}, "finishReason": "STOP"}]},
        {"error": {"code": 500, "message": WORDS_500, "status": "INTERNAL"}},
        {"error": {"code": 429, "message": WORDS_429, "status": "RESOURCE_EXHAUSTED"}},
    ),
}
"""By the path of a create, as JSON: that one with this number is accepted, that it has failed, that it is refused."""

PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"
"""As nginx writes it, for that is who usually stands in front."""


@attrs.define
class Account:
    """What one caller has sent, and what it was charged for."""

    posts: int = 0
    paid: int = 0
    began: float = attrs.field(factory=time.monotonic)
    known: set[str | None] = attrs.field(factory=set)  # the Idempotency-Keys that it has sent

    def refuses(self, fault: str) -> bool:
        if fault == "later":
            return time.monotonic() < self.began + PAUSE
        return fault == "busy" and self.posts <= REFUSALS

    def charge(self, idempotency_key: str | None) -> None:
        self.paid += idempotency_key is None or idempotency_key not in self.known
        self.known.add(idempotency_key)


ACCOUNTS: defaultdict[str, Account] = defaultdict(Account)


class Seller(Gateway):
    """One request a connection: nobody sends again because one that was kept is gone."""

    def asked(self, head: bytes, /) -> None:
        method, path, headers = parts_of(head)
        said = said_to_create(path, headers) if method == "POST" else said_to_question(path)
        if said is not None:  # else silence, until the other side has had enough
            self.transport.write(said)
            self.transport.close()


def said_to_create(path: str, headers: dict[str, str]) -> bytes | None:
    """The answer to a create; None keeps silent."""
    name = headers.get("x-goog-api-key") or headers["authorization"].rpartition(" ")[2]
    fault, account = name.partition("-")[0], ACCOUNTS[name]
    accepted, failed, refused = SERVICES[path]
    account.posts += 1
    if account.refuses(fault):
        return reply(429, refused, f"Retry-After: {PAUSE:.0f}\r\n" if fault == "later" else "")
    account.charge(headers.get("idempotency-key"))
    whole = reply(200, accepted(f"{account.posts:032x}"))
    half = whole[: -(len(whole.partition(b"\r\n\r\n")[2]) // 2)]
    bad = {"silence": None, "closed": b"", "page": reply(502, PAGE), "cut": half, "failed": reply(500, failed)}
    return bad.get(fault, whole)


def said_to_question(path: str) -> bytes:
    """What an account has sent and paid for; or the record of a task of ours, which is done."""
    if path.startswith("/accounts/"):
        account = ACCOUNTS[path.removeprefix("/accounts/")]
        return reply(200, [account.posts, account.paid])
    urls = json.dumps({"resultUrls": [IMAGE]})
    record = {"taskId": path.rpartition("=")[2], "state": "success", "resultJson": urls, "creditsConsumed": 4.0}
    return reply(200, {"code": 200, "msg": "success", "data": record})


def parts_of(head: bytes) -> tuple[str, str, dict[str, str]]:
    """Method, path, and headers by their names in lower case."""
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ")
    return method, path, {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def reply(status: int, said: object, header: str = "") -> bytes:
    """A whole answer: a page, where what is said is bytes, else JSON."""
    body, kind = (said, "text/html") if isinstance(said, bytes) else (json.dumps(said).encode(), "application/json")
    header += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    return f"HTTP/1.1 {status} .\r\n{header}\r\n".encode() + body


# --- those who call ---------------------------------------------------------------------------------------------


@attrs.frozen
class Site:
    """Where a call goes, who pays, and a folder to keep things in."""

    base: str
    account: str
    folder: Path

    def patience(self, name: str, unit: float = 1) -> dict[str, int]:
        """The setting `name` for those who ask the silent server; the others wait as long as they do by themselves."""
        return {name: int(PATIENCE / unit)} if self.account.startswith("silence") else {}


class Impatient(HttpxTransport):
    """Gives a create less time than the client does."""

    async def send(self, request: WireRequest) -> WireReply:
        return await super().send(attrs.evolve(request, deadline=PATIENCE) if request.pays else request)


async def ours(site: Site, **policies: Any) -> None:
    kind = Impatient if site.patience("deadline") else HttpxTransport
    async with (
        aclosing(kind(trust_env=False)) as transport,
        Client(
            Kie(site.account, base_url=site.base),
            journal=site.folder / f"{site.account}.db",
            transport=transport,
            polling=Polling(first=0, interval=0.1),  # looks are not what is measured
            **policies,
        ) as client,
    ):
        await client.generate(PROMPT, key="banana")


async def fal_client(site: Site) -> None:
    module: Any = import_module("fal_client.client")
    module.QUEUE_URL_FORMAT = f"{site.base}/"
    client = module.AsyncClient(key=site.account, **site.patience("default_timeout"))
    try:
        await client.submit("fal-ai/nano-banana", {"prompt": PROMPT})
    finally:
        await (await client._client).aclose()  # it has no way of its own to close


async def openai(site: Site) -> None:
    made: Any = import_module("openai").AsyncOpenAI
    async with made(api_key=site.account, base_url=f"{site.base}/v1", **site.patience("timeout")) as client:
        await client.images.generate(model="nano-banana", prompt=PROMPT)


async def replicate(site: Site) -> None:
    client: Any = import_module("replicate").Client(api_token=site.account, base_url=site.base)
    await client.async_run("google/nano-banana", input={"prompt": PROMPT}, **site.patience("wait"))


async def google_genai(site: Site, **options: object) -> None:
    options = {"base_url": site.base, **site.patience("timeout", unit=0.001), **options}
    client: Any = import_module("google.genai").Client(api_key=site.account, http_options=options)
    async with client.aio as google:
        await google.models.generate_content(model="nano-banana", contents=PROMPT)


@attrs.frozen
class Contender:
    """Who calls, and the distribution that it comes from; `keyed` are those whose call may be made again."""

    call: Callable[[Site], Awaitable[None]]
    distribution: str
    faults: tuple[str, ...] = tuple(FAULTS)
    keyed: bool = False


CONTENDERS = {
    "ours": Contender(ours, "nanobanana-async", keyed=True),
    "ours, told to hold": Contender(partial(ours, on_server_error="hold"), "nanobanana-async", ("failed",), keyed=True),
    "fal-client": Contender(fal_client, "fal-client"),
    "openai": Contender(openai, "openai"),
    "replicate": Contender(replicate, "replicate"),
    "google-genai": Contender(google_genai, "google-genai"),
    "google-genai, retry_options": Contender(partial(google_genai, retry_options={}), "google-genai"),
}
LONG = ("fal-client", "google-genai, retry_options")  # those who repeat longest


# --- measuring --------------------------------------------------------------------------------------------------


@attrs.frozen
class Ending:
    """Of one call: creates sent and charged, how it ended; and of the same key again, where there are keys."""

    posts: int
    paid: int
    said: str
    paid_again: int | None = None
    said_again: str = ""


def only_loopback() -> list[str]:
    """From now on this process reaches 127.0.0.1 alone, for good; whatever else is tried raises and is in the list."""
    tried: list[str] = []
    calls = {f"socket.{call}": 1 for call in ("connect", "sendto", "sendmsg")}  # which argument is the address
    calls |= {f"socket.{call}": 0 for call in ("getaddrinfo", "gethostbyname", "gethostbyaddr", "getnameinfo")}

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        address = arguments[calls[event]] if event in calls else None
        host = address[0] if isinstance(address, tuple) else address
        if host not in (HOST, HOST.encode(), None):
            tried.append(f"{event} {host!r}")
            raise PermissionError(f"a benchmark reaches {HOST} only, not {host!r}")

    sys.addaudithook(watch)
    return tried


async def ending(contender: Contender, site: Site) -> Ending:
    said = await how_it_ends(contender.call, site)
    posts, paid = await counts_of(site)
    assert posts, f"no create of {contender.distribution} has reached the server: {said}"
    if not contender.keyed:
        return Ending(posts, paid, said)
    said_again = await how_it_ends(contender.call, site)
    return Ending(posts, paid, said, (await counts_of(site))[1], said_again)


async def how_it_ends(call: Callable[[Site], Awaitable[None]], site: Site) -> str:
    try:
        async with asyncio.timeout(MOST) as limit:
            await call(site)
    except Exception as error:  # noqa: BLE001  whatever a client ends with is what is measured
        if limit.expired():
            return f"not at its end after {MOST:.0f} s"
        charged = getattr(error, "charged", None)
        return type(error).__name__ + (f", charged: {charged}" if charged else "")
    return "made"


async def counts_of(site: Site) -> tuple[int, int]:
    """Creates sent and creates charged so far, as the server counts them."""
    reader, writer = await asyncio.open_connection(HOST, urlsplit(site.base).port)
    with closing(writer):
        writer.write(f"GET /accounts/{site.account} HTTP/1.1\r\n\r\n".encode())
        posts, paid = json.loads((await reader.read()).partition(b"\r\n\r\n")[2])
    return posts, paid


async def run_here(name: str, base: str, *faults: str) -> None:
    """A call of one contender for each fault, all at once; as JSON on stdout, with what else it tried to reach."""
    tried, number = only_loopback(), [*CONTENDERS].index(name)  # which keeps the accounts of contenders apart
    logging.disable()
    with tempfile.TemporaryDirectory() as folder:
        sites = [Site(base, f"{fault}-{number}", Path(folder)) for fault in faults]
        found = await asyncio.gather(*(ending(CONTENDERS[name], site) for site in sites))
    print(json.dumps({"tried": tried, "endings": [attrs.astuple(one) for one in found]}))


def run_in_a_process(name: str, base: str, faults: tuple[str, ...]) -> dict[str, Ending]:
    """The endings of one contender by fault; its process has nothing of our environment."""
    environment = {kept: os.environ[kept] for kept in ("PATH", "TMPDIR", "PYTHONPATH") if kept in os.environ}
    command = [sys.executable, __file__, "--run", name, base, *faults]
    done = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True, timeout=2 * MOST + 10)
    said = json.loads(done.stdout)
    assert not said["tried"], f"{name} reached out: {said['tried']}"
    return {fault: Ending(*one) for fault, one in zip(faults, said["endings"], strict=True)}


def table(names: list[str]) -> None:
    installed = {name: version_of(CONTENDERS[name]) for name in names}
    able = [name for name in names if installed[name]]
    with server_process(__file__) as base, ThreadPoolExecutor(len(able)) as pool:
        runs = [pool.submit(run_in_a_process, name, base, CONTENDERS[name].faults) for name in able]
        found = {name: run.result() for name, run in zip(able, runs, strict=True)}
    for name in names:
        print(f"{name:30} {installed[name] or 'not installed'}")
    for faults, counted in ((LOST, "paid"), (REFUSED, "sent")):
        print(f"\n{counted:>36}  the call ended with")
        for fault, title in faults.items():
            print(title, *(line(name, by[fault], counted) for name, by in found.items() if fault in by), sep="\n")


def line(name: str, one: Ending, counted: str) -> str:
    again = "" if one.paid_again is None else f"; the same key again: {one.paid_again} paid in all, {one.said_again}"
    number = one.paid if counted == "paid" else one.posts
    return f"    {name:28} {number:3}  {one.said}{again.removesuffix(f', {one.said}')}"


def version_of(contender: Contender) -> str | None:
    return next((found.version for found in distributions(name=contender.distribution)), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="without those who repeat longest")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--run", nargs="+", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        asyncio.run(serve(Seller))
    elif chosen.run:
        asyncio.run(run_here(*chosen.run))
    else:
        table([name for name in CONTENDERS if name not in LONG or not chosen.quick])


if __name__ == "__main__":
    main()
