"""The words that pages are searched by, and indexes for pages over a large desk"""

from alembic import op
import sqlalchemy as sa

from models import searching

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BATCH = 1_000
WAITED = "('queued', 'second', 'third', 'agreed', 'decided', 'closed')"
FIELDS = ("title", "said", "truth", "how_known", "what_to_do")


def upgrade() -> None:
    op.create_table(
        "claim_word",
        sa.Column("word", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("claim_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_claim_word_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("word", "claim_id", name=op.f("pk_claim_word")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_claim_word_claim_id"), "claim_word", ["claim_id"])
    op.create_table(
        "correction_word",
        sa.Column("word", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("correction_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "language IN ('vi', 'en', 'km')", name=op.f("ck_correction_word_language_known")
        ),
        sa.ForeignKeyConstraint(
            ["correction_id"],
            ["correction.id"],
            name=op.f("fk_correction_word_correction_id_correction"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("word", "correction_id", "language", name=op.f("pk_correction_word")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_correction_word_correction_id"), "correction_word", ["correction_id"])
    # a claim's page asks for its log and for the answers to other claims, whatever else is stored
    op.create_index(op.f("ix_audit_entry_subject"), "audit_entry", ["subject"])
    op.create_index(op.f("ix_known_claim_claim_id"), "known_claim", ["claim_id"])
    _fill_claims()
    _fill_corrections()


def downgrade() -> None:
    op.drop_index(op.f("ix_known_claim_claim_id"), table_name="known_claim")
    op.drop_index(op.f("ix_audit_entry_subject"), table_name="audit_entry")
    op.drop_table("correction_word")
    op.drop_table("claim_word")


def _fill_claims() -> None:
    """What waited or was decided before there was a search becomes searchable too."""
    bind = op.get_bind()
    put = sa.text("INSERT INTO claim_word (word, claim_id) VALUES (:word, :claim_id)")
    last = 0
    while True:
        query = f"SELECT id, text FROM claim WHERE id > :last AND state IN {WAITED} ORDER BY id LIMIT {BATCH}"
        some = bind.execute(sa.text(query), {"last": last}).all()
        if not some:
            return
        last = some[-1][0]
        rows = [
            {"word": word, "claim_id": claim_id}
            for claim_id, text in some
            for word in searching.claim_keys(text)
        ]
        if rows:
            bind.execute(put, rows)


def _fill_corrections() -> None:
    bind = op.get_bind()
    put = sa.text(
        "INSERT INTO correction_word (word, correction_id, language, weight) "
        "VALUES (:word, :correction_id, :language, :weight)"
    )
    newest = (
        f"SELECT correction_id, language, {', '.join(FIELDS)} FROM correction_text AS one WHERE version = "
        "(SELECT max(version) FROM correction_text AS other WHERE other.correction_id = one.correction_id "
        "AND other.language = one.language) ORDER BY correction_id"
    )
    for correction_id, language, title, *body in bind.execute(sa.text(newest)).all():
        rows = [
            {"word": word, "correction_id": correction_id, "language": language, "weight": weight}
            for word, weight in searching.correction_keys(title, body).items()
        ]
        if rows:
            bind.execute(put, rows)
