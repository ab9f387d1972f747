"""Small cells (R11): of 2,000 random weeks none shows a small cell or lets one be worked out.

The attacker of these tests knows every published figure and the rules of the product: totals are public,
what is flagged was in scope. A hidden cell is worked out if no other number could stand in it.
"""

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from itertools import permutations

import pytest
from sqlalchemy import update

from models.claims import Claim
from models.vocabulary import ClaimState, Opinion, Topic
from pipeline import flags, metrics
from pipeline.compose import Desk
from pipeline.disclosure import LEAST, suppress
from pipeline.figures import Figure
from tests.pipeline.weeks import LONG_AFTER, WEEK, arrive, at, settle, staff

TOPICS = [topic.value for topic in Topic]
Suppress = Callable[[Mapping[str, int], Collection[str]], dict[str, int | None]]
Cells = dict[str, int]
Public = dict[str, int | None]


def plain(cells: Mapping[str, int], also: Collection[str] = ()) -> Public:
    """The broken variant: hides what is small and nothing else."""
    return {name: None if n < LEAST or name in also else n for name, n in cells.items()}


def apart(cells: Mapping[str, int], _also: Collection[str] = ()) -> Public:
    """A subtler broken variant: each table is safe alone, and they are not looked at together."""
    return suppress(cells)


def random_week(draw: random.Random) -> tuple[Cells, Cells]:
    """Claims in scope by topic, and those of them that were flagged and settled; at least two of each."""
    kinds = (
        lambda: 0,
        lambda: draw.randint(0, 12),
        lambda: draw.randint(0, 60),
        lambda: draw.randint(200, 900),
    )
    scope = {topic: draw.choice(kinds)() for topic in TOPICS}
    scope[TOPICS[0]] += 2
    keen = draw.choice((0.1, 0.5, 0.9, 1.0))
    flagged = {topic: sum(draw.random() < keen for _ in range(n)) for topic, n in scope.items()}
    flagged[TOPICS[0]] = max(2, flagged[TOPICS[0]])
    return scope, flagged


def publish(scope: Cells, flagged: Cells, hide: Suppress) -> tuple[Public, Public]:
    """Both breakdowns as the figures show them."""
    shown = hide(scope, ())
    return shown, hide(flagged, [topic for topic, n in shown.items() if n is None])


def small(public: Public) -> list[str]:
    """Cells that are shown and should not be."""
    return [name for name, n in public.items() if n is not None and n < LEAST]


def thin(cells: Cells, public: Public) -> bool:
    """Whether the hidden cells together are small although there was more to hide them among."""
    hidden = [name for name, n in public.items() if n is None]
    return bool(hidden) and len(hidden) < len(cells) and sum(cells[name] for name in hidden) < LEAST


def worked_out(scope: Cells, flagged: Cells, shown: tuple[Public, Public]) -> set[tuple[int, str]]:
    """The hidden cells, as (table, name), for which the published figures leave one number alone.

    The truth is one solution; a cell is safe if moving a claim between two hidden cells of a table, or of
    both tables at once, gives another in which it differs.
    """
    tables = (scope, flagged)
    hidden = [[name for name, n in public.items() if n is None] for public in shown]
    safe: set[tuple[int, str]] = set()
    moves = [[(), *permutations(names, 2)] for names in hidden]
    for first in moves[0]:
        for second in moves[1]:
            changed = [dict(table) for table in tables]
            for table, move in zip(changed, (first, second), strict=True):
                if move:
                    table[move[0]] -= 1
                    table[move[1]] += 1
            if all(0 <= changed[1][name] <= changed[0][name] for name in scope):
                safe |= {(0, name) for name in first} | {(1, name) for name in second}
    return {(at_, name) for at_, names in enumerate(hidden) for name in names} - safe


def attack(runs: int, hide: Suppress) -> tuple[int, int, int]:
    """Over random weeks: small cells shown, cells worked out, tables that hide next to nothing."""
    draw = random.Random(11)
    counts = [0, 0, 0]
    for _ in range(runs):
        scope, flagged = random_week(draw)
        shown = publish(scope, flagged, hide)
        counts[0] += sum(len(small(one)) for one in shown)
        counts[1] += len(worked_out(scope, flagged, shown))
        counts[2] += sum(thin(cells, one) for cells, one in zip((scope, flagged), shown, strict=True))
    return counts[0], counts[1], counts[2]


@pytest.mark.parametrize("runs", [200, pytest.param(2_000, marks=pytest.mark.release)])
def test_no_small_cell_is_shown_and_none_can_be_worked_out(runs: int) -> None:
    assert attack(runs, suppress) == (0, 0, 0)


def test_positive_control_hiding_small_cells_alone_is_not_enough() -> None:
    shown, found, together = attack(200, plain)
    assert shown == 0  # it hides what is small ...
    assert found > 20  # ... and anybody can subtract
    assert together > 20


def test_positive_control_tables_that_are_safe_alone_are_not_safe_together() -> None:
    # women: 3 in scope, hidden with disability's 20; of the flagged all is shown but a pair of others
    scope = dict.fromkeys(TOPICS, 100) | {"women": 0, "disability": 20}
    flagged = dict.fromkeys(TOPICS, 50) | {"women": 0, "disability": 20, "health": 3, "benefits": 12}
    both = publish(scope, flagged, suppress)
    assert worked_out(scope, flagged, both) == set()
    # without looking at both, what is shown of the flagged can pin what is hidden in scope
    loose = (apart(scope), dict(apart(flagged)) | {"disability": 20})
    assert worked_out(scope, flagged, loose) >= {(0, "women"), (0, "disability")}


def test_two_cells_go_together() -> None:
    assert suppress({"with_marks": 40, "without_marks": 10}) == {"with_marks": None, "without_marks": None}
    assert suppress({"with_marks": 40, "without_marks": 11}) == {"with_marks": 40, "without_marks": 11}
    assert suppress({"a": 40, "b": 11, "c": 12}, ["b"]) == {"a": 40, "b": None, "c": None}


def by_name(figures: Sequence[Figure]) -> dict[str, Figure]:
    return {one.name: one for one in figures}


def test_false_flags_are_given_by_topic_and_by_marks(desk: Desk) -> None:
    people = staff(desk)
    ids = arrive(desk, 60, state=ClaimState.QUEUED, flagged=True)  # two topics in turn
    with desk.sessions.begin() as session:
        session.execute(
            update(Claim).where(Claim.id.in_(ids[:20])).values(text="Chuyen khoan phi ho so truoc")
        )
    when = datetime(2026, 11, 11, 3, 0, tzinfo=UTC)
    settle(desk, people, ids[:45], Opinion.FALSE, when)
    settle(desk, people, ids[45:], Opinion.TRUE, when)
    others = arrive(desk, 30, state=ClaimState.QUEUED, tag="explored")  # not flagged: no false flag
    settle(desk, people, others, Opinion.TRUE, when)
    with desk.sessions.begin() as session:
        session.execute(update(Claim).where(Claim.id.in_(ids[::2])).values(topic="health"))
        session.execute(update(Claim).where(Claim.id.in_(others)).values(topic="women"))
        session.execute(update(Claim).where(Claim.id.in_(ids[1:6:2])).values(topic="disaster"))
    found = by_name(metrics.weekly(at(desk, LONG_AFTER), WEEK))
    assert (found["false_flag_rate"].value, found["false_flag_rate"].n) == (15 / 60, 60)
    marks = found["false_flag_rate_with_marks"], found["false_flag_rate_without_marks"]
    assert [(one.value, one.n, one.method) for one in marks] == [(15 / 40, 40, "Wilson"), (0.0, 20, "Wilson")]
    assert found["false_flag_rate_health"].n == 30
    # three about disasters are too few, and 27 are hidden with them, so that nobody can subtract
    for topic in ("disaster", "benefits"):
        hidden = found[f"false_flag_rate_{topic}"]
        assert (hidden.value, hidden.n, hidden.enough, hidden.state) == (None, 0, False, "hidden")
    assert {one.n for one in found.values() if one.name.startswith("false_flag_rate_")} == {0, 20, 30, 40}


def test_the_figures_hide_as_the_rule_says() -> None:
    cells = {"a": (3, 30), "b": (1, 5), "c": (0, 40), "d": (2, 20)}
    found = by_name(flags.rates(WEEK, cells))
    assert [found[f"false_flag_rate_{one}"].n for one in "abcd"] == [30, 0, 40, 0]
    hidden_elsewhere = by_name(flags.rates(WEEK, cells, ["a"]))
    assert [hidden_elsewhere[f"false_flag_rate_{one}"].n for one in "abcd"] == [0, 0, 40, 20]
