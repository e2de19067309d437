"""Where requests go: the vendor, whatever speaks like it, or an emulator that is started for this one command."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import attrs

from nanobanana_async.cli._emulating import KEY, SPEED, emulated
from nanobanana_async.cli._env_file import environment
from nanobanana_async.cli._options import DOCUMENTED_RATE
from nanobanana_async.errors import ConfigurationError
from nanobanana_async.gateways import Gateway, Kie, OpenAIImages
from nanobanana_async.pacing import Polling, Rate


@attrs.frozen(kw_only=True)
class Where:
    """What the options say of it. `speed`, `seed` and `faults` are an emulator's, None or empty where not given.

    `gateway` is one of the names of `options.GATEWAYS`, `price` what an image costs there in US dollars.
    """

    gateway: str = "kie"
    price: float | None = None
    base_url: str | None = None
    env_file: Path | None = None
    emulator: bool = False
    speed: float | None = None
    seed: int | None = None
    faults: tuple[str, ...] = ()


@attrs.frozen
class Connection:
    """A gateway that is ready to be spoken to, when to look at its tasks, and what a journal of it says it is of."""

    gateway: Gateway
    polling: Polling
    identity: str


@contextlib.contextmanager
def connected(where: Where, *, rate: Rate = DOCUMENTED_RATE, state_in: Path | None = None) -> Iterator[Connection]:
    """The gateway that `where` describes; an emulator runs for as long as the context is open.

    The emulator keeps to `rate`, and its tasks outlive it in the folder `state_in`.

    Raises:
        ConfigurationError: there is no key, a URL is none, the options contradict each other, or the emulator's
            extra is missing.
    """
    _check(where)
    if not where.emulator:
        # An emulator that runs elsewhere may be told of by its speed, so that the first look isn't late.
        gateway = vendor(where)
        yield Connection(gateway, _polling(where.speed or 1.0), f"{gateway.kind} {gateway.address}")
        return
    speed = where.speed or SPEED
    with emulated(speed=speed, seed=where.seed or 0, rate=rate, state_in=state_in, faults=where.faults) as base_url:
        yield Connection(described(where, base_url, KEY), _polling(speed), _emulators(where))


def described(where: Where, base_url: str | None = None, key: str | None = None) -> Gateway:
    """The gateway as the options describe it: enough to read a file for it, and to say what that costs.

    Raises:
        ConfigurationError: the options contradict each other, or a URL is none.
    """
    url = base_url if base_url is not None else where.base_url
    if where.gateway == "kie":
        if where.price is not None:
            raise ConfigurationError("--price is for --gateway openai-images", remedy="Kie's prices are documented.")
        # Both URLs are given: an upload URL in the environment would send pictures to the vendor.
        return Kie(key, base_url=url, upload_url=base_url)
    return OpenAIImages(url, key, where.price, mode="async" if where.gateway.endswith("-async") else "sync")


def vendor(where: Where) -> Gateway:
    """The gateway with its key and URLs filled in.

    Raises:
        ConfigurationError: there is no key, or a URL is none.
    """
    variables = environment(where.env_file)
    gateway = described(where)
    name, other, there = _variables(where)
    if not variables.get(name, "").strip():
        is_of_another = bool(variables.get(other, "").strip())
        hint = f"{other} is set: for the gateway that it is for, add --gateway {there}. " if is_of_another else ""
        raise ConfigurationError(
            f"no API key: set the environment variable {name}",
            remedy=f"{hint}Or give a file that sets it as --env-file; to try things without a key, add --emulator.",
        )
    return gateway.resolved(variables)


def _variables(where: Where) -> tuple[str, str, str]:
    """The variable of the key; that of the other kind of gateway, and what such a gateway is called."""
    kies, others = "KIE_API_KEY", "NANOBANANA_IMAGES_API_KEY"
    return (kies, others, "openai-images") if where.gateway == "kie" else (others, kies, "kie")


def identity_of(where: Where) -> str | None:
    """What a journal says that it is of, for which no key is needed; None where no URL is known.

    Raises:
        ConfigurationError: the options contradict each other.
    """
    _check(where)
    if where.emulator:
        return _emulators(where)
    no_keys = dict.fromkeys(("KIE_API_KEY", "NANOBANANA_IMAGES_API_KEY"), "no-key-to-look")
    try:
        gateway = described(where).resolved({**environment(where.env_file), **no_keys})
    except ConfigurationError:
        return None
    return f"{gateway.kind} {gateway.address}"


def _emulators(where: Where) -> str:
    """What a journal says that it is of: an emulator's address is another one each time."""
    return "emulator" if where.gateway == "kie" else "emulator openai-images"


def _check(where: Where) -> None:
    if where.emulator and where.base_url is not None:
        raise ConfigurationError("--emulator and --base-url are two places to send to", remedy="Give one of them.")
    given = {"--seed": where.seed is not None, "--fault": bool(where.faults)}
    for option, is_given in given.items():
        if is_given and not where.emulator:
            raise ConfigurationError(f"{option} is the emulator's", remedy="Add --emulator, or leave it out.")


def _polling(speed: float) -> Polling:
    """When to look at tasks `speed` times as fast as life: from 20 times on, the shortest wait shrinks as well."""
    return Polling(speed=speed, shortest=min(0.4, 8 / speed))
