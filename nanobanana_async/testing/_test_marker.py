"""What `@pytest.mark.nanobanana(…)` says of a test's gateway, read and checked: a wrong word is told in a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pytest
from attrs import fields

from nanobanana_async.emulator import EmulatorOptions
from nanobanana_async.testing._keywords import not_taken

T = TypeVar("T")

OPTIONS = tuple(option.name for option in fields(EmulatorOptions))
KNOWN = ("faults", "latency", *OPTIONS)


def marked(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the markers of a test say, the nearest first. A word that nothing takes fails the test."""
    asked: dict[str, Any] = {}
    for marker in request.node.iter_markers("nanobanana"):
        if marker.args:
            raise _refusal(request, f"mark.nanobanana takes keywords only, such as seed=1, and not {marker.args[0]!r}")
        for word in marker.kwargs:
            if word not in KNOWN:
                raise _refusal(request, not_taken("mark.nanobanana", word, KNOWN))
        asked = {**marker.kwargs, **asked}
    return asked


def made(request: pytest.FixtureRequest, make: Callable[[Mapping[str, Any]], T], asked: Mapping[str, Any]) -> T:
    """What `make` makes of the marker's words. A value that makes no sense fails the test."""
    try:
        return make(asked)
    except ValueError as error:
        complaint = f"mark.nanobanana: {error}"
    raise _refusal(request, complaint)  # out of the `except`: pytest would show where the error came from as well


def options_of(asked: Mapping[str, Any]) -> EmulatorOptions:
    """The options of the emulator among the words."""
    return EmulatorOptions(**{name: asked[name] for name in OPTIONS if name in asked})


def _refusal(request: pytest.FixtureRequest, complaint: str) -> BaseException:
    return pytest.fail.Exception(f"{request.node.nodeid}: {complaint}", pytrace=False)
