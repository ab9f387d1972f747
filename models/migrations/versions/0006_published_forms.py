"""What a correction is published as: drafts of the editor, the text to be read aloud, a list of revisions."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The editor's drafts, the spoken text of a correction, and an index over what was revised."""
    op.create_table(
        "correction_draft",
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("saved_at", models.base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"],
            ["claim.id"],
            name=op.f("fk_correction_draft_claim_id_claim"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_correction_draft_staff_id_staff")),
        sa.PrimaryKeyConstraint("claim_id", "staff_id", "field", name=op.f("pk_correction_draft")),
    )
    # not in batch mode: that would make the table anew and lose its triggers (history is append-only)
    op.add_column("correction_text", sa.Column("spoken", sa.Text(), nullable=False, server_default=""))
    op.create_index(
        "ix_correction_text_revised",
        "correction_text",
        ["id"],
        sqlite_where=sa.text("version > 1"),
        postgresql_where=sa.text("version > 1"),
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_index("ix_correction_text_revised", table_name="correction_text")
    op.drop_column("correction_text", "spoken")
    op.drop_table("correction_draft")
