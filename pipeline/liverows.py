"""The rows of the living order: open claims as columns, and the few that are written back."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from sqlalchemy import Table, bindparam, delete, insert, inspect, or_, select, update
from sqlalchemy.orm import Session

from models.claims import Claim, ClaimReason
from models.vocabulary import Topic
from pipeline.answers import FIRST_LEARNED
from pipeline.compose import Desk
from pipeline.decisions import OPEN_STATES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Doubles = NDArray[np.float64]

Row = dict[str, Any]
"""What is written of one claim: its number, its place and what was learned."""
_STATES = tuple(sorted(OPEN_STATES))
_TOPICS = tuple(Topic)
_CHUNK = 5_000


class Open(NamedTuple):
    """The open claims that have a score, as columns; a group is a state and a topic."""

    ids: "NDArray[np.int64]"
    groups: "NDArray[np.int64]"
    states: "NDArray[np.int64]"
    scores: "Doubles"
    weights: "Doubles"
    stored: "Doubles"
    learned: "Doubles"


def load(session: Session) -> Open:
    """Every open claim that was scored; what was put off is among them, and nothing else is read of it."""
    import numpy as np

    columns = (Claim.id, Claim.state, Claim.topic, Claim.score, Claim.reach, Claim.freshness)
    query = select(*columns, Claim.priority, Claim.learned).where(
        Claim.state.in_(_STATES), Claim.score.is_not(None), Claim.reach.is_not(None)
    )
    state_at = {state: at for at, state in enumerate(_STATES)}
    topic_at = {topic: at for at, topic in enumerate(_TOPICS)}
    rows = session.execute(query).all()
    ids, states, topics, scores, reach, fresh, stored, learned = zip(*rows, strict=True) if rows else [()] * 8
    at_states = np.array([state_at[one] for one in states], dtype=np.int64)
    at_topics = np.array([topic_at[one] for one in topics], dtype=np.int64)
    return Open(
        np.array(ids, dtype=np.int64),
        at_states * len(_TOPICS) + at_topics,
        at_states,
        np.array(scores, dtype=np.float64),
        np.array(reach, dtype=np.float64) * np.array(fresh, dtype=np.float64),
        np.array(stored, dtype=np.float64),
        np.array(learned, dtype=np.float64),
    )


def priorities(claims: Open, shifts: "Doubles") -> "Doubles":
    """Score, moved by the shifts, times reach times freshness."""
    import numpy as np

    kept = np.clip(claims.scores, 1e-9, 1 - 1e-9)
    moved = 1 / (1 + np.exp(-(np.log(kept / (1 - kept)) + shifts)))
    return np.asarray(np.where(shifts == 0, claims.scores, moved) * claims.weights, dtype=np.float64)


def rows_of(claims: Open, targets: "Doubles", shifts: "Doubles", which: "NDArray[np.int64]") -> list[Row]:
    """The rows to write of some claims, in the order of their numbers so that two writers never cross."""
    some = sorted(which.tolist(), key=lambda at: int(claims.ids[at]))
    return [{"one": int(claims.ids[at]), "place": float(targets[at]), "by": float(shifts[at])} for at in some]


def write(desk: Desk, rows: Sequence[Row]) -> None:
    """Move these claims, if they are still open: one statement, one transaction."""
    if not rows:
        return
    table = cast("Table", inspect(Claim).local_table)
    # spelt out: a list of states would make the statement anew for every row
    still = or_(*(table.c.state == state for state in _STATES))
    open_one = (table.c.id == bindparam("one")) & still
    moved = update(table).where(open_one).values(priority=bindparam("place"), learned=bindparam("by"))
    with desk.sessions.begin() as session:
        session.connection().execute(moved, sorted(rows, key=lambda row: row["one"]))


def explain(desk: Desk, found: Mapping[int, Sequence[tuple[str, float]]]) -> None:
    """Put the words that moved these claims beside the reasons of the promoted model."""
    ids = sorted(found)
    with desk.sessions.begin() as session:
        for at in range(0, len(ids), 500):
            some = ids[at : at + 500]
            old = ClaimReason.position >= FIRST_LEARNED
            session.execute(delete(ClaimReason).where(ClaimReason.claim_id.in_(some), old))
            alive = session.scalars(select(Claim.id).where(Claim.id.in_(some), Claim.state.in_(_STATES)))
            rows = [
                {"claim_id": one, "position": FIRST_LEARNED + place, "feature": feature, "weight": weight}
                for one in alive
                for place, (feature, weight) in enumerate(found[one])
            ]
            if rows:
                session.execute(insert(ClaimReason), rows)


def unlearn(desk: Desk) -> int:
    """Take back everything that was learned; gives how many claims had some."""
    gone = 0
    while True:
        with desk.sessions.begin() as session:
            query = select(Claim.id).where(Claim.learned.is_not(None)).order_by(Claim.id).limit(_CHUNK)
            ids = list(session.scalars(query))
            if not ids:
                return gone
            some = Claim.id.between(ids[0], ids[-1]) & Claim.learned.is_not(None)
            plain = Claim.score * Claim.reach * Claim.freshness
            session.execute(
                update(Claim).where(some).values(learned=None, priority=plain),
                execution_options={"synchronize_session": False},
            )
            old = ClaimReason.position >= FIRST_LEARNED
            session.execute(
                delete(ClaimReason).where(ClaimReason.claim_id.between(ids[0], ids[-1]), old),
                execution_options={"synchronize_session": False},
            )
        gone += len(ids)
