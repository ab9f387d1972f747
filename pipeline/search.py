"""Search over public corrections and over claims, with and without diacritics, at a cost that has a ceiling.

A text matches if it holds every word of the query. The rarest word leads, and at most the `DEEP` newest texts
that hold it are looked at, so that a search of common words costs no more at ten times the size; whatever was
left out is said (`Found.capped`). Among those, words that tell much and words in the title weigh more (as in
BM25), then words next to each other and written with the same marks, then what is newer.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar, cast

from sqlalchemy import ColumnElement, Table, delete, exists, func, insert, select
from sqlalchemy.orm import Session, object_session

from models.claims import Claim
from models.decisions import CorrectionText
from models.searching import ClaimWord, CorrectionWord, claim_keys, correction_keys, fold, keys, words
from models.vocabulary import ClaimState, Language
from pipeline import public

MAX_QUERY = 200
MOST_WORDS = 12
DEEP = 4_000
SCORED = 1_000
POOL = 200
PER_PAGE = 20
_BODY = ("title", "said", "truth", "how_known", "what_to_do")
_FOUND_STATES = tuple(state.value for state in ClaimState if state is not ClaimState.NEW)

_CURSOR = re.compile(r"(\d{1,9})\.(\d{1,9})")

Hit = TypeVar("Hit")
Holder = tuple[Table, str]
"""A table of words and the column of what holds them."""

_CLAIMS: Holder = (cast("Table", ClaimWord.__table__), "claim_id")
_CORRECTIONS: Holder = (cast("Table", CorrectionWord.__table__), "correction_id")


@dataclass(frozen=True)
class Found(Generic[Hit]):
    """What a search found, the best first; `capped` says that older texts of common words were left out.

    `total` counts at most `POOL`; `after` asks for the next page and is None on the last one.
    """

    items: Sequence[Hit]
    total: int
    after: str | None
    capped: bool


@dataclass(frozen=True)
class _Query:
    """A query's words: `folded` must all be there, `marked` only lift what holds them."""

    typed: Sequence[str]
    folded: Sequence[int]
    marked: Sequence[int]


def _read(text: str) -> _Query:
    typed = words(text[:MAX_QUERY])[:MOST_WORDS]
    folded = keys(fold(word) for word in typed)
    return _Query(typed, folded, [key for key in keys(typed) if key not in folded])


def put_claim(session: Session, claim: Claim) -> None:
    """Make a claim searchable from now on, in the transaction that puts it in the queue."""
    session.execute(delete(ClaimWord).where(ClaimWord.claim_id == claim.id))
    rows = [{"word": word, "claim_id": claim.id} for word in claim_keys(claim.text)]
    if rows:
        session.execute(insert(ClaimWord), rows)


def put_entered(claim: Claim) -> None:
    """As `put_claim`, in the claim's own session; a claim that is in none has nothing to be found in."""
    session = object_session(claim)
    if session is not None:
        put_claim(session, claim)


def put_correction(session: Session, correction_id: int) -> None:
    """Make the newest words of a correction searchable in all its languages; the older ones are no more."""
    session.flush()
    session.execute(delete(CorrectionWord).where(CorrectionWord.correction_id == correction_id))
    texts = session.scalars(
        select(CorrectionText)
        .where(CorrectionText.correction_id == correction_id)
        .order_by(CorrectionText.version)
    )
    newest = {text.language: text for text in texts}
    rows = [
        {"word": word, "correction_id": correction_id, "language": language, "weight": weight}
        for language, text in newest.items()
        for word, weight in correction_keys(text.title, [getattr(text, name) for name in _BODY]).items()
    ]
    if rows:
        session.execute(insert(CorrectionWord), rows)


def corrections(
    session: Session,
    query: str,
    lang: str = Language.VI,
    after: str | None = None,
    limit: int = PER_PAGE,
) -> Found[public.PublicCorrection]:
    """Public corrections that hold every word of the query in any language, a little better in `lang`."""
    asked = _read(query)
    ids, capped = _candidates(session, _CORRECTIONS, asked.folded)
    scores = _weighed(session, asked, ids[:SCORED], lang)
    ranked = sorted(((score, one) for one, score in scores.items()), reverse=True)[:POOL]
    page, following = _page(ranked, after, limit)
    return Found(public.by_ids(session, page), len(ranked), following, capped or len(ids) > len(ranked))


def claims(session: Session, query: str, after: str | None = None, limit: int = PER_PAGE) -> Found[Claim]:
    """Claims that are or were in the queue and hold every word of the query."""
    asked = _read(query)
    ids, capped = _candidates(session, _CLAIMS, asked.folded)
    kept = select(Claim).where(Claim.id.in_(ids[:POOL]), Claim.state.in_(_FOUND_STATES))
    rows = {claim.id: claim for claim in session.scalars(kept)}
    ranked = sorted(((_likeness(asked, claim.text), one) for one, claim in rows.items()), reverse=True)
    page, following = _page(ranked, after, limit)
    return Found([rows[one] for one in page], len(ranked), following, capped or len(ids) > POOL)


def claim_ids(session: Session, query: str) -> list[int]:
    """The claims that hold every word of the query, the newest `POOL` of them; for the queue's filters."""
    return _candidates(session, _CLAIMS, _read(query).folded)[0][:POOL]


def _candidates(session: Session, holder: Holder, wanted: Sequence[int]) -> tuple[list[int], bool]:
    """The ids that hold every wanted word, newest first, and whether the leading word has more."""
    if not wanted:
        return [], False
    table, name = holder
    spread = _spread(session, table, wanted)
    if not all(spread.values()):
        return [], False
    lead, *others = sorted(wanted, key=lambda word: spread[word])
    leading = select(table.c[name].label("one")).where(table.c.word == lead).distinct()
    led = leading.order_by(table.c[name].desc()).limit(DEEP).subquery()
    held = [_holds(holder, led.c.one, word) for word in others]
    found = session.scalars(select(led.c.one).where(*held).order_by(led.c.one.desc()))
    return list(found), spread[lead] >= DEEP


def _spread(session: Session, table: Table, wanted: Sequence[int]) -> dict[int, int]:
    """In how many rows each word stands, counted no further than `DEEP`."""
    counts = []
    for word in wanted:
        some = select(table.c.word).where(table.c.word == word).limit(DEEP).subquery()
        counts.append(select(func.count()).select_from(some).scalar_subquery())
    return dict(zip(wanted, session.execute(select(*counts)).one(), strict=True))


def _holds(holder: Holder, one: ColumnElement[int], word: int) -> ColumnElement[bool]:
    other = holder[0].alias()
    return exists().where(other.c.word == word, other.c[holder[1]] == one)


def _weighed(session: Session, asked: _Query, ids: Sequence[int], lang: str) -> dict[int, int]:
    """Each correction's score: what its words tell, thrice in a title, half for typed marks."""
    if not ids:
        return {}
    table = _CORRECTIONS[0]
    wanted = [*asked.folded, *asked.marked]
    spread = _spread(session, table, wanted)
    rows = session.execute(
        select(table.c.correction_id, table.c.word, table.c.language, table.c.weight).where(
            table.c.correction_id.in_(ids), table.c.word.in_(wanted)
        )
    )
    best: dict[tuple[int, int], float] = {}
    for one, word, language, weight in rows:
        told = math.log(1 + DEEP / spread[word]) * (1.0 if word in asked.folded else 0.5)
        worth = weight * told * (1.1 if language == lang else 1.0)
        best[one, word] = max(best.get((one, word), 0.0), worth)
    scores = dict.fromkeys(ids, 0.0)
    for (one, _), worth in best.items():
        scores[one] += worth
    return {one: round(score * 100) for one, score in scores.items()}


def _likeness(asked: _Query, text: str) -> int:
    """How much a claim reads like the query: its words side by side, and written with the same marks."""
    there = words(text)
    plain = [fold(word) for word in there]
    wanted = [fold(word) for word in asked.typed]
    pairs = set(pairwise(plain))
    beside = sum(pair in pairs for pair in pairwise(wanted))
    marked = sum(word in there for word in asked.typed)
    return 2 * beside + marked


def _page(ranked: Sequence[tuple[int, int]], after: str | None, limit: int) -> tuple[list[int], str | None]:
    """The ids of one page of (score, id) pairs, and the next one's `after`; a wrong one begins anew."""
    given = _CURSOR.fullmatch(after or "")
    past = (int(given[1]), int(given[2])) if given else None
    rest = [pair for pair in ranked if past is None or pair < past]
    page = rest[: max(1, limit)]
    following = f"{page[-1][0]}.{page[-1][1]}" if len(rest) > len(page) else None
    return [one for _, one in page], following
