"""False flags: of the claims that the score put in the queue and people settled, the share that is not false.

Also by topic and by whether the claim is written with Vietnamese marks, because a score that is uneven over
them is not fit to serve (rule 10). Small cells are hidden, and others so that none can be worked out (R11).
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.claims import Claim
from models.vocabulary import Topic
from pipeline import disclosure
from pipeline.figures import HIDDEN, Figure, missing
from pipeline.outcomes import Settled
from pipeline.shares import share
from pipeline.span import Span

NAME = "false_flag_rate"
MARKS = ("with_marks", "without_marks")
CHUNK = 1_000

Cells = Mapping[str, tuple[int, int]]  # {cell: (not false, flagged and settled)}


def flag_figures(
    session: Session, span: Span, claims: Sequence[Settled], hidden_topics: Collection[str]
) -> list[Figure]:
    """The rate over all flagged claims, by topic and by marks; `hidden_topics` are hidden elsewhere too."""
    flagged = [one for one in claims if one.flagged]
    marked = _marked(session, [one.id for one in flagged])
    by_topic = _cells(flagged, [one.topic for one in flagged], [topic.value for topic in Topic])
    by_marks = _cells(flagged, [MARKS[one.id not in marked] for one in flagged], MARKS)
    return [
        share(NAME, span.label, sum(not one.is_false for one in flagged), len(flagged)),
        *rates(span.label, by_topic, hidden_topics),
        *rates(span.label, by_marks),
    ]


def _cells(flagged: Sequence[Settled], cell_of: Sequence[str], names: Sequence[str]) -> Cells:
    n = Counter(cell_of)
    k = Counter(cell for one, cell in zip(flagged, cell_of, strict=True) if not one.is_false)
    return {name: (k[name], n[name]) for name in names}


def rates(week: str, cells: Cells, also: Collection[str] = ()) -> list[Figure]:
    """One rate a cell, with Wilson's interval; a hidden cell shows neither its rate nor its size."""
    public = disclosure.suppress({name: n for name, (_, n) in cells.items()}, also)
    return [
        missing(f"{NAME}_{name}", week, 0, f"{HIDDEN}: cells under 11 are not shown (R11)")
        if public[name] is None
        else share(f"{NAME}_{name}", week, k, n)
        for name, (k, n) in cells.items()
    ]


def _marked(session: Session, claim_ids: Sequence[int]) -> set[int]:
    """Which of these claims are written with Vietnamese marks."""
    from classify.text import has_marks

    found: set[int] = set()
    for at in range(0, len(claim_ids), CHUNK):
        query = select(Claim.id, Claim.text).where(Claim.id.in_(claim_ids[at : at + CHUNK]))
        found |= {claim_id for claim_id, text in session.execute(query) if has_marks(text)}
    return found
