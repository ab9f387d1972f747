"""How staff and programs get in, and who is told of new corrections: factors, tokens, subscriptions."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class StaffFactor(Base):
    """The second factor of an account (RFC 6238); its secret is sealed with a key that is in no database."""

    __tablename__ = "staff_factor"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    sealed_secret: Mapped[str]
    confirmed: Mapped[bool] = mapped_column(default=False)
    used_step: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class StaffRecovery(Base):
    """One unused recovery code of an account, as a keyed hash; a used one is gone."""

    __tablename__ = "staff_recovery"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    code_hmac: Mapped[str] = mapped_column(primary_key=True)


class StaffToken(Base):
    """A token by which a program acts for one member of staff; only its hash is kept."""

    __tablename__ = "staff_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    token_sha256: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_day: Mapped[date | None]


class UsedState(Base):
    """A state of an OIDC sign-in that came back: it opens nothing a second time (RFC 6749, 10.12)."""

    __tablename__ = "used_state"

    state_sha256: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)


class Subscription(Base):
    """An organisation's https address that is sent each new correction, and nothing else, ever (rule 6)."""

    __tablename__ = "subscription"

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(unique=True)
    sealed_secret: Mapped[str]
    stopped: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class Delivery(Base):
    """The outbox: one new correction for one subscription, sent until it is taken or given up."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("subscription_id", "correction_id"),
        Index(
            "ix_delivery_open",
            "due_at",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscription.id", ondelete="CASCADE"))
    correction_id: Mapped[int] = mapped_column(ForeignKey("correction.id", ondelete="CASCADE"), index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None] = mapped_column(index=True)
    taken: Mapped[bool] = mapped_column(default=False)
    last_answer: Mapped[str | None]
