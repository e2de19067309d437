"""Every error says what happened, what it cost and what may be done."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import get_args

import pytest

from nanobanana_async import errors
from nanobanana_async.errors import NanoBananaError, NetworkError, Reason

ALL = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, NanoBananaError)]


@pytest.mark.parametrize("kind", ALL)
def test_every_error_has_all_its_fields(kind: type[NanoBananaError]) -> None:
    """A reason of the list, a remedy, and a sentence for end users that says nothing of the inside."""
    error = kind("it went wrong")

    assert kind.__name__.endswith("Error")
    assert error.reason in get_args(Reason)
    assert error.charged in ("yes", "no", "unknown")
    assert error.remedy
    assert error.public_message.endswith(".")
    assert not any(word in error.public_message.lower() for word in ("kie", "key", "credit", "api"))
    assert error.message == str(error) == "it went wrong"


def test_every_reason_has_an_error() -> None:
    """The list of reasons and the tree agree."""
    assert {kind.reason for kind in ALL} == set(get_args(Reason))


def test_the_tree_is_drawn_in_the_docstring() -> None:
    """Every error stands in it."""
    assert errors.__doc__ is not None
    assert not [kind.__name__ for kind in ALL if kind.__name__ not in errors.__doc__]


@pytest.mark.parametrize("kind", ALL)
def test_an_error_survives_a_copy_and_a_process(kind: type[NanoBananaError]) -> None:
    """With all that it knows."""
    error = kind("it went wrong", charged="unknown", task_id="t1", remedy="ask")

    for other in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(other) is kind
        assert other.__dict__ == error.__dict__
        assert str(other) == "it went wrong"


def test_a_network_error_fears_the_worst_unless_told() -> None:
    """Without proof, it may have been sent."""
    assert NetworkError("reset").sent == "perhaps"
    assert not NetworkError("reset").permanent
