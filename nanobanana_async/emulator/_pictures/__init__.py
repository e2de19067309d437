"""The pictures that the emulator delivers: made when somebody fetches them, never stored.

A `Poster` says everything that a picture is made from; `paint` turns it into bytes, the same ones every
time. No fonts of the system are used, so a picture looks alike on every machine.
"""

from nanobanana_async.emulator._pictures._cards import opened
from nanobanana_async.emulator._pictures._painter import paint, paint_small
from nanobanana_async.emulator._pictures._poster import Inset, Poster

__all__ = ["Inset", "Poster", "opened", "paint", "paint_small"]
