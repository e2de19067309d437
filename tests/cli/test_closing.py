"""The last words of a batch say what is so, and nothing else."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from nanobanana_async import BudgetError, Rate, Report
from nanobanana_async.cli._closing import closing_lines
from nanobanana_async.runs import Leftovers, RunReport


def said(counts: dict[str, int], **rest: Any) -> list[str]:
    return closing_lines(RunReport(counts=Counter(counts), report=Report(), manifest=Path("m"), **rest))


def test_of_a_batch_that_is_done_nothing_is_said() -> None:
    """There is nothing to do."""
    assert said({"succeeded": 48}) == []


def test_what_failed_for_good_is_not_said_to_be_sent_again() -> None:
    """The same command would do nothing for it. The first few are named."""
    [one] = said({"succeeded": 1, "failed": 1}, left=Leftovers(for_good=("k1",)))
    assert one == (
        "1 failed for good (k1): it stays so until its line in the file is changed; to send again all the same: "
        "--redo KEY."
    )
    assert (
        "7 failed for good (k0, k1, k2, k3, k4 and 2 more): they stay so until their lines"
        in said({"failed": 7}, left=Leftovers(for_good=tuple(f"k{number}" for number in range(7))))[0]
    )


def test_what_the_same_command_does_is_said_with_numbers() -> None:
    """For those that failed in passing, are pending, were skipped, or are not saved."""
    [go_on, for_good] = said(
        {"succeeded": 2, "failed": 4, "pending": 1, "skipped": 6},
        left=Leftovers(retried=("a",), for_good=("b", "c", "d")),
        unsaved=1,
        not_renewed=2,
    )

    assert go_on == (
        "To go on, run the same command again: 1 that failed is sent again, 1 pending is waited for, 6 skipped are "
        "sent, 2 not made anew are made, 1 not saved is fetched. What is paid for is not paid for again."
    )
    assert for_good.startswith("3 failed for good (b, c, d): they stay so")


def test_what_was_made_anew_is_not_to_be_made_anew_again() -> None:
    """The same command would do that, and pay for it."""
    [line] = said({"succeeded": 2, "failed": 1}, left=Leftovers(retried=("b",), redone=("a", "c")))

    assert line.startswith("To go on, run the same command again without --redo (a, c): 1 that failed is sent again.")


def test_what_the_options_hold_back_is_said_to_be_held_back_by_them() -> None:
    """And what is, or may be, paid for is told apart: no change of its line brings it back."""
    passing, given_up, paid = said(
        {"failed": 3}, left=Leftovers(passing=("a", "b"), given_up=("c",), paid_in_vain=("d",))
    )

    assert passing == "2 failed in passing (a, b), and are not sent again: leave out --retry-failed none."
    assert paid == (
        "1 is paid for, and brought no picture (d): what came, or where it is, stands in m. "
        "To make it, and pay again: --redo KEY."
    )
    assert given_up == ("1 is given up, and may be paid for (c). To make it, and perhaps to pay twice: --redo KEY.")


def test_lost_answers_that_are_sent_again_are_not_said_to_be_held() -> None:
    """Where that was asked for; those that were sent again often enough are."""
    go_on, held = said({"unknown": 3}, left=Leftovers(resent=("a", "b")))

    assert "2 unknown are sent again, and perhaps paid for again." in go_on
    assert held.startswith("1 is unknown: it may be paid for, and is not sent again.")


def test_what_stopped_it_comes_first() -> None:
    """A budget has to be raised before the same command does anything."""
    [line] = said({"skipped": 3}, stopped_by=BudgetError("spent"))

    assert line.startswith("Once that is put right, run the same command again: 3 skipped are sent.")


def test_what_is_unknown_is_named_with_what_can_be_done() -> None:
    """It is not sent by itself: who wants that takes the risk of paying twice."""
    [one], [several] = said({"unknown": 1}), said({"unknown": 4})

    assert one == "1 is unknown: it may be paid for, and is not sent again. See: nanobanana unknown ."
    assert several.startswith("4 are unknown: they may be paid for, and are not sent again.")


def test_what_is_wrong_with_the_file_is_said() -> None:
    """A key of another request, and lines that were left out."""
    changed, invalid = said({"skipped": 1}, changed=1, invalid=2, left=Leftovers(changed=("a",)))

    assert changed == "1 has a key that was used for another request (a), and is not sent: see --on-change."
    assert invalid == "2 invalid are not sent: correct the file, and run the same command again."


def test_a_limit_that_was_learned_can_be_given() -> None:
    """Even where all went well: the refusals took time."""
    assert said({"succeeded": 9}, kept_rate=Rate(10, per=10)) == [
        "With --rate 10/10 fewer are refused from the beginning."
    ]


def test_what_ran_out_is_not_said_to_be_fetched() -> None:
    """What can still be done is said in its place."""
    expired, missing = said({"succeeded": 3, "pending": 2}, unsaved=3, expired=3, missing=2)

    assert expired == (
        "3 are made and paid for, and can't be had any more. To make it again, and pay again: --redo KEY."
    )
    assert missing.startswith("2 are paid for, and the gateway has no record of it: see that the API key")


def test_what_stays_because_the_new_one_was_refused_is_said() -> None:
    """Not that the same command makes it, but where that may pass."""
    [kept] = said({"succeeded": 2}, left=Leftovers(kept=("a", "b")))
    [go_on] = said({"succeeded": 2}, left=Leftovers(kept=("a",), passing_anew=("a",)))

    assert kept == (
        "2 were to be made anew (a, b), and failed for good, at no cost: what was there before stands. "
        "To make it anew, change their lines in the file."
    )
    assert go_on.startswith("To go on, run the same command again: 1 not made anew is made.")


def test_what_is_sent_again_after_a_lost_answer_may_be_paid_for_twice() -> None:
    """Though it counts as skipped."""
    [go_on] = said({"skipped": 3}, left=Leftovers(lost_before=("a",)))

    assert "1 whose answer was lost is sent again, and perhaps paid for again, 2 skipped are sent." in go_on
