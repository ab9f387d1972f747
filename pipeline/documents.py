"""What is public about a correction, as plain values for JSON: the API and the subscriptions give the same.

Made from `PublicCorrection` alone, so nothing that is not public can be in it.
"""

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from models.claims import Claim
from models.decisions import Correction
from models.errors import UsageError
from models.vocabulary import Topic
from pipeline import public
from pipeline.public import PublicCorrection, PublicVersion

PARTS = ("title", "said", "truth", "how_known", "what_to_do", "contact")


def page(
    session: Session, topic: Topic | None, after: str, limit: int
) -> tuple[list[PublicCorrection], str | None]:
    """Corrections behind the one of a slug, newest first, and the slug to go on with; raises `UsageError`.

    By key and not by number: a correction that is published meanwhile moves nothing, and the thousandth page
    costs what the first does.
    """
    query = select(Correction.id).order_by(Correction.published_at.desc(), Correction.id.desc())
    if topic is not None:
        query = query.join(Claim, Claim.id == Correction.claim_id).where(Claim.topic == topic)
    if after:
        place = session.scalar(select(Correction).where(Correction.slug == after))
        if place is None:
            raise UsageError("after: names no correction")
        same = and_(Correction.published_at == place.published_at, Correction.id < place.id)
        query = query.where(or_(Correction.published_at < place.published_at, same))
    ids = list(session.scalars(query.limit(limit + 1)))
    items = public.by_ids(session, ids[:limit])
    return items, items[-1].slug if len(ids) > limit else None


def brief(item: PublicCorrection, base: str) -> dict[str, object]:
    """A correction as a list shows it."""
    text = item.text()
    return {
        "slug": item.slug,
        "url": item.address(base),
        "api_url": f"{base}/api/v1/corrections/{item.slug}",
        "topic": item.topic,
        "rating": item.rating.value,
        "title": text.title,
        "truth": text.truth,
        "published_at": item.published_at.isoformat(),
        "updated_at": item.updated_at.isoformat(),
        "languages": item.languages,
        "reopened": item.reopened,
    }


def whole(item: PublicCorrection, base: str) -> dict[str, object]:
    """A correction with its texts in every language, evidence, ratings, versions and appeals."""
    return {
        **brief(item, base),
        "claim_day": item.claim_day.isoformat(),
        "texts": {language: _words(item.text(language)) for language in item.languages},
        "evidence": [
            {
                "kind": one.kind,
                "publisher": one.publisher,
                "url": one.url,
                "quote": one.quote,
                "quote_sha256": one.quote_sha256,
                "published_day": one.published_day.isoformat(),
                "found_day": one.found_day.isoformat() if one.found_day else None,
                "page_sha256": one.page_sha256,
            }
            for one in item.evidence
        ],
        "verdicts": [
            {
                "round": one.round,
                "rating": one.rating.value,
                "partly": one.partly,
                "at": one.at.isoformat(),
            }
            for one in item.verdicts
        ],
        "versions": [
            {
                "language": one.language,
                "version": one.version,
                "reason": one.reason,
                "at": one.at.isoformat(),
            }
            for one in item.versions
        ],
        "appeals": [
            {
                "id": one.public_id,
                "state": one.state.value,
                "received_day": one.received_day.isoformat(),
                "due_day": one.due_day.isoformat(),
                "decided_at": one.decided_at.isoformat() if one.decided_at else None,
                "outcome": one.outcome,
            }
            for one in item.appeals
        ],
    }


def _words(text: PublicVersion) -> dict[str, str]:
    return {part: str(getattr(text, part)) for part in PARTS}
