"""What may be said of an emulator when it is made: each option, its short forms, and what is refused."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from nanobanana_async.emulator import (
    Bucket,
    EmulatorOptions,
    FixedWindow,
    Limit,
    OptionError,
    SlidingWindow,
    World,
)
from tests.emulator.customer import Clock, Customer

TEXT = "a text that is not empty; leave it out for none"
SEVERAL = 'several texts, as in keys=["k1", "k2"]'
LIMIT = "a Limit, or a text such as '20/10': so many new tasks in so many seconds"
COUNTING = "sliding, fixed, bucket, or a class such as SlidingWindow"


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("seed", "3", "seed='3' is not allowed: a whole number"),
        ("seed", 1.0, "seed=1.0 is not allowed"),
        ("seed", True, "seed=True is not allowed"),
        ("speed", 0, "speed=0 is not allowed: a number above 0"),
        ("speed", "20", "speed='20' is not allowed: a number above 0"),
        ("speed", float("nan"), "speed=nan is not allowed"),
        ("speed", 10**400, "is not allowed: a number above 0"),
        ("credits", -1, "credits=-1 is not allowed: a number, 0 or more"),
        ("credits", None, "credits=None is not allowed"),
        ("credits", float("inf"), "credits=inf is not allowed"),
        ("keys", "k1,k2", f"keys=<str> is not allowed: {SEVERAL}"),
        ("keys", b"k1", f"keys=<bytes> is not allowed: {SEVERAL}"),
        ("keys", 7, f"keys=<int> is not allowed: {SEVERAL}"),
        ("keys", ["k1", 7], f"keys=<list> is not allowed: {SEVERAL}"),
        ("keys", ["k1", ""], f"keys=<list> is not allowed: {SEVERAL}"),
        ("limit", 20, f"limit=20 is not allowed: {LIMIT}"),
        ("limit", "20", f"limit='20' is not allowed: {LIMIT}"),
        ("limit", "0/10", f"limit='0/10' is not allowed: {LIMIT}"),
        ("limit", "20/nan", f"limit='20/nan' is not allowed: {LIMIT}"),
        ("window", "slidng", f"window='slidng' is not allowed: {COUNTING}; did you mean 'sliding'?"),
        ("window", "zzz", f"window='zzz' is not allowed: {COUNTING}"),
        ("window", 5, f"window=5 is not allowed: {COUNTING}"),
        ("balance_form", "Float", "balance_form='Float' is not allowed: float, int; did you mean 'float'?"),
        ("record_shape", "odd", "record_shape='odd' is not allowed: new, old"),
        ("record_shape", ["new"], "record_shape=['new'] is not allowed: new, old"),
        ("generate_record", "round", "generate_record='round' is not allowed: wrapped, flat, mixed"),
        ("images_item", "none", "images_item='none' is not allowed: asked, both"),
        ("images_b64", "prefix", "images_b64='prefix' is not allowed: plain, prefixed; did you mean 'prefixed'?"),
        ("images_url", True, "images_url=True is not allowed: link, data"),
        ("images_task", "id", "images_task='id' is not allowed: top, data"),
        ("images_errors", "json", "images_errors='json' is not allowed: object, text, message, msg"),
        ("images_models", "all", "images_models='all' is not allowed: known, any"),
        ("rate_headers", "yes", "rate_headers='yes' is not allowed: True or False"),
        ("cut_after", 0, "cut_after=0 is not allowed: a number above 0"),
        ("cut_after", "184", "cut_after='184' is not allowed: a number above 0"),
        ("webhook_key", "", f"webhook_key='' is not allowed: {TEXT}"),
        ("webhook_key", b"sesame", f"webhook_key=<bytes> is not allowed: {TEXT}"),
        ("allow_remote", "no", "allow_remote='no' is not allowed: True or False"),
        ("public_url", "pictures.test", "public_url='pictures.test' is not allowed: an http or https address"),
        ("public_url", 80, "public_url=80 is not allowed: an http or https address"),
        ("state_dir", "", "state_dir='' is not allowed: the path of a folder"),
        ("state_dir", 5, "state_dir=5 is not allowed: the path of a folder"),
        ("result_days", -1, "result_days=-1 is not allowed: a number, 0 or more"),
        ("upload_days", "3", "upload_days='3' is not allowed: a number, 0 or more"),
    ],
)
def test_an_option_that_makes_no_sense_is_named_with_what_is_allowed(option: str, value: object, said: str) -> None:
    """The option, its value, and the remedy; keys are never shown."""
    with pytest.raises(OptionError) as raised:
        EmulatorOptions(**{option: value})  # type: ignore[arg-type]  # wrong on purpose

    assert said in str(raised.value)
    assert raised.value.option == option
    assert not {"k1", "sesame"} & set(str(raised.value).replace("=", " ").partition("is not")[0].split())


def test_an_error_survives_its_way_to_another_process() -> None:
    """Test runners that work in several processes send errors about."""
    error = OptionError("speed", "0", "a number above 0")

    again = pickle.loads(pickle.dumps(error))

    assert (str(again), again.option) == (str(error), "speed")


@pytest.mark.parametrize(
    ("word", "counting"), [("sliding", SlidingWindow), ("fixed", FixedWindow), ("bucket", Bucket), (Bucket, Bucket)]
)
def test_a_way_of_counting_is_a_word_or_a_class(word: object, counting: type) -> None:
    """Either goes; what is kept is the class."""
    assert EmulatorOptions(window=word).window is counting  # type: ignore[arg-type]  # words and classes


@pytest.mark.parametrize("said", ["20/7.5", Limit(20, per=7.5)])
def test_a_limit_is_a_value_or_a_text(said: Limit | str) -> None:
    """The text is that of the command line."""
    assert EmulatorOptions(limit=said).limit == Limit(20, per=7.5)


def test_paths_addresses_and_keys_are_tidied() -> None:
    """A path as text, an address with a slash, keys in any collection."""
    options = EmulatorOptions(state_dir="folder", public_url="https://pictures.test/", keys=(key for key in ("a", "b")))

    assert (options.state_dir, options.public_url) == (Path("folder"), "https://pictures.test")
    assert options.keys == frozenset({"a", "b"})


@pytest.mark.parametrize(
    ("count", "per", "said"),
    [
        (0, 10, "count=0 is not allowed: a whole number, 1 or more"),
        (1.5, 10, "count=1.5 is not allowed"),
        (20, 0, "per=0 is not allowed: a number above 0"),
    ],
)
def test_a_limit_of_nothing_is_none(count: float, per: float, said: str) -> None:
    """Nor is one in no time."""
    with pytest.raises(OptionError, match=said):
        Limit(count, per=per)  # type: ignore[arg-type]  # wrong on purpose


def test_a_limit_is_changed_in_the_same_words(clock: Clock) -> None:
    """While it runs, too."""
    world = World(clock=clock)

    world.limit_to("1/10", window="fixed")

    assert [Customer(world).create()["code"] for _ in range(2)] == [200, 429]
    with pytest.raises(OptionError, match="limit='x'"):
        world.limit_to("x")
    with pytest.raises(OptionError, match="window='x'"):
        world.limit_to("1/10", window="x")  # type: ignore[arg-type]  # wrong on purpose
