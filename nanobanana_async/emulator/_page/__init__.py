"""The page at `/`, and the same for programs: what the emulator holds, what it saw, and what goes wrong in it.

It works with JavaScript off, loads nothing from anywhere, and shows no bearer key. Whatever a client sent is
shown and never obeyed.
"""

from nanobanana_async.emulator._page._desk import PageDesk, is_by_itself

__all__ = ["PageDesk", "is_by_itself"]
