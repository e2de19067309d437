"""How much may be repeated: a broken service is not to be hammered by everybody's second and third tries.

A busy one still is served: each create that passes earns a repeat, so even where every third is refused, and on busy
days that many are (PROTOCOL §1.3), nobody goes without. Refusals for being too fast are not counted here: the throttle
has them.
"""

from __future__ import annotations

import attrs


@attrs.define
class RetryQuota:
    """A store of repeats: `most` at the start, one taken by each repeat, one earned by each create that is accepted."""

    most: int = 60
    left: int = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.left = self.most

    def take(self) -> bool:
        """Whether one more may be repeated; if so, it is taken."""
        if not self.left:
            return False
        self.left -= 1
        return True

    def earn(self) -> None:
        """A create was accepted."""
        self.left = min(self.most, self.left + 1)
