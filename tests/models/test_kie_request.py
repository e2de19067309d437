"""`KieRequest`: any model, its vendor fields sent as they are."""

from __future__ import annotations

from typing import Any

import pytest

from nanobanana_async.models import InvalidFieldsError, KieRequest, with_format_default
from nanobanana_async.values import Expected, Request


def test_it_is_a_request_that_is_sent_as_it_is() -> None:
    """Its input goes out unchanged, whatever it holds."""
    request: Request = KieRequest(
        "new-model", input={"prompt": "x", "images": ["https://a/b"], "n": (1, 2.5, None, True)}
    )

    assert isinstance(request, Request)
    assert request.model == "new-model"
    assert request.dialect == "jobs"
    assert request.images == ()
    assert request.credits is None
    assert request.expected == Expected(5, 60)
    assert request.vendor_input([]) == {"prompt": "x", "images": ["https://a/b"], "n": [1, 2.5, None, True]}


def test_what_the_caller_changes_later_changes_nothing() -> None:
    """The request keeps a copy of its input, and gives copies away."""
    given: dict[str, Any] = {"prompt": "x", "list": [1]}
    request = KieRequest("new-model", input=given)

    given["list"].append(2)
    request.vendor_input([])["list"].append(3)
    request.fields()["input"]["list"].append(4)

    assert request.fields() == {"input": {"prompt": "x", "list": [1]}}


def test_its_price_is_the_users_word() -> None:
    """Credits are for budgets; they are a field, so that a request read back keeps them."""
    request = KieRequest("new-model", input={}, credits=5)

    assert request.credits == 5.0
    assert request.fields() == {"input": {}, "credits": 5.0}
    assert hash(request) == hash(KieRequest("new-model", input={}, credits=5))


def test_there_is_no_place_for_uploaded_images() -> None:
    """Images stand in the input, under a name that only the user knows."""
    with pytest.raises(ValueError, match="1 URLs for 0 images"):
        KieRequest("new-model", input={}).vendor_input(["https://a/b"])


def test_no_format_is_filled_in() -> None:
    """Nothing is known of its fields."""
    request = KieRequest("new-model", input={})

    assert with_format_default(request, "png") is request


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [1, {"b": {1}}]}, "input.a[1].b is {1}, of type set, which JSON has not"),
        ({"a": float("nan")}, "input.a is nan, which JSON has not"),
        ({"a": float("-inf")}, "input.a is -inf, which JSON has not"),
        ({"a": b"png"}, "input.a is <3 bytes>, of type bytes, which JSON has not"),
        ({"a": "\ud800"}, "input.a is '\\ud800', with a lone surrogate, which can't be written as UTF-8"),
        ({"a": {"\ud800": 1}}, "input.a is '\\ud800', with a lone surrogate, which can't be written as UTF-8"),
        ({"a": {1: 2}}, "input.a has the key 1, which is no str"),
        ({"a": 10**5000}, "input.a is a number of 16610 bits"),
        ({"a": deep(100)}, "is nested more than 64 deep"),
        ([1], "input=[1] is no dict of the vendor's fields"),
    ],
)
def test_input_that_is_no_json_is_refused_by_its_path(value: Any, message: str) -> None:
    """What could not be sent is found before, and named by where it stands."""
    with pytest.raises(InvalidFieldsError) as caught:
        KieRequest("new-model", input=value)

    (problem,) = caught.value.problems
    assert problem.field == "input"
    assert message in problem.message
    assert "input" in problem.remedy


@pytest.mark.parametrize("value", [-1, float("inf"), float("nan"), "5", True])
def test_credits_are_a_number_from_zero(value: Any) -> None:
    """A price that can't be counted with is refused."""
    with pytest.raises(InvalidFieldsError, match="is no number from 0"):
        KieRequest("new-model", input={}, credits=value)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("", "model is empty"),
        (None, "model must be text"),
        ("nano-banana", "it is called 'google/nano-banana'"),
        ("nano-banana-edit", "it is called 'google/nano-banana-edit'"),
        ("google/nano-banana-pro", "it is called 'nano-banana-pro'"),
    ],
)
def test_a_name_that_the_gateway_refuses_is_refused_here(model: Any, message: str) -> None:
    """The prefix rule holds for what is sent as it is, too (PROTOCOL §1.5)."""
    with pytest.raises(InvalidFieldsError, match=message):
        KieRequest(model, input={})


def test_known_names_and_new_names_pass() -> None:
    """Whatever else the user names may be a model by now."""
    assert KieRequest("nano-banana-2", input={}).model == "nano-banana-2"
    assert KieRequest(" google/nano-banana-9 ", input={}).model == "google/nano-banana-9"
