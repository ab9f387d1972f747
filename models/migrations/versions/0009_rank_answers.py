"""What the desk's people teach the order of the queue between two models"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


# what is counted of the claims that are put off or reopened stands in their indexes
FEW = (
    ("ix_claim_deferred", "deferred_until", ["deferred_until", "round", "topic", "state"], "deferred_until IS NOT NULL"),
    ("ix_claim_reopened", "round", ["round", "deferred_until", "topic", "state"], "round > 1"),
)


def _index(name: str, columns: list[str], rows: str) -> None:
    where = sa.text(rows)
    op.drop_index(name, "claim")
    op.create_index(name, "claim", columns, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    """The learned part of a claim's place, who lets it order, answers to reasons, what may be unread."""
    # not in batch mode: that would make the table anew
    op.add_column("claim", sa.Column("learned", sa.Double(), nullable=True))
    for name, _, columns, rows in FEW:
        _index(name, columns, rows)
    op.create_table(
        "live_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("model_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("learned_at", sa.DateTime(), nullable=True),
        sa.Column("n_labels", sa.Integer(), nullable=True),
        sa.Column("data_sha256", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('on', 'off')", name=op.f("ck_live_order_state_known")),
        sa.CheckConstraint(
            "state <> 'on' OR staff_id IS NOT NULL", name=op.f("ck_live_order_switched_on_by_a_person")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_live_order_staff_id_staff")),
        sa.ForeignKeyConstraint(
            ["model_id"], ["model_version.id"], name=op.f("fk_live_order_model_id_model_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_order")),
    )
    op.create_table(
        "rank_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("feature", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_rank_answer_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_rank_answer_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rank_answer")),
        sa.UniqueConstraint(
            "claim_id", "staff_id", "feature", name=op.f("uq_rank_answer_claim_id_staff_id_feature")
        ),
    )
    op.create_table(
        "queue_outlook",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("n_claims", sa.Integer(), nullable=False),
        sa.Column("n_unread", sa.Integer(), nullable=False),
        sa.Column("n_found", sa.Integer(), nullable=False),
        sa.Column("n_drawn", sa.Integer(), nullable=False),
        sa.Column("n_waiting", sa.Integer(), nullable=False),
        sa.Column("likely", sa.Double(), nullable=True),
        sa.Column("most", sa.Integer(), nullable=True),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_outlook")),
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("queue_outlook")
    op.drop_table("rank_answer")
    op.drop_table("live_order")
    for name, column, _, rows in FEW:
        _index(name, [column], rows)
    op.drop_column("claim", "learned")
