"""The account's desk: the balance, and short links to files (PROTOCOL §1.7)."""

from __future__ import annotations

from attrs import frozen

from nanobanana_async.emulator import _texts as texts
from nanobanana_async.emulator._accounts import Account
from nanobanana_async.emulator._calls import VALIDATION, Answer, Call, RefusedError
from nanobanana_async.emulator._envelopes import succeeded
from nanobanana_async.emulator._filehost import FileHost
from nanobanana_async.emulator._options import EmulatorOptions


@frozen
class AccountDesk:
    """Answers what is no matter of a single task."""

    _options: EmulatorOptions
    _host: FileHost

    def credit(self, _: Call, account: Account, now: float) -> Answer:
        """`chat/credit`: the balance, as a float unless told otherwise."""
        balance = account.balance(now)
        return succeeded(float(balance) if self._options.balance_form == "float" else int(balance))

    def download_url(self, call: Call, _: Account, now: float) -> Answer:
        """`common/download-url`: a link of 20 minutes to a file of ours."""
        url = call.body.get("url") if isinstance(call.body, dict) else None
        link = self._host.short_link(url, call.base_url, now) if isinstance(url, str) else None
        if link is None:
            raise RefusedError(VALIDATION, texts.WRONG_URL)
        return succeeded(link)
