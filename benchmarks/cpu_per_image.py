"""What an image costs this process in CPU time, and how long its loop stands still, with hundreds of tasks in flight.

    python benchmarks/cpu_per_image.py     # forty minutes; --quick: three minutes

A server in another process answers after 20 or 350 ms, give or take a quarter. An image is a create and five looks at
its task, three seconds apart, the last of which says that it is done: with 600 in flight, up to 40 images and 240
requests a second. In the last rows the looks are 0.4 s apart: as many images as the process can make. Ours is a batch
on a client whose rate is out of the way. Beside it, a coroutine for each task: on one `httpx.AsyncClient` with its
limits raised, on `openai` through its raw `post` and `get`, on `fal-client` (a submit, four looks and the result).
Tasks begin one after the other; once all are under way everything is counted for ten seconds. Each run is a process of
its own.

Lag is how much later than asked a sleep of 10 ms on the same loop ends; the row "nothing" is a loop with nothing else
to do, and so what the machine adds to all. Medians of three.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import logging
import math
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import attrs
import httpx

from benchmarks.loopback import Gateway, allow_many_connections, json_reply, serve, server_process
from nanobanana_async import Client, Kie, Polling, Rate

LOOKS = 5
SECONDS = 10.0
SETTLE = 3.0
"""Seconds from the last task's start to the first moment that counts."""
BEAT = 0.01
RUNS = 3
KEY = "0123456789abcdef0123456789abcdef"
CREATE = {"model": "google/nano-banana", "input": {"prompt": "a banana in orbit, studio light"}}
CREATE_PATH, RECORD_PATH = "/api/v1/jobs/createTask", "/api/v1/jobs/recordInfo"
FAL_PATH = "/fal-ai/nano-banana"


@attrs.frozen
class Load:
    """How many tasks are in flight, and how long things take, in seconds: an answer, and the wait before each look."""

    in_flight: int
    delay: float
    interval: float = 3.0

    @property
    def cycle(self) -> float:
        """Seconds that an image takes where nobody is late."""
        return self.delay + LOOKS * (self.interval + self.delay)

    def __str__(self) -> str:
        return f"{self.in_flight} in flight, {1000 * self.delay:.0f} ms, a look each {self.interval:g} s"


LOADS = [Load(in_flight, delay) for in_flight in (500, 600) for delay in (0.02, 0.35)] + [Load(500, 0.02, 0.4)]


# --- the server -------------------------------------------------------------------------------------------------


class Tasks(Gateway):
    """Answers each request after about `delay` seconds; a task is done at its last look."""

    delay = 0.02
    looks_left: dict[str, int] = {}  # noqa: RUF012  of the whole process, as its tasks are
    numbers = itertools.count()

    def asked(self, head: bytes, /) -> None:
        said = self.said(head.split(b" ", 2)[1].decode())
        self.answer_after(self.delay, json_reply(json.dumps(said).encode()))

    def said(self, target: str) -> dict[str, object]:
        if target.startswith(RECORD_PATH):
            return {"code": 200, "msg": "success", "data": self.record(target.partition("taskId=")[2])}
        if target == CREATE_PATH:
            return {"code": 200, "msg": "success", "data": {"taskId": self.new_task(LOOKS)}}
        if target == FAL_PATH:
            host, port = self.transport.get_extra_info("sockname")
            return fal_request(f"http://{host}:{port}{FAL_PATH}/requests/{self.new_task(LOOKS - 1)}")
        if "/status" in target:
            done = self.is_done(target.partition("/status")[0].rpartition("/")[2])
            return {"status": "COMPLETED" if done else "IN_PROGRESS", "logs": None, "metrics": {}}
        return {"images": [{"url": "http://files.localhost/banana.png", "width": 1024, "height": 1024}]}

    def new_task(self, looks: int) -> str:
        task_id = f"{next(self.numbers):032x}"
        self.looks_left[task_id] = looks
        return task_id

    def is_done(self, task_id: str) -> bool:
        self.looks_left[task_id] -= 1
        if self.looks_left[task_id]:
            return False
        del self.looks_left[task_id]
        return True

    def record(self, task_id: str) -> dict[str, object]:
        done = self.is_done(task_id)
        now = int(time.time() * 1000)
        return {
            "taskId": task_id,
            "model": CREATE["model"],
            "state": "success" if done else "waiting",
            "param": json.dumps({"input": json.dumps(CREATE["input"]), "model": CREATE["model"]}),
            "resultJson": json.dumps({"resultUrls": ["http://files.localhost/banana.png"]}) if done else "",
            "failCode": None,
            "failMsg": None,
            "costTime": 15 if done else None,
            "completeTime": now if done else None,
            "createTime": now - 15_000,
            "creditsConsumed": 4.0,
        }


def fal_request(url: str) -> dict[str, object]:
    return {
        "request_id": url.rpartition("/")[2],
        "response_url": url,
        "status_url": f"{url}/status",
        "cancel_url": f"{url}/cancel",
    }


# --- those who ask ----------------------------------------------------------------------------------------------


@attrs.define
class Site:
    """Where images come from, how they are asked for, and how many are done."""

    base: str
    load: Load
    done: int = 0

    async def before_a_look(self) -> None:
        await asyncio.sleep(self.load.interval)

    def begins(self, place: int) -> float:
        """Seconds after which the task at this place begins, so that they are spread evenly."""
        return self.load.cycle * place / self.load.in_flight


Image = Callable[[], Awaitable[object]]
"""Makes one image, from its create to its last look."""


async def ours(site: Site) -> None:
    wait = site.load.interval
    polling = Polling(first=wait, interval=wait, shortest=0, per_second=100_000)
    gateway, rate = Kie(KEY, base_url=site.base), Rate(100_000, per=1)
    async with (
        Client(gateway, rate=rate, in_flight=site.load.in_flight, polling=polling) as client,
        client.batch(prompts(site)) as outcomes,
    ):
        async for outcome in outcomes:
            assert outcome.ok, outcome
            site.done += 1


async def prompts(site: Site) -> AsyncIterator[str]:
    began = time.perf_counter()
    for place in itertools.count():
        await asyncio.sleep(max(0.0, began + site.begins(min(place, site.load.in_flight)) - time.perf_counter()))
        yield str(CREATE["input"])


async def one_pool(site: Site) -> None:
    limits = httpx.Limits(max_connections=site.load.in_flight, max_keepalive_connections=site.load.in_flight)
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(
        base_url=site.base, limits=limits, timeout=60, headers=headers, trust_env=False
    ) as client:

        async def image() -> None:
            task = (await client.post(CREATE_PATH, json=CREATE)).json()["data"]["taskId"]
            for _ in range(LOOKS):
                await site.before_a_look()
                said = (await client.get(RECORD_PATH, params={"taskId": task})).json()
            assert said["data"]["state"] == "success"

        await a_coroutine_each(site, image)


async def openai(site: Site) -> None:
    async with import_module("openai").AsyncOpenAI(api_key=KEY, base_url=site.base) as client:

        async def image() -> None:
            task = (await client.post(CREATE_PATH, body=CREATE, cast_to=object))["data"]["taskId"]
            for _ in range(LOOKS):
                await site.before_a_look()
                said = await client.get(f"{RECORD_PATH}?taskId={task}", cast_to=object)
            assert said["data"]["state"] == "success"

        await a_coroutine_each(site, image)


async def fal_client(site: Site) -> None:
    module: Any = import_module("fal_client.client")
    module.QUEUE_URL_FORMAT = f"{site.base}/"  # its own knows https only
    client = module.AsyncClient(key=KEY)

    async def image() -> None:
        handle = await client.submit(FAL_PATH.removeprefix("/"), CREATE["input"])
        for _ in range(LOOKS - 2):
            await site.before_a_look()
            await handle.status()
        await site.before_a_look()
        await site.before_a_look()
        assert (await handle.get())["images"]  # one more look, and the result

    try:
        await a_coroutine_each(site, image)
    finally:
        await (await client._client).aclose()  # it has no way of its own to close


async def nothing(_: Site) -> None:
    await asyncio.Event().wait()


async def a_coroutine_each(site: Site, image: Image) -> None:
    async def one_after_the_other(place: int) -> None:
        await asyncio.sleep(site.begins(place))
        while True:
            await image()
            site.done += 1

    await asyncio.gather(*map(one_after_the_other, range(site.load.in_flight)))


CONTENDERS = {"nothing": nothing, "ours": ours, "httpx, one pool": one_pool, "openai": openai, "fal-client": fal_client}
MODULES = {"openai": "openai", "fal-client": "fal_client"}


# --- measuring --------------------------------------------------------------------------------------------------


@attrs.frozen
class Run:
    """CPU in ms an image, and the lag of the loop in ms."""

    images: float
    cpu: float
    median: float
    p99: float
    most: float


async def measured(contender: str, site: Site, seconds: float) -> Run:
    work = asyncio.ensure_future(CONTENDERS[contender](site))
    await asyncio.wait([work], timeout=site.load.cycle + SETTLE)
    cpu, done = time.process_time(), site.done
    lags = sorted([lag async for lag in heartbeat(seconds)])
    cpu, done = time.process_time() - cpu, site.done - done
    if work.done():
        work.result()
    work.cancel()
    await asyncio.wait([work])
    each = 1000 * cpu / done if done else float("nan")
    return Run(done / seconds, each, 1000 * lags[len(lags) // 2], 1000 * lags[int(0.99 * len(lags))], 1000 * lags[-1])


async def heartbeat(seconds: float) -> AsyncIterator[float]:
    """The lag of each beat, in seconds."""
    ends = time.perf_counter() + seconds
    while (began := time.perf_counter()) < ends:
        await asyncio.sleep(BEAT)
        yield max(0.0, time.perf_counter() - began - BEAT)


def run_here(contender: str, load: Load) -> None:
    """One run, as JSON on stdout."""
    allow_many_connections()
    logging.disable()  # all that is under way at the end is cut short on purpose
    with server_process(__file__, str(load.delay)) as base:
        print(json.dumps(attrs.asdict(asyncio.run(measured(contender, Site(base, load), SECONDS)))))


def median_run(contender: str, load: Load, *, runs: int) -> Run:
    """Of each figure the median of all runs, each in a process of its own."""
    command = [sys.executable, __file__, "--run", contender, "--load", str(LOADS.index(load))]
    said = [json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout) for _ in range(runs)]
    return Run(**{name: statistics.median(one[name] for one in said) for name in said[0]})


def table(loads: list[Load], *, runs: int) -> None:
    print(f"{'':21} images   CPU in ms              lag in ms")
    print("                       a second    an image     p50      p99      max")
    for load in loads:
        print(load)
        for contender in CONTENDERS:
            if find_spec(MODULES.get(contender, "httpx")) is None:
                print(f"    {contender:17} not installed")
                continue
            run = median_run(contender, load, runs=runs)
            cpu = "–" if math.isnan(run.cpu) else f"{run.cpu:.2f}"
            lag = f"{run.median:7.1f} {run.p99:8.1f} {run.most:8.1f}"
            print(f"    {contender:17} {run.images:9.1f} {cpu:>11} {lag}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="with 600 in flight at 20 ms only, and once")
    parser.add_argument("--serve", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--run", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--load", type=int, choices=range(len(LOADS)), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve is not None:
        Tasks.delay = chosen.serve
        asyncio.run(serve(Tasks))
    elif chosen.run:
        run_here(chosen.run, LOADS[chosen.load])
    elif chosen.quick:
        table([Load(600, 0.02)], runs=1)
    else:
        table(LOADS, runs=RUNS)


if __name__ == "__main__":
    main()
