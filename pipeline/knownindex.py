"""The index over the known claims that a process keeps, and what a new known claim means for those that wait.

The known claims are read again only when their generation has changed (`models.due`). One that is new, or
whose words are, is offered once to the claims that were matched before it came: those near to it by their
words are matched again, and all that wait where they are few.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Row, Update, select, update
from sqlalchemy.orm import Session

from models import due
from models.claims import Claim, KnownClaim
from models.weeks import NO_WEEK
from pipeline import claimindex, vectors
from pipeline.claimindex import HeldClaims
from pipeline.compose import Desk

if TYPE_CHECKING:
    from classify.encoder import Encoder

_NAME = "known-index"
FEW = 500
"""Up to so many matched claims are all matched again when a known claim comes."""
NEAREST = 20
NEAR = 0.1
MOST_OFFERED = 200


class HeldKnown:
    """The index over known claims at one generation of them."""

    def __init__(self, desk: Desk) -> None:
        from classify.match import ClaimIndex

        self._encoder: Encoder = vectors.encoder_of(desk.settings)
        self._marks: dict[int, int] = {}
        self._unmeant: dict[int, str] = {}
        self.index = ClaimIndex(self._encoder)
        self.generation = -1

    def refresh(self, desk: Desk) -> None:
        """Take in what has changed; at most `vectors.MOST_A_RUN` texts are encoded, others in their turn."""
        with desk.reading() as session:
            generation = due.generation(session, due.KNOWN)
            unread = select(KnownClaim.id).where(due.unoffered()).limit(1)
            if generation == self.generation and not self._unmeant and session.scalar(unread) is None:
                return
            rows = session.execute(select(KnownClaim.id, KnownClaim.text).order_by(KnownClaim.id)).all()
        there = {row.id: row.text for row in rows}
        for gone in self._marks.keys() - there.keys():
            self.index.remove(gone)
            del self._marks[gone]
        self._take_in(desk, {one: text for one, text in there.items() if self._is_new(one, text)})
        vectors.forget_gone(desk, set(there.values()))
        self.generation = generation

    def _is_new(self, known_id: int, text: str) -> bool:
        return known_id in self._unmeant or self._marks.get(known_id) != claimindex.mark(text)

    def _take_in(self, desk: Desk, new: dict[int, str]) -> None:
        if not new:
            return
        texts = list(new.values())
        kept = vectors.file_of(desk.settings, self._encoder.name).vectors(texts, self._encoder)
        self.index.add_all(list(new.items()), kept)
        self._marks |= {one: claimindex.mark(text) for one, text in new.items()}
        # beyond so many a text waits for its turn and is found by its words until then
        late = kept is not None and len(new) > vectors.MOST_A_RUN
        self._unmeant = {one: new[one] for one in new if late and not self.index.has_vector(one)}

    def is_ready(self, known_id: int, text: str) -> bool:
        """Whether a known claim is in the index as it will stay."""
        return self._marks.get(known_id) == claimindex.mark(text) and known_id not in self._unmeant


def of(desk: Desk) -> HeldKnown:
    """The index of this process as the known claims are now; what is new among them is offered."""
    held = desk.kept.get(_NAME)
    if held is None:
        held = HeldKnown(desk)
    held.refresh(desk)
    desk.kept[_NAME] = held
    while _offer(desk, held):
        pass
    return held


def _offer(desk: Desk, held: HeldKnown) -> bool:
    """Let matched claims that new known claims may answer be matched again; says whether there is more."""
    with desk.reading() as session:
        new = [one for one in _unoffered(session) if held.is_ready(one.id, one.text)]
        if not new:
            return False
        matched = select(Claim.id).where(due.unsettled(), ~Claim.match_due).limit(FEW + 1)
        few = len(session.scalars(matched).all()) <= FEW
    claims = None if few else claimindex.of(desk)
    with desk.sessions.begin() as session:
        due.lock_known(session, alone=True)
        still = {one.id: one.text for one in _unoffered(session)}
        new = [one for one in new if still.get(one.id) == one.text]
        again = ~Claim.match_due if claims is None else Claim.id.in_(_near(session, claims, new))
        seeds = Claim.week == NO_WEEK
        _update(session, update(Claim).where(due.unsettled(), again | seeds).values(match_due=True))
        _update(
            session, update(KnownClaim).where(KnownClaim.id.in_([one.id for one in new])).values(offered=True)
        )
        generation = due.bump(session, due.KNOWN)
    if generation == held.generation + 1:
        held.generation = generation
    return len(still) >= MOST_OFFERED and bool(new)


def _unoffered(session: Session) -> Sequence[Row[int, str]]:
    waiting = select(KnownClaim.id, KnownClaim.text).where(due.unoffered())
    return session.execute(waiting.order_by(KnownClaim.id).limit(MOST_OFFERED)).all()


def _near(session: Session, claims: HeldClaims, new: Sequence[Row[int, str]]) -> set[int]:
    """The claims that are near to new known claims by their words."""
    claims.sync(session)
    hits = (hit for one in new for hit in claims.index.search(one.text, k=NEAREST))
    return {hit.id for hit in hits if hit.score >= NEAR}


def _update(session: Session, statement: Update) -> None:
    session.execute(statement, execution_options={"synchronize_session": False})
