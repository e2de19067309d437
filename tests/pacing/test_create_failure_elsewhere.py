"""DESIGN §4's table for gateways that use HTTP's statuses, and whose answer may be the picture itself (PROTOCOL §3)."""

from __future__ import annotations

import attrs
import pytest

from nanobanana_async import errors
from nanobanana_async.pacing import FailItem, HoldUnknown, Repeat, RepeatForAll, StopRun
from nanobanana_async.pacing._create_failure import LONGEST_FETCH, SHORTEST_TIME_OUT
from nanobanana_async.values import Problem
from tests.pacing.failures import after, foreign, own


def real(status: int, text: str = "The server had an error") -> Problem:
    """The gateway's own word, by a real HTTP status (PROTOCOL §3)."""
    return own(status, text, status=status)


@pytest.mark.parametrize("text", ["The server had an error", "Internal Server Error"])
def test_what_fails_as_late_as_a_time_out_may_be_one(text: str) -> None:
    """Where the answer is the picture, it may be made; what fails while it is made is documented as free."""
    assert isinstance(after(real(500, text), took=SHORTEST_TIME_OUT), Repeat)
    assert isinstance(after(real(500, text), took=SHORTEST_TIME_OUT + 0.1), HoldUnknown)


@pytest.mark.parametrize(
    ("problem", "step"),
    [
        (real(500, "the image was flagged"), FailItem),
        (real(500, "credits insufficient"), StopRun),
        (real(400), FailItem),
        (real(429), RepeatForAll),
        (real(500, "experiencing high demand"), Repeat),
    ],
)
def test_what_is_clearly_refused_is_so_however_late(problem: Problem, step: type) -> None:
    """A filter looks at the picture that was made; that it is refused is told all the same."""
    assert isinstance(after(problem, took=100), step)


def test_words_about_a_picture_are_about_the_one_that_was_sent() -> None:
    """Where none was, or a while has passed, it is the one that was made: it may be paid for, and lost."""
    lost = real(500, "Failed to download image")

    assert isinstance(after(lost), FailItem)
    assert isinstance(after(lost, has_images=False), HoldUnknown)
    assert isinstance(after(lost, took=LONGEST_FETCH + 1), HoldUnknown)
    assert isinstance(after(real(400, "Failed to download image"), has_images=False), FailItem)


@pytest.mark.parametrize("status", [406, 409, 410, 415, 423, 424, 425, 426, 451, 501])
def test_a_request_that_is_refused_for_what_it_is_is_not_sent_again(status: int) -> None:
    """By a real status of HTTP; the item fails, and no other."""
    step = after(real(status))

    assert isinstance(step, FailItem)
    assert step.error.charged == "no"


def test_a_no_in_words_alone_is_no_proof() -> None:
    """The status says yes: nobody can tell what was done. Words that are clear are believed."""
    assert isinstance(after(attrs.evolve(own(0), code=None)), HoldUnknown)
    assert isinstance(after(attrs.evolve(own(0, "prohibited content"), code=None)), FailItem)


def test_a_lost_create_is_looked_for_by_what_it_is_called_there() -> None:
    """The remedy names it, where it has a name."""
    lost = after(attrs.evolve(foreign(502), request_id="req-1"))

    assert isinstance(lost, HoldUnknown)
    assert "'req-1'" in lost.error.remedy


def test_see_other_says_that_it_was_done() -> None:
    """Any other redirect asks for the same to be done elsewhere."""
    assert isinstance(after(foreign(303, "", location="https://elsewhere.example/")), HoldUnknown)


@pytest.mark.parametrize(
    "text",
    [
        "The model `nano` does not exist (invalid_request_error, model_not_found)",
        "The model nano does not exist",
        "model 'nano' not found",
        "Model nano is not supported by this account",
    ],
)
def test_a_model_that_an_openai_style_gateway_does_not_have_fails_its_item(text: str) -> None:
    """The path is there: it is the name that is wrong, and others may be right."""
    step = after(own(404, text, status=404))

    assert isinstance(step, FailItem)
    assert isinstance(step.error, errors.InvalidRequestError)


def test_a_path_that_is_not_there_may_be_that_of_another_kind_of_gateway() -> None:
    """Who comes from OpenAI's package names such a URL, and no gateway."""
    step = after(own(404, "Not Found", status=404))

    assert isinstance(step, StopRun)
    assert "OpenAIImages(" in step.error.remedy
    assert "--gateway openai-images" in step.error.remedy


def test_a_page_of_403_is_nobodys_word() -> None:
    """A proxy in front says it too (PROTOCOL §1.3): whether the create came through, it doesn't tell."""
    step = after(foreign(403, "Forbidden"))

    assert isinstance(step, HoldUnknown)


# --- who has heard nothing ----------------------------------------------------------------------------------------


def cut(status: int, *, task_id: str | None = None) -> Problem:
    return Problem(status, None, "upstream timed out", enveloped=False, is_cut=True, task_id=task_id)


@pytest.mark.parametrize("status", [200, 400, 403, 404, 413, 500, 504])
def test_what_a_relay_has_heard_nothing_of_is_unknown(status: int) -> None:
    """Whatever its status means elsewhere; the remedy names what waits for no answer."""
    step = after(cut(status))

    assert isinstance(step, HoldUnknown)
    assert 'mode="async"' in step.error.remedy
    assert errors.UnknownOutcomeError.remedy in step.error.remedy
    assert "upstream timed out" in step.error.message


@pytest.mark.parametrize("status", [200, 404, 504])
def test_where_that_is_the_first_answer_the_run_ends(status: int) -> None:
    """The next would be cut as well, and each may be paid for: what helps is named."""
    step = after(cut(status), has_answered=False)

    assert isinstance(step, StopRun)
    assert isinstance(step.error, errors.ConfigurationError)
    assert (step.item, step.error.charged) == ("unknown", "unknown")
    assert 'mode="async"' in step.error.remedy
    assert "does not answer like the gateway" not in step.error.message


def test_a_task_that_is_named_beside_it_is_handed_on() -> None:
    """Also by the first answer: it can be looked at."""
    step = after(cut(200, task_id="t1"), has_answered=False)

    assert isinstance(step, HoldUnknown)
    assert step.error.task_id == "t1"
