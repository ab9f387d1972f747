"""What a claim's text is compared by, kept beside the claim so that a new process need not read every text"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """An empty table: the first process that needs a reading fills it."""
    op.create_table(
        "claim_reading",
        sa.Column("claim_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_claim_reading_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_claim_reading")),
    )


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("claim_reading")
