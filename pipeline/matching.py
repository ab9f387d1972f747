"""Stage: claims are matched with what is already checked, here or by others (ClaimReview)."""

from collections.abc import Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from models.claims import Claim, ClaimMatch, KnownClaim
from models.vocabulary import ClaimState
from pipeline import parking, vectors
from pipeline.compose import Desk
from pipeline.progress import Progress, silent
from pipeline.seeding import hidden_matches
from pipeline.settings import Settings

if TYPE_CHECKING:
    from classify.match import ClaimIndex

SHOWN = 3
MIN_SHOWN = 0.2
_UNSETTLED = (ClaimState.NEW, ClaimState.QUEUED, ClaimState.SECOND, ClaimState.THIRD)


def known_index(session: Session, settings: Settings | None = None) -> "ClaimIndex":
    """An index over every known claim; with settings also by meaning, new texts encoded and kept."""
    return index_of(_known(session), settings)


def _known(session: Session) -> list[tuple[int, str]]:
    rows = session.execute(select(KnownClaim.id, KnownClaim.text).order_by(KnownClaim.id))
    return [(known_id, text) for known_id, text in rows]


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
    """Match every unsettled claim with the known claims; gives how many have a match."""
    with desk.reading() as session:
        known = _known(session)
        claims = list(session.execute(select(Claim.id, Claim.text).where(Claim.state.in_(_UNSETTLED))))
        hidden = hidden_matches(session)
    vectors.forget_gone(desk, [text for _, text in known])
    if not known:
        return 0
    # known claims that came with this run are encoded and kept here, once in their life
    index = index_of(known, desk.settings)
    stage = parking.Stage(desk, "match")
    matched = 0
    for claim_id, text in progress(claims, "match"):
        work = partial(match_one, index=index, claim_id=claim_id, text=text, hidden=hidden.get(claim_id, ()))
        matched += bool(stage.one(f"claim:{claim_id}", work))
    return matched


def match_one(
    session: Session, index: "ClaimIndex", claim_id: int, text: str, hidden: Collection[int] = ()
) -> bool:
    """Write the best matches of one claim but those hidden; says whether one of them is the same claim."""
    found = (hit for hit in index.search(text, k=SHOWN + len(hidden)) if hit.id not in hidden)
    hits = [hit for hit in found if hit.score >= MIN_SHOWN][:SHOWN]
    if session.get(Claim, claim_id) is None:
        return False
    session.execute(delete(ClaimMatch).where(ClaimMatch.claim_id == claim_id))
    for hit in hits:
        if session.scalar(select(exists().where(KnownClaim.id == hit.id))):
            row = ClaimMatch(claim_id=claim_id, known_id=hit.id, score=hit.score, differs=hit.differs)
            session.add(row)
    return any(hit.is_match for hit in hits)
