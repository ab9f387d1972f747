"""Staff, sessions, the audit chain, models, job ledger and closed weekly figures."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, one_of
from models.vocabulary import ModelKind, ModelState, Role


class Staff(Base):
    """An account of the desk's own staff."""

    __tablename__ = "staff"
    __table_args__ = (one_of("role", Role),)

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    role: Mapped[str]
    disabled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class StaffSession(Base):
    """A signed-in browser: only the hash of its secret is kept, so a stolen database opens nothing."""

    __tablename__ = "staff_session"

    secret_sha256: Mapped[str] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    csrf_token: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class AuditEntry(Base):
    """One link of the append-only, hash-chained log (rule 7)."""

    __tablename__ = "audit_entry"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    detail_sha256: Mapped[str]
    previous: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)


class ModelVersion(Base):
    """A registered model file: bytes are loaded only if their hash is here."""

    __tablename__ = "model_version"
    __table_args__ = (
        one_of("kind", ModelKind),
        one_of("state", ModelState),
        CheckConstraint("state <> 'champion' OR promoted_by IS NOT NULL", name="promoted_by_a_person"),
        Index(
            "uq_model_version_champion",
            "kind",
            unique=True,
            sqlite_where=text("state = 'champion'"),
            postgresql_where=text("state = 'champion'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    sha256: Mapped[str]
    data_sha256: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("model_version.id"))
    state: Mapped[str]
    refusal: Mapped[str | None]
    n_labels: Mapped[int]
    created_at: Mapped[datetime]
    promoted_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    promoted_at: Mapped[datetime | None]


class ModelMetric(Base):
    """One held-out figure of a registered model."""

    __tablename__ = "model_metric"

    model_id: Mapped[int] = mapped_column(
        ForeignKey("model_version.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float]


class JobRun(Base):
    """The ledger of scheduled work: a job runs once a period, whatever the scheduler does."""

    __tablename__ = "job_run"
    __table_args__ = (UniqueConstraint("job", "period"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str]
    period: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None]


class WeeklyFigure(Base):
    """One figure of one week with its interval and method."""

    __tablename__ = "weekly_figure"

    week: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float | None]
    low: Mapped[float | None]
    high: Mapped[float | None]
    level: Mapped[float]
    n: Mapped[int]
    method: Mapped[str]
    enough: Mapped[bool]
    computed_at: Mapped[datetime]


class LogHead(Base):
    """The published head of the audit chain, one a day."""

    __tablename__ = "log_head"

    day: Mapped[date] = mapped_column(primary_key=True)
    seq: Mapped[int]
    digest: Mapped[str]
