"""Faults and ledger over HTTP: for the page's own forms, and for tests in other processes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from nanobanana_async.emulator import Exchange, World
from tests.emulator.customer import Clock, Customer
from tests.emulator.page.document import read

Fields = dict[str, str]


def active(world: World) -> list[str]:
    return [str(fault) for fault in world.faults]


async def test_a_form_adds_a_fault_and_leads_back(browser: httpx.AsyncClient, world: World) -> None:
    """By POST and a redirect, so that loading the page again adds nothing."""
    answer = await browser.post("/faults", data={"name": "", "fault": " too-many,nth=3 "})
    page = read((await browser.get(answer.headers["location"])).text)

    assert (answer.status_code, answer.headers["location"]) == (303, "./")
    assert active(world) == ["too-many,nth=3"]
    assert "too-many,nth=3" in page.section("active").text


@pytest.mark.parametrize(
    ("fields", "added"),
    [
        ({"name": "silent", "fault": ""}, "silent"),
        ({"name": "too-many", "fault": "retry-after=3,times=2"}, "too-many,retry-after=3,times=2"),
        ({"fault": "callback-late,seconds=2"}, "callback-late,seconds=2"),
    ],
)
async def test_a_name_can_be_chosen_and_its_settings_written(
    browser: httpx.AsyncClient, world: World, fields: Fields, added: str
) -> None:
    """Or all of it written."""
    await browser.post("/faults", data=fields)

    assert active(world) == [added]


async def test_every_fault_can_be_chosen(browser: httpx.AsyncClient, world: World) -> None:
    """The names stand in the form with what they do, and each is one that the form takes."""
    page = read((await browser.get("/")).text)
    names = [option.attributes["value"] for option in page.all("option") if option.attributes["value"]]
    for name in names:
        answer = await browser.post("/faults", data={"name": str(name), "fault": ""})
        assert answer.status_code == 303, name

    assert active(world) == names
    assert len(names) > 40


async def test_a_fault_shows_how_often_it_struck_and_has_a_button(browser: httpx.AsyncClient, world: World) -> None:
    """Which removes that one and no other."""
    nasty = 'no-credits,prompt="a, ""b"" <i>"'
    world.faults.add(nasty)
    world.faults.add("maintenance")
    customer = Customer(world)
    customer.create('a, "b" <i>')
    page = read((await browser.get("/")).text)
    first, second = page.all("button", name="remove")

    answer = await browser.post("/faults", data={"remove": str(first.attributes["value"])})

    assert f"{nasty}402, not enough credits \u00b7 struck 1\u00d7" in page.section("active").text
    assert "struck 0\u00d7" in page.section("active").text
    assert (answer.status_code, active(world)) == (303, [second.attributes["value"]])


@pytest.mark.parametrize("fields", [{"name": "", "fault": "to-many"}, {"name": "silent", "fault": "nth=x"}, {}])
async def test_what_is_no_fault_is_said_on_the_page(browser: httpx.AsyncClient, world: World, fields: Fields) -> None:
    """With what was written still in the form."""
    answer = await browser.post("/faults", data=fields)
    page = read(answer.text)
    (complaint,) = [each for each in page.elements if each.attributes.get("role") == "alert"]
    (box,) = page.all("input", name="fault")
    (chosen,) = [each for each in page.all("option") if "selected" in each.attributes]

    assert (answer.status_code, active(world)) == (400, [])
    assert complaint.text
    assert box.attributes["value"] == fields.get("fault", "")
    assert chosen.attributes["value"] == fields.get("name", "")


async def test_a_program_adds_and_removes_by_json(program: httpx.AsyncClient, world: World) -> None:
    """Each answer lists what is active then."""
    added = await program.post("/faults", json={"fault": "too-many,nth=3"})
    await program.post("/faults", data={"fault": "silent"})
    listed = await program.get("/faults")
    one_less = await program.delete("/faults", params={"fault": "silent"})
    none = await program.delete("/faults")

    first = {"fault": "too-many,nth=3", "says": "429, the call frequency is too high; not queued", "struck": 0}
    assert added.json() == {"code": 200, "msg": "success", "data": [first]}
    assert [each["fault"] for each in listed.json()["data"]] == ["too-many,nth=3", "silent"]
    assert one_less.json()["data"] == [first]
    assert (none.json()["data"], active(world)) == ([], [])


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"fault": 7}', b'{"fault": ""}', b"\xff\xff", b"[" * 10_000, b"name=&fault=", b"x=silent"],
)
async def test_a_program_without_a_fault_is_told_how(program: httpx.AsyncClient, content: bytes) -> None:
    """In the envelope, with a 400 of both kinds."""
    answer = await program.post("/faults", content=content)

    assert (answer.status_code, answer.json()["code"]) == (400, 400)
    assert 'send JSON such as {"fault": "too-many,nth=3"}' in answer.json()["msg"]


async def test_a_wrong_fault_is_answered_with_the_reason(program: httpx.AsyncClient) -> None:
    """The engine's own words, whether it is to be added or to be removed."""
    wrong = await program.post("/faults", json={"fault": "to-many"})
    absent = await program.delete("/faults", params={"fault": "silent"})

    assert wrong.status_code == absent.status_code == 400
    assert "'to-many' is no fault" in wrong.json()["msg"]
    assert "'silent' is not active" in absent.json()["msg"]


async def test_a_flood_of_a_form_is_cut_off(program: httpx.AsyncClient) -> None:
    """No fault is longer than 64 KiB."""
    assert (await program.post("/faults", content=b"fault=" + b"x" * 70_000)).status_code == 413


FOREIGN: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://127.0.0.1:9999"},
    {"Origin": "null"},
    {"Origin": "http://[bad"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"},
]


@pytest.mark.parametrize("headers", FOREIGN)
async def test_another_web_page_changes_nothing(
    browser: httpx.AsyncClient, world: World, headers: dict[str, str]
) -> None:
    """Browsers say which page it was that made them ask."""
    world.faults.add("silent")

    added = await browser.post("/faults", data={"fault": "closed"}, headers=headers)
    removed = await browser.delete("/faults", headers=headers)

    assert (added.status_code, removed.status_code) == (403, 403)
    assert active(world) == ["silent"]


OWN: list[dict[str, str]] = [
    {},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8000"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://127.0.0.1:8000"},
]


@pytest.mark.parametrize("headers", OWN)
async def test_our_own_page_does(browser: httpx.AsyncClient, world: World, headers: dict[str, str]) -> None:
    """As do programs, which say nothing of the kind."""
    answer = await browser.post("/faults", data={"fault": "closed"}, headers=headers)

    assert (answer.status_code, active(world)) == (303, ["closed"])


async def test_no_fault_touches_what_is_for_people(browser: httpx.AsyncClient, world: World, clock: Clock) -> None:
    """Whoever looks at the emulator sees it as it is."""
    task_id = Customer(world).created()
    clock.move(60)
    for fault in ("silent,on=any", "gone"):
        world.faults.add(fault)

    paths = ("/", "/faults", "/ledger", f"/thumbnails/{task_id}.jpg")

    assert [(await browser.get(path)).status_code for path in paths] == [200] * 4


async def test_the_ledger_can_be_asked_for(program: httpx.AsyncClient, world: World, clock: Clock) -> None:
    """Every question that a test in this process has, for one in another."""
    customer = Customer(world)
    ids = [customer.created("twice"), customer.created("twice"), customer.created("[fail:internal]")]
    body = {
        "model": "nano-banana-2",
        "callBackUrl": "http://127.0.0.1:9/hook?a=b&nb_attempt=t-1",
        "input": {"prompt": "\ud800"},
    }
    with_token = customer.ask("createTask", body)["data"]["taskId"]
    customer.create("wrong", aspect_ratio="7:5")
    customer.record(ids[0])
    clock.move(60)
    for delivery in world.callbacks.take_due(clock.now):
        world.callbacks.answered(delivery, 204, clock.now)

    said: dict[str, Any] = (await program.get("/ledger")).json()
    short: dict[str, Any] = (await program.get("/ledger", params={"last": 1})).json()

    assert [each["task_id"] for each in said["creates"]] == [*ids, with_token, None]
    assert [each["attempt"] for each in said["creates"]] == [None, None, None, "t-1", None]
    assert [each["was_given_back"] for each in said["creates"]] == [False, False, True, False, False]
    assert [each["code"] for each in said["creates"]] == [200, 200, 200, 200, 500]
    assert (said["accepted"], said["given_back"], said["over_limit"]) == (4, 1, 0)
    assert said["paid"] == sum(each["credits"] for each in said["creates"] if not each["was_given_back"]) == 24
    assert "clock" not in said["creates"][0]
    assert said["charged_twice"] == [said["creates"][0]["fingerprint"]]
    assert said["polls"] == {ids[0]: 1}
    assert [(each["task_id"], each["status"]) for each in said["callbacks"]] == [(with_token, 204)]
    assert len(short["creates"]) == 1
    assert short["accepted"] == 4


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "\u0663", "9" * 30, ""])
async def test_a_number_that_is_none_is_refused(program: httpx.AsyncClient, last: str) -> None:
    """And named."""
    answer = await program.get("/ledger", params={"last": last})

    assert (answer.status_code, answer.json()["msg"]) == (400, "last is no whole number from 0 on")


async def test_what_a_program_does_here_is_a_line(
    program: httpx.AsyncClient, lines: list[Exchange], world: World
) -> None:
    """Somebody asked for it."""
    await program.post("/faults", json={"fault": "nonsense"})
    await program.get("/ledger")

    assert [(line.path, line.code) for line in lines] == [("/faults", 400), ("/ledger", 200)]
