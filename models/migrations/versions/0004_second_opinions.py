"""Blind second opinions, parts of a claim, and appeals with their clock"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PARTS = ("review", "verdict")


def upgrade() -> None:
    """The part of a claim that is rated, what was found at the address of evidence, items by address."""
    # not in batch mode: that would make the tables anew and lose their triggers (history is append-only)
    for table in PARTS:
        op.add_column(table, sa.Column("part_start", sa.Integer(), nullable=True))
        op.add_column(table, sa.Column("part_end", sa.Integer(), nullable=True))
    op.create_table(
        "evidence_copy",
        sa.Column("evidence_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("looked_day", sa.Date(), nullable=True),
        sa.Column("page_sha256", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("again_day", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('waiting', 'found', 'missing', 'unread')", name=op.f("ck_evidence_copy_outcome_known")
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id"],
            ["evidence.id"],
            name=op.f("fk_evidence_copy_evidence_id_evidence"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("pk_evidence_copy")),
    )
    op.create_index("ix_evidence_copy_again_day", "evidence_copy", ["again_day"])
    # what is quoted already is looked at in its turn
    op.execute(
        "INSERT INTO evidence_copy (evidence_id, outcome, attempts, again_day)"
        " SELECT id, 'waiting', 0, published_day FROM evidence"
    )
    op.create_index("ix_item_url", "item", ["url"])


def downgrade() -> None:
    """Take them away again."""
    op.drop_index("ix_item_url", table_name="item")
    op.drop_table("evidence_copy")
    for table in PARTS:
        op.drop_column(table, "part_end")
        op.drop_column(table, "part_start")
