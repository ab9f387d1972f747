"""What is probably still unread: how many more false claims, at most how many, and is it worth reading on.

A claim's place in the order of chance (`ranking.chance_of`) was drawn by a key before anybody saw it. So the
claims of the last four weeks, looked at in that order, are drawn at random without replacement, however the
desk reads; the bets of `classify.stopping.RecallRule` hold at every length of that look, and so however often
one asks. A claim in it that nobody has settled counts as false there (stats.md, 2.5: the worst case), so that
leaving the hard ones for later makes the limit wider and never too small. New claims make a new population:
the promise is for the claims that are there when it is reckoned.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.audits import Seed
from models.claims import Claim
from models.ordering import QueueOutlook
from models.weeks import NO_WEEK, iso_week, local_day, weeks_between
from pipeline.compose import Desk
from pipeline.outcomes import SETTLED, settled
from pipeline.ranking import chance_of

DAYS = 28
"""So long every claim is kept that came in: the whole of it can be drawn from."""
LEAST = 30
"""Settled draws below which nothing is said: none of 29 cannot exclude a tenth (stats.md, 5.3)."""
MOST_DRAWN = 1_000
A_SECOND = 500
"""For each 500 claims a reckoning stands a second longer: it costs the same share of any desk's time."""
CUTS = (0.5, 0.8, 0.95)
"""Ranks of the score at which the strata of the estimate are cut."""
_ROW = 1


@dataclass(frozen=True)
class Outlook:
    """Claims of four weeks, how many of them are unread and found, the look by chance, and what follows.

    `likely` and `most` are of false claims among the unread, `most` with 95% confidence; None while `needed`
    more draws must be settled.
    """

    n_claims: int
    n_unread: int
    n_found: int
    n_drawn: int
    n_waiting: int
    likely: float | None
    most: int | None
    needed: int

    @property
    def done(self) -> bool:
        """Whether 90% of the false claims of these weeks are found, with 95% confidence."""
        return self.most is not None and 9 * self.most <= self.n_found

    @property
    def per_hundred(self) -> float:
        """How many false claims the next hundred hold, if they are like the unread ones on average."""
        return 100 * (self.likely or 0.0) / self.n_unread if self.n_unread else 0.0


def reckon(desk: Desk) -> Outlook:
    """Reckon it anew and keep it for the queue's page; while the last one is fresh, give that one.

    It reads every claim of four weeks: the more there are, the longer one reckoning stands.
    """
    with desk.reading() as session:
        last = kept(session)
        if last is not None and desk.clock() - last.at < timedelta(seconds=last.n_claims // A_SECOND):
            return shown(last)
        found = outlook(session, desk)
    row = QueueOutlook(id=_ROW, at=desk.clock(), **asdict(found))
    with desk.sessions.begin() as session:
        session.merge(row)
    return found


def outlook(session: Session, desk: Desk) -> Outlook:
    """What the claims of the last four weeks say."""
    today = local_day(desk.clock())
    first = today - timedelta(days=DAYS)
    weeks = weeks_between(iso_week(first), iso_week(today))
    false = {one.id for one in settled(session, *weeks) if one.is_false}
    columns = select(Claim.id, Claim.public_id, Claim.state, Claim.score)
    # a seed that nobody has settled counts as an unread claim: left out, the numbers would give it away
    hidden = select(Seed.claim_id).where(Seed.settled_day.is_(None))
    counted = or_(Claim.week > NO_WEEK, Claim.id.in_(hidden))
    rows = session.execute(columns.where(counted, Claim.first_day > first)).all()
    key = desk.keys.sampling
    by_chance = sorted(rows, key=lambda row: (chance_of(key, row.public_id), row.id))
    verdicts = [(row.id in false) if row.state in SETTLED else None for row in by_chance]
    return reckoned(verdicts, [row.score or 0.0 for row in by_chance])


def reckoned(verdicts: Sequence[bool | None], scores: Sequence[float]) -> Outlook:
    """From each claim in the order of chance: was it found false (True) or not (False), or is it unread.

    The likely number is the stratified estimate of stats.md (2.2, 3.2): the share of false claims among the
    draws of each stratum of the score, times what is unread there. A bad score
    makes it less sharp, not wrong.
    """
    from classify.stopping import RecallRule

    total, found = len(verdicts), sum(one is True for one in verdicts)
    unread = sum(one is None for one in verdicts)
    rule = RecallRule(total, 0, 0)
    read = waiting = 0
    for verdict in verdicts[:MOST_DRAWN]:
        rule.drawn(verdict is not False)
        waiting += verdict is None
        read += verdict is not None
        if waiting > max(5, read // 4):
            break
    if unread and read < LEAST:
        return Outlook(total, unread, found, read + waiting, waiting, None, None, LEAST - read)
    most = min(unread, max(0, rule.most - found))
    likely = min(float(most), _likely(verdicts, scores, read + waiting))
    return Outlook(total, unread, found, read + waiting, waiting, likely, most, 0)


def _likely(verdicts: Sequence[bool | None], scores: Sequence[float], drawn: int) -> float:
    """Unread claims of each stratum times the share of false ones among its settled draws."""
    rank = {at: place for place, at in enumerate(sorted(range(len(scores)), key=lambda at: scores[at]))}
    stratum = [sum(rank[at] >= cut * len(scores) for cut in CUTS) for at in range(len(scores))]
    total, below = 0.0, 0.0
    for one in range(len(CUTS) + 1):
        mine = [at for at in range(len(scores)) if stratum[at] == one]
        judged = [verdicts[at] for at in mine if at < drawn and verdicts[at] is not None]
        # a stratum without a settled draw is taken to be like the one below it
        below = sum(verdict is True for verdict in judged) / len(judged) if judged else below
        total += below * sum(verdicts[at] is None for at in mine)
    return total


def shown(row: QueueOutlook) -> Outlook:
    """What was kept, as values."""
    return Outlook(*(getattr(row, one.name) for one in fields(Outlook)))


def kept(session: Session) -> QueueOutlook | None:
    """What was reckoned last; None on a desk that never ran its stages."""
    return session.get(QueueOutlook, _ROW)
