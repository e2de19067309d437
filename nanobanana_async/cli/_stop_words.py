"""What is said while answers to creates are waited for at the end: for how long, and what giving up costs."""

from __future__ import annotations

from nanobanana_async.cli._terminal import Terminal


def say_awaited(terminal: Terminal, creates: int, grace: float) -> None:
    """So many `creates` are on the wire, and are waited for up to `grace` seconds."""
    them, they = ("it", "it") if creates == 1 else ("them", "they")
    terminal.say(f"nothing more is sent; waiting for {_answers(creates)}: {grace:.0f} s at the most", "bold")
    terminal.say(f"Ctrl-C again gives {them} up: {they} may be paid for, and nobody would know.")


def say_given_up(terminal: Terminal, creates: int) -> None:
    """They are waited for no longer."""
    terminal.say(f"no longer waiting for {_answers(creates)}: what has not come is unknown", "bold")


def _answers(creates: int) -> str:
    return "the answer to 1 create" if creates == 1 else f"the answers to {creates} creates"
