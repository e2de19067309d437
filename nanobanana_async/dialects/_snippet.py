"""What can be shown of an answer: short, on one line, without control characters, tags or the key."""

from __future__ import annotations

import html
import re

_LONGEST_SNIPPET = 300
_LONGEST_MESSAGE = 1000
_READ = 16 * 1024  # bytes of a body that are looked at: an error page says what it is at its head
# Runs of text, tags, or a stray "<", each matched once from left to right, so that no page takes more than linear time.
_HTML = re.compile(r"<(?P<close>/?)(?P<tag>[a-zA-Z!][^\s<>/]*)[^<>]*>|(?P<text>[^<]+)|<")
_SILENT = frozenset({"head", "script", "style"})
_BLOCKS = _SILENT | {"title", "body"}
SHORTEST_SECRET = 8
"""Characters of an API key. A shorter one, a stand-in such as "k", is part of many a word, and is not taken out."""


def one_line(text: str, secret: str = "") -> str:
    """A message of the gateway's, up to 1000 characters."""
    return _line(text, secret, _LONGEST_MESSAGE)


def snippet(body: bytes, secret: str = "") -> str:
    """The head of a body that is no answer, up to 300 characters; of an HTML page its title, or else its text."""
    text = body[:_READ].decode(errors="replace")
    if not text.strip():
        return "an empty answer"
    if re.match(r"\ufeff?\s*<(!--|(!doctype|html|head|body|center|h1|title)\b)", text, re.IGNORECASE):
        return _line(f"an HTML page: {_html_text(text)}", secret, _LONGEST_SNIPPET)
    return _line(text, secret, _LONGEST_SNIPPET) or "an answer without a readable character"


def _html_text(page: str) -> str:
    title, text, inside = "", "", ""
    for match in _HTML.finditer(page):
        tag = (match["tag"] or "").lower()
        if tag in _BLOCKS:
            inside = "" if match["close"] else tag
        elif inside == "title":
            title += match["text"] or ""
        elif inside not in _SILENT:
            text += " " + (match["text"] or "")
    return html.unescape(title.strip() or text)


def _line(text: str, secret: str, longest: int) -> str:
    """One line of printable text. The key goes first: cut in two it would no longer be found."""
    shown = text.replace(secret, "***") if len(secret) >= SHORTEST_SECRET else text
    shown = "".join(char for char in " ".join(shown[: 10 * longest].split()) if char.isprintable())
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"
