"""File names: readable, safe on every file system, and never shared by two keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nanobanana_async.storage import Stems, Target, file_stem, key_stem, slug

characters = st.characters() | st.sampled_from(r"aA/\.:~- " + "éÉıİßﬁ\u0301\ud800\U0001f34c")
texts = st.text(characters, max_size=60) | st.text(max_size=300)
odd = st.sampled_from(["con", "CON", "nul.x", "..", ".", "", "a/b"])
keys = texts | texts.map(key_stem) | texts.map(str.upper) | odd


def assert_safe(stem: str) -> None:
    """A name that every file system takes, with room for a number, an extension and a mark."""
    assert stem
    assert not set(stem) & set('<>:"/\\|?*\0\n')
    assert stem[0] not in ".-~ "
    assert stem[-1] not in ". "
    assert len(stem.encode()) <= 130
    assert stem.partition(".")[0].strip().lower() not in {"con", "prn", "aux", "nul", "com1", "lpt9"}


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("A banana in orbit", "a-banana-in-orbit"),
        ("  A banana, in (low) orbit!  ", "a-banana-in-low-orbit"),
        ("Don't panic — it’s fine", "dont-panic-its-fine"),
        ("CAFÉ Noël", "café-noël"),
        ("cafe\u0301", "café"),
        ("一只香蕉，在太空", "一只香蕉-在太空"),
        ("موزة في الفضاء", "موزة-في-الفضاء"),
        ("अंतरिक्ष में केला", "अंतरिक्ष-में-केला"),
        ("宇宙のバナナ", "宇宙のバナナ"),
        ("🍌🚀 banana 👩🏽‍🚀 rocket ❤️", "banana-rocket"),
        ("1️⃣ first", "1-first"),
        ("🍌", "image"),
        ("", "image"),
        ("...", "image"),
        ("../../etc/passwd", "etc-passwd"),
        ("CON", "image"),
        ("lpt1", "image"),
        ("\ud800 lone", "lone"),
        ("A studio photograph of a single ripe banana on white", "a-studio-photograph-of-a-single-ripe"),
        ("A studio photograph of a single very ripe banana", "a-studio-photograph-of-a-single-very"),
        ("exactly forty characters long is this oh yes", "exactly-forty-characters-long-is-this-oh"),
        ("a " + "b" * 60, "a-" + "b" * 38),
        ("字" * 60, "字" * 40),
        ("\U00020000" * 60, "\U00020000" * 30),
    ],
)
def test_a_slug_is_a_few_words_of_the_prompt(prompt: str, name: str) -> None:
    """Letters of every script stay, in lower case; all else becomes dashes; long prompts are cut between words."""
    assert slug(prompt) == name


def test_a_stem_counts_from_one_and_sorts() -> None:
    """Items without a key are named by their number in the file and a few words."""
    assert file_stem(1, "A banana in orbit") == "00001-a-banana-in-orbit"
    assert file_stem(123456, "🍌") == "123456-image"


@given(texts)
def test_a_slug_is_always_a_safe_name(prompt: str) -> None:
    """No prompt makes a name that leaves the folder, hides, or is too long."""
    assert_safe(slug(prompt))
    assert len(slug(prompt)) <= 40
    assert len(slug(prompt).encode()) <= 120


@pytest.mark.parametrize("key", ["sku-1", "SKU 17.b", "香蕉", "café", "a" * 119, "00001-a-banana", "x~y"])
def test_a_safe_key_is_used_as_it_is(key: str) -> None:
    """A key that is a file name already is not touched."""
    assert key_stem(key) == key


@pytest.mark.parametrize(
    ("key", "start"),
    [
        ("a/b", "a-b~"),
        ("../../etc/passwd", "etc-passwd~"),
        ("..", "image~"),
        ("", "image~"),
        (".hidden", "hidden~"),
        ("-rf", "rf~"),
        ("C:\\a", "C--a~"),
        ("tail. ", "tail~"),
        ("nul", "_nul~"),
        ("Aux.txt", "_Aux.txt~"),
        ("cafe\u0301", "café~"),
        ("line\nbreak", "line-break~"),
        ("x" * 500, "x" * 109 + "~"),
        ("a-b~c14cddc033", "a-b~c14cddc033~"),
    ],
)
def test_a_key_that_is_no_safe_name_is_changed_and_marked(key: str, start: str) -> None:
    """A changed key ends in a short hash of what it was; so does a key that looks as if it had been changed."""
    stem = key_stem(key)

    assert stem.rpartition("~")[0] + "~" == start
    assert len(stem.rpartition("~")[2]) == 10


@given(keys)
def test_a_stem_of_a_key_stays_inside_the_folder(key: str) -> None:
    """No key makes a name that leaves the folder, hides, or is too long."""
    stem = key_stem(key)

    assert_safe(stem)
    assert Target.in_folder(Path("/out"), stem).path("png") == Path("/out") / f"{stem}.png"


@given(keys, keys)
def test_two_keys_never_have_one_name(first: str, second: str) -> None:
    """Different keys have different names, whether or not they had to be changed."""
    assume(first != second)

    assert key_stem(first) != key_stem(second)


@given(keys)
def test_a_key_that_looks_like_the_name_of_another_has_a_name_of_its_own(key: str) -> None:
    """A key that equals the changed name of another key doesn't get that name."""
    likeness = key_stem(key)

    assert likeness == key or key_stem(likeness) != likeness


@given(st.lists(keys, unique=True, max_size=8))
def test_the_stems_of_a_pass_differ_by_more_than_case(keys: list[str]) -> None:
    """In one pass no two keys share a file, not even on a disk that ignores case; asking again changes nothing."""
    stems = Stems()

    names = [stems.claim(key_stem(key), owner=key) for key in keys]

    assert len({name.casefold() for name in names}) == len(keys)
    assert names == [stems.claim(key_stem(key), owner=key) for key in keys]
    for name in names:
        assert_safe(name.removesuffix(name[-11:]) if len(name.encode()) > 130 else name)


def test_names_that_differ_by_case_alone_are_told_apart() -> None:
    """The first owner keeps the name, the others get theirs marked, whatever they look like."""
    stems = Stems()

    assert stems.claim("Cat", owner="Cat") == "Cat"
    assert stems.claim("cat", owner="cat").startswith("cat~")
    assert stems.claim("Cat", owner="Cat") == "Cat"


def test_a_mark_that_is_taken_is_marked_again() -> None:
    """Even a name that was made to look like another owner's mark doesn't lead to one file for two."""
    usual = Stems()
    usual.claim("cat", owner="a")
    wanted = usual.claim("cat", owner="b")
    stems = Stems()
    stems.claim("cat", owner="a")
    stems.claim(wanted, owner="c")

    assert stems.claim("cat", owner="b") == f"{wanted}{wanted.removeprefix('cat')}"


@given(keys)
def test_a_file_can_be_made_under_the_name_of_any_key(tmp_path_factory: pytest.TempPathFactory, key: str) -> None:
    """The disk agrees that the name is one."""
    folder = tmp_path_factory.mktemp("keys")

    path = Target.in_folder(folder, key_stem(key)).path("webp")
    path.write_bytes(b"")

    assert [entry.name for entry in folder.iterdir()] == [path.name]
