"""The answer goes public (rules 6, 7, 8): verdict and correction in one transaction, versions, appeals."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, aliased

from models import audit, due
from models.claims import Claim, KnownClaim
from models.decisions import Correction, CorrectionText, Verdict
from models.desk import Staff
from models.errors import ConflictError, NotFoundError, UsageError
from models.gathered import Item, Mention, Tip
from models.session import insert_ignore
from models.vocabulary import ClaimState, ItemKind, Language, Rating, Role
from models.weeks import local_day
from pipeline import appeals, correctiondrafts, search, spoken, subscriptions, verdicts
from pipeline.compose import Desk
from pipeline.paraphrase import shared_run
from pipeline.seeding import is_seed

MAX_FIELD = 4_000
file_appeal = appeals.file_appeal


@dataclass(frozen=True)
class CorrectionInput:
    """A correction in one language, in the desk's own words."""

    title: str
    said: str
    truth: str
    how_known: str
    what_to_do: str
    contact: str = ""
    spoken: str = ""


# fields that may stay empty: nobody to call, and the text to be read aloud that the program can derive
_OPTIONAL = frozenset({"contact", "spoken"})


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
        claim = agreed_claim(session, claim_id)
        lead = publisher(session, staff_id)
        verdict = verdicts.make(session, desk.clock, claim, lead, reason)
        check_reason(session, claim.id, reason)
        check_texts(session, claim.id, texts)
        correction = session.scalar(select(Correction).where(Correction.claim_id == claim.id))
        if correction is None:
            correction = _new_correction(session, desk, claim, texts[Language.VI])
        _append(session, desk, correction, verdict, texts, reason)
        appeals.close(session, desk.clock, claim, verdict, reason)
        _settle(session, desk, claim, verdict, correction, texts[Language.VI])
        detail = {str(language): asdict(text) for language, text in texts.items()}
        actor = f"staff:{lead.id}"
        audit.append(session, desk.clock, actor, "publish", f"correction:{correction.slug}", detail)
        correctiondrafts.drop(session, claim.id)
        return correction.slug


def publisher(session: Session, staff_id: int) -> Staff:
    """The lead, if this account may publish."""
    staff = session.get(Staff, staff_id)
    if staff is None or staff.disabled or staff.role != Role.LEAD:
        raise ConflictError("only a lead publishes")
    return staff


def agreed_claim(session: Session, claim_id: int) -> Claim:
    """The claim, locked for this transaction, if two people agreed on it."""
    claim = session.get(Claim, claim_id, with_for_update=True)
    if claim is None:
        raise NotFoundError("this claim was erased or never existed")
    if claim.state != ClaimState.AGREED or is_seed(claim):
        raise ConflictError("two people have not agreed on this claim yet")
    return claim


def check_texts(session: Session, claim_id: int, texts: Mapping[Language, CorrectionInput]) -> None:
    """Check every field of a correction; raises `UsageError` naming language and field."""
    if Language.VI not in texts:
        raise UsageError("correction: the Vietnamese text comes first")
    sources = public_sources(session, claim_id)
    for language, text in texts.items():
        for name, value in asdict(text).items():
            if not value.strip() and name not in _OPTIONAL:
                raise UsageError(f"{language}.{name}: may not be empty")
            if len(value) > MAX_FIELD:
                raise UsageError(f"{language}.{name}: at most {MAX_FIELD} characters")
            run = shared_run(value, sources)
            if run is not None:
                raise UsageError(f"{language}.{name}: repeats a tip's own words (“{run}…”); say it in yours")
        if spoken.syllables_aloud(text.spoken) > spoken.MAX_SYLLABLES:
            raise UsageError(f"{language}.spoken: longer than {spoken.MAX_SYLLABLES} words when read aloud")


def public_sources(session: Session, claim_id: int) -> list[str]:
    """What members of the public wrote: the claim's sentences up to the day of its first answer, appeals.

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
    return [*session.scalars(query), *appeals.words_of(session, claim_id)]


def check_reason(session: Session, claim_id: int, reason: str) -> None:
    """Check the public reason of a version; raises `UsageError` if it is too long or repeats a reader."""
    if len(reason) > MAX_FIELD:
        raise UsageError(f"reason: at most {MAX_FIELD} characters")
    run = shared_run(reason, public_sources(session, claim_id))
    if run is not None:
        raise UsageError(f"reason: repeats a reader's own words (“{run}…”); say it in yours")


def _new_correction(session: Session, desk: Desk, claim: Claim, text: CorrectionInput) -> Correction:
    from classify.text import strip_marks, syllables

    words = [strip_marks(word) for word in syllables(text.title)][:10]
    base = "-".join(word for word in words if word.isalnum()) or "dinh-chinh"
    correction = Correction(
        slug=f"{base}-{claim.public_id[:6].lower()}", claim_id=claim.id, published_at=desk.clock()
    )
    session.add(correction)
    session.flush()
    # those who subscribed are told of new corrections, and of nothing else
    subscriptions.enqueue(session, correction.id, desk.clock())
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
    search.put_correction(session, correction.id)


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
    own = session.scalar(select(KnownClaim).where(KnownClaim.claim_id == claim.id))
    if own is not None:
        own.rating, own.text = verdict.rating, text.said
        due.known_changed(session, [own.id], words=True)
        return
    row = {
        "key": f"own:{claim.public_id}",
        "text": text.said,
        "topic": claim.topic,
        "rating": verdict.rating,
        "url": f"/dinh-chinh/{correction.slug}",
        "publisher": desk.settings.text("desk.name"),
        "published_day": today,
        "claim_id": claim.id,
        "imported_day": today,
    }
    insert_ignore(session, KnownClaim, [row], ["key"])


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
        verdict = session.scalars(newest.order_by(Verdict.round.desc()).limit(1)).one()
        check_texts(session, correction.claim_id, {Language.VI: _current(session, correction), **texts})
        check_reason(session, correction.claim_id, reason)
        _append(session, desk, correction, verdict, texts, reason)
        detail = {str(language): asdict(text) for language, text in texts.items()}
        audit.append(session, desk.clock, f"staff:{lead.id}", "revise", f"correction:{slug}", detail)
        correctiondrafts.drop(session, correction.claim_id, lead.id)


def _current(session: Session, correction: Correction) -> CorrectionInput:
    newest = (
        select(CorrectionText)
        .where(CorrectionText.correction_id == correction.id, CorrectionText.language == Language.VI)
        .order_by(CorrectionText.version.desc())
        .limit(1)
    )
    text = session.scalars(newest).one()
    return CorrectionInput(**{one.name: getattr(text, one.name) for one in fields(CorrectionInput)})


@dataclass(frozen=True)
class Revision:
    """A change of a published correction: another wording, or another rating after an appeal."""

    key: int
    slug: str
    topic: str
    language: Language
    version: int
    title: str
    reason: str
    at: datetime
    rating: Rating
    rating_before: Rating


def revisions(session: Session, *, before: int | None = None, limit: int = 30) -> list[Revision]:
    """Corrections of corrections, newest first; the `key` of the last one asks for those `before` it."""
    older = aliased(CorrectionText)
    verdict, verdict_before = aliased(Verdict), aliased(Verdict)
    query = (
        select(CorrectionText, Correction.slug, Claim.topic, verdict.rating, verdict_before.rating)
        .join(Correction, Correction.id == CorrectionText.correction_id)
        .join(Claim, Claim.id == Correction.claim_id)
        .join(
            older,
            (older.correction_id == CorrectionText.correction_id)
            & (older.language == CorrectionText.language)
            & (older.version == CorrectionText.version - 1),
        )
        .join(verdict, verdict.id == CorrectionText.verdict_id)
        .join(verdict_before, verdict_before.id == older.verdict_id)
    )
    if before is not None:
        query = query.where(CorrectionText.id < before)
    rows = session.execute(query.order_by(CorrectionText.id.desc()).limit(limit))
    return [
        Revision(
            text.id,
            slug,
            topic,
            Language(text.language),
            text.version,
            text.title,
            text.reason,
            text.at,
            Rating(rating),
            Rating(rating_before),
        )
        for text, slug, topic, rating, rating_before in rows
    ]


NEWEST_LOOKED_AT = 200


@dataclass(frozen=True)
class Untranslated:
    """A published correction that is not there in every language."""

    claim_id: int
    title: str
    missing: Sequence[Language]


def untranslated(session: Session, limit: int = 12) -> list[Untranslated]:
    """Which of the newest corrections lack a language: the leads' list of work, newest first.

    Only the newest 200 are looked at, so that the queue page costs the same in its tenth year.
    """
    newest = select(Correction).order_by(Correction.published_at.desc(), Correction.id.desc())
    rows = session.scalars(newest.limit(NEWEST_LOOKED_AT)).all()
    query = select(CorrectionText.correction_id, CorrectionText.language, CorrectionText.title)
    texts: dict[int, dict[str, str]] = {}
    ids = [row.id for row in rows]
    ordered = query.where(CorrectionText.correction_id.in_(ids)).order_by(CorrectionText.version)
    for correction_id, language, title in session.execute(ordered):
        texts.setdefault(correction_id, {})[language] = title
    found = []
    for row in rows:
        missing = [language for language in Language if language not in texts[row.id]]
        if missing:
            found.append(Untranslated(row.claim_id, texts[row.id][Language.VI], missing))
    return found[:limit]


def correction_of(session: Session, slug: str) -> Correction:
    """The correction of a slug; raises `NotFoundError`."""
    correction = session.scalar(select(Correction).where(Correction.slug == slug))
    if correction is None:
        raise NotFoundError("there is no such correction")
    return correction
