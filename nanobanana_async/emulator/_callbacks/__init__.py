"""Callbacks (PROTOCOL §1.6): when a task ends, its `callBackUrl` is told.

`Callbacks` knows what is due and waits for nothing; a courier takes each `Delivery` to whoever carries it:
`post_on_loopback` over a socket, a function of a test without one. None of them ever reaches beyond this machine.
"""

from nanobanana_async.emulator._callbacks._delivery import Delivery
from nanobanana_async.emulator._callbacks._due import Callbacks
from nanobanana_async.emulator._callbacks._post import post_on_loopback

__all__ = ["Callbacks", "Delivery", "post_on_loopback"]
