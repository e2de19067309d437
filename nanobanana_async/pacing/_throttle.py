"""The throttle of an account: how many creates may leave now, and what a refusal teaches.

Theory of operation
===================
1. Two limits hold: so many creates in a window of time (`RateWindow`, stamped at the answer), and so many tasks between
   create and result. What the user says of them is the ceiling; nothing here probes above it.
2. A refusal (429) stops everybody. It was not queued and cost nothing, but the next would be refused as well. Nothing
   leaves until every create under way is answered, or `PATIENCE` has passed: only then does one know what was accepted.
3. Then the refusal is explained. What was accepted in the trailing window is as much as ever was: that many *is* the
   rate. Else, as many tasks are running as ever did: that many may run, if it is refused again before more were let in.
   (Most of the time about as many are running as ever, so one refusal says little.) Else it may be anything: another
   process on the account, an outage, a whim; and only waiting helps, a backoff, doubling.
4. A Retry-After is waited out first, whatever the explanation. A refusal that follows another with nothing accepted in
   between backs off too. Where a rate was learned and kept, and the next create is refused all the same, the
   vendor counts what it refuses: from then on a whole window passes in silence after a refusal, so that it forgets;
   until one comes although fewer than the limit were accepted and refused together: then it never did.
5. Open again, it lets one create through, then two, then four (`Gate`). Beyond what was ever accepted since a limit was
   learned they go one, two, four as well: a wrong guess costs one refusal.
6. What was learned may be out of date. After windows in which the limit was used up and nothing was refused for it, it
   grows by 5 % towards the ceiling; each time that is refused, the next try waits for twice as many windows.
7. A refusal may come late: of a create that began before the gate was last closed, and was not waited for. It belongs
   to the burst for which it was closed. It teaches nothing more and adds no backoff, but its Retry-After is waited out.
8. A create that was taken to be let in, because no refusal came for a while, may be refused after all. It gives its
   place back, and what was learned is learned anew without it, or not at all (`Lesson`). It was refused later than
   one had waited: so from then on only those count for the gate that last longer, and have begun since it was closed.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Literal

import attrs

from nanobanana_async.pacing._gate import Gate
from nanobanana_async.pacing._lesson import Lesson, Most
from nanobanana_async.pacing._rate import Rate, RateWindow

PATIENCE = 5.0
"""Seconds for which a refusal waits for the answers to other creates under way, before it is judged without them."""

AS_MANY_AS_EVER = 0.8
"""From which share of the most that ever ran, or of the limit in use, a refusal is explained by it."""
NEARLY_ALL = 0.9
"""From which share of the limit on, accepted and refused together, it may be that refusals count."""

WORTH_TELLING = 1.0
"""Seconds by which late refusals must have put off the opening of the gate before that is said once more."""

GROWTH = 0.05
LONGEST_HOLD, DEAR_HOLD = 32, 8
"""Clean windows, at most, between two tries to grow; and at least, where a refusal costs a whole window."""

WIDE = 64

CreateEnd = Literal["accepted", "not_refused", "counted", "refused", "not_counted"]
"""How a create left the wire: taken; still on it, and so taken; perhaps or otherwise counted by the vendor; refused
with 429; never seen by it."""


@attrs.define
class Doubt:
    """How many may run, as one refusal suggests; a second one confirms it, if no more than that did in between."""

    _level: int | None = attrs.field(default=None, init=False)

    def is_confirmed(self, level: int) -> bool:
        """It was refused with so many running: whether that was so before."""
        before, self._level = self._level, level
        return before is not None

    def passed(self, level: int) -> None:
        """So many are running."""
        if self._level is not None and level > self._level:
            self._level = None


@attrs.define
class Throttle:
    """The limits of one account, as they are believed to be. `in_flight` and `rate` are the ceilings.

    `under_way` is the number of creates on the wire, `in_flight` of tasks between create and result, those included.
    """

    rate: Rate
    in_flight: int
    gate: Gate = attrs.field(factory=Gate)
    window: RateWindow = attrs.field(init=False)
    in_flight_cap: int = attrs.field(init=False)
    _most: Most = attrs.field(factory=Most, init=False)
    _most_running: int = attrs.field(default=0, init=False)
    _most_ran_at: float = attrs.field(default=-math.inf, init=False)
    _refused_at: float | None = attrs.field(default=None, init=False)
    _not_before: float = attrs.field(default=0.0, init=False)
    _closed_at: float = attrs.field(default=-math.inf, init=False)
    _told: float = attrs.field(default=0.0, init=False)
    """Until when the gate is closed, as it was said last."""
    _last_refusal: float = attrs.field(default=-math.inf, init=False)
    _explained_by: Literal["rate", "in_flight"] | None = attrs.field(default=None, init=False)
    _lesson: Lesson | None = attrs.field(default=None, init=False)
    _doubt: Doubt = attrs.field(factory=Doubt, init=False)
    _is_about_rate: bool = attrs.field(default=False, init=False)
    _has_learned: bool = attrs.field(default=False, init=False)
    _refused_count: bool = attrs.field(default=False, init=False)
    _refusals: deque[float] = attrs.field(factory=deque, init=False)
    _is_trying: bool = attrs.field(default=False, init=False)
    _hold: int = attrs.field(default=1, init=False)
    _clean_since: float = attrs.field(default=-math.inf, init=False)
    _step: int = attrs.field(default=WIDE, init=False)

    def __attrs_post_init__(self) -> None:
        self.window = RateWindow(self.rate)
        self.in_flight_cap = self.in_flight

    # --- may one leave? ---------------------------------------------------------------------------------------

    def has_room(self, now: float, *, under_way: int, in_flight: int) -> bool:
        """Whether one more create may leave at `now`."""
        return (
            self._refused_at is None
            and in_flight < self.in_flight_cap
            and self.gate.room(now, under_way=under_way) > 0
            and self.window.room(now) > 0
            and (self.window.used < self._most.count or under_way < self._step)
        )

    def cooldown(self, now: float) -> float:
        """Seconds for which nothing may leave because of refusals; 0 where it may."""
        until = self.gate.opens_at if self._refused_at is None else self._refused_at + PATIENCE
        return max(0.0, until - now)

    def __str__(self) -> str:
        """The rate that is kept, and the one that was given where that is another: ``10/10 of 20/10``."""
        kept = f"{self.window.limit}/{self.rate.per:g}"
        return kept if self.window.limit == self.rate.limit else f"{kept} of {self.rate}"

    @property
    def learned(self) -> str:
        """The limits that are kept, where they are under those given: ``10/10 of 20/10``; else nothing."""
        rate = str(self) if self.window.limit != self.rate.limit else ""
        slots = f"{self.in_flight_cap} of {self.in_flight} in flight" if self.in_flight_cap != self.in_flight else ""
        return ", ".join(filter(None, (rate, slots)))

    @property
    def kept_rate(self) -> Rate:
        """The rate that is kept now: the one that was given, or less where refusals have taught so."""
        return Rate(self.window.limit, per=self.rate.per)

    def held_by(
        self, now: float, *, under_way: int, in_flight: int
    ) -> Literal["rate", "learned_rate", "in_flight", "first_answer", "refusals"]:
        """What keeps the next create from leaving, where `has_room` says that it may not."""
        if in_flight >= self.in_flight_cap:
            return "in_flight"
        is_tried = not (self.gate.has_answered or self.gate.failures or self._refused_at is not None)
        if is_tried and self.is_narrow(now, under_way=under_way):
            return "first_answer"
        if self._refused_at is not None or not self.gate.room(now, under_way=under_way):
            return "refusals"
        return "rate" if self.window.limit == self.rate.limit else "learned_rate"

    def opens_at(self, now: float, *, in_flight: int) -> float | None:
        """When there may be room with no answer in between; None when only an answer or a result makes it."""
        if self._refused_at is not None:
            return self._refused_at + PATIENCE
        if in_flight >= self.in_flight_cap:
            return None
        if self.gate.opens_at > now:
            return self.gate.opens_at
        opens_at = self.window.opens_at(now)
        return opens_at if opens_at is not None and opens_at > now else None

    def expected_wait(self, now: float, *, ahead: int, for_a_slot: float) -> float:
        """Seconds until a create would leave that has `ahead` others before it, as far as the limits tell.

        `for_a_slot` is when enough tasks will have ended, in seconds, where it has to wait for that.
        """
        return max(self.cooldown(now), self.window.wait_for(now, ahead=ahead), for_a_slot)

    def is_narrow(self, now: float, *, under_way: int) -> bool:
        """Whether the next create waits for the answer to one under way, because few may be at once for now."""
        return self.gate.opens_at <= now and not self.gate.room(now, under_way=under_way)

    def slots_short(self, *, ahead: int, in_flight: int) -> int:
        """How many tasks have to end before a create may leave that has `ahead` others before it."""
        return max(0, in_flight + ahead + 1 - self.in_flight_cap)

    # --- what happened ------------------------------------------------------------------------------------------

    def sent(self) -> None:
        """A create leaves."""
        self.window.sent()

    def over(self, now: float, end: CreateEnd, *, running: int, wanted: bool) -> None:
        """A create has left the wire. `running` tasks are accepted and not over; `wanted`: more wait to be sent."""
        if end in ("not_counted", "refused"):
            self.window.not_counted()
        else:
            self.window.counted(now)
        if end == "accepted":
            self.gate.passed()
        if end in ("accepted", "not_refused"):
            self._accepted(now, running, wanted=wanted)

    def lasted(self, began: float) -> None:
        """A create that began then was not refused for a while; but refusals have come later than that."""
        if began >= self._closed_at:
            self.gate.not_refused_yet()

    def trusted(self, began: float) -> None:
        """A create that began then has been on the wire for longer than refusals take."""
        if began >= self._closed_at:
            self.gate.not_refused()

    def turned_out(self, end: CreateEnd, *, let_in_at: float) -> None:
        """How a create ended that was said to be not refused at `let_in_at`."""
        if end in ("not_counted", "refused"):
            self._take_back(let_in_at)

    def refused(self, now: float, *, began: float, retry_after: float | None, is_about_rate: bool) -> None:
        """A create that began at `began` was told to come back later, or got no connection.

        Nothing leaves before that is judged. `retry_after` is in seconds; `is_about_rate`: it was a 429, and not the
        gateway being away for everybody.
        """
        self._not_before = max(self._not_before, now + (retry_after or 0.0))
        if began < self._closed_at:
            self.gate.put_off(now, self._not_before)
            return
        if self._refused_at is None:
            self._refused_at, self._is_about_rate = now, False
        self._is_about_rate = self._is_about_rate or is_about_rate
        self._last_refusal = now
        self._refusals.append(now)
        while self._refusals[0] + self.rate.per <= now:
            self._refusals.popleft()

    def is_to_be_judged(self, now: float, *, under_way: int) -> bool:
        """Whether a refusal waits, and all is known of it that will be; or late ones have put off the opening."""
        if self._refused_at is None:
            return self._not_before > now and self._not_before >= self._told + WORTH_TELLING
        return not under_way or now >= self._refused_at + PATIENCE

    def judge(self, now: float, *, running: int, random: float) -> float:
        """Learn what a refusal teaches, and open by one; for how many seconds it stays closed.

        `running` tasks are accepted and not over; `random` is in [0, 1).
        """
        if self._refused_at is not None:
            self._close(now, running, random)
        self._told = self.gate.opens_at
        return self._told - now

    def _close(self, now: float, running: int, random: float) -> None:
        self._refused_at, self._closed_at = None, now
        if self._is_about_rate:
            self._explain(now, running)
        if self._is_about_rate and self._refused_count:
            self._not_before = max(self._not_before, self._last_refusal + self.rate.per)
        retry_after = max(0.0, self._not_before - now)
        self._step = 1
        is_explained = self._is_about_rate and self._explained_by is not None
        self.gate.close(now, retry_after=retry_after, is_explained=is_explained, random=random)

    # --- learning -------------------------------------------------------------------------------------------------

    def _explain(self, now: float, running: int) -> None:
        """Find what explains a 429 at `now`; it is kept to from now on."""
        if self.gate.failures and self._explained_by == "rate" and not self._refused_count:
            self._refused_count = True
            self._hold = max(self._hold, DEAR_HOLD)
            return
        accepted = self.window.counted_within(now)
        if accepted + len(self._refusals) < int(NEARLY_ALL * self.window.limit):
            self._refused_count = False
        if self._most.explains(accepted):
            self._lesson = Lesson(Most(accepted, now), self._most, self.window.limit)
            self.window.limit = min(self.window.limit, accepted)
            self._most = Most(self.window.limit, now)
            self._learned(now, "rate")
        elif self._is_the_most_that_may_run(running):
            self.in_flight_cap = self._most_running = max(1, min(self.in_flight_cap, running))
            self._most_ran_at = now
            self._learned(now, "in_flight")
        else:
            # A bucket that was full lets more through once than it ever will again: the most there was must fade.
            self._most.count = max(accepted, int(self._most.count * (1 - GROWTH)))
            self._explained_by = None
            if accepted >= AS_MANY_AS_EVER * self.window.limit:
                self._clean_since = now

    def _learned(self, now: float, limit: Literal["rate", "in_flight"]) -> None:
        self._explained_by, self._has_learned, self._clean_since = limit, True, now
        if self._is_trying:
            self._hold, self._is_trying = min(LONGEST_HOLD, self._hold * 2), False

    def _take_back(self, stamp: float) -> None:
        """A create that was counted at `stamp` was not let in."""
        self.window.take_back(stamp)
        self._most_running -= stamp <= self._most_ran_at
        self._most.take_back(stamp, self.rate.per)
        lesson = self._lesson
        if lesson is None or not lesson.accepted.rests_on(stamp, self.rate.per):
            return
        lesson.take_back(stamp, self.rate.per)
        if lesson.rate is not None:
            self.window.limit = lesson.rate
        else:
            self.window.limit, self._most, self._lesson = lesson.limit, lesson.most, None
            self._explained_by = None if self._explained_by == "rate" else self._explained_by

    def _is_the_most_that_may_run(self, running: int) -> bool:
        if not running or running < AS_MANY_AS_EVER * self._most_running:
            return False
        return self._doubt.is_confirmed(running)

    def _accepted(self, now: float, running: int, *, wanted: bool) -> None:
        used = self.window.counted_within(now)
        if used > self._most.count:
            self._most = Most(used, now)
            self._step = min(WIDE, self._step * 2)
            if self._is_trying:
                self._hold, self._is_trying = max(1, self._hold // 2), False
        if running > self._most_running:
            self._most_running, self._most_ran_at = running, now
        self._doubt.passed(running)
        if self._has_learned and wanted and now - self._clean_since > self._hold * self.rate.per:
            self._grow(now, used, running)

    def _grow(self, now: float, used: int, running: int) -> None:
        """Try a little more of whatever limit is used up."""
        limit, cap = self.window.limit, self.in_flight_cap
        if limit < self.rate.limit and used >= AS_MANY_AS_EVER * limit:
            self.window.limit = min(self.rate.limit, limit + max(1, int(limit * GROWTH)))
            self._step, self._lesson = 1, None
        elif cap < self.in_flight and running >= cap - 1:
            self.in_flight_cap = min(self.in_flight, cap + max(1, int(cap * GROWTH)))
        else:
            return
        self._clean_since, self._is_trying = now, True
