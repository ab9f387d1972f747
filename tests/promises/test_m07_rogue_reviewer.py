"""M7: one of six reviewers flips a fifth of their labels; blind double reading of a tenth finds them.

Each simulated label is read blind by a second person with a chance of a tenth, a third settles what the two
see differently, everybody errs now and then, and nobody knows who the rogue is. Found means: by the time they
have given two hundred labels the page, looked at after every 25, has named the rogue as the one to watch.
Ratings are always read twice here (rule 5), so the same is asked of full double reading, of the alarm itself.
"""

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from models.desk import AuditEntry
from models.errors import ConflictError, UsageError
from pipeline import labels as labelling
from pipeline import standing, withdrawal
from pipeline.compose import Desk
from pipeline.standing import Opined
from tests.pipeline.conftest import hire
from tests.pipeline.verdicts import decide_many
from tests.rules.conftest import sqlite_desk

__all__ = ["sqlite_desk"]

PEOPLE, GIVEN = 6, 200
SLIPS = 0.03
DOUBLE = 0.10


def _desk(seed: int, flips: float, double: float) -> Iterator[list[Opined]]:
    """What the blind pairs of a desk leave, after every 25 labels that the rogue, number 0, has given."""
    draw = random.Random(seed)

    def says(who: int, *, truth: bool) -> bool:
        return truth != (draw.random() < (flips if who == 0 else SLIPS))

    found: list[Opined] = []
    for given in range(1, GIVEN + 1):
        for first in range(PEOPLE):
            if draw.random() >= double:
                continue
            truth = draw.random() < 0.3
            second, third = draw.sample([who for who in range(PEOPLE) if who != first], 2)
            read = {who: says(who, truth=truth) for who in (first, second)}
            if len(set(read.values())) > 1:
                read[third] = says(third, truth=truth)
            outcome = Counter(read.values()).most_common(1)[0][0]
            found += [Opined(who, said == outcome) for who, said in read.items()]
        if given % 25 == 0:
            yield found


def _watched(seed: int, flips: float, double: float = DOUBLE) -> bool:
    """Whether the rogue was once the one to watch, before anybody else."""
    for opinions in _desk(seed, flips, double):
        worst = min(standing.standings(opinions), key=lambda one: one.p)
        if worst.watch and worst.staff_id == 0:
            return True
    return False


def _alarms(seed: int, flips: float, double: float) -> set[int]:
    """Who has an alarm when two hundred labels are given."""
    *_, last = _desk(seed, flips, double)
    return {one.staff_id for one in standing.standings(last) if one.alarm}


def test_a_rogue_is_found_within_two_hundred_labels() -> None:
    assert sum(_watched(seed, 0.20) for seed in range(20)) >= 18


def test_control_an_honest_person_is_not_named() -> None:
    assert sum(_watched(seed, SLIPS) for seed in range(20)) <= 4


def test_the_desks_own_double_reading_rings_the_alarm() -> None:
    assert all(0 in _alarms(seed, 0.20, 1.0) for seed in range(5))
    assert sum(bool(_alarms(seed, SLIPS, DOUBLE)) for seed in range(20)) <= 3


@pytest.mark.release
def test_a_rogue_is_found_in_95_of_100_runs() -> None:
    assert sum(_watched(seed, 0.20) for seed in range(100)) >= 95
    assert sum(0 in _alarms(seed, 0.20, 1.0) for seed in range(100)) >= 95
    assert sum(_watched(seed, SLIPS) for seed in range(100)) <= 20
    assert sum(bool(_alarms(seed, SLIPS, DOUBLE)) for seed in range(100)) <= 12


def test_a_handful_of_opinions_accuses_nobody() -> None:
    few = [Opined(0, agrees=False)] * 5 + [Opined(one, agrees=True) for one in range(1, 6)] * 10
    assert not any(one.alarm for one in standing.standings(few))


REASON = "đã đối chiếu, nhiều nhãn bị lật"


def test_a_lead_withdraws_labels_and_they_teach_no_more_until_they_are_put_back(sqlite_desk: Desk) -> None:
    desk, people = sqlite_desk, hire(sqlite_desk)
    decide_many(desk, [people.an, people.binh, people.chi, people.dung], n=4)

    def teachers() -> set[int]:
        with desk.reading() as session:
            return {who for one in labelling.gather(session) for who in (one.reviewer, one.second)}

    assert people.an in teachers()
    withdrawal.withdraw(desk, people.an, people.chi, REASON)
    assert teachers() == {people.binh, people.chi, people.dung}  # nor does what another settled with them
    with desk.reading() as session:
        (one,) = withdrawal.in_force(session)
        entry = session.query(AuditEntry).order_by(AuditEntry.seq.desc()).first()
    assert (one.staff_id, one.reason) == (people.an, REASON)
    assert entry is not None
    assert (entry.actor, entry.action) == (f"staff:{people.chi}", "labels_withdraw")
    with pytest.raises(ConflictError, match="already"):
        withdrawal.withdraw(desk, people.an, people.chi, REASON)
    withdrawal.readmit(desk, people.an, people.dung, "nhầm người, nhãn vẫn tốt")
    assert people.an in teachers()


def test_only_a_lead_withdraws_with_a_reason_and_never_their_own(sqlite_desk: Desk) -> None:
    people = hire(sqlite_desk)
    for who in (people.an, people.kiem, people.quan, 999):
        with pytest.raises(ConflictError, match="only a lead"):
            withdrawal.withdraw(sqlite_desk, people.binh, who, REASON)
    with pytest.raises(ConflictError, match="another lead"):
        withdrawal.withdraw(sqlite_desk, people.chi, people.chi, REASON)
    with pytest.raises(UsageError, match="reason"):
        withdrawal.withdraw(sqlite_desk, people.an, people.chi, "vì")
    with sqlite_desk.reading() as session:
        assert withdrawal.in_force(session) == []
