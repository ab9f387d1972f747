"""Stage: claims are matched with what is already checked, here or by others (ClaimReview).

A claim is matched once, and again only when its words change or a known claim near to it comes, changes or
goes. Any number of processes share what waits, a batch at a time under a lease.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from models import due, leases
from models.claims import Claim, ClaimMatch, KnownClaim
from pipeline import knownindex, parking, vectors
from pipeline.compose import Desk
from pipeline.hands import Hands
from pipeline.knownindex import HeldKnown
from pipeline.progress import Progress, silent
from pipeline.seeding import hidden_matches
from pipeline.settings import Settings

if TYPE_CHECKING:
    from classify.match import ClaimIndex, Hit

SHOWN = 3
MIN_SHOWN = 0.2
STAGE = "match"
BATCH = 25


def index_of(
    claims: Sequence[tuple[int, str]], settings: Settings | None = None, most: int = vectors.MOST_A_RUN
) -> "ClaimIndex":
    """An index over claims, with the vectors that are kept of them and at most ``most`` new ones."""
    from classify.match import ClaimIndex

    if settings is None or not claims:
        index = ClaimIndex()
        index.add_all(claims)
        return index
    encoder = vectors.encoder_of(settings)
    kept = vectors.file_of(settings, encoder.name).vectors([text for _, text in claims], encoder, most)
    index = ClaimIndex(encoder)
    index.add_all(claims, kept)
    return index


def match(desk: Desk, progress: Progress = silent) -> int:
    """Match the claims that are new, changed, or near to a new known claim; gives how many have a match."""
    held = knownindex.of(desk)
    stage = parking.Stage(desk, STAGE)
    free = ~leases.in_hand(STAGE, Claim, desk.clock())
    with desk.reading() as session:
        query = select(Claim.id).where(due.match_due(), free).order_by(Claim.id)
        waiting = [one for one in session.scalars(query) if not stage.parked(_item(one))]
        hidden = hidden_matches(session) if waiting else {}
    work = _Matching(stage, held, hidden)
    return sum(work.some(batch) for batch in progress(stage.batches(waiting, _item, BATCH), STAGE))


def _item(claim_id: int) -> str:
    return f"claim:{claim_id}"


@dataclass(frozen=True)
class _Matching:
    """One run: the known claims as they are, and what stays hidden of them."""

    stage: parking.Stage
    held: HeldKnown
    hidden: Mapping[int, Collection[int]]

    def some(self, ids: Sequence[int]) -> int:
        """Match a batch; if it fails, each of its claims by itself. Gives how many have a match."""
        desk = self.stage.desk
        with Hands(desk, STAGE, Claim, ids) as hands:
            with desk.reading() as session:
                query = select(Claim.id, Claim.text).where(Claim.id.in_(hands.mine), due.match_due())
                texts = {row.id: row.text for row in session.execute(query)}
            if len(texts) > 1:
                try:
                    return self._these(hands, texts)
                except parking.MACHINE:
                    raise
                except Exception as error:
                    self.stage.batch_failed(len(texts), error)
            one_by_one = (
                self.stage.tried(_item(one), partial(self._these, hands, {one: text}))
                for one, text in texts.items()
            )
            return sum(n or 0 for n in one_by_one)

    def _these(self, hands: Hands, texts: Mapping[int, str]) -> int:
        found = {one: self._best(hands, one, text) for one, text in texts.items()}
        with self.stage.desk.sessions.begin() as session:
            return self._write(session, hands, texts, found)

    def _best(self, hands: Hands, claim_id: int, text: str) -> "list[Hit]":
        hidden = self.hidden.get(claim_id, ())
        hands.beat()
        return best(self.held.index, text, hidden)

    def _write(
        self, session: Session, hands: Hands, texts: Mapping[int, str], found: "Mapping[int, list[Hit]]"
    ) -> int:
        due.lock_known(session, alone=False)
        if due.generation(session, due.KNOWN) != self.held.generation:
            # known claims came or went meanwhile: matched again in the next round, with them
            return 0
        mine = hands.held(session, list(texts))
        rows = select(Claim).where(Claim.id.in_(mine)).order_by(Claim.id).with_for_update(skip_locked=True)
        claims = [one for one in session.scalars(rows) if one.text == texts[one.id]]
        for claim in claims:
            put(session, claim, found[claim.id])
        hands.done(session, list(texts))
        return sum(any(hit.is_match for hit in found[claim.id]) for claim in claims)


def best(index: "ClaimIndex", text: str, hidden: Collection[int] = ()) -> "list[Hit]":
    """The known claims that are shown with a text, but those that are hidden."""
    found = (hit for hit in index.search(text, k=SHOWN + len(hidden)) if hit.id not in hidden)
    return [hit for hit in found if hit.score >= MIN_SHOWN][:SHOWN]


def put(session: Session, claim: Claim, hits: "Sequence[Hit]") -> None:
    """Write the best matches of a claim; it is scored again if they are not what they were."""
    old = session.execute(select(ClaimMatch).where(ClaimMatch.claim_id == claim.id)).scalars().all()
    new = {hit.id: (hit.score, hit.differs) for hit in hits}
    claim.match_due = False
    if {row.known_id: (row.score, row.differs) for row in old} == new:
        return
    claim.ranked = 0
    session.execute(delete(ClaimMatch).where(ClaimMatch.claim_id == claim.id))
    there = set(session.scalars(select(KnownClaim.id).where(KnownClaim.id.in_(new))))
    rows = [
        {"claim_id": claim.id, "known_id": one, "score": score, "differs": differs}
        for one, (score, differs) in new.items()
        if one in there
    ]
    if rows:
        session.execute(insert(ClaimMatch), rows)
