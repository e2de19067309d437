"""File names: from prompts and keys that may hold anything to names that every file system takes.

A name of ours never leaves its folder, is never hidden, is no device of Windows, and fits every limit on length. A key
that is such a name already is used as it is; one that had to be changed ends in ``~`` and ten hex digits of its
SHA-256, as does any key that looks like that by itself: so the names of two different keys differ. They may still
differ by case alone, which is one name on macOS and Windows: `Stems` settles that.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final

MAX_STEM_BYTES: Final = 120
"""The longest stem that we make, in bytes of UTF-8: the tightest limit in use, of eCryptfs, is 143 for a whole name."""

_SLUG_CHARACTERS = 40
_FALLBACK = "image"
_HASHED = re.compile(r"~[0-9a-f]{10}$")
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.IGNORECASE)
_FORBIDDEN = frozenset('<>:"/\\|?*')
_APOSTROPHES = "'’ʼ`"


def slug(prompt: str) -> str:
    """A few words of a prompt as a name: ``"A Banana in orbit!"`` gives ``a-banana-in-orbit``.

    Letters and digits of all scripts stay, in lower case and NFC; all else becomes a dash. At most 40 characters and
    120 bytes, cut between words where that is possible. A prompt with nothing to name it by gives ``image``.
    """
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", prompt).lower())
    words = _words(text)
    name = _shortened("-".join(words))
    return name if name and not _DEVICE.fullmatch(name) else _FALLBACK


def file_stem(index: int, prompt: str) -> str:
    """The name of an item without a key: ``00001-a-banana-in-orbit``; `index` counts from 1."""
    return f"{index:05}-{slug(prompt)}"


def key_stem(key: str) -> str:
    """The name of an item with a key of the user's: the key, or where it can't be a name, a safe likeness of it."""
    if key == safe_name(key) and not _HASHED.search(key):
        return key
    mark = f"~{_digest(key)}"
    return cut(safe_name(key), MAX_STEM_BYTES - len(mark)) + mark


def safe_name(text: str) -> str:
    """`text` as one part of a path: what no file system takes becomes a dash; at most 120 bytes, never empty."""
    text = unicodedata.normalize("NFC", text)
    text = "".join(character if _is_allowed(character) else "-" for character in text)
    text = cut(text.lstrip(".-~ "), MAX_STEM_BYTES - 1).rstrip(". ")
    return (f"_{text}" if _DEVICE.fullmatch(text) else text) or _FALLBACK


def cut(text: str, max_bytes: int) -> str:
    """The start of `text` that fits into `max_bytes` of UTF-8, cut between two characters."""
    return text.encode()[:max_bytes].decode(errors="ignore")


class Stems:
    """The stems handed out in one pass: no two owners have the same one, whatever the case of its letters.

    About 200 bytes are kept for each. The same claims in the same order give the same names.
    """

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}

    def claim(self, stem: str, *, owner: str) -> str:
        """`stem`; where another owner has it, `stem` with ``~`` and a short hash of `owner`, which is an item's key."""
        mark = _digest(owner)
        while self._owners.setdefault(_folded(stem), mark) != mark:
            stem = f"{stem}~{mark}"
        return stem


def _words(text: str) -> list[str]:
    """The runs of letters and digits in `text`, with the marks that belong to them."""
    kept: list[str] = []
    for character in text:
        category = unicodedata.category(character)
        if category[0] in "LN" or (category in {"Mn", "Mc"} and kept and kept[-1] != " "):
            kept.append("" if _is_variation(character) else character)
        elif category != "Cf" and character not in _APOSTROPHES:  # joiners and apostrophes stand inside words
            kept.append(" ")
    return "".join(kept).split()


def _is_variation(character: str) -> bool:
    """Whether a mark only chooses between two drawings of an emoji or a Han character."""
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _shortened(name: str) -> str:
    short = cut(name[:_SLUG_CHARACTERS], MAX_STEM_BYTES)
    if short == name or name[len(short)] == "-":
        return short
    words, dash, _ = short.rpartition("-")
    return words if dash and len(words) * 2 >= len(short) else short


def _is_allowed(character: str) -> bool:
    return character == " " or (character not in _FORBIDDEN and unicodedata.category(character)[0] not in "CZ")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:10]


def _folded(name: str) -> str:
    """One form for all names that a file system may take for the same (Unicode's canonical caseless match)."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
