"""Second factor, recovery codes, tokens and webhooks"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = ("delivery", "subscription", "used_state", "staff_token", "staff_recovery", "staff_factor")


def upgrade() -> None:
    op.create_table(
        "staff_factor",
        _staff_id(),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("used_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", models.base.UtcDateTime(), nullable=False),
        _of_staff("staff_factor"),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_staff_factor")),
    )
    op.create_table(
        "staff_recovery",
        _staff_id(),
        sa.Column("code_hmac", sa.Text(), nullable=False),
        _of_staff("staff_recovery"),
        sa.PrimaryKeyConstraint("staff_id", "code_hmac", name=op.f("pk_staff_recovery")),
    )
    op.create_table(
        "staff_token",
        sa.Column("id", sa.Integer(), nullable=False),
        _staff_id(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("created_at", models.base.UtcDateTime(), nullable=False),
        sa.Column("expires_at", models.base.UtcDateTime(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        _of_staff("staff_token"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_token")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_staff_token_token_sha256")),
    )
    op.create_index(op.f("ix_staff_token_staff_id"), "staff_token", ["staff_id"])
    op.create_table(
        "used_state",
        sa.Column("state_sha256", sa.Text(), nullable=False),
        sa.Column("at", models.base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("state_sha256", name=op.f("pk_used_state")),
    )
    op.create_index(op.f("ix_used_state_at"), "used_state", ["at"])
    _outbox()


def _outbox() -> None:
    op.create_table(
        "subscription",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.Column("created_at", models.base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("url", name=op.f("uq_subscription_url")),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("correction_id", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", models.base.UtcDateTime(), nullable=False),
        sa.Column("done_at", models.base.UtcDateTime(), nullable=True),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.Column("last_answer", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscription.id"],
            name=op.f("fk_delivery_subscription_id_subscription"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["correction_id"],
            ["correction.id"],
            name=op.f("fk_delivery_correction_id_correction"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "subscription_id", "correction_id", name=op.f("uq_delivery_subscription_id_correction_id")
        ),
    )
    is_open = sa.text("done_at IS NULL")
    op.create_index(
        "ix_delivery_open", "delivery", ["due_at"], sqlite_where=is_open, postgresql_where=is_open
    )
    op.create_index(op.f("ix_delivery_correction_id"), "delivery", ["correction_id"])
    op.create_index(op.f("ix_delivery_done_at"), "delivery", ["done_at"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _staff_id() -> "sa.Column[int]":
    return sa.Column("staff_id", sa.Integer(), nullable=False)


def _of_staff(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["staff_id"], ["staff.id"], name=op.f(f"fk_{table}_staff_id_staff"), ondelete="CASCADE"
    )
