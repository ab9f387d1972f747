"""The four kinds of whole-archive work: rescore, rematch, recluster, reindex.

None touches what is decided or public. A claim that has changed since it was read is left to the stages,
which work from fresh facts. `recluster` joins claims that nobody has looked at, and no others.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Row, Select, Table, bindparam, delete, exists, insert, inspect, select, update
from sqlalchemy.orm import Session

from models import due
from models.claims import Claim, KnownClaim, SampleFrame
from models.decisions import Correction
from models.gathered import Mention
from models.retention import erase_claim
from models.searching import ClaimWord
from models.vocabulary import ClaimState
from models.weeks import NO_WEEK, local_day
from pipeline import archivework, canary, clustering, knownindex, matching, ranking, search
from pipeline.archive import Job, Rows, Step, counted
from pipeline.archivework import Packed
from pipeline.compose import Desk
from pipeline.seeding import hidden_matches

if TYPE_CHECKING:
    from classify.match import Hit
    from classify.rank import Ranked

MENTIONS = 2_000
CLAIMS = 250
MATCHED = 50
_NO_SYNC = {"synchronize_session": False}
Changed = Mapping[str, int]


def rescore(desk: Desk) -> Job:
    """Check-worthiness of every mention, and the scores of every claim that waits under the serving model."""
    with desk.sessions.begin() as session:
        model_id, generation = ranking.reckoned(session)
    with desk.reading() as session:
        # what was begun yesterday goes on with yesterday's day, so that all are judged alike
        today = _day_of(desk, session, "rescore")
    serving = ranking.Serving(model_id, generation, today)
    mentions = Step(
        "mentions",
        MENTIONS,
        lambda session: counted(session, select(Mention.id)),
        _mentions,
        archivework.scores,
        lambda rows: ([row.text for row in rows],),
        _put_check_scores,
    )
    claims = Step(
        "claims",
        CLAIMS,
        lambda session: counted(session, select(Claim.id).where(due.unsettled())),
        partial(_facts, today=today),
        archivework.ranked,
        lambda rows: ([fact for _, fact in rows],),
        partial(_put_scores, desk=desk, serving=serving),
        shared=desk.ranker(),
    )
    reckons = {"model": model_id, "generation of the ranking": generation, "day": today.isoformat()}
    return Job("rescore", (mentions, claims), reckons)


def _day_of(desk: Desk, session: Session, job: str) -> date:
    from pipeline.archive import state

    before = state(session, job)
    if before is None or before.finished or "day" not in before.reckons_with:
        return local_day(desk.clock())
    return date.fromisoformat(str(before.reckons_with["day"]))


def _mentions(session: Session, after: int, limit: int) -> Rows:
    query = select(Mention.id, Mention.text, Mention.check_score).where(Mention.id > after)
    return session.execute(query.order_by(Mention.id).limit(limit)).all()


def _put_check_scores(session: Session, rows: Rows, scores: Sequence[float]) -> Changed:
    table = cast("Table", inspect(Mention).local_table)
    moved = [
        {"one": row.id, "new": score}
        for row, score in zip(rows, scores, strict=True)
        if score != row.check_score
    ]
    if moved:
        statement = update(table).where(table.c.id == bindparam("one")).values(check_score=bindparam("new"))
        session.connection().execute(statement, moved)
    return {"mentions": len(moved)}


def _facts(session: Session, after: int, limit: int, *, today: date) -> Rows:
    query = select(Claim).where(due.unsettled(), Claim.id > after).order_by(Claim.id).limit(limit)
    claims = list(session.scalars(query))
    return list(zip([claim.id for claim in claims], _facts_of(session, claims, today), strict=True))


def _facts_of(session: Session, claims: Sequence[Claim], today: date) -> list[Any]:
    matched = ranking.best_matches_of(session, [claim.id for claim in claims])
    return [ranking.facts_of(claim, matched.get(claim.id, (0.0, 0.0)), today) for claim in claims]


def _put_scores(
    session: Session, rows: Rows, scored: "Sequence[Ranked]", *, desk: Desk, serving: ranking.Serving
) -> Changed:
    if ranking.reckoned(session) != (serving.model_id, serving.generation):
        return {"left to the stages": len(rows)}  # another model serves since, and scores all of them
    query = select(Claim).where(due.unsettled(), Claim.id.in_([number for number, _ in rows]))
    claims = list(session.scalars(query.order_by(Claim.id).with_for_update(skip_locked=True)))
    asked = {number: (fact, one) for (number, fact), one in zip(rows, scored, strict=True)}
    trial = canary.on_trial(desk)
    facts = dict(zip([claim.id for claim in claims], _facts_of(session, claims, serving.today), strict=True))
    same = [
        claim
        for claim in claims
        if facts[claim.id] == asked[claim.id][0] and not (trial is not None and trial.orders(claim))
    ]
    kept = {claim.id for claim in same}
    ranking.put(session, same, [facts[one.id] for one in same], [asked[one.id][1] for one in same], serving)
    left = [claim.id for claim in claims if claim.id not in kept]
    session.flush()
    session.execute(update(Claim).where(Claim.id.in_(left)).values(ranked=0), execution_options=_NO_SYNC)
    return {"claims": len(same), "left to the stages": len(left)}


def rematch(desk: Desk) -> Job:
    """Every claim that waits against every known claim."""
    knownindex.of(desk)  # their vectors are made and kept here, once in their life
    with desk.reading() as session:
        generation = due.generation(session, due.KNOWN)
        known = session.execute(select(KnownClaim.id, KnownClaim.text).order_by(KnownClaim.id)).all()
        hidden = hidden_matches(session)
    step = Step(
        "claims",
        MATCHED,
        lambda session: counted(session, select(Claim.id).where(due.unsettled())),
        partial(_texts, _waiting()),
        archivework.matches,
        lambda rows: ([(row.text, hidden.get(row.id, ())) for row in rows],),
        partial(_put_matches, generation=generation),
        shared=Packed(secrets.token_hex(8), [(row.id, row.text) for row in known], desk.settings),
    )
    return Job("rematch", (step,), {"set of known claims": generation})


def _waiting() -> Select[int, str]:
    return select(Claim.id, Claim.text).where(due.unsettled())


def _texts(query: Select[int, str], session: Session, after: int, limit: int) -> Rows:
    return session.execute(query.where(Claim.id > after).order_by(Claim.id).limit(limit)).all()


def _put_matches(
    session: Session, rows: Rows, found: "Sequence[Sequence[Hit]]", *, generation: int
) -> Changed:
    due.lock_known(session, alone=False)
    claims = _unchanged(session, rows, Claim.id.in_([row.id for row in rows]))
    if due.generation(session, due.KNOWN) != generation:
        # known claims came or went since: the stage matches these with them
        for claim in claims.values():
            claim.match_due = True
        return {"left to the stages": len(claims)}
    for row, hits in zip(rows, found, strict=True):
        if row.id in claims:
            matching.put(session, claims[row.id], hits)
    return {"claims": len(claims)}


def _unchanged(session: Session, rows: Rows, which: Any) -> dict[int, Claim]:  # noqa: ANN401 -- a condition
    """The claims that still wait and say what they said when they were read, locked."""
    texts = {row.id: row.text for row in rows}
    query = select(Claim).where(due.unsettled(), which).order_by(Claim.id)
    found = session.scalars(query.with_for_update(skip_locked=True))
    return {claim.id: claim for claim in found if claim.text == texts[claim.id]}


def recluster(desk: Desk, *, apply: bool = False) -> Job:
    """Join new claims that say the same as an earlier one that waits; without `apply` they are only counted.

    Claims that were queued, drawn or frozen in a week's frame stay as they are: figures rest on them.
    """
    with desk.reading() as session:
        kept = session.execute(_waiting().where(Claim.week > NO_WEEK).order_by(Claim.id)).all()
    step = Step(
        "claims",
        CLAIMS,
        lambda session: counted(session, _loose()),
        partial(_texts, _loose()),
        archivework.alike,
        lambda rows: ([(row.id, row.text) for row in rows],),
        partial(_join, apply=apply),
        shared=Packed(secrets.token_hex(8), [(row.id, row.text) for row in kept]),
    )
    # what was joined is gone from the index, so that a rest of the way would be judged with other neighbours
    return Job("recluster", (step,), {"--apply": apply}, goes_on=False)


def _loose() -> Select[int, str]:
    """Claims that nobody has looked at and no figure rests on."""
    framed = exists().where(SampleFrame.week == Claim.week)
    new = (Claim.state == ClaimState.NEW) & Claim.flagged.is_(False) & (Claim.week > NO_WEEK)
    return select(Claim.id, Claim.text).where(new, ~framed)


def _join(session: Session, rows: Rows, found: Sequence[Sequence[int]], *, apply: bool) -> Changed:
    loose = select(Claim).where(Claim.id.in_(_loose().with_only_columns(Claim.id)))
    numbers = [row.id for row in rows]
    claims = {one.id: one for one in session.scalars(loose.where(Claim.id.in_(numbers)).with_for_update())}
    joined = 0
    for row, earlier in zip(rows, found, strict=True):
        claim = claims.get(row.id)
        target = None if claim is None or claim.text != row.text else _first_alive(session, earlier)
        if target is not None:
            joined += 1
            if apply:
                _move(session, row.id, target)
    return {"joined" if apply else "would be joined": joined}


def _first_alive(session: Session, numbers: Collection[int]) -> int | None:
    """The nearest of some claims that still waits; a claim that has itself been joined is gone."""
    there = set(session.scalars(select(Claim.id).where(due.unsettled(), Claim.id.in_(numbers))))
    return next((one for one in numbers if one in there), None)


def _move(session: Session, claim_id: int, target: int) -> None:
    moved = update(Mention).where(Mention.claim_id == claim_id).values(claim_id=target)
    session.execute(moved, execution_options=_NO_SYNC)
    erase_claim(session, claim_id)
    clustering.recount(session, target)


def reindex(desk: Desk) -> Job:  # noqa: ARG001 -- a job's signature
    """The words by which claims and corrections are searched."""
    entered = select(Claim.id, Claim.text).where(Claim.state != ClaimState.NEW)
    claims = Step(
        "claims",
        CLAIMS,
        lambda session: counted(session, entered),
        partial(_texts, entered),
        archivework.words,
        lambda rows: ([row.text for row in rows],),
        _put_words,
    )
    corrections = Step(
        "corrections",
        CLAIMS,
        lambda session: counted(session, select(Correction.id)),
        _corrections,
        archivework.words,
        lambda rows: ([],),  # noqa: ARG005 -- few and short: their words are read where they are written
        _put_corrections,
    )
    return Job("reindex", (claims, corrections), {})


def _put_words(session: Session, rows: Rows, keys: Sequence[Sequence[int]]) -> Changed:
    numbers = [row.id for row in rows]
    query = select(Claim.id, Claim.text).where(Claim.id.in_(numbers))
    there = {row.id: row.text for row in session.execute(query)}
    session.execute(delete(ClaimWord).where(ClaimWord.claim_id.in_(numbers)), execution_options=_NO_SYNC)
    # a claim whose text has changed since is read here
    words = [
        {"word": word, "claim_id": row.id}
        for row, found in zip(rows, keys, strict=True)
        if row.id in there
        for word in (found if there[row.id] == row.text else archivework.words([there[row.id]])[0])
    ]
    if words:
        session.execute(insert(ClaimWord), words)
    return {"claims": len(there)}


def _corrections(session: Session, after: int, limit: int) -> Sequence[Row[int]]:
    query = select(Correction.id).where(Correction.id > after).order_by(Correction.id).limit(limit)
    return session.execute(query).all()


def _put_corrections(session: Session, rows: Rows, _: object) -> Changed:
    for row in rows:
        search.put_correction(session, row.id)
    return {"corrections": len(rows)}
