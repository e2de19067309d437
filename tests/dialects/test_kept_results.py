"""What a journal kept of a result is read again, by every dialect; and a gateway can name nobody's file."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nanobanana_async.dialects import GenerateDialect, ImagesDialect, JobsDialect
from nanobanana_async.values import Answered, Dialect, Looked, Result
from tests.dialects.wishes import reply

KEY = "sk-0123456789abcdef"
JOBS = JobsDialect("https://api.kie.ai", KEY)
GENERATE = GenerateDialect("https://api.kie.ai", KEY)
IMAGES = ImagesDialect("https://relay.example", KEY)
ID = "task7"
URL = "https://cdn.example/a.png"
CONTENT = b"\x89PNG and so on"
TEXT = base64.b64encode(CONTENT).decode()
THEIRS = "sha256:" + "ab" * 32


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@pytest.mark.parametrize(
    ("dialect", "record"),
    [
        (JOBS, {"taskId": ID, "state": "success", "resultJson": {"resultUrls": [URL]}, "creditsConsumed": 4}),
        (GENERATE, {"taskId": ID, "successFlag": 1, "response": {"resultImageUrl": URL}, "creditsConsumed": 4}),
    ],
)
def test_an_answer_that_was_kept_is_read_as_it_was(dialect: Dialect, record: dict[str, Any]) -> None:
    """Of dialects with tasks it is the answer itself; the model is what the record says, or what was asked for."""
    named = {**record, "model": "named"}
    kept = json.dumps({"code": 200, "msg": "success", "data": record})

    assert dialect.read_kept(ID, "asked", kept) == Result(ID, "asked", (URL,), 4.0, raw=record)
    assert dialect.read_kept(ID, None, json.dumps({"code": 200, "data": named})) == Result(
        ID, "named", (URL,), 4.0, raw=named
    )


def test_a_flat_answer_that_was_kept_is_read_as_it_was() -> None:
    """The older record may have come without an envelope."""
    record = {"taskId": ID, "successFlag": 1, "imageUrl": URL}

    assert GENERATE.read_kept(ID, "asked", json.dumps(record)) == Result(ID, "asked", (URL,), raw=record)


@pytest.mark.parametrize("dialect", [JOBS, GENERATE, IMAGES])
@pytest.mark.parametrize(
    "raw", ["", "{", "[]", "7", "\ud800", "null", '{"code":200,"data":{"state":"waiting","successFlag":0}}', "[" * 9999]
)
def test_what_tells_of_no_result_gives_none(dialect: Dialect, raw: str) -> None:
    """Whatever has become of the journal."""
    assert dialect.read_kept(ID, "asked", raw) is None


def test_a_task_that_has_no_id_has_no_record() -> None:
    """Where tasks are asked for by id, nothing was kept without one."""
    assert JOBS.read_kept(None, "asked", '{"code":200,"data":{"state":"success"}}') is None


def test_what_came_at_once_is_read_with_digests_for_pictures() -> None:
    """All else is told as it was."""
    body = {
        "created": 1765101600,
        "data": [{"b64_json": TEXT}, {"url": URL}, {"url": f"data:;base64,{TEXT}"}],
        "usage": {"credits": 2},
    }
    said = IMAGES.read_submitted(reply(body))
    assert isinstance(said, Answered)

    again = IMAGES.read_kept(None, "asked", json.dumps(said.result.raw))

    wanted = attrs.evolve(said.result, model="asked", urls=(digest(CONTENT), URL, digest(CONTENT)))
    assert again == wanted


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_record_is_read_with_or_without_an_envelope(wrapped: bool) -> None:
    """As it stands in a result, or as it would have come."""
    record = {"status": "SUCCESS", "model": "named", "data": {"created": 1, "data": [{"b64_json": digest(CONTENT)}]}}
    raw = json.dumps({"code": 200, "msg": "success", "data": record} if wrapped else record)

    kept = IMAGES.read_kept(ID, "asked", raw)

    assert kept is not None
    assert (kept.task_id, kept.model, kept.urls) == (ID, "named", (digest(CONTENT),))


def test_only_what_is_a_link_or_a_digest_is_a_picture_there() -> None:
    """No content stands in what was kept, and no file's name."""
    items = [
        {"b64_json": TEXT},
        {"b64_json": URL},
        {"url": "file:///a.png"},
        {"url": THEIRS.upper()},
        {"url": THEIRS + "0"},
    ]

    kept = IMAGES.read_kept(None, None, json.dumps({"data": items}))

    assert kept is not None
    assert kept.urls == ()


NAMES = ["url", "b64_json", "data", "image_url", "images", "result_url", "result_urls", "thumbnail"]
NAMES += ["output", "result", "image", "base64", "choices", "message", "content", "parts", "inlineData"]
TEXTS = [THEIRS, f" {THEIRS}", TEXT, f"data:image/png;base64,{TEXT}", URL, "/a.png", "§" * 300, "queued", "success"]
ITEMS = st.sampled_from([None, 7, *TEXTS]) | st.dictionaries(
    st.sampled_from(NAMES), st.sampled_from([None, *TEXTS]) | st.just({"url": THEIRS}), max_size=3
)


def wrap(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    objects = st.dictionaries(st.sampled_from([*NAMES, "status"]), inner, max_size=3)
    return objects | inner.map(lambda value: {"data": value}) | inner.map(json.dumps) | st.lists(inner, max_size=2)


ANSWERS = st.recursive(st.lists(ITEMS, max_size=4) | ITEMS, wrap, max_leaves=8)
FIVE_TIMES: Any = json.dumps([{"url": THEIRS}])
for _ in range(5):
    FIVE_TIMES = json.dumps(FIVE_TIMES)
DEEP: Any = [{"url": THEIRS}]
for _ in range(6):
    DEEP = {"data": DEEP}


def results_of(data: Any) -> list[Result]:
    """What becomes of `data` in the answer to a create, and in the record of a task."""
    at_once = IMAGES.read_submitted(reply({"data": data}))
    later = IMAGES.read_record(ID, reply({"code": "success", "data": {"status": "SUCCESS", "data": data}}))
    results = [at_once.result if isinstance(at_once, Answered) else None]
    results += [later.result if isinstance(later, Looked) else None]
    return [result for result in results if result is not None]


def as_kept(url: str) -> str:
    return digest(base64.b64decode(url.partition(",")[2])) if url.startswith("data:") else url


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@example([{"b64_json": THEIRS, "url": THEIRS}, THEIRS])
@example(FIVE_TIMES)
@example(DEEP)
@given(ANSWERS)
def test_a_gateway_can_name_nobodys_file(data: Any) -> None:
    """Kept and read again, an answer has the same pictures, and a digest only where its content came."""
    for result in results_of(data):
        again = IMAGES.read_kept(ID, None, json.dumps(result.raw))
        wrapped = IMAGES.read_kept(ID, None, json.dumps({"code": 200, "data": result.raw}))

        wanted = tuple(map(as_kept, result.urls))
        assert THEIRS not in wanted
        assert (again.urls if again is not None else ()) == wanted
        assert wrapped is None or wrapped.urls in (wanted, ())


def test_a_digest_that_comes_from_the_wire_is_no_picture() -> None:
    """Nor is it kept, so that it is none later either."""
    (result,) = (result for result in results_of([THEIRS]) if result.task_id == ID)

    assert result.urls == ()
    assert result.raw == {"status": "SUCCESS", "data": ["(no picture: 71 characters)"]}


@pytest.mark.parametrize(
    ("dialect", "answer"),
    [
        (JOBS, {"code": 200, "data": {"taskId": ID, "state": "success", "resultJson": {"resultUrls": [URL]}}}),
        (GENERATE, {"code": 200, "data": {"taskId": ID, "successFlag": 1, "response": {"resultImageUrl": URL}}}),
        (
            IMAGES,
            {"code": "success", "data": {"status": "SUCCESS", "data": {"data": [{"url": URL}, {"b64_json": TEXT}]}}},
        ),
    ],
)
def test_what_is_kept_of_a_look_is_read_as_the_look_was(dialect: Dialect, answer: dict[str, Any]) -> None:
    """Whatever form that has; the content of a picture is not in it, only its digest."""
    came = reply(answer)
    seen = dialect.read_record(ID, came)

    assert isinstance(seen, Looked)
    assert seen.result is not None
    kept = dialect.to_keep(came, seen.result)
    again = dialect.read_kept(ID, None, kept)

    assert TEXT not in kept
    assert again is not None
    assert again.urls == tuple(url if url == URL else digest(CONTENT) for url in seen.result.urls)
