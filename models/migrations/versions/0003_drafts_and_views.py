"""Drafts, saved views and undoable decisions"""

from alembic import op
import sqlalchemy as sa
import models.base

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_saved_view_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("staff_id", "name", name=op.f("uq_saved_view_staff_id_name")),
    )
    op.create_table(
        "draft",
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("saved_at", models.base.UtcDateTime(), nullable=False),
        sa.Column("refused", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_draft_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_draft_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("claim_id", "staff_id", name=op.f("pk_draft")),
    )
    op.create_index(op.f("ix_draft_staff_id"), "draft", ["staff_id"])
    op.create_index(op.f("ix_draft_saved_at"), "draft", ["saved_at"])
    op.create_table(
        "pending_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.Column("typed", sa.Text(), nullable=False),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("at", models.base.UtcDateTime(), nullable=False),
        sa.Column("due_at", models.base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_pending_review_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_pending_review_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_review")),
        sa.UniqueConstraint("claim_id", "staff_id", name=op.f("uq_pending_review_claim_id_staff_id")),
    )
    op.create_index(op.f("ix_pending_review_staff_id"), "pending_review", ["staff_id"])
    op.create_index(op.f("ix_pending_review_due_at"), "pending_review", ["due_at"])
    # the queue of one topic, best first, is read from an index however many claims wait
    op.create_index("ix_claim_topic_queue", "claim", ["topic", "state", "priority"])
    for name, column, rows in PARTS:
        where = sa.text(rows)
        op.create_index(name, "claim", [column], sqlite_where=where, postgresql_where=where)
    op.create_index("ix_claim_match_known_id", "claim_match", ["known_id"])
    op.create_index("ix_review_staff_id_at", "review", ["staff_id", "at"])


# what few claims are: put off, reopened, held by somebody
PARTS = (
    ("ix_claim_deferred", "deferred_until", "deferred_until IS NOT NULL"),
    ("ix_claim_reopened", "round", "round > 1"),
    ("ix_claim_held", "lease_staff_id", "lease_staff_id IS NOT NULL"),
)


def downgrade() -> None:
    op.drop_index("ix_review_staff_id_at", table_name="review")
    op.drop_index("ix_claim_match_known_id", table_name="claim_match")
    for name, _, _ in reversed(PARTS):
        op.drop_index(name, table_name="claim")
    op.drop_index("ix_claim_topic_queue", table_name="claim")
    op.drop_table("pending_review")
    op.drop_table("draft")
    op.drop_table("saved_view")
