"""What is gathered: sources, entry points, the frontier, items, mentions and tips."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, one_of
from models.vocabulary import EntryKind, FrontierState, ItemKind, Outcome, SourceKind, Topic


class Source(Base):
    """An organisation that publishes, as the registry file names it."""

    __tablename__ = "source"
    __table_args__ = (one_of("kind", SourceKind),)

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    homepage: Mapped[str]
    domain: Mapped[str]
    is_local: Mapped[bool]
    enabled: Mapped[bool] = mapped_column(default=True)
    verified_day: Mapped[date | None]
    rest_until: Mapped[datetime | None]


class EntryPoint(Base):
    """One feed, sitemap, listing page or ClaimReview feed of a source, and how its polling goes."""

    __tablename__ = "entry_point"
    __table_args__ = (one_of("kind", EntryKind), UniqueConstraint("source_id", "url"))

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("source.id", ondelete="CASCADE"))
    kind: Mapped[str]
    url: Mapped[str]
    # of a listing: which of its links are articles; of a child sitemap: the address of its index
    link_pattern: Mapped[str | None]
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    interval_s: Mapped[int] = mapped_column(default=3600)
    next_due: Mapped[datetime | None]
    last_success: Mapped[datetime | None]
    last_outcome: Mapped[str | None]
    failures: Mapped[int] = mapped_column(default=0)


class FrontierPage(Base):
    """One page to fetch. Once fetched only the keyed hash stays, kept and dropped pages alike (rule 2)."""

    __tablename__ = "frontier_page"
    __table_args__ = (
        one_of("state", FrontierState),
        CheckConstraint("state <> 'done' OR url IS NULL", name="done_forgets_address"),
        Index("ix_frontier_page_next", "state", "source_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    url_key: Mapped[str] = mapped_column(unique=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("source.id", ondelete="CASCADE"))
    url: Mapped[str | None]
    state: Mapped[str] = mapped_column(default=FrontierState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    seen_day: Mapped[date]


class DailyCount(Base):
    """All that remains of what was dropped: how many a day, a source and an outcome."""

    __tablename__ = "daily_count"
    __table_args__ = (one_of("outcome", Outcome),)

    source_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True, index=True)
    outcome: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(default=0)


class Item(Base):
    """What is kept of one article or tip: never its text, never its author."""

    __tablename__ = "item"
    __table_args__ = (
        one_of("kind", ItemKind),
        CheckConstraint("kind = 'article' OR url IS NULL", name="tip_has_no_address"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    source_id: Mapped[str | None] = mapped_column(ForeignKey("source.id"))
    url: Mapped[str | None] = mapped_column(index=True)
    day: Mapped[date] = mapped_column(index=True)
    published_day: Mapped[date | None]
    is_local: Mapped[bool]
    minhash: Mapped[bytes | None] = mapped_column(LargeBinary)
    story_id: Mapped[int | None] = mapped_column(ForeignKey("item.id", ondelete="SET NULL"), index=True)


class MinhashBand(Base):
    """Locality-sensitive buckets of the items' signatures, so that near-copies are found by an index."""

    __tablename__ = "minhash_band"
    # an item that is erased takes its buckets along
    __table_args__ = (Index("ix_minhash_band_item_id", "item_id"),)

    band: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    bucket: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), primary_key=True)


class Mention(Base):
    """One masked sentence that states a checkable claim."""

    __tablename__ = "mention"
    __table_args__ = (one_of("topic", Topic), UniqueConstraint("item_id", "position"))

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    key: Mapped[str] = mapped_column(index=True)
    text: Mapped[str]
    topic: Mapped[str]
    check_score: Mapped[float]
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("claim.id", ondelete="SET NULL"), index=True)
    day: Mapped[date] = mapped_column(index=True)


class MentionToken(Base):
    """A keyed token of an identifier in a mention, so that the same scam number still matches."""

    __tablename__ = "mention_token"

    mention_id: Mapped[int] = mapped_column(ForeignKey("mention.id", ondelete="CASCADE"), primary_key=True)
    token: Mapped[str] = mapped_column(primary_key=True, index=True)
    kind: Mapped[str]
    last_two: Mapped[str]


class Tip(Base):
    """A tip's receipt (keyed hash) and the item kept of it, for as long as it takes to answer it."""

    __tablename__ = "tip"

    id: Mapped[int] = mapped_column(primary_key=True)
    receipt_key: Mapped[str] = mapped_column(unique=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), index=True)
    day: Mapped[date]
    answered_day: Mapped[date | None]
