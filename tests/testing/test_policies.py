"""The keywords with which clients of an emulator are made: those of `Client`, for a type checker and at run time."""

from __future__ import annotations

import inspect
import typing

import pytest

from nanobanana_async import Client
from nanobanana_async.testing import ClientPolicies, Emulator, emulated_client

WHICH_GATEWAY = {"self", "gateway", "api_key", "base_url"}


def test_the_policies_are_those_of_the_client() -> None:
    """Name by name and type by type, but for what says which gateway it is."""
    signature = inspect.signature(Client.__init__).parameters
    types = typing.get_type_hints(Client.__init__)
    ours = typing.get_type_hints(ClientPolicies)

    assert ours == {name: types[name] for name in signature if name not in WHICH_GATEWAY}
    assert not ClientPolicies.__required_keys__


def test_a_misspelt_policy_is_told_by_both() -> None:
    """The type checker would complain if these lines were right: no unused `type: ignore` is let pass."""
    with pytest.raises(TypeError, match=r"Emulator\.client\(\) takes no 'in_fligt'; did you mean 'in_flight'\?"):
        Emulator().client(in_fligt=3)  # type: ignore[call-arg]  # wrong on purpose
    with pytest.raises(TypeError, match=r"emulated_client\(\) takes no 'deadlin'; did you mean 'deadline'\?"):
        emulated_client(deadlin=3)  # type: ignore[call-arg]  # wrong on purpose
    with pytest.raises(TypeError, match=r"takes no 'zzz'\. It takes"):
        emulated_client(zzz=3)  # type: ignore[call-arg]  # wrong on purpose


def test_an_option_of_the_emulator_is_no_policy_and_its_place_is_told() -> None:
    """What `emulated_client` doesn't take, an `Emulator` does."""
    with pytest.raises(
        TypeError, match=r"takes no 'limit': .* write Emulator\(EmulatorOptions\(limit=…\)\)\.client\(\)"
    ):
        emulated_client(limit="3/10")  # type: ignore[call-arg]  # wrong on purpose


async def test_policies_reach_the_client() -> None:
    """Those of the emulator fit; the user's go first."""
    emulator = Emulator(seed=3)

    async with emulator.client(in_flight=7, seed=None) as client, emulated_client(in_flight=8) as other:
        shown = repr(client), await other.balance()

    assert "emulator.localhost" in shown[0]
    assert shown[1] == 10_000
