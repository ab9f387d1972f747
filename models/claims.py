"""Claims, the fact-checks they are matched with, why they rank where they do, and audit draws."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, one_of
from models.staging import UNSETTLED
from models.vocabulary import ClaimState, Rating, Topic


def _part(name: str, *columns: str, rows: str) -> Index:
    """An index over the few rows of a table that a state marks."""
    return Index(name, *columns, sqlite_where=text(rows), postgresql_where=text(rows))


class Claim(Base):
    """A cluster of mentions that say the same thing: the unit of review."""

    __tablename__ = "claim"
    __table_args__ = (
        one_of("topic", Topic),
        one_of("state", ClaimState),
        Index("ix_claim_queue", "state", "priority"),
        # the queue of one topic, best first, is read from an index however many claims wait
        Index("ix_claim_topic_queue", "topic", "state", "priority"),
        # with all that is counted of them, so that no row is opened for a count
        _part(
            "ix_claim_deferred",
            "deferred_until",
            "round",
            "topic",
            "state",
            rows="deferred_until IS NOT NULL",
        ),
        _part("ix_claim_reopened", "round", "deferred_until", "topic", "state", rows="round > 1"),
        _part("ix_claim_held", "lease_staff_id", rows="lease_staff_id IS NOT NULL"),
        # what a stage has still to do, however much is done
        _part("ix_claim_match_due", "id", rows=f"match_due AND {UNSETTLED}"),
        _part("ix_claim_ranked", "ranked", "id", rows=UNSETTLED),
        _part("ix_claim_fresh_day", "fresh_day", "id", rows=UNSETTLED),
        _part("ix_claim_queue_due", "id", rows="queue_due AND state = 'new'"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    key: Mapped[str] = mapped_column(unique=True)
    text: Mapped[str]
    topic: Mapped[str]
    state: Mapped[str] = mapped_column(default=ClaimState.NEW)
    round: Mapped[int] = mapped_column(default=1)
    is_local: Mapped[bool] = mapped_column(default=False)
    first_day: Mapped[date] = mapped_column(index=True)
    last_day: Mapped[date]
    week: Mapped[str] = mapped_column(index=True)
    n_mentions: Mapped[int] = mapped_column(default=0)
    n_stories: Mapped[int] = mapped_column(default=0)
    n_sources: Mapped[int] = mapped_column(default=0)
    n_tips: Mapped[int] = mapped_column(default=0)
    score: Mapped[float | None]
    reach: Mapped[float | None]
    freshness: Mapped[float | None]
    priority: Mapped[float | None]
    # log odds that the desk's newest verdicts and answers add to the score, for the order alone
    learned: Mapped[float | None]
    model_id: Mapped[int | None] = mapped_column(ForeignKey("model_version.id"))
    flagged: Mapped[bool] = mapped_column(default=False)
    queued_at: Mapped[datetime | None]
    deferred_until: Mapped[date | None]
    lease_staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    lease_until: Mapped[datetime | None]
    # whether it is to be matched with every known claim (its words or theirs have changed)
    match_due: Mapped[bool] = mapped_column(default=True, server_default=true())
    # the generation of the ranking (model, trial) that scored it; 0 where its facts have changed since
    ranked: Mapped[int] = mapped_column(default=0, server_default="0")
    # the day that its freshness is of
    fresh_day: Mapped[date | None]
    # whether the queue has not looked at it since it was scored
    queue_due: Mapped[bool] = mapped_column(default=True, server_default=true())


class ClaimReason(Base):
    """One feature's part in a claim's score, as shown to reviewers."""

    __tablename__ = "claim_reason"

    claim_id: Mapped[int] = mapped_column(ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    feature: Mapped[str]
    weight: Mapped[float]


class KnownClaim(Base):
    """A claim that is already checked: imported as ClaimReview, or by this desk."""

    __tablename__ = "known_claim"
    __table_args__ = (
        one_of("rating", Rating, nullable=True),
        one_of("topic", Topic),
        CheckConstraint("rating IS NOT NULL OR rating_original IS NOT NULL", name="rated"),
        _part("ix_known_claim_unoffered", "id", rows="NOT offered"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    text: Mapped[str]
    topic: Mapped[str]
    rating: Mapped[str | None]
    rating_original: Mapped[str | None]
    url: Mapped[str]
    publisher: Mapped[str]
    published_day: Mapped[date | None]
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("claim.id", ondelete="CASCADE"), index=True)
    imported_day: Mapped[date]
    link_checked_day: Mapped[date | None]
    link_dead_day: Mapped[date | None]
    # whether the claims that waited when it came, or when its words changed, were held against it
    offered: Mapped[bool] = mapped_column(default=False, server_default=false())


class ClaimMatch(Base):
    """A known claim that a claim matches, with the value that differs if one does."""

    __tablename__ = "claim_match"
    __table_args__ = (Index("ix_claim_match_known_id", "known_id"),)

    claim_id: Mapped[int] = mapped_column(ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True)
    known_id: Mapped[int] = mapped_column(ForeignKey("known_claim.id", ondelete="CASCADE"), primary_key=True)
    score: Mapped[float]
    differs: Mapped[str | None]


class SampleFrame(Base):
    """One week's frozen frame: its hash, the seed and what the seed was made of. Kept for ever."""

    __tablename__ = "sample_frame"

    week: Mapped[str] = mapped_column(primary_key=True)
    frame_sha256: Mapped[str]
    seed: Mapped[str]
    seed_commitment: Mapped[str]
    n_frame: Mapped[int]
    n_drawn: Mapped[int]
    drawn_at: Mapped[datetime]


class FrameUnit(Base):
    """One claim of a frozen frame: an opaque id, its stratum and probability, and nothing of its text."""

    __tablename__ = "frame_unit"
    __table_args__ = (
        UniqueConstraint("week", "claim_ref"),
        # a week's strata are summed from the index alone: a year's look is 52 of these
        Index("ix_frame_unit_stratum", "week", "stratum", "drawn", "n_mentions"),
        Index(
            "ix_frame_unit_judged",
            "week",
            sqlite_where=text("is_false IS NOT NULL"),
            postgresql_where=text("is_false IS NOT NULL"),
        ),
        Index(
            "ix_frame_unit_score",
            "week",
            "score",
            sqlite_where=text("score IS NOT NULL"),
            postgresql_where=text("score IS NOT NULL"),
        ),
    )

    week: Mapped[str] = mapped_column(ForeignKey("sample_frame.week"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    claim_ref: Mapped[str]
    stratum: Mapped[str]
    probability: Mapped[float]
    drawn: Mapped[bool] = mapped_column(default=False)
    detected: Mapped[bool] = mapped_column(default=False)
    answered: Mapped[bool] = mapped_column(default=False)
    is_false: Mapped[bool | None]
    n_mentions: Mapped[int] = mapped_column(default=1)
    # whether the score had put it in the queue; empty in frames older than the independent audit
    flagged: Mapped[bool | None]
    # the score it was frozen with, to three decimals, for calibration and drift; emptied after 14 weeks
    score: Mapped[float | None]
