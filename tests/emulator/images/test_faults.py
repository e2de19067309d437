"""What goes wrong on purpose at an OpenAI-style gateway: in its own form where it speaks itself."""

from __future__ import annotations

import json

import pytest

from nanobanana_async.emulator import FAULTS, Answer, Cut, Drip, FileAnswer, Flood, HangUp, Later, Page, Silence
from tests.emulator.customer import BASE, Clock
from tests.emulator.images.buyer import MODEL, buyer, in_the_end, refused, told

SAID = {"model": MODEL, "prompt": "a banana"}


@pytest.mark.parametrize(
    ("fault", "status", "type_", "code"),
    [
        ("too-many", 429, "requests", "rate_limit_exceeded"),
        ("maintenance", 503, "server_error", "maintenance"),
        ("server-error", 500, "server_error", None),
        ("high-demand", 422, "invalid_request_error", None),
        ("validation", 422, "invalid_request_error", None),
        ("invalid", 400, "invalid_request_error", None),
        ("unauthorized", 401, "invalid_request_error", "invalid_api_key"),
        ("no-credits", 402, "insufficient_quota", "insufficient_quota"),
        ("key-capped", 429, "insufficient_quota", "insufficient_quota"),
        ("disabled", 403, "invalid_request_error", "feature_disabled"),
        ("not-found", 404, "invalid_request_error", None),
        ("answer,code=418,status=418", 418, "invalid_request_error", "418"),
        ("answer,code=7,status=599", 599, "server_error", "7"),
        ("answer", 200, "server_error", "500"),
    ],
)
def test_a_refusal_is_in_openais_form_with_a_real_status(
    clock: Clock, fault: str, status: int, type_: str, code: str | None
) -> None:
    """At once, and nothing is charged; the form `status` is the same."""
    for form in ("", "" if fault.startswith("answer") else ",form=status"):
        somebody = buyer(clock, fault + form)
        reply = somebody.generate()
        found, error = refused(reply)

        assert isinstance(reply, Answer)
        assert (found, error["type"], error["code"]) == (status, type_, code)
        assert error["message"]
        assert somebody.world.ledger.paid == 0
        assert somebody.world.ledger.creates[-1].faults


@pytest.mark.parametrize("where", ["generations", "edits", "images-task", "models"])
def test_it_strikes_wherever_it_is_told_to(clock: Clock, where: str) -> None:
    """With its header, and a page where it is to be bare."""
    somebody = buyer(clock, f"too-many,on={where},retry-after=7")
    first = somebody.ask(where, subject="x")
    somebody.world.faults.replace([f"maintenance,form=bare,on={where}"])
    second = somebody.ask(where, subject="x")

    assert isinstance(first, Answer)
    assert (first.status, first.headers["Retry-After"]) == (429, "7")
    assert isinstance(second, Page)
    assert second.status == 503


def test_a_redirect_leads_to_the_same_path(clock: Clock) -> None:
    """Of a task, and of a model as well."""
    somebody = buyer(clock, "redirect,on=any")
    asked = [("generations", ""), ("images-task", "task_x"), ("models", ""), ("models", "nano-banana")]

    replies = [somebody.ask(operation, subject=subject) for operation, subject in asked]
    pages = [reply for reply in replies if isinstance(reply, Page)]

    assert [page.headers["Location"].removeprefix(BASE) for page in pages] == [
        "/v1/images/generations",
        "/v1/images/tasks/task_x",
        "/v1/models",
        "/v1/models/nano-banana",
    ]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("silent", Silence),
        ("closed", HangUp),
        ("reset", HangUp),
        ("bad-gateway,status=504", Page),
        ("html", Page),
        ("cut", Cut),
        ("cut-json", Page),
        ("null-data", Answer),
        ("drip", Drip),
        ("huge", Flood),
        ("gzip-bomb", Flood),
    ],
)
def test_a_fault_of_the_wire_spoils_what_comes_in_the_end(clock: Clock, fault: str, kind: type) -> None:
    """The task is there, and paid for; with `charged=no` it strikes on arrival, and nothing is."""
    paid, free = buyer(clock, fault), buyer(clock, f"{fault},charged=no")

    late, at_once = paid.generate(), free.generate()

    assert isinstance(in_the_end(late), kind)
    assert isinstance(at_once, kind)
    assert (paid.world.ledger.paid, free.world.ledger.paid) == (8, 0)
    assert paid.world.ledger.accepted[0].faults == (fault.partition(",")[0],)


def test_every_fault_of_the_wire_is_held_here() -> None:
    """The table above has all of them."""
    mark = test_a_fault_of_the_wire_spoils_what_comes_in_the_end.pytestmark[0]  # type: ignore[attr-defined]  # pytest's
    tried = {fault.partition(",")[0] for fault, _ in mark.args[1]}

    assert tried == {name for name, spec in FAULTS.items() if spec.kind == "wire"}


def test_answers_with_pictures_in_them_are_spoilt_alike(clock: Clock) -> None:
    """Half of the JSON, null in the place of the data, a cut in the middle of it."""
    somebody = buyer(clock, "cut-json,nth=1", "null-data,nth=2", "cut,nth=3")
    half, null, cut = [in_the_end(somebody.generate(response_format="b64_json")) for _ in range(3)]

    assert isinstance(half, FileAnswer)
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(half.produce())
    assert isinstance(null, Answer)
    assert told(null) == {"data": None}
    assert isinstance(cut, Cut)
    assert isinstance(cut.reply, FileAnswer)


def test_null_takes_the_place_of_the_data(clock: Clock) -> None:
    """In the answer, in the record and in the list; not beside an error."""
    somebody = buyer(clock, "null-data,on=creates/models")
    done = told(in_the_end(somebody.generate()))
    listed = somebody.models()
    failed = told(somebody.generate(""))

    assert (done["data"], type(done["created"])) == (None, int)
    assert listed == {"object": "list", "data": None}
    assert failed == {"data": None}


def test_a_success_may_have_no_picture(clock: Clock) -> None:
    """At once, and in a record that is done."""
    somebody = buyer(clock, "no-url")
    at_once = told(in_the_end(somebody.generate(response_format="b64_json")))
    task_id = somebody.begin("later")
    pending = somebody.look(task_id)
    clock.move(60)
    done = somebody.look(task_id)

    assert at_once["data"] == []
    assert (pending["data"]["status"], pending["data"]["data"]) == ("NOT_START", None)
    assert (done["data"]["status"], done["data"]["data"]["data"]) == ("SUCCESS", [])
    assert somebody.world.faults.struck("no-url") == 2


def test_a_status_may_be_in_small_letters(clock: Clock) -> None:
    """Of a record; an answer at once has none."""
    somebody = buyer(clock, "odd-case")
    task_id = somebody.begin()
    somebody.generate()

    assert somebody.look(task_id)["data"]["status"] == "not_start"
    assert somebody.world.faults.struck("odd-case") == 1


def test_fates_are_those_of_every_dialect(clock: Clock) -> None:
    """Slow, stuck, a word nobody knows, not there yet, failed in a way of one's own."""
    somebody = buyer(
        clock, "slow,seconds=600,nth=1", "stuck,nth=2/3", "unknown-state,nth=4", "invisible,nth=5", "fail,code=x,nth=6"
    )
    slow, never = somebody.generate("slow"), somebody.generate("never")
    stuck, odd, late, failed = (somebody.begin(word) for word in ("stuck", "odd", "late", "failed"))
    hidden = somebody.look(late)
    (plan,) = [task.plan for task in somebody.world.tasks if task.id == odd]
    clock.now = plan.stages[1].at + 0.01

    assert isinstance(slow, Later)
    assert slow.seconds == pytest.approx(600, abs=0.01)
    assert isinstance(never, Silence)
    assert hidden["error"]["code"] == "task_not_found"
    assert (somebody.look(odd)["data"]["status"], somebody.look(odd)["data"]["progress"]) == ("PAUSED", "10%")
    clock.move(10_000)
    assert somebody.look(stuck)["data"]["status"] == "NOT_START"
    assert somebody.look(late)["data"]["status"] == "SUCCESS"
    assert somebody.look(failed)["data"]["fail_reason"].startswith("Internal Error")


def test_a_relay_cuts_a_task_that_never_ends(clock: Clock) -> None:
    """As it does with one that takes too long."""
    somebody = buyer(clock, "stuck", cut_after=184)

    reply = somebody.generate()

    assert isinstance(reply, Later)
    assert (reply.seconds, reply.status) == (184, 524)


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("fail,kind=policy", 400, "moderation_blocked"),
        ("fail,kind=moderation", 500, None),
        ("fail,kind=image", 400, "invalid_image"),
        ("fail,code=E_FAIL", 500, None),
        ("fail,code=503", 503, None),
        ("record-408", 408, None),
        ("record-501", 500, None),
    ],
)
def test_a_failure_has_the_status_of_its_code(clock: Clock, fault: str, status: int, code: str | None) -> None:
    """What is none of HTTP's is 500."""
    somebody = buyer(clock, fault)
    found, error = refused(somebody.generate())

    assert (found, error["code"]) == (status, code)


def test_a_fault_may_be_meant_for_a_prompt_or_a_model(clock: Clock) -> None:
    """Read from JSON and from a form, and from the task that is looked at."""
    somebody = buyer(
        clock,
        "server-error,prompt=apple,on=creates",
        "maintenance,model=nano-banana-hd,on=creates",
        "not-found,prompt=pear,on=images-task",
    )
    pear, plum = somebody.begin("a pear"), somebody.begin("a plum")

    assert refused(somebody.generate("an apple"))[0] == 500
    assert refused(somebody.edit(b"x", prompt="an apple"))[0] == 500
    assert refused(somebody.generate(model="nano-banana-hd"))[0] == 503
    assert refused(somebody.edit(b"x", model="nano-banana-hd"))[0] == 503
    assert isinstance(somebody.generate(), Later)
    assert refused(somebody.send("nonsense"))[0] == 400
    assert somebody.look(pear)["error"]["code"] is None
    assert somebody.look(plum)["code"] == "success"


def test_a_withheld_create_and_look_are_on_record(clock: Clock) -> None:
    """With what was asked for, as far as it could be read."""
    somebody = buyer(clock, "too-many,on=creates,nth=2/3", "closed,on=images-task,charged=no")
    task_id = somebody.begin()
    somebody.generate("second")
    somebody.send("nonsense")
    somebody.ask("images-task", subject=task_id)
    seen = list(somebody.world.ledger.creates)

    assert [each.code for each in seen] == [200, 429, 429]
    assert [bool(each.fingerprint) for each in seen] == [True, True, False]
    assert {each.dialect for each in seen} == {"images"}
    assert somebody.world.ledger.polls[task_id] == 1


def test_files_of_every_dialect_go_wrong_alike(clock: Clock) -> None:
    """By the prompt of the task whose second picture it is."""
    somebody = buyer(clock, "gone,prompt=pear")
    url = somebody.waited(somebody.generate("a pear", n=2))["data"][1]["url"]
    other = somebody.waited(somebody.generate("a plum", n=2))["data"][1]["url"]

    answers = [somebody.ask("file", subject=each.partition("/files/")[2]) for each in (url, other)]

    assert [answer.status for answer in answers] == [404, 200]
