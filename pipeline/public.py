"""Everything public, read once and rendered by pages, feeds and exports alike (rules 6, 7, 8).

What is not here is not public: no mention, no tip, no score, no name of staff or claimant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.claims import Claim
from models.decisions import Appeal, Correction, CorrectionText, Evidence, EvidenceCopy, EvidenceLink, Verdict
from models.errors import NotFoundError
from models.vocabulary import AppealState, ClaimState, CopyOutcome, Language, Rating

RATING_NUMBER = {Rating.FALSE: 1, Rating.MISLEADING: 2, Rating.UNPROVEN: 3, Rating.TRUE: 5}
BATCH = 5_000
"""Corrections loaded together: SQLite binds 32,766 values in a statement, PostgreSQL's protocol 65,535."""
CODE_LENGTH = 10
"""Characters of a short address: 40 random bits, so that ten thousand corrections hardly ever share one."""
BEST_RATING = 5
WORST_RATING = 1


@dataclass(frozen=True)
class PublicEvidence:
    """One quotation with where and when it stands."""

    kind: str
    publisher: str
    url: str
    quote: str
    published_day: date
    quote_sha256: str
    dead_day: date | None = None
    """Since when its address does not answer; the quotation and its hash stay."""
    found_day: date | None = None
    """When the desk itself saw the quoted words on that page, and the hash of the page as it was then."""
    page_sha256: str | None = None


@dataclass(frozen=True)
class PublicVersion:
    """One version of a correction's text in one language."""

    language: str
    version: int
    title: str
    said: str
    truth: str
    how_known: str
    what_to_do: str
    contact: str
    reason: str
    at: datetime
    spoken: str = ""


@dataclass(frozen=True)
class PublicVerdict:
    """One verdict in the claim's history."""

    round: int
    rating: Rating
    at: datetime
    partly: bool = False
    """Whether only a part of the claim is rated, the rest being opinion; its words are not public."""


@dataclass(frozen=True)
class PublicAppeal:
    """An appeal's dates, outcome and the desk's reason; never the words or the person of who appealed."""

    public_id: str
    state: AppealState
    received_day: date
    due_day: date
    decided_at: datetime | None
    outcome: str | None = None


@dataclass(frozen=True)
class PublicCorrection:
    """A correction with its whole history; versions are newest first, verdicts oldest first."""

    slug: str
    topic: str
    published_at: datetime
    claim_day: date
    verdicts: Sequence[PublicVerdict]
    versions: Sequence[PublicVersion]
    evidence: Sequence[PublicEvidence]
    appeals: Sequence[PublicAppeal]
    reopened: bool
    code: str = ""
    """Ten characters that name it in a short address."""

    @property
    def partly(self) -> bool:
        """Whether the rating that holds now is of a part of the claim alone."""
        return self.verdicts[-1].partly

    @property
    def rating(self) -> Rating:
        """The rating that holds now."""
        return self.verdicts[-1].rating

    @property
    def updated_at(self) -> datetime:
        """When the newest version of any language went public."""
        return max(version.at for version in self.versions)

    @property
    def languages(self) -> list[str]:
        """The languages it is published in, Vietnamese first."""
        present = {version.language for version in self.versions}
        return [language.value for language in Language if language.value in present]

    def address(self, base: str) -> str:
        """The page of this correction on the site at `base`."""
        return f"{base}/dinh-chinh/{self.slug}"

    def text(self, language: str = Language.VI) -> PublicVersion:
        """The newest version in a language; raises `NotFoundError` if there is none."""
        for version in self.versions:
            if version.language == language:
                return version
        raise NotFoundError(f"this correction is not published in {language} yet")

    def text_for(self, language: str) -> PublicVersion:
        """The newest version in a language, in Vietnamese where there is none in it."""
        return self.text(language if language in self.languages else Language.VI)


def correction(session: Session, slug: str) -> PublicCorrection:
    """One correction; raises `NotFoundError`."""
    row = session.scalar(select(Correction).where(Correction.slug == slug))
    if row is None:
        raise NotFoundError("there is no such correction")
    return _whole(session, [row])[0]


def slug_of_code(session: Session, code: str) -> str:
    """The slug of a short address; raises `NotFoundError`."""
    # a range and not LIKE: the index of the random names answers it on both databases
    named = Claim.public_id.between(code, code + "g")
    query = select(Correction.slug).join(Claim, Claim.id == Correction.claim_id).where(named)
    slug = session.scalar(query.order_by(Correction.id).limit(1))
    if slug is None:
        raise NotFoundError("there is no such correction")
    return slug


def by_ids(session: Session, ids: Sequence[int]) -> list[PublicCorrection]:
    """The corrections of these row numbers, in their order; what is not there is left out."""
    found = (
        session.scalars(select(Correction).where(Correction.id.in_(ids[at : at + BATCH])))
        for at in range(0, len(ids), BATCH)
    )
    rows = {row.id: row for some in found for row in some}
    return _whole(session, [rows[one] for one in ids if one in rows])


def corrections(
    session: Session,
    *,
    topic: str | None = None,
    published: tuple[datetime, datetime] | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[PublicCorrection]:
    """Corrections, newest first; `published` bounds when, its end not included."""
    query = select(Correction).order_by(Correction.published_at.desc(), Correction.id.desc())
    if published is not None:
        query = query.where(Correction.published_at >= published[0], Correction.published_at < published[1])
    if topic is not None:
        query = query.join(Claim, Claim.id == Correction.claim_id).where(Claim.topic == topic)
    query = query.offset(offset)
    return _whole(session, list(session.scalars(query.limit(limit) if limit is not None else query)))


def _whole(session: Session, rows: Sequence[Correction]) -> list[PublicCorrection]:
    """These corrections with all that belongs to them, some thousands at a time: a statement has a limit."""
    return [one for at in range(0, len(rows), BATCH) for one in _some(session, rows[at : at + BATCH])]


def _some(session: Session, rows: Sequence[Correction]) -> list[PublicCorrection]:
    """Load what belongs to these corrections with one query a table, however many there are."""
    claim_ids = [row.claim_id for row in rows]
    correction_ids = [row.id for row in rows]
    claims = {claim.id: claim for claim in session.scalars(select(Claim).where(Claim.id.in_(claim_ids)))}
    verdicts: dict[int, list[PublicVerdict]] = {}
    for verdict in session.scalars(
        select(Verdict).where(Verdict.claim_id.in_(claim_ids)).order_by(Verdict.round)
    ):
        public = PublicVerdict(
            verdict.round, Rating(verdict.rating), verdict.at, verdict.part_start is not None
        )
        verdicts.setdefault(verdict.claim_id, []).append(public)
    return [
        PublicCorrection(
            slug=row.slug,
            topic=claims[row.claim_id].topic,
            published_at=row.published_at,
            claim_day=claims[row.claim_id].first_day,
            verdicts=verdicts[row.claim_id],
            versions=versions,
            evidence=evidence,
            appeals=appeals,
            reopened=claims[row.claim_id].state != ClaimState.DECIDED,
            code=claims[row.claim_id].public_id[:CODE_LENGTH],
        )
        for row, versions, evidence, appeals in zip(
            rows,
            _versions(session, correction_ids),
            _evidence(session, claim_ids),
            _appeals(session, correction_ids),
            strict=True,
        )
    ]


def _versions(session: Session, ids: Sequence[int]) -> list[list[PublicVersion]]:
    found: dict[int, list[PublicVersion]] = {one: [] for one in ids}
    query = select(CorrectionText).where(CorrectionText.correction_id.in_(ids))
    for text in session.scalars(query.order_by(CorrectionText.at.desc(), CorrectionText.version.desc())):
        public = PublicVersion(
            text.language,
            text.version,
            text.title,
            text.said,
            text.truth,
            text.how_known,
            text.what_to_do,
            text.contact,
            text.reason,
            text.at,
            text.spoken,
        )
        found[text.correction_id].append(public)
    return [found[one] for one in ids]


def _evidence(session: Session, claim_ids: Sequence[int]) -> list[list[PublicEvidence]]:
    found: dict[int, list[PublicEvidence]] = {one: [] for one in claim_ids}
    query = (
        select(Evidence, EvidenceLink.dead_day, EvidenceCopy)
        .outerjoin(EvidenceLink, EvidenceLink.evidence_id == Evidence.id)
        .outerjoin(EvidenceCopy, EvidenceCopy.evidence_id == Evidence.id)
        .where(Evidence.claim_id.in_(claim_ids))
    )
    for row, dead_day, copy in session.execute(query.order_by(Evidence.id)):
        seen = copy is not None and copy.outcome == CopyOutcome.FOUND
        public = PublicEvidence(
            row.kind,
            row.publisher,
            row.url,
            row.quote,
            row.published_day,
            row.quote_sha256,
            dead_day,
            copy.looked_day if seen else None,
            copy.page_sha256 if seen else None,
        )
        found[row.claim_id].append(public)
    return [found[one] for one in claim_ids]


def _appeals(session: Session, ids: Sequence[int]) -> list[list[PublicAppeal]]:
    found: dict[int, list[PublicAppeal]] = {one: [] for one in ids}
    query = select(Appeal).where(Appeal.correction_id.in_(ids)).order_by(Appeal.id)
    for row in session.scalars(query):
        public = PublicAppeal(
            row.public_id,
            AppealState(row.state),
            row.received_day,
            row.due_day,
            row.decided_at,
            row.outcome,
        )
        found[row.correction_id].append(public)
    return [found[one] for one in ids]


def claim_review(
    item: PublicCorrection, base_url: str, desk_name: str, language: str = Language.VI
) -> dict[str, object]:
    """One correction as ClaimReview JSON-LD (schema.org/ClaimReview), without a claimant (R16).

    In the language of the page that it stands on, if the correction is published in it.
    """
    text = item.text_for(language)
    language = text.language
    names = RATING_NAMES_EN if language == Language.EN else RATING_NAMES_VI
    url = item.address(base_url) + (f"?lang={language}" if language != Language.VI else "")
    return {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "url": url,
        "datePublished": item.published_at.date().isoformat(),
        "dateModified": item.updated_at.date().isoformat(),
        "inLanguage": str(language),
        "author": {"@type": "Organization", "name": desk_name, "url": base_url + "/"},
        "claimReviewed": text.said,
        "itemReviewed": {
            "@type": "Claim",
            "datePublished": item.claim_day.isoformat(),
            "text": text.said,
        },
        "reviewRating": {
            "@type": "Rating",
            "ratingValue": RATING_NUMBER[item.rating],
            "bestRating": BEST_RATING,
            "worstRating": WORST_RATING,
            "alternateName": names[item.rating],
        },
        "citation": [
            {"@type": "CreativeWork", "url": row.url, "name": row.publisher} for row in item.evidence
        ],
    }


RATING_NAMES_VI = {
    Rating.FALSE: "Sai sự thật",
    Rating.MISLEADING: "Gây hiểu lầm",
    Rating.UNPROVEN: "Chưa có bằng chứng",
    Rating.TRUE: "Đúng",
}

RATING_NAMES_EN = {
    Rating.FALSE: "False",
    Rating.MISLEADING: "Misleading",
    Rating.UNPROVEN: "Unproven",
    Rating.TRUE: "True",
}

TOPIC_NAMES_VI = {
    "recruitment": "Việc làm, xuất khẩu lao động",
    "benefits": "Trợ cấp, cứu trợ, bảo hiểm xã hội",
    "health": "Sức khỏe, thuốc men, dịch bệnh",
    "child_safety": "An toàn trẻ em",
    "women": "Phụ nữ, hôn nhân, thai sản",
    "disability": "Người khuyết tật",
    "ethnic_services": "Đồng bào dân tộc",
    "legal_identity": "Giấy tờ, phạt nguội, tài khoản",
    "disaster": "Thiên tai, cầu đường, mặn, lũ",
}

TOPIC_NAMES_EN = {
    "recruitment": "Jobs and work abroad",
    "benefits": "Benefits, relief, social insurance",
    "health": "Health, medicines, epidemics",
    "child_safety": "Child safety",
    "women": "Women, marriage, maternity",
    "disability": "People with disabilities",
    "ethnic_services": "Services for ethnic minorities",
    "legal_identity": "Papers, fines, accounts",
    "disaster": "Disasters, bridges, salinity, floods",
}
