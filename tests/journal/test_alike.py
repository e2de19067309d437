"""Memory and file agree in everything: whatever is done to both, both say the same."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from nanobanana_async.errors import NanoBananaError
from nanobanana_async.journal import Attempt, Change, Entry, Found, MemoryJournal, SQLiteJournal
from nanobanana_async.lifecycle import AttemptState, IllegalMoveError, ItemState
from tests.journal.conftest import GATEWAY, AnyJournal
from tests.journal.steps import SCOPE, change, intent

KEYS = st.sampled_from("kl")
TOKENS = st.sampled_from([f"{key}{number}" for key in "kl" for number in (1, 2, 3)])

Doing = Callable[[AnyJournal, float], Awaitable[Any]]


@st.composite
def claims(draw: st.DrawFn) -> Doing:
    key, price = draw(KEYS), draw(st.sampled_from([None, 2.0, 4.0]))
    number = draw(st.sampled_from([1, 2, 9]))

    async def claim(journal: AnyJournal, at: float) -> Any:
        count = len(await journal.attempts(SCOPE, key))
        return await journal.claim(intent(key, token=f"{key}{count + 1}", number=number, price=price, at=at))

    return claim


@st.composite
def claims_again(draw: st.DrawFn) -> Doing:
    """By who has found what stands there, or something else; within its generation, or for the next."""
    key, renews = draw(KEYS), draw(st.booleans())
    wrong = draw(st.none() | st.builds(Found, st.sampled_from([1, 2]), st.sampled_from(ItemState), st.none() | TOKENS))

    async def claim(journal: AnyJournal, at: float) -> Any:
        entry, count = await journal.find(SCOPE, key), len(await journal.attempts(SCOPE, key))
        right = Found(entry.generation, entry.state, entry.token) if entry is not None else None
        again = intent(key, token=f"{key}{count + 1}", instead_of=wrong or right, renews=renews, at=at)
        return await journal.claim(again)

    return claim


@st.composite
def records(draw: st.DrawFn) -> Doing:
    attempt = draw(st.none() | st.tuples(TOKENS, st.sampled_from(AttemptState)))
    said = Change(
        scope=SCOPE,
        key=draw(KEYS),
        generation=draw(st.sampled_from([1, 1, 2])),
        at=0.0,
        to=draw(st.none() | st.sampled_from(ItemState)),
        attempt=attempt,
        token=draw(st.none() | TOKENS) if attempt is None else None,
        task_id=draw(st.sampled_from([None, "t1", "t2"])),
        raw=draw(st.sampled_from([None, "{}"])),
        credits=draw(st.sampled_from([None, 0.0, 3.0])),
        charged=draw(st.sampled_from([None, "yes", "no", "unknown"])),
        error=draw(st.sampled_from([None, {"reason": "busy"}])),
        files=draw(st.sampled_from([None, (), ("a.png",)])),
        completed_at=draw(st.sampled_from([None, 5.0])),
    )
    return lambda journal, at: journal.record(attrs.evolve(said, at=at))


@st.composite
def good_records(draw: st.DrawFn) -> Doing:
    """Such as come in a life: of the attempt that the item follows."""
    key, to = draw(KEYS), draw(st.sampled_from(ItemState))
    state = draw(st.none() | st.sampled_from(AttemptState))
    charged = draw(st.sampled_from([None, "yes", "no", "unknown"]))

    async def record(journal: AnyJournal, at: float) -> Any:
        entry = await journal.find(SCOPE, key)
        token = entry.token if entry else None
        attempt = None if state is None or token is None else (token, state)
        generation = entry.generation if entry else 1
        return await journal.record(change(key, to, attempt=attempt, generation=generation, at=at, charged=charged))

    return record


@st.composite
def followers_records(draw: st.DrawFn) -> Doing:
    """Such as come of those who follow one task, or an attempt that was made before the one that the item follows."""
    key, to, number = draw(KEYS), draw(st.none() | st.sampled_from(ItemState)), draw(st.integers(0, 2))
    state, goes_back = draw(st.none() | st.sampled_from(AttemptState)), draw(st.booleans())
    raw, task_id = draw(st.sampled_from([None, "{}"])), draw(st.sampled_from([None, "t1", "t2"]))

    async def record(journal: AnyJournal, at: float) -> Any:
        made = await journal.attempts(SCOPE, key)
        if not made:
            return None
        one, first = made[number % len(made)], made[0]
        said = {"raw": raw, "task_id": task_id, "generation": one.generation, "at": at}
        if state is None:
            return await journal.record(change(key, to, token=one.token, **said))
        token = first.token if goes_back and first.generation == one.generation else None
        return await journal.record(change(key, to, attempt=(one.token, state), token=token, **said))

    return record


@st.composite
def others(draw: st.DrawFn) -> Doing:
    key = draw(KEYS)
    doings: list[Doing] = [
        lambda journal, at: journal.enter(intent(key, at=at)),
        lambda journal, _: die(journal),
        lambda journal, _: journal.reap(),
        lambda journal, _: keep(journal, key),
    ]
    return draw(st.sampled_from(doings))


async def die(journal: AnyJournal) -> None:
    journal.abandon()
    await journal.open(GATEWAY, clock=lambda: 50.0)


async def keep(journal: AnyJournal, content: str) -> None:
    await journal.keep(content.encode(), sha256=digest_of(content), suffix=".png")


def digest_of(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def without_names(value: Any) -> Any:
    """The same without the names of runs, which are random in a file."""
    if isinstance(value, Entry | Attempt):
        return attrs.evolve(value, run="")
    if isinstance(value, list | tuple):
        return [without_names(one) for one in value]
    return value


async def said_by(doing: Doing, journal: AnyJournal, at: float) -> Any:
    try:
        return without_names(await doing(journal, at))
    except (NanoBananaError, IllegalMoveError) as error:
        return type(error), str(error)


async def content(journal: AnyJournal) -> list[Any]:
    entries = [without_names(entry) async for entry in journal.entries()]
    attempts = [without_names(attempt) for key in "kl" for attempt in await journal.attempts(SCOPE, key)]
    sums = [await journal.counts(SCOPE), await journal.spent(SCOPE), await journal.standing(3.0)]
    return [entries, attempts, sums]


async def found_by_name(journal: AnyJournal) -> list[Any]:
    """Attempts by their names, which pictures are there, and which entries are this run's."""
    names = [await journal.attempt_of(token=f"{key}{number}") for key in "kl" for number in (1, 2, 3)]
    names += [await journal.attempt_of(task_id=task_id) for task_id in ("t1", "t2")]
    kept = [await journal.kept(digest_of(key)) is not None for key in "kl"]
    own = [entry.run == journal.run async for entry in journal.entries()]
    return [without_names(names), kept, own]


STEPS = claims() | claims_again() | records() | good_records() | followers_records() | others()


@given(st.lists(STEPS, min_size=1, max_size=25))
def test_memory_and_file_say_the_same(doings: list[Doing]) -> None:
    """After each of any steps, legal or not, with deaths between them."""

    async def compare() -> None:
        with TemporaryDirectory() as folder:
            memory, file = MemoryJournal(), SQLiteJournal(Path(folder) / "run.db", inline=True)
            for journal in (memory, file):
                await journal.open(GATEWAY, clock=lambda: 50.0)
            for number, doing in enumerate(doings):
                assert await said_by(doing, memory, float(number)) == await said_by(doing, file, float(number))
                assert await content(memory) == await content(file)
            assert await found_by_name(memory) == await found_by_name(file)
            await file.aclose()

    asyncio.run(compare())
