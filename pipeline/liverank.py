"""The living queue: after a verdict its order follows within two seconds, however many claims wait.

All open claims are scored anew, a few numbers each; what is written is bounded. For every state and topic the
first `FIRST` places are made exactly what the new order says: their rows, and the rows that stand among them
and should not. The rest follows in slices while nothing else happens. So no list that a person reads is old,
and a verdict costs no rewriting of a hundred thousand rows. The texts of open claims stay in this process's
memory as hashed counts, some 800 bytes a claim, and nowhere else.

It runs beside the web server, in a process of its own: nothing waits for it, and killing it loses nothing.
Two of them would write the same values.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from models.claims import Claim
from pipeline import answers, livegate, livelabels, liveorder, liverows
from pipeline.compose import Desk
from pipeline.labels import Label, fingerprint
from pipeline.liverows import Open, Row
from pipeline.ranking import chance_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from classify.live import Pool, Shifts

    Doubles = NDArray[np.float64]

LOG = logging.getLogger("kiemchung.order")
FIRST = 100
"""Places of each state and topic that follow at once: four pages of the queue."""
EXPLAINED = 25
SLICE = 1_000
FAR = 0.1
"""Log odds from which a claim farther down is moved as well, in its turn."""
MOST_MOVED = 4.0
"""What was learned and what was answered together move a claim's log odds by no more."""
_ASIDE = 0.25
_CHUNK = 500
_STALE = 0.2


@dataclass(frozen=True)
class Ordered:
    """What one update did: claims looked at, labels learned from, rows written at once and still to write."""

    claims: int
    labels: int
    written: int
    waiting: int
    refused: str | None = None


class LiveRank:
    """The order of one desk between two models; keeps hashed words in memory and all else in the database."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._row_of: dict[int, int] = {}
        self._chance: dict[int, float] = {}
        self._pool: Pool | None = None
        self._judged = 0
        self._waiting: list[Row] = []
        self._unexplained: tuple[list[int], Shifts] | None = None

    def update(self) -> Ordered:
        """Learn from the newest labels and bring the first places in line; switches itself off if it must.

        The words that moved them wait for `explain`: an order is worth more at once than its reasons.
        """
        desk = self.desk
        with desk.reading() as session:
            row = liveorder.newest(session)
            if row is None or row.state != liveorder.ON:
                return self._unlearn()
            why = liveorder.alarm(session, desk.clock())
            if why is None and liveorder.taken_back(session, row):
                why = "the model that served was taken back"
            labels = livelabels.newest(session)
            doubted = answers.factors(session)
            corrections = answers.corrections(session, doubted)
            claims = liverows.load(session)
        return self._stop(why) if why is not None else self._learn(claims, labels, doubted, corrections)

    def _learn(
        self, claims: Open, labels: list[Label], doubted: dict[str, float], corrections: dict[int, float]
    ) -> Ordered:
        import numpy as np

        from classify.live import shifts

        pool = self._met([int(one) for one in claims.ids], labels)
        rows = [self._row_of[label.claim_id] for label in labels]
        learned = shifts(pool, rows, [label.is_false for label in labels], answers.words(doubted))
        why = self._gate(pool, labels, rows, learned)
        if why is not None:
            return self._stop(why)
        moved = learned.values[[self._row_of[int(one)] for one in claims.ids]]
        if corrections:
            moved = moved + np.array([corrections.get(int(one), 0.0) for one in claims.ids])
        moved = np.clip(moved, -MOST_MOVED, MOST_MOVED)
        targets = self._placed(claims, liverows.priorities(claims, moved))
        written = self._write(claims, targets, moved)
        self._unexplained = _read_first(claims, targets), learned
        liveorder.note(self.desk, labels)
        return Ordered(len(claims.ids), len(labels), written, len(self._waiting))

    def settle_some(self) -> int:
        """Write the next slice of what stands farther down; gives how many rows."""
        some, self._waiting = self._waiting[:SLICE], self._waiting[SLICE:]
        liverows.write(self.desk, some)
        return len(some)

    def _met(self, ids: Sequence[int], labels: Sequence[Label]) -> "Pool":
        """The pool with every open and labelled claim in it; made anew when a fifth of it is gone."""
        from classify.live import Pool

        wanted = {*ids, *(label.claim_id for label in labels)}
        gone = len(self._row_of.keys() - wanted)
        if self._pool is None or gone > _STALE * len(self._row_of):
            self._pool, self._row_of = Pool(), {}
            self._chance.clear()
        new = sorted(wanted - self._row_of.keys())
        key, share = self.desk.keys.sampling, self.desk.settings.share("queue.exploration")
        for at in range(0, len(new), _CHUNK):
            with self.desk.reading() as session:
                query = select(Claim.id, Claim.public_id, Claim.text).where(
                    Claim.id.in_(new[at : at + _CHUNK])
                )
                found = session.execute(query.order_by(Claim.id)).all()
            places = self._pool.add([text for _, _, text in found])
            for place, (claim_id, public_id, _) in zip(places, found, strict=True):
                self._row_of[claim_id] = place
                chance = chance_of(key, public_id)
                if chance < share:
                    self._chance[claim_id] = chance / share
        return self._pool

    def _gate(self, pool: "Pool", labels: list[Label], rows: list[int], learned: "Shifts") -> str | None:
        """The gates, before the first order and then whenever a tenth of the labels is new."""
        if not learned.trust or abs(len(labels) - self._judged) < max(1, len(labels) // 10):
            return None
        with self.desk.reading() as session:
            query = select(Claim.id, Claim.score).where(Claim.id.in_([one.claim_id for one in labels]))
            scores = dict(session.execute(query).all())
        taught = livegate.Taught(pool, labels, rows, [scores.get(one.claim_id) or 0.0 for one in labels])
        threshold = self.desk.settings.share("queue.threshold")
        why = livegate.refusal(taught, learned, self.desk.ranker(), threshold)
        if why is None:
            self._judged = len(labels)
        return why

    def _placed(self, claims: Open, targets: "Doubles") -> "Doubles":
        """The share that ignores the score stands at places of chance, evenly over each state's list."""
        import numpy as np

        if not self._chance:
            return targets
        placed = targets.copy()
        chances = np.array([self._chance.get(int(one), -1.0) for one in claims.ids])
        for state in np.unique(claims.states):
            mine = claims.states == state
            others = np.sort(targets[mine & (chances < 0)])[::-1]
            chosen = np.flatnonzero(mine & (chances >= 0))
            if len(others):
                placed[chosen] = others[(chances[chosen] * len(others)).astype(int)]
        return placed

    def _write(self, claims: Open, targets: "Doubles", moved: "Doubles") -> int:
        """Bring the first places of every list in line at once; what else moved far waits its turn."""
        import numpy as np

        now = np.zeros(len(targets), dtype=bool)
        order = np.lexsort((claims.ids, -targets, claims.groups))
        ends = np.flatnonzero(np.diff(claims.groups[order], append=-1))
        start = 0
        for end in (ends + 1).tolist():
            mine = order[start:end]
            first = mine[:FIRST]
            now[first] = True
            # what stands among the first places and belongs farther down
            now[mine[claims.stored[mine] >= targets[first[-1]]]] = True
            start = end
        differs = (targets != claims.stored) | (moved != claims.learned)
        at_once = np.flatnonzero(now & differs)
        far = np.abs(moved - np.nan_to_num(claims.learned)) > FAR
        far |= np.abs(targets - claims.stored) > _ASIDE * np.maximum(targets, claims.stored)
        later = np.flatnonzero(~now & far)
        later = later[np.argsort(-targets[later], kind="stable")]
        liverows.write(self.desk, liverows.rows_of(claims, targets, moved, at_once))
        self._waiting = liverows.rows_of(claims, targets, moved, later)
        return len(at_once)

    def explain(self) -> int:
        """Write the words that moved the first page of every list; gives how many claims, 0 if it is done."""
        from classify.live import reasons

        if self._unexplained is None:
            return 0
        (ids, learned), self._unexplained = self._unexplained, None
        with self.desk.reading() as session:
            texts = session.execute(select(Claim.id, Claim.text).where(Claim.id.in_(ids))).all()
        found = {one: reasons(text, self._row_of[one], learned) for one, text in texts}
        liverows.explain(self.desk, found)
        return len(ids)

    def _stop(self, why: str) -> Ordered:
        self._unexplained = None
        LOG.warning("order_stopped why=%s", why)
        liveorder.stop(self.desk, why)
        return replace(self._unlearn(), refused=why)

    def _unlearn(self) -> Ordered:
        """Take back whatever was learned: the order is the promoted model's again."""
        self._waiting, self._pool, self._row_of, self._judged = [], None, {}, 0
        return Ordered(0, 0, liverows.unlearn(self.desk), 0)


def once(desk: Desk) -> bool:
    """Bring the order in line where no process keeps it; says whether there was anything to do.

    Nothing is learned twice: where the newest labels were learned from already, it leaves the order alone.
    """
    with desk.reading() as session:
        row = liveorder.newest(session)
        is_on = row is not None and row.state == liveorder.ON
        if row is None or (is_on and row.data_sha256 == fingerprint(livelabels.newest(session))):
            return False
    if not is_on:
        # a process that ended before it could take everything back leaves that to this
        return liverows.unlearn(desk) > 0
    live = LiveRank(desk)
    live.update()
    live.explain()
    return True


def _read_first(claims: Open, targets: "Doubles") -> list[int]:
    """The claims on the first page of every list."""
    import numpy as np

    order = np.lexsort((claims.ids, -targets, claims.groups))
    starts = np.flatnonzero(np.diff(claims.groups[order], prepend=-1)).tolist()
    ends = [*starts[1:], len(order)]
    places = zip(starts, ends, strict=True)
    return sorted(
        {int(claims.ids[at]) for one, end in places for at in order[one : min(end, one + EXPLAINED)]}
    )
