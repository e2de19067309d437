"""A request that has been answered, as a line: what was asked, what was said, and how it went.

For the terminal and for the page. A line never holds a key, and none of what a request said but its path.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import frozen

Outcome: TypeAlias = Literal["done", "later", "refused", "wire"]
"""`later`: a refusal that may be repeated. `refused`: for good. `wire`: no answer, half of one, or a wrong one."""

_FOR_GOOD_IN_5XX = (501, 505)  # PROTOCOL §1.3: the task failed; the feature is disabled


@frozen
class Exchange:
    """A request that has been answered; as a string, a line for a terminal."""

    method: str
    path: str
    status: int
    """The HTTP status; 0 where nothing was answered."""
    code: object
    """The code in the body, where the truth is (PROTOCOL §1.3)."""
    seconds: float
    """From reading the request to having the answer."""
    fault: str | None = None
    """The names of the faults that struck."""
    spoiled: bool = False
    """Whether one of them made the answer another than the gateway's own."""
    at: float = 0.0
    """When it was answered, in seconds since the epoch."""

    @property
    def outcome(self) -> Outcome:
        """How it went."""
        if self.spoiled or not isinstance(self.code, int):
            return "wire"
        if self.code in (429, 455) or (self.code >= 500 and self.code not in _FOR_GOOD_IN_5XX):
            return "later"
        if self.code >= 300 and self.code != 303:  # 303 is how the page answers its own forms
            return "refused"
        return "done"

    def __str__(self) -> str:
        said = f"{self.code}" if self.status in (self.code, 0) else f"{self.code} (HTTP {self.status})"
        line = f"{self.method:<4} {self.path}  {said}  {self.seconds * 1000:.1f} ms"
        return f"{line}  {self.fault}" if self.fault else line
