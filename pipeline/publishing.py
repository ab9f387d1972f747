"""The answer goes public (rules 6, 7, 8): verdict and correction in one transaction, versions, appeals."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import audit
from models.claims import Claim, KnownClaim
from models.decisions import Appeal, Correction, CorrectionText, Verdict
from models.desk import Staff
from models.errors import ConflictError, NotFoundError, UsageError
from models.gathered import Item, Mention, Tip
from models.session import insert_ignore
from models.vocabulary import AppealState, ClaimState, ItemKind, Language, Opinion, Rating, Role
from models.weeks import ZONE, local_day
from pipeline import evidence
from pipeline.compose import Clock, Desk
from pipeline.decisions import agreed_opinion, evidence_of, round_reviews
from pipeline.paraphrase import shared_run
from pipeline.seeding import is_seed

MAX_FIELD = 4_000
MAX_APPEAL = 4_000
MIN_APPEAL = 20


@dataclass(frozen=True)
class CorrectionInput:
    """A correction in one language, in the desk's own words."""

    title: str
    said: str
    truth: str
    how_known: str
    what_to_do: str
    contact: str = ""


def publish(
    desk: Desk,
    claim_id: int,
    staff_id: int,
    texts: Mapping[Language, CorrectionInput],
    reason: str = "",
) -> str:
    """Publish what two people agreed on and give the correction's slug.

    The first time it makes the correction; after an appeal it appends a version and closes the appeal.
    Raises `UsageError` for a field, `ConflictError` if this person may not or the state does not allow it.
    """
    with desk.sessions.begin() as session:
        claim = _agreed_claim(session, claim_id)
        lead = publisher(session, staff_id)
        verdict = _verdict(session, desk, claim, lead)
        check_texts(session, claim.id, texts)
        correction = session.scalar(select(Correction).where(Correction.claim_id == claim.id))
        if correction is None:
            correction = _new_correction(session, desk, claim, texts[Language.VI])
        _append(session, desk, correction, verdict, texts, reason)
        _settle(session, desk, claim, verdict, correction, texts[Language.VI])
        detail = {str(language): asdict(text) for language, text in texts.items()}
        actor = f"staff:{lead.id}"
        audit.append(session, desk.clock, actor, "publish", f"correction:{correction.slug}", detail)
        return correction.slug


def publisher(session: Session, staff_id: int) -> Staff:
    """The lead, if this account may publish."""
    staff = session.get(Staff, staff_id)
    if staff is None or staff.disabled or staff.role != Role.LEAD:
        raise ConflictError("only a lead publishes")
    return staff


def _agreed_claim(session: Session, claim_id: int) -> Claim:
    claim = session.get(Claim, claim_id, with_for_update=True)
    if claim is None:
        raise NotFoundError("this claim was erased or never existed")
    if claim.state != ClaimState.AGREED or is_seed(claim):
        raise ConflictError("two people have not agreed on this claim yet")
    return claim


def _verdict(session: Session, desk: Desk, claim: Claim, lead: Staff) -> Verdict:
    reviews = round_reviews(session, claim)
    agreed = agreed_opinion(reviews)
    if agreed is None or agreed in {Opinion.NOT_A_CLAIM, Opinion.NOT_OURS}:
        raise ConflictError("two people have not agreed on a rating")
    if reviews[0].staff_id == lead.id:
        raise ConflictError("you gave the first review; another lead publishes it")
    if not evidence.enough(evidence_of(session, claim.id)):
        raise ConflictError("a verdict needs one primary source or two independent ones")
    pair = [review for review in reviews if review.opinion == agreed][:2]
    verdict = Verdict(
        claim_id=claim.id,
        round=claim.round,
        rating=Rating(agreed.value),
        method_note="\n\n".join(review.reason for review in pair),
        first_staff_id=pair[0].staff_id,
        second_staff_id=pair[1].staff_id,
        at=desk.clock(),
    )
    session.add(verdict)
    session.flush()
    return verdict


def check_texts(session: Session, claim_id: int, texts: Mapping[Language, CorrectionInput]) -> None:
    """Check every field of a correction; raises `UsageError` naming language and field."""
    if Language.VI not in texts:
        raise UsageError("correction: the Vietnamese text comes first")
    sources = public_sources(session, claim_id)
    for language, text in texts.items():
        for name, value in asdict(text).items():
            if not value.strip() and name != "contact":
                raise UsageError(f"{language}.{name}: may not be empty")
            if len(value) > MAX_FIELD:
                raise UsageError(f"{language}.{name}: at most {MAX_FIELD} characters")
            run = shared_run(value, sources)
            if run is not None:
                raise UsageError(f"{language}.{name}: repeats a tip's own words (“{run}…”); say it in yours")


def public_sources(session: Session, claim_id: int) -> list[str]:
    """The sentences of the claim that members of the public wrote, up to the day of its first answer.

    A later tip may quote the answer itself: those words are the desk's own and lead back to nobody.
    """
    query = (
        select(Mention.text)
        .join(Item, Item.id == Mention.item_id)
        .where(Mention.claim_id == claim_id, Item.kind == ItemKind.TIP)
    )
    answered = session.scalar(select(Correction.published_at).where(Correction.claim_id == claim_id))
    if answered is not None:
        query = query.where(Mention.day <= local_day(answered))
    return list(session.scalars(query))


def _new_correction(session: Session, desk: Desk, claim: Claim, text: CorrectionInput) -> Correction:
    from classify.text import strip_marks, syllables

    words = [strip_marks(word) for word in syllables(text.title)][:10]
    base = "-".join(word for word in words if word.isalnum()) or "dinh-chinh"
    correction = Correction(
        slug=f"{base}-{claim.public_id[:6].lower()}", claim_id=claim.id, published_at=desk.clock()
    )
    session.add(correction)
    session.flush()
    return correction


def _append(
    session: Session,
    desk: Desk,
    correction: Correction,
    verdict: Verdict,
    texts: Mapping[Language, CorrectionInput],
    reason: str,
) -> None:
    for language, text in texts.items():
        newest = select(func.max(CorrectionText.version)).where(
            CorrectionText.correction_id == correction.id, CorrectionText.language == language
        )
        version = (session.scalar(newest) or 0) + 1
        if version > 1 and not reason.strip():
            raise UsageError("reason: say why the correction changes")
        session.add(
            CorrectionText(
                correction_id=correction.id,
                verdict_id=verdict.id,
                language=language,
                version=version,
                reason=reason.strip() or "first publication",
                at=desk.clock(),
                **asdict(text),
            )
        )


def _settle(
    session: Session,
    desk: Desk,
    claim: Claim,
    verdict: Verdict,
    correction: Correction,
    text: CorrectionInput,
) -> None:
    today = local_day(desk.clock())
    claim.state = ClaimState.DECIDED
    items = select(Mention.item_id).where(Mention.claim_id == claim.id)
    answered = update(Tip).where(Tip.item_id.in_(items), Tip.answered_day.is_(None))
    session.execute(answered.values(answered_day=today))
    _close_appeals(session, desk, claim, verdict)
    own = session.scalar(select(KnownClaim).where(KnownClaim.claim_id == claim.id))
    if own is not None:
        own.rating, own.text = verdict.rating, text.said
        return
    row = {
        "key": f"own:{claim.public_id}",
        "text": text.said,
        "topic": claim.topic,
        "rating": verdict.rating,
        "rating_original": None,
        "url": f"/dinh-chinh/{correction.slug}",
        "publisher": desk.settings.text("desk.name"),
        "published_day": today,
        "claim_id": claim.id,
        "imported_day": today,
    }
    insert_ignore(session, KnownClaim, [row], ["key"])


def _close_appeals(session: Session, desk: Desk, claim: Claim, verdict: Verdict) -> None:
    before = session.scalar(
        select(Verdict.rating)
        .where(Verdict.claim_id == claim.id, Verdict.round < verdict.round)
        .order_by(Verdict.round.desc())
        .limit(1)
    )
    correction = select(Correction.id).where(Correction.claim_id == claim.id).scalar_subquery()
    waiting = select(Appeal).where(Appeal.correction_id == correction, Appeal.state == AppealState.OPEN)
    for appeal in session.scalars(waiting):
        same = before == verdict.rating
        appeal.state = AppealState.UPHELD if same else AppealState.CHANGED
        appeal.outcome = verdict.method_note
        appeal.decided_at = desk.clock()
        appeal.reason = ""  # the reader's words go once they are answered (rule 9); the outcome stays
        audit.append(session, desk.clock, "system", f"appeal_{appeal.state}", f"appeal:{appeal.public_id}")


def revise(
    desk: Desk,
    slug: str,
    staff_id: int,
    texts: Mapping[Language, CorrectionInput],
    reason: str,
) -> None:
    """Append a version of a correction (another wording or language) with its reason; the verdict stays."""
    if not reason.strip():
        raise UsageError("reason: say why the correction changes")
    with desk.sessions.begin() as session:
        lead = publisher(session, staff_id)
        correction = correction_of(session, slug)
        newest = select(Verdict).where(Verdict.claim_id == correction.claim_id)
        verdict = session.scalars(newest.order_by(Verdict.round.desc())).first()
        if verdict is None:  # pragma: no cover - a correction is only ever made with its verdict
            raise ConflictError("this correction has no verdict")
        check_texts(session, correction.claim_id, {Language.VI: _current(session, correction), **texts})
        _append(session, desk, correction, verdict, texts, reason)
        detail = {str(language): asdict(text) for language, text in texts.items()}
        audit.append(session, desk.clock, f"staff:{lead.id}", "revise", f"correction:{slug}", detail)


def _current(session: Session, correction: Correction) -> CorrectionInput:
    newest = (
        select(CorrectionText)
        .where(CorrectionText.correction_id == correction.id, CorrectionText.language == Language.VI)
        .order_by(CorrectionText.version.desc())
        .limit(1)
    )
    text = session.scalars(newest).one()
    return CorrectionInput(text.title, text.said, text.truth, text.how_known, text.what_to_do, text.contact)


def correction_of(session: Session, slug: str) -> Correction:
    """The correction of a slug; raises `NotFoundError`."""
    correction = session.scalar(select(Correction).where(Correction.slug == slug))
    if correction is None:
        raise NotFoundError("there is no such correction")
    return correction


def file_appeal(desk: Desk, slug: str, reason: str) -> str:
    """Take a reader's appeal, reopen the claim for two other people, and give the appeal's public id."""
    from classify.text import normalise

    text = normalise(reason).strip()
    if not MIN_APPEAL <= len(text) <= MAX_APPEAL:
        raise UsageError(f"reason: write {MIN_APPEAL} to {MAX_APPEAL} characters")
    with desk.sessions.begin() as session:
        correction = correction_of(session, slug)
        claim = session.get_one(Claim, correction.claim_id, with_for_update=True)
        if claim.state == ClaimState.DECIDED:
            claim.state, claim.round = ClaimState.QUEUED, claim.round + 1
            claim.queued_at = to_the_day(desk.clock)()
        today = local_day(desk.clock())
        appeal = Appeal(
            correction_id=correction.id,
            public_id=secrets.token_hex(8),
            reason=desk.masker.mask(text).text,
            round=claim.round,
            state=AppealState.OPEN,
            received_day=today,
            due_day=add_working_days(today, desk.settings.number("appeal.working_days")),
        )
        session.add(appeal)
        # the chain is public: the second at which somebody wrote would be a trace of them (rule 1)
        audit.append(session, to_the_day(desk.clock), "public", "appeal", f"correction:{slug}")
        return appeal.public_id


def to_the_day(clock: Clock) -> Clock:
    """A clock that knows the day and nothing finer, for what members of the public do."""
    return lambda: datetime.combine(local_day(clock()), time(), ZONE)


def add_working_days(day: date, n: int) -> date:
    """The day that lies `n` working days (Monday to Friday) after `day`."""
    while n:
        day += timedelta(days=1)
        n -= day.weekday() < 5
    return day
