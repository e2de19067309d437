"""An answer of so many parts that it would fill the memory as values: nobody reads it; pictures are one part each."""

from __future__ import annotations

import base64

import pytest

from nanobanana_async.dialects import ImagesDialect, JobsDialect
from nanobanana_async.dialects._lenient import MOST_PARTS, loads
from nanobanana_async.values import Answered, Refused
from tests.dialects.wishes import reply


@pytest.mark.parametrize("part", ["[],", "0,", '{"a":'])
@pytest.mark.parametrize("as_bytes", [True, False])
def test_too_many_parts_are_refused_before_they_are_read(part: str, as_bytes: bool) -> None:
    """Whatever they are."""
    text = "[" + part * (MOST_PARTS + 1)

    with pytest.raises(ValueError, match="of more than 250000 parts"):
        loads(text.encode() if as_bytes else text)


def test_as_many_as_there_may_be_are_read() -> None:
    """A batch of links is far below it."""
    assert loads("[" + "0," * (MOST_PARTS - 2) + "0]") == [0] * (MOST_PARTS - 1)


def test_a_large_picture_is_one_part() -> None:
    """Base64 has neither commas nor brackets."""
    content = base64.b64encode(b"\x89PNG" + bytes(3_000_000)).decode()
    answer = ImagesDialect("https://a.example", "key").read_submitted(reply({"data": [{"b64_json": content}]}))

    assert isinstance(answer, Answered)


def test_such_an_answer_to_a_create_is_nobodys_word() -> None:
    """It may have been taken."""
    answer = JobsDialect("https://a.example", "key").read_submitted(reply(b"[" + b"[]," * MOST_PARTS + b"0]"))

    assert isinstance(answer, Refused)
    assert not answer.problem.enveloped
