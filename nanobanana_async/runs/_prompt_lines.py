"""A text file: one prompt a line; blank lines, and those that begin with ``#``, are left out."""

from __future__ import annotations

from nanobanana_async.runs._raw import Listing, RawRow


def read_prompt_lines(text: str) -> Listing:
    """The rows of a text file."""
    prompts = ((number, line.strip()) for number, line in enumerate(text.split("\n"), start=1))
    rows = (
        RawRow(number, {"prompt": prompt}, columns={"prompt": prompt})
        for number, prompt in prompts
        if prompt and not prompt.startswith("#")
    )
    return Listing(rows, columns=("prompt",))
