"""Reviews, evidence, verdicts, corrections and appeals: history is appended, never edited."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, one_of
from models.vocabulary import AppealState, CopyOutcome, EvidenceKind, Language, Opinion, Rating


class Review(Base):
    """One person's opinion of a claim in one round; the part, in code points, if not all of it is rated."""

    __tablename__ = "review"
    __table_args__ = (
        one_of("opinion", Opinion),
        UniqueConstraint("claim_id", "round", "staff_id"),
        Index("ix_review_staff_id_at", "staff_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claim.id", ondelete="CASCADE"), index=True)
    round: Mapped[int]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    opinion: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    part_start: Mapped[int | None]
    part_end: Mapped[int | None]


class Evidence(Base):
    """A dated quotation from a public source, with the SHA-256 of the passage as it was quoted."""

    __tablename__ = "evidence"
    __table_args__ = (one_of("kind", EvidenceKind),)

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claim.id", ondelete="CASCADE"), index=True)
    round: Mapped[int]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    kind: Mapped[str]
    url: Mapped[str]
    domain: Mapped[str]
    publisher: Mapped[str]
    quote: Mapped[str]
    published_day: Mapped[date]
    quote_sha256: Mapped[str]
    at: Mapped[datetime]


class EvidenceLink(Base):
    """When the address of published evidence was last asked for; evidence itself never changes."""

    __tablename__ = "evidence_link"

    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id", ondelete="CASCADE"), primary_key=True)
    checked_day: Mapped[date | None]
    dead_day: Mapped[date | None]


class EvidenceCopy(Base):
    """What the desk's own fetcher found at the address of evidence: never the text, only what came of it."""

    __tablename__ = "evidence_copy"
    __table_args__ = (one_of("outcome", CopyOutcome),)

    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id", ondelete="CASCADE"), primary_key=True)
    outcome: Mapped[str]
    looked_day: Mapped[date | None]
    page_sha256: Mapped[str | None]
    attempts: Mapped[int]
    again_day: Mapped[date | None] = mapped_column(index=True)


class Verdict(Base):
    """What two reviews by two people and the evidence settle (rule 5)."""

    __tablename__ = "verdict"
    __table_args__ = (
        one_of("rating", Rating),
        CheckConstraint("first_staff_id <> second_staff_id", name="two_people"),
        UniqueConstraint("claim_id", "round"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claim.id"), index=True)
    round: Mapped[int]
    rating: Mapped[str]
    method_note: Mapped[str]
    first_staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    second_staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]
    # of the claim's sentence as it stood then; both are empty where the whole claim is rated
    part_start: Mapped[int | None]
    part_end: Mapped[int | None]


class Correction(Base):
    """The public answer to a claim; its words are in `CorrectionText`."""

    __tablename__ = "correction"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claim.id"), unique=True)
    published_at: Mapped[datetime] = mapped_column(index=True)


class CorrectionText(Base):
    """One version of a correction in one language; versions are appended with a reason."""

    __tablename__ = "correction_text"
    __table_args__ = (
        one_of("language", Language),
        UniqueConstraint("correction_id", "language", "version"),
        # the list of what was changed reads these alone, however many texts there are
        Index(
            "ix_correction_text_revised",
            "id",
            sqlite_where=sql("version > 1"),
            postgresql_where=sql("version > 1"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    correction_id: Mapped[int] = mapped_column(ForeignKey("correction.id"), index=True)
    verdict_id: Mapped[int] = mapped_column(ForeignKey("verdict.id"))
    language: Mapped[str]
    version: Mapped[int]
    title: Mapped[str]
    said: Mapped[str]
    truth: Mapped[str]
    how_known: Mapped[str]
    what_to_do: Mapped[str]
    contact: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]
    spoken: Mapped[str] = mapped_column(default="", server_default="")


class Appeal(Base):
    """A reader's reply to a correction; it reopens the claim for two other people (rule 8)."""

    __tablename__ = "appeal"
    __table_args__ = (one_of("state", AppealState),)

    id: Mapped[int] = mapped_column(primary_key=True)
    correction_id: Mapped[int] = mapped_column(ForeignKey("correction.id"), index=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    reason: Mapped[str]
    round: Mapped[int]
    state: Mapped[str] = mapped_column(default=AppealState.OPEN)
    received_day: Mapped[date] = mapped_column(index=True)
    due_day: Mapped[date]
    outcome: Mapped[str | None]
    decided_at: Mapped[datetime | None] = mapped_column(index=True)
