"""Everything public, read once and rendered by pages, feeds and exports alike (rules 6, 7, 8).

What is not here is not public: no mention, no tip, no score, no name of staff or claimant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.claims import Claim
from models.decisions import Appeal, Correction, CorrectionText, Evidence, Verdict
from models.errors import NotFoundError
from models.vocabulary import AppealState, ClaimState, Language, Rating

RATING_NUMBER = {Rating.FALSE: 1, Rating.MISLEADING: 2, Rating.UNPROVEN: 3, Rating.TRUE: 5}
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


@dataclass(frozen=True)
class PublicVerdict:
    """One verdict in the claim's history."""

    round: int
    rating: Rating
    at: datetime


@dataclass(frozen=True)
class PublicAppeal:
    """An appeal's dates and outcome; never the words or the person of who appealed."""

    public_id: str
    state: AppealState
    received_day: date
    due_day: date
    decided_at: datetime | None


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

    def text(self, language: str = Language.VI) -> PublicVersion:
        """The newest version in a language; raises `NotFoundError` if there is none."""
        for version in self.versions:
            if version.language == language:
                return version
        raise NotFoundError(f"this correction is not published in {language} yet")


def correction(session: Session, slug: str) -> PublicCorrection:
    """One correction; raises `NotFoundError`."""
    row = session.scalar(select(Correction).where(Correction.slug == slug))
    if row is None:
        raise NotFoundError("there is no such correction")
    return _whole(session, [row])[0]


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
    """Load what belongs to these corrections with one query a table, however many there are."""
    claim_ids = [row.claim_id for row in rows]
    correction_ids = [row.id for row in rows]
    claims = {claim.id: claim for claim in session.scalars(select(Claim).where(Claim.id.in_(claim_ids)))}
    verdicts: dict[int, list[PublicVerdict]] = {}
    for verdict in session.scalars(
        select(Verdict).where(Verdict.claim_id.in_(claim_ids)).order_by(Verdict.round)
    ):
        public = PublicVerdict(verdict.round, Rating(verdict.rating), verdict.at)
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
        )
        found[text.correction_id].append(public)
    return [found[one] for one in ids]


def _evidence(session: Session, claim_ids: Sequence[int]) -> list[list[PublicEvidence]]:
    found: dict[int, list[PublicEvidence]] = {one: [] for one in claim_ids}
    query = select(Evidence).where(Evidence.claim_id.in_(claim_ids)).order_by(Evidence.id)
    for row in session.scalars(query):
        public = PublicEvidence(
            row.kind, row.publisher, row.url, row.quote, row.published_day, row.quote_sha256
        )
        found[row.claim_id].append(public)
    return [found[one] for one in claim_ids]


def _appeals(session: Session, ids: Sequence[int]) -> list[list[PublicAppeal]]:
    found: dict[int, list[PublicAppeal]] = {one: [] for one in ids}
    query = select(Appeal).where(Appeal.correction_id.in_(ids)).order_by(Appeal.id)
    for row in session.scalars(query):
        public = PublicAppeal(
            row.public_id, AppealState(row.state), row.received_day, row.due_day, row.decided_at
        )
        found[row.correction_id].append(public)
    return [found[one] for one in ids]


def claim_review(item: PublicCorrection, base_url: str, desk_name: str) -> dict[str, object]:
    """One correction as ClaimReview JSON-LD (schema.org/ClaimReview), without a claimant (R16)."""
    text = item.text()
    url = f"{base_url}/dinh-chinh/{item.slug}"
    return {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "url": url,
        "datePublished": item.published_at.date().isoformat(),
        "dateModified": item.updated_at.date().isoformat(),
        "inLanguage": Language.VI.value,
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
            "alternateName": RATING_NAMES_VI[item.rating],
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
