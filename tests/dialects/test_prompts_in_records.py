"""The prompt that a task's record says it was made with: who adopts a task sees by it whether it is the right one."""

from __future__ import annotations

import json

import pytest

from nanobanana_async.dialects import prompt_in_record
from nanobanana_async.values import JSON

ASKED = {"prompt": "a fox", "output_format": "png"}


@pytest.mark.parametrize(
    "param",
    [
        json.dumps({"model": "nano-banana-2", "input": json.dumps(ASKED)}),
        json.dumps({"model": "nano-banana-2", "input": ASKED}),
        {"input": ASKED},
    ],
)
def test_a_prompt_is_read_however_often_it_is_wrapped(param: JSON) -> None:
    """JSON in JSON, once, twice or not at all: the prompt in it is the same."""
    assert prompt_in_record({"param": param}) == "a fox"


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"param": None},
        {"param": "no JSON"},
        {"param": "[1, 2]"},
        {"param": {"input": "a fox"}},
        {"param": {"input": {"prompt": 7}}},
    ],
)
def test_a_record_without_a_prompt_has_none(record: dict[str, JSON]) -> None:
    """What is no prompt is not taken for one."""
    assert prompt_in_record(record) is None
