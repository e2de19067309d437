"""What a reader of the page sees."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re

import httpx
import pytest

from nanobanana_async.emulator import EmulatorOptions, Exchange, Limit, World, account_name, create_app
from tests.emulator.customer import Clock, Customer
from tests.emulator.page.document import Document, read

NASTY = "<script>alert(1)</script> \"quoted\" 'and' </title><b>bold</b> &amp; \x00\x1b[31m \u202eback \ud800"


async def page_of(browser: httpx.AsyncClient, path: str = "/") -> Document:
    answer = await browser.get(path)
    assert answer.status_code == 200
    return read(answer.text)


async def test_an_empty_emulator_says_how_it_is_reached(browser: httpx.AsyncClient) -> None:
    """The page is there before anything has happened."""
    page = await page_of(browser)

    assert "KIE_BASE_URL=http://127.0.0.1:8000 KIE_API_KEY=any" in page.section("tasks").text
    assert "none yet" in page.section("accounts").text
    assert "none yet" in page.section("pictures").text
    assert "none yet" in page.section("requests").text


async def test_a_closed_circle_is_not_told_that_any_key_will_do(clock: Clock) -> None:
    """Nor is a key ever shown."""
    world = World(EmulatorOptions(keys=["sk-secret"], public_url="https://pictures.example"), clock=clock)
    Customer(world, "sk-secret").created()
    empty = World(EmulatorOptions(keys=["sk-secret"]), clock=clock)
    texts = []
    for each in (world, empty):
        transport = httpx.ASGITransport(app=create_app(each, threads=False))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            texts.append((await client.get("/", headers={"Accept": "text/html"})).text)

    assert "KIE_API_KEY=one-of-yours" in texts[1]
    assert "https://pictures.example" in texts[0]
    assert "sk-secret" not in "".join(texts)


async def test_accounts_stand_there_by_name(browser: httpx.AsyncClient, world: World, clock: Clock) -> None:
    """With what they have left, what they started lately against their limit, and what was refused."""
    customer = Customer(world, "sk-secret")
    world.limit_to(Limit(3, per=10))
    for number in range(4):
        customer.create(f"banana {number}")
    answer = await browser.get("/")
    clock.move(10)
    later = await page_of(browser)

    text = read(answer.text).section("accounts").text
    assert account_name("sk-secret") in text
    assert "9,976.0" in text
    assert "3 of 3 in 10 s" in text
    assert text.endswith("1")
    assert "0 of 3 in 10 s" in later.section("accounts").text
    assert "sk-secret" not in answer.text


async def test_many_accounts_are_counted_rather_than_listed(browser: httpx.AsyncClient, world: World) -> None:
    """Fifty are enough for a page."""
    for number in range(53):
        Customer(world, f"key {number}").balance()

    page = await page_of(browser)

    assert "and 3 more" in page.section("accounts").text


async def test_tasks_are_told_with_what_has_become_of_them(
    browser: httpx.AsyncClient, world: World, clock: Clock
) -> None:
    """State, model, credits, seconds, polls and why they failed; the newest stand first."""
    customer = Customer(world)
    done = customer.created("a fine banana", resolution="4K", aspect_ratio="16:9")
    failed = customer.created("[fail:policy]")
    clock.move(60)
    customer.record(done)
    customer.record(done)
    running = customer.created("still at it")
    clock.move(1.5)

    page = await page_of(browser)

    first, second, third = (row.text for row in page.all("tr") if "banana-2" in row.text)
    assert running in first
    assert ("waiting" in first, "1.5" in first) == (True, True)
    assert failed in second
    assert "400: Your prompt was flagged by Website as violating content policies." in second
    assert [("given back" in row) for row in (first, second, third)] == [False, True, False]
    assert done in third
    took = next(task.plan.last.at - task.plan.created_at for task in world.tasks)
    for word in ("success", "nano-banana-2 4K 16:9", "18", f"{took:.1f}", "2"):
        assert word in third
    assert "3 in all, 1 running, 1 failed" in page.section("tasks").text
    assert page.all("a", href=f"files/results/{done}.jpg")


async def test_tasks_of_every_dialect_stand_there_alike(browser: httpx.AsyncClient, world: World, clock: Clock) -> None:
    """With what they were said in, how many pictures there are, and the size that was asked for."""
    customer = Customer(world)
    older = customer.generated("older", width=64, height=96)
    said = {"model": "nano-banana", "prompt": "newer", "n": 3, "aspect_ratio": "16:9"}
    world.serve(customer.call("generations", said))
    clock.move(100)

    text = (await page_of(browser)).section("tasks").text
    pictures = [await browser.get(f"/thumbnails/{task.id}.jpg") for task in world.tasks]

    assert "64×96 · generate" in text
    assert "3 × 1K 16:9 · images" in text
    assert [picture.headers["content-type"] for picture in pictures] == ["image/jpeg"] * 2
    assert older in text


async def test_tasks_come_fifty_a_page(browser: httpx.AsyncClient, world: World, clock: Clock) -> None:
    """Older ones are a link away, and new ones don't shift them."""
    customer = Customer(world)
    for number in range(120):
        customer.created(f"banana {number}.")
        clock.move(1)

    first = await page_of(browser)
    (older,) = first.all("a", href="?before=70")
    customer.created("one more")
    second = await page_of(browser, "/?before=70")
    last = await page_of(browser, "/?before=20")

    assert older.text == "older"
    prompts = [each.text for each in second.all("bdi") if each.text.startswith("banana ")]
    assert prompts == [f"banana {number}." for number in range(69, 19, -1)]
    assert [link.text for link in second.all("a") if link.text in ("older", "newest")] == ["newest", "older"]
    assert [link.text for link in last.all("a") if link.text in ("older", "newest")] == ["newest"]


async def test_pictures_are_small_and_lazy(browser: httpx.AsyncClient, world: World, clock: Clock) -> None:
    """Those of the newest tasks that are done, each of them fetched only when it is looked at."""
    customer = Customer(world)
    for number in range(25):
        customer.created(f"banana {number}")
        clock.move(1)
    customer.created("[fail:policy]")
    clock.move(60)
    customer.created("not yet")
    page = await page_of(browser)
    images = page.all("img")
    small = await browser.get(f"/{images[0].attributes['src']}")
    again = await browser.get(f"/{images[0].attributes['src']}")
    whole = await browser.get(f"/{page.all('a', title='banana 24')[0].attributes['href']}")

    assert [image.attributes["alt"] for image in images] == [f"banana {number}" for number in range(24, 4, -1)]
    assert {image.attributes["loading"] for image in images} == {"lazy"}
    assert small.headers["content-type"] == "image/jpeg"
    assert "max-age" in small.headers["cache-control"]
    assert small.content == again.content
    assert len(small.content) < len(whole.content) / 3
    assert list(world.ledger.downloads.values()) == [1]


@pytest.mark.parametrize("name", ["nothing", "x" * 1000, "%2e%2e"])
async def test_there_is_no_small_picture_of_nothing(browser: httpx.AsyncClient, name: str) -> None:
    """Of no task, and of none that isn't done."""
    assert (await browser.get(f"/thumbnails/{name}.jpg")).status_code == 404


async def test_a_task_that_is_not_done_has_no_picture(browser: httpx.AsyncClient, world: World) -> None:
    """Not even a small one."""
    task_id = Customer(world).created()

    assert (await browser.get(f"/thumbnails/{task_id}.jpg")).status_code == 404


async def test_the_last_requests_are_listed(browser: httpx.AsyncClient, world: World) -> None:
    """The newest first, a hundred of them, each in the colour of its outcome; the page's own are left out."""
    world.faults.add("closed,on=credit,nth=3")
    for number in range(3):
        with pytest.raises(ConnectionResetError) if number == 2 else contextlib.nullcontext():
            await browser.get("/api/v1/chat/credit", headers={"Authorization": "Bearer k"})
    await browser.get("/faults")
    await browser.get("/nowhere")
    page = await page_of(browser)
    for _ in range(120):
        await browser.get("/nowhere")
    full = await page_of(browser)

    rows = [row.text for row in page.all("li")]
    assert [(("nowhere" in row), ("credit" in row)) for row in rows[-4:]] == [(True, False), *[(False, True)] * 3]
    assert "closed \u00b7" in rows[-3]
    assert rows[-3].endswith("msfault: closed")
    classes = [span.attributes["class"] for span in page.all("span") if "ms" in span.text]
    assert classes[-4:] == ["said refused", "said wire", "said done", "said done"]
    assert len([row for row in full.all("li") if "/nowhere" in row.text]) == 100


async def test_nothing_that_was_sent_is_obeyed(browser: httpx.AsyncClient, world: World, clock: Clock) -> None:
    """Whatever stands in a prompt, a fault or a path is text."""
    customer = Customer(world)
    customer.created(NASTY)
    customer.created("x" * 20_000)
    world.faults.add('too-many,prompt="</code><img src=x onerror=alert(1)>"')
    clock.move(60)
    await browser.get("/%3Cscript%3Ealert(2)%3C/script%3E%1b%5b31m")

    answer = await browser.get("/")
    page = read(answer.text)

    assert len(page.all("script")) == 1
    assert len(page.all("b")) == 0
    assert {image.attributes.get("onerror") for image in page.all("img")} == {None}
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", answer.text)
    assert "<script>alert(1)</script>" in page.section("tasks").text
    assert max(len(element.text) for element in page.all("bdi")) <= 120
    assert len(answer.content) < 60_000


async def test_the_page_loads_nothing_from_anywhere(browser: httpx.AsyncClient, world: World, clock: Clock) -> None:
    """No address in it leaves the emulator, and its policy forbids it besides."""
    Customer(world).created()
    clock.move(60)
    answer = await browser.get("/")
    page = read(answer.text)
    addresses = [
        value
        for each in page.elements
        for name, value in each.attributes.items()
        if name in ("src", "href", "action") and value is not None
    ]
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))

    assert addresses
    assert not [each for each in addresses if "//" in each and not each.startswith("data:image/svg+xml,")]
    assert policy["default-src"] == "'none'"
    assert (policy["form-action"], policy["frame-ancestors"], policy["base-uri"]) == ("'self'", "'none'", "'none'")
    for name, directive in (("style", "style-src"), ("script", "script-src")):
        (element,) = page.all(name)
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert policy[directive] == f"'sha256-{digest}'"
    assert not [each for each in page.elements if "style" in each.attributes]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_program_gets_three_lines(program: httpx.AsyncClient, world: World) -> None:
    """Who doesn't ask for HTML is no browser."""
    Customer(world).created()

    answer = await program.get("/")

    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text == (
        "nanobanana emulator\n"
        "accounts 1, tasks 1, uploads 0\n"
        "createTask at http://127.0.0.1:8000/api/v1/jobs/createTask, "
        "OpenAI-style images at http://127.0.0.1:8000/v1\n"
    )


async def test_without_a_script_it_refreshes_when_told(browser: httpx.AsyncClient) -> None:
    """By a link, and never by itself."""
    still = await page_of(browser)
    moving = await page_of(browser, "/?refresh=5")
    restless = await page_of(browser, "/?refresh=0")
    nonsense = await page_of(browser, "/?refresh=soon&before=-1")

    def seconds(page: Document) -> list[str | None]:
        return [each.attributes["content"] for each in page.all("meta") if each.attributes.get("http-equiv")]

    assert [seconds(page) for page in (still, moving, restless, nonsense)] == [[], ["5"], ["1"], []]
    assert still.all("a", href="?refresh=5")
    assert not moving.all("a", href="?refresh=5")


async def test_what_a_page_asks_for_by_itself_is_no_line(
    browser: httpx.AsyncClient, lines: list[Exchange], world: World, clock: Clock
) -> None:
    """A terminal beside an open page stays readable."""
    task_id = Customer(world).created()
    clock.move(60)
    await browser.get("/", headers={"X-Refresh": "yes"})
    await browser.get("/?refresh=5")
    await browser.get(f"/thumbnails/{task_id}.jpg")
    await browser.get("/")

    assert [line.path for line in lines] == ["/"]


async def test_every_part_that_is_kept_fresh_has_a_name(browser: httpx.AsyncClient, world: World) -> None:
    """The script finds the parts by their ids; the form is none of them."""
    world.faults.add("silent")
    page = await page_of(browser)
    live = {each.attributes.get("id") for each in page.elements if "data-live" in each.attributes}

    assert live == {"now", "pictures", "tasks", "accounts", "active", "requests"}
    assert page.section("faults").attributes.get("data-live", "none") == "none"
