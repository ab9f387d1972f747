"""Tips sealed to an offline key"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sealed_tip",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("receipt_key", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_tip")),
        sa.UniqueConstraint("receipt_key", name=op.f("uq_sealed_tip_receipt_key")),
    )
    op.create_index(op.f("ix_sealed_tip_day"), "sealed_tip", ["day"])


def downgrade() -> None:
    op.drop_table("sealed_tip")
