"""Refusals: the vendor's own no, in every form in which it has been met."""

from __future__ import annotations

import pytest

from nanobanana_async.emulator import FAULTS, Answer, Page, Reply
from tests.emulator.customer import BASE, Customer
from tests.emulator.faults.conftest import Afflicted

BODY = {"model": "nano-banana-2", "input": {"prompt": "a banana"}}
REFUSALS = [name for name, spec in FAULTS.items() if spec.kind == "refusal"]
TEXTS = [
    ("too-many", 429, "Your call frequency is too high. Please try again later."),
    ("maintenance", 455, "The service is under maintenance. Please try again later."),
    ("server-error", 500, "Internal Error, Please try again later."),
    ("server-error,kind=parameter", 500, "aspect_ratio is required"),
    ("server-error,kind=range", 500, "aspect_ratio is not within the range of allowed options"),
    ("server-error,kind=check", 500, "The input is not valid, please check the parameters and try again"),
    (
        "server-error,kind=credits",
        500,
        "Credits insufficient : Your current balance isn't enough to run this request. ",
    ),
    ("server-error,kind=moderation", 500, "Internal server error in moderation service"),
    ("server-error,kind=policy", 500, "Your prompt was flagged by Website as violating content policies."),
    ("server-error,kind=flagged", 500, "Your request was flagged."),
    ("server-error,kind=violating", 500, "The prompt is violating content policies."),
    ("server-error,kind=sensitive", 500, "The input or output contains sensitive information."),
    ("server-error,kind=unsafe", 500, "PUBLIC_ERROR_UNSAFE_GENERATION"),
    ("server-error,kind=sensitive-word", 500, "SENSITIVE_WORD_ERROR"),
    ("server-error,kind=prohibited", 500, "PROHIBITED_CONTENT"),
    ("server-error,kind=declined", 500, "Gemini could not generate an image with the given prompt."),
    ("server-error,kind=image", 500, "Image fetch failed. Check access settings or use our File Upload API instead."),
    ("high-demand", 422, "Service is currently unavailable due to high demand. Please try again later. (E003)"),
    ("validation", 422, "The model name you specified is not supported."),
    ("validation,kind=high-demand", 422, "Service is currently unavailable due to high demand."),
    ("invalid", 400, "The input is not valid, please check the parameters and try again"),
    ("invalid,kind=task-id", 400, "taskId parameter is required"),
    ("invalid,kind=policy", 400, "Your prompt was flagged by Website as violating content policies."),
    ("unauthorized", 401, "You do not have access permissions"),
    ("unauthorized,kind=authentication", 401, "Unauthorized – Authentication failed."),
    ("no-credits", 402, "Credits insufficient : "),
    ("key-capped", 433, "The usage limit of this API key has been reached."),
    ("disabled", 505, "This feature is currently disabled."),
    ("not-found", 404, "Not Found"),
    ("answer", 500, "Internal Error, Please try again later."),
    ("answer,code=7,text=Strange", 7, "Strange"),
    ('too-many,text="Slow down, please"', 429, "Slow down, please"),
    ('too-many,text=""', 429, ""),
]


def created(customer: Customer) -> Reply:
    return customer.world.serve(customer.call("createTask", BODY))


@pytest.mark.parametrize(("fault", "code", "text"), TEXTS)
def test_a_refusal_is_said_in_the_vendors_words(afflicted: Afflicted, fault: str, code: int, text: str) -> None:
    """An own code over HTTP 200, with the text that a client has to read."""
    answer = created(afflicted(fault))

    assert isinstance(answer, Answer)
    assert (answer.status, answer.code, answer.payload["data"]) == (200, code, None)
    assert str(answer.payload["msg"]).startswith(text)


def test_every_refusal_is_among_the_tested() -> None:
    """A new one needs its line in the table, or a test of its own."""
    assert {fault.partition(",")[0] for fault, _, _ in TEXTS} | {"redirect"} == set(REFUSALS)


@pytest.mark.parametrize("name", REFUSALS)
def test_what_is_refused_has_no_effect(afflicted: Afflicted, name: str) -> None:
    """Nothing is charged, no task is made, and the rate window knows nothing of it."""
    customer = afflicted(f"{name},times=3")
    for _ in range(3):
        created(customer)
    customer.world.faults.clear()

    assert customer.balance() == 10_000.0
    assert len(customer.world.tasks) == 0
    assert not customer.world.ledger.accepted
    assert customer.world.ledger.over_limit == 0


@pytest.mark.parametrize("name", [name for name in REFUSALS if name not in ("redirect", "answer")])
def test_a_refusal_can_come_with_a_real_status(afflicted: Afflicted, name: str) -> None:
    """In the envelope, or bare, as from somebody in front of the gateway."""
    enveloped, bare = created(afflicted(f"{name},form=status")), created(afflicted(f"{name},form=bare"))

    assert isinstance(enveloped, Answer)
    assert enveloped.status == enveloped.code != 200
    assert isinstance(bare, Page)
    assert bare.status == enveloped.status
    assert bare.content.startswith(b"<html>")
    assert str(bare.status).encode() in bare.content


@pytest.mark.parametrize("form", ["body", "status", "bare"])
@pytest.mark.parametrize("after", ["3", "0.5", "Wed, 21 Oct 2026 07:28:00 GMT", "soon"])
def test_retry_after_is_a_header_of_any_form(afflicted: Afflicted, form: str, after: str) -> None:
    """Seconds, a date, or nonsense; without it there is none."""
    answer = created(afflicted(f'too-many,form={form},retry-after="{after}"'))
    usual = created(afflicted(f"too-many,form={form}"))

    assert isinstance(answer, Answer | Page)
    assert answer.headers == {"Retry-After": after}
    assert isinstance(usual, Answer | Page)
    assert not usual.headers


def test_any_answer_can_be_made_up(afflicted: Afflicted) -> None:
    """Code, status, text and Retry-After, each as wanted."""
    answer = created(afflicted("answer,code=200,status=503,text=?,retry-after=1"))

    assert answer == Answer({"code": 200, "msg": "?", "data": None}, 503, {"Retry-After": "1"})


@pytest.mark.parametrize(
    ("fault", "status", "location"),
    [
        ("redirect", 307, f"{BASE}/api/v1/jobs/createTask"),
        ("redirect,status=302,to=http://127.0.0.1/x", 302, "http://127.0.0.1/x"),
    ],
)
def test_a_redirect_says_where_to(afflicted: Afflicted, fault: str, status: int, location: str) -> None:
    """To the same path of the same host, unless told otherwise."""
    page = created(afflicted(fault))

    assert isinstance(page, Page)
    assert (page.status, page.headers) == (status, {"Location": location})


def test_a_redirect_keeps_the_question(afflicted: Afflicted) -> None:
    """The task id and the path of a file are part of where to."""
    customer = afflicted("redirect,on=any")
    poll = customer.world.serve(customer.call("recordInfo", subject="a b"))
    file = customer.world.serve(customer.call("file", subject="results/ä.png"))

    assert isinstance(poll, Page)
    assert isinstance(file, Page)
    assert poll.headers["Location"] == f"{BASE}/api/v1/jobs/recordInfo?taskId=a%20b"
    assert file.headers["Location"] == f"{BASE}/files/results/%C3%A4.png"


def test_the_file_host_refuses_by_status(afflicted: Afflicted) -> None:
    """It has no envelope: a 429 there is one."""
    customer = afflicted("too-many,on=file,retry-after=2")

    answer = customer.file(f"{BASE}/files/results/x.png")

    assert isinstance(answer, Answer)
    assert (answer.status, answer.headers) == (429, {"Retry-After": "2"})


def test_in_the_middle_of_a_run_a_key_can_be_refused(afflicted: Afflicted) -> None:
    """From the third create on; what was accepted goes on and can be asked for."""
    customer = afflicted("unauthorized,nth=3/4")
    codes = [customer.create()["code"] for _ in range(4)]
    (task, _) = customer.world.tasks

    assert codes == [200, 200, 401, 401]
    assert customer.record(task.id)["state"] == "waiting"
