"""What a relay does to every answer of the images dialect before it leaves: its own form of errors, its headers."""

from __future__ import annotations

from attrs import evolve

from nanobanana_async.emulator._accounts import Account
from nanobanana_async.emulator._calls import Answer, Cut, Drip, FileAnswer, Later, Page, Reply, Whole
from nanobanana_async.emulator._desks._rate_headers import rate_headers
from nanobanana_async.emulator._openai import restyled
from nanobanana_async.emulator._options import ImagesErrors


def with_rate_headers(reply: Reply, account: Account, now: float) -> Reply:
    """The reply, saying what is left of the limit."""
    if isinstance(reply, Later) and isinstance(reply.reply, Answer | FileAnswer | Page):
        return evolve(reply, reply=_with_headers(reply.reply, account, now))
    return _with_headers(reply, account, now) if isinstance(reply, Answer | FileAnswer | Page) else reply


def with_errors_as(reply: Reply, style: ImagesErrors) -> Reply:
    """The reply, its error in the form of this relay."""
    match reply:
        case Answer():
            return evolve(reply, payload=restyled(reply.payload, style))
        case Later(reply=Answer() as answer) | Cut(reply=Answer() as answer) | Drip(reply=Answer() as answer):
            return evolve(reply, reply=evolve(answer, payload=restyled(answer.payload, style)))
        case _:
            return reply


def _with_headers(reply: Whole, account: Account, now: float) -> Whole:
    return evolve(reply, headers={**rate_headers(account, now), **reply.headers})
