"""What is still to do for each claim, and who does it, so that a stage touches only what is new"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UNSETTLED = "state IN ('new', 'queued', 'second', 'third')"
# (index, table, columns, rows): what a stage waits for, so that nothing else is looked at
INDEXES: tuple[tuple[str, str, list[str], str | None], ...] = (
    ("ix_claim_match_due", "claim", ["id"], f"match_due AND {UNSETTLED}"),
    ("ix_claim_ranked", "claim", ["ranked", "id"], UNSETTLED),
    ("ix_claim_fresh_day", "claim", ["fresh_day", "id"], UNSETTLED),
    ("ix_claim_queue_due", "claim", ["id"], "queue_due AND state = 'new'"),
    ("ix_known_claim_unoffered", "known_claim", ["id"], "NOT offered"),
    # an item that is erased takes its buckets along: without this each one walks the whole table
    ("ix_minhash_band_item_id", "minhash_band", ["item_id"], None),
)
FLAGS = (("claim", "match_due", sa.true()), ("claim", "queue_due", sa.true()), ("known_claim", "offered", sa.false()))


def _names(one: str) -> tuple[str, str]:
    return op.f(f"fk_stage_lease_{one}_{one.removesuffix('_id')}"), op.f(f"uq_stage_lease_{one}_stage")


def upgrade() -> None:
    """Marks of what is due, their indexes, and the leases of the stages' items."""
    for table, name, default in FLAGS:
        # a constant default: no row is written, on either database
        op.add_column(table, sa.Column(name, sa.Boolean(), server_default=default, nullable=False))
    op.add_column("claim", sa.Column("ranked", sa.Integer(), server_default="0", nullable=False))
    op.add_column("claim", sa.Column("fresh_day", sa.Date(), nullable=True))
    # every claim is due now and will be matched with them
    op.execute(sa.text("UPDATE known_claim SET offered = true"))
    for name, table, columns, rows in INDEXES:
        where = None if rows is None else sa.text(rows)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "stage_lease",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("mention_id", sa.Integer(), nullable=True),
        sa.Column("claim_id", sa.Integer(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.CheckConstraint("mention_id IS NOT NULL OR claim_id IS NOT NULL", name=op.f("ck_stage_lease_one_item")),
        sa.ForeignKeyConstraint(["mention_id"], ["mention.id"], name=_names("mention_id")[0], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=_names("claim_id")[0], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_lease")),
        sa.UniqueConstraint("mention_id", "stage", name=_names("mention_id")[1]),
        sa.UniqueConstraint("claim_id", "stage", name=_names("claim_id")[1]),
    )
    op.create_table(
        "stage_mark",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_stage_mark")),
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("stage_mark")
    op.drop_table("stage_lease")
    for name, table, _, _ in reversed(INDEXES):
        op.drop_index(name, table)
    op.drop_column("claim", "fresh_day")
    op.drop_column("claim", "ranked")
    for table, name, _ in reversed(FLAGS):
        op.drop_column(table, name)
