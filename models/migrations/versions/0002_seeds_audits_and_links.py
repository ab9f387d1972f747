"""Seeds, the independent audit, links that are watched, and three more outcomes of a fetch"""

from alembic import op
import sqlalchemy as sa
import models.base
from models import triggers


revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OUTCOMES = (
    "'kept', 'not_ours', 'duplicate', 'unchanged', 'empty', 'robots', 'refused_address', 'http_error', 'timeout', "
    "'network_error'{new}, 'too_large', 'parse_error', 'feed_read', 'not_html', 'quarantined'"
)
NEW_OUTCOMES = "'certificate', 'blocked', 'moved'"
LABELS = "'false', 'misleading', 'unproven', 'true', 'not_a_claim', 'not_ours'"


# a week's figures cost what the week holds, not what the desk has ever held
BY_TIME = (
    ("daily_count", "day"),
    ("review", "at"),
    ("correction", "published_at"),
    ("appeal", "received_day"),
    ("appeal", "decided_at"),
    ("audit_entry", "at"),
)


def upgrade() -> None:
    op.create_table(
        "seed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=True),
        sa.Column("of_claim_id", sa.Integer(), nullable=True),
        sa.Column("quarter", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("made_day", sa.Date(), nullable=False),
        sa.Column("recognised", sa.Boolean(), nullable=True),
        sa.Column("settled_day", sa.Date(), nullable=True),
        sa.Column("stratum", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_seed_claim_id_claim"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["of_claim_id"], ["claim.id"], name=op.f("fk_seed_of_claim_id_claim"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_seed_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seed")),
        sa.UniqueConstraint("claim_id", name=op.f("uq_seed_claim_id")),
    )
    op.create_index(op.f("ix_seed_of_claim_id"), "seed", ["of_claim_id"])
    op.create_index(op.f("ix_seed_quarter"), "seed", ["quarter"])
    op.create_table(
        "audit_task",
        sa.Column("week", sa.Text(), nullable=False),
        sa.Column("claim_ref", sa.Text(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("n_stratum", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_audit_task_claim_id_claim"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("week", "claim_ref", name=op.f("pk_audit_task")),
    )
    op.create_index("ix_audit_task_claim_id", "audit_task", ["claim_id"])
    op.create_table(
        "audit_label",
        sa.Column("week", sa.Text(), nullable=False),
        sa.Column("claim_ref", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("at", models.base.UtcDateTime(), nullable=False),
        sa.CheckConstraint(f"label IN ({LABELS})", name=op.f("ck_audit_label_label_known")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_audit_label_staff_id_staff")),
        sa.PrimaryKeyConstraint("week", "claim_ref", "staff_id", name=op.f("pk_audit_label")),
    )
    for statement in triggers.create_labels(op.get_bind().dialect.name):
        op.execute(statement)
    op.create_table(
        "evidence_link",
        sa.Column("evidence_id", sa.Integer(), nullable=False),
        sa.Column("checked_day", sa.Date(), nullable=True),
        sa.Column("dead_day", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["evidence_id"],
            ["evidence.id"],
            name=op.f("fk_evidence_link_evidence_id_evidence"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("pk_evidence_link")),
    )
    with op.batch_alter_table("frame_unit") as batch:
        batch.add_column(sa.Column("flagged", sa.Boolean(), nullable=True))
        batch.add_column(sa.Column("score", sa.Double(), nullable=True))
    with op.batch_alter_table("known_claim") as batch:
        batch.add_column(sa.Column("link_checked_day", sa.Date(), nullable=True))
        batch.add_column(sa.Column("link_dead_day", sa.Date(), nullable=True))
    with op.batch_alter_table("source") as batch:
        batch.add_column(sa.Column("rest_until", models.base.UtcDateTime(), nullable=True))
    _outcomes(f", {NEW_OUTCOMES}")
    # after the table that batch mode may have made anew
    judged, scored = sa.text("is_false IS NOT NULL"), sa.text("score IS NOT NULL")
    op.create_index("ix_frame_unit_stratum", "frame_unit", ["week", "stratum", "drawn", "n_mentions"])
    op.create_index(
        "ix_frame_unit_judged", "frame_unit", ["week"], sqlite_where=judged, postgresql_where=judged
    )
    op.create_index(
        "ix_frame_unit_score", "frame_unit", ["week", "score"], sqlite_where=scored, postgresql_where=scored
    )
    for table, column in BY_TIME:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    for table, column in reversed(BY_TIME):
        op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)
    op.drop_index("ix_frame_unit_score", table_name="frame_unit")
    op.drop_index("ix_frame_unit_judged", table_name="frame_unit")
    op.drop_index("ix_frame_unit_stratum", table_name="frame_unit")
    op.execute(sa.text(f"DELETE FROM daily_count WHERE outcome IN ({NEW_OUTCOMES})"))
    _outcomes("")
    with op.batch_alter_table("source") as batch:
        batch.drop_column("rest_until")
    with op.batch_alter_table("known_claim") as batch:
        batch.drop_column("link_dead_day")
        batch.drop_column("link_checked_day")
    with op.batch_alter_table("frame_unit") as batch:
        batch.drop_column("score")
        batch.drop_column("flagged")
    op.drop_table("evidence_link")
    for statement in triggers.drop_labels(op.get_bind().dialect.name):
        op.execute(statement)
    op.drop_table("audit_label")
    op.drop_table("audit_task")
    op.drop_table("seed")


def _outcomes(new: str) -> None:
    name = op.f("ck_daily_count_outcome_known")
    with op.batch_alter_table("daily_count") as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, f"outcome IN ({OUTCOMES.format(new=new)})")
