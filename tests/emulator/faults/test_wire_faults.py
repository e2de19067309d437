"""Faults of the wire: the call has had its effect, and the client hears of it badly or not at all."""

from __future__ import annotations

import json

import pytest

from nanobanana_async.emulator import FAULTS, Answer, Cut, Drip, Flood, HangUp, Page, Reply, Silence
from tests.emulator.customer import Clock, Customer
from tests.emulator.faults.conftest import Afflicted

BODY = {"model": "nano-banana-2", "input": {"prompt": "a banana"}}
WIRE = [name for name, spec in FAULTS.items() if spec.kind == "wire"]


def created(customer: Customer) -> Reply:
    return customer.world.serve(customer.call("createTask", BODY))


@pytest.mark.parametrize("name", WIRE)
def test_an_answer_is_lost_after_it_was_paid_for(afflicted: Afflicted, name: str) -> None:
    """The task is there, and charged; the client has no id of it."""
    customer = afflicted(f"{name},times=1")
    reply = created(customer)
    (task,) = customer.world.tasks

    assert customer.world.faults.struck(f"{name},times=1") == 1
    assert not (isinstance(reply, Answer) and reply.payload["data"])
    assert customer.balance() == 9992.0
    assert [seen.task_id for seen in customer.world.ledger.accepted] == [task.id]
    assert customer.record(task.id)["state"] == "waiting"


@pytest.mark.parametrize("name", WIRE)
def test_on_arrival_nothing_is_done(afflicted: Afflicted, name: str) -> None:
    """The same to look at, with no task and no charge: a client cannot know which it was."""
    customer = afflicted(f"{name},charged=no,times=1")
    reply = created(customer)
    paid = created(afflicted(name))

    assert type(reply) is type(paid)
    assert len(customer.world.tasks) == 0
    assert customer.balance() == 10_000.0
    assert [seen.task_id for seen in customer.world.ledger.creates] == [None]


@pytest.mark.parametrize(
    ("fault", "reply"),
    [
        ("silent", Silence()),
        ("closed", HangUp()),
        ("reset", HangUp(reset=True)),
        ("huge", Flood(64 * 1024**2)),
        ("huge,size=10", Flood(10)),
        ("gzip-bomb", Flood(1024**3, packed=True)),
        ("gzip-bomb,size=10", Flood(10, packed=True)),
        ("null-data", Answer({"code": 200, "msg": "success", "data": None})),
    ],
)
def test_what_a_fault_leaves_of_an_answer(afflicted: Afflicted, fault: str, reply: Reply) -> None:
    """Nothing of it, or something else."""
    assert created(afflicted(fault)) == reply


@pytest.mark.parametrize("status", [502, 503, 504, 520])
def test_a_proxy_has_pages_of_its_own(afflicted: Afflicted, status: int) -> None:
    """HTML with a status that is no code of the gateway."""
    page = created(afflicted(f"bad-gateway,status={status}"))

    assert isinstance(page, Page)
    assert (page.status, page.media_type) == (status, "text/html")
    assert str(status).encode() in page.content


def test_html_can_come_with_200(afflicted: Afflicted) -> None:
    """A page where an answer was expected."""
    page = created(afflicted("html"))

    assert isinstance(page, Page)
    assert (page.status, page.media_type, page.content[:6]) == (200, "text/html", b"<html>")


def test_a_cut_answer_is_the_answer(afflicted: Afflicted) -> None:
    """What is cut is what would have been said, the id included."""
    customer = afflicted("cut,share=0.75,nth=1", "drip,seconds=3,nth=2")
    cut, drip = created(customer), created(customer)
    first, second = customer.world.tasks

    assert isinstance(cut, Cut)
    assert isinstance(cut.reply, Answer)
    assert (cut.share, cut.reply.payload["data"]) == (0.75, {"taskId": first.id, "recordId": first.id})
    assert isinstance(drip, Drip)
    assert isinstance(drip.reply, Answer)
    assert (drip.seconds, drip.reply.payload["data"]) == (3.0, {"taskId": second.id, "recordId": second.id})


def test_cut_json_announces_the_length_it_has(afflicted: Afflicted) -> None:
    """Whole by HTTP, and no JSON."""
    page = created(afflicted("cut-json"))

    assert isinstance(page, Page)
    assert (page.status, page.media_type) == (200, "application/json")
    assert page.content.startswith(b'{"code":200,"msg":"success","data":{"taskId":"')
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(page.content)


def test_json_that_is_none_already_is_left_alone(afflicted: Afflicted) -> None:
    """There is no JSON in a page to be cut, so that fault has not struck."""
    customer = afflicted("bad-gateway", "cut-json")

    assert created(customer).status == 502
    assert customer.world.faults.struck("cut-json") == 0


@pytest.mark.parametrize("name", [name for name in WIRE if "file" in FAULTS[name].may_be_on])
def test_a_file_can_be_lost_like_any_answer(afflicted: Afflicted, clock: Clock, name: str) -> None:
    """The wire knows no difference; a flood at a file host says it is a picture."""
    customer = afflicted(f"{name},on=file")
    task_id = customer.created()
    clock.move(30)
    url = customer.record(task_id)["response"]["resultUrls"][0]

    reply: Reply = customer.file(url)

    assert customer.world.faults.struck(f"{name},on=file") == 1
    assert not isinstance(reply, Answer)
    assert not isinstance(reply, Flood) or reply.media_type == "image/png"


def test_an_upload_is_lost_after_it_is_kept(afflicted: Afflicted) -> None:
    """Repeating it is safe; so a lost answer costs nothing but time."""
    customer = afflicted("silent,on=uploads,times=1")
    body = {"base64Data": "eA==", "uploadPath": "images", "fileName": "x.bin"}
    lost = customer.world.serve(customer.call("base64-upload", body))

    assert lost == Silence()
    assert customer.world.ledger.uploads == 1
    assert customer.ask("base64-upload", body)["success"]


def test_on_arrival_an_upload_is_refused_in_its_own_envelope(afflicted: Afflicted) -> None:
    """Half of what is lost there is half of an upload's answer; a file has a status of its own."""
    customer = afflicted("cut,charged=no,on=any")
    upload = customer.world.serve(customer.call("base64-upload", {}))
    file = customer.world.serve(customer.call("file", subject="x"))

    assert isinstance(upload, Cut)
    assert isinstance(upload.reply, Answer)
    assert upload.reply.payload["success"] is False
    assert file.status == 500


def test_the_balance_can_be_an_int(afflicted: Afflicted) -> None:
    """As in the documents; a refusal has no balance to change."""
    customer = afflicted("balance-int,nth=1")
    balances = [customer.ask("credit")["data"] for _ in range(2)]
    stranger = Customer(customer.world, None)

    assert [type(balance) for balance in balances] == [int, float]
    assert stranger.ask("credit")["data"] is None
    assert afflicted("balance-int", balance_form="int").ask("credit")["data"] == 10_000
