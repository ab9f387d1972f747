"""The first tables"""

from alembic import op
import sqlalchemy as sa
import models.base
from models import triggers


revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", models.base.UtcDateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail_sha256", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("digest", name=op.f("uq_audit_entry_digest")),
    )
    op.create_table(
        "daily_count",
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('kept', 'not_ours', 'duplicate', 'unchanged', 'empty', 'robots', 'refused_address', 'http_error', 'timeout', 'network_error', 'too_large', 'parse_error', 'feed_read', 'not_html', 'quarantined')",
            name=op.f("ck_daily_count_outcome_known"),
        ),
        sa.PrimaryKeyConstraint("source_id", "day", "outcome", name=op.f("pk_daily_count")),
    )
    op.create_table(
        "job_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("started_at", models.base.UtcDateTime(), nullable=False),
        sa.Column("finished_at", models.base.UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_run")),
        sa.UniqueConstraint("job", "period", name=op.f("uq_job_run_job_period")),
    )
    op.create_table(
        "log_head",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_log_head")),
    )
    op.create_table(
        "sample_frame",
        sa.Column("week", sa.Text(), nullable=False),
        sa.Column("frame_sha256", sa.Text(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("seed_commitment", sa.Text(), nullable=False),
        sa.Column("n_frame", sa.Integer(), nullable=False),
        sa.Column("n_drawn", sa.Integer(), nullable=False),
        sa.Column("drawn_at", models.base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("week", name=op.f("pk_sample_frame")),
    )
    op.create_table(
        "source",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("homepage", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("is_local", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("verified_day", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('newspaper', 'broadcaster', 'public_body', 'health', 'fact_checker', 'association')",
            name=op.f("ck_source_kind_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", models.base.UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "role IN ('analyst', 'lead', 'auditor', 'admin')", name=op.f("ck_staff_role_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("username", name=op.f("uq_staff_username")),
    )
    op.create_table(
        "weekly_figure",
        sa.Column("week", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("level", sa.Double(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("enough", sa.Boolean(), nullable=False),
        sa.Column("computed_at", models.base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("week", "name", name=op.f("pk_weekly_figure")),
    )
    op.create_table(
        "entry_point",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("link_pattern", sa.Text(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("interval_s", sa.Integer(), nullable=False),
        sa.Column("next_due", models.base.UtcDateTime(), nullable=True),
        sa.Column("last_success", models.base.UtcDateTime(), nullable=True),
        sa.Column("last_outcome", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('feed', 'sitemap', 'listing', 'claim_review')", name=op.f("ck_entry_point_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_entry_point_source_id_source"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_point")),
        sa.UniqueConstraint("source_id", "url", name=op.f("uq_entry_point_source_id_url")),
    )
    op.create_table(
        "frame_unit",
        sa.Column("week", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("claim_ref", sa.Text(), nullable=False),
        sa.Column("stratum", sa.Text(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("drawn", sa.Boolean(), nullable=False),
        sa.Column("detected", sa.Boolean(), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("is_false", sa.Boolean(), nullable=True),
        sa.Column("n_mentions", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["week"], ["sample_frame.week"], name=op.f("fk_frame_unit_week_sample_frame")
        ),
        sa.PrimaryKeyConstraint("week", "position", name=op.f("pk_frame_unit")),
        sa.UniqueConstraint("week", "claim_ref", name=op.f("uq_frame_unit_week_claim_ref")),
    )
    op.create_table(
        "frontier_page",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", models.base.UtcDateTime(), nullable=True),
        sa.Column("seen_day", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "state <> 'done' OR url IS NULL", name=op.f("ck_frontier_page_done_forgets_address")
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'leased', 'done')", name=op.f("ck_frontier_page_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_frontier_page_source_id_source"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frontier_page")),
        sa.UniqueConstraint("url_key", name=op.f("uq_frontier_page_url_key")),
    )
    with op.batch_alter_table("frontier_page", schema=None) as batch_op:
        batch_op.create_index("ix_frontier_page_next", ["state", "source_id", "id"], unique=False)

    op.create_table(
        "item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("published_day", sa.Date(), nullable=True),
        sa.Column("is_local", sa.Boolean(), nullable=False),
        sa.Column("minhash", sa.LargeBinary(), nullable=True),
        sa.Column("story_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind = 'article' OR url IS NULL", name=op.f("ck_item_tip_has_no_address")),
        sa.CheckConstraint("kind IN ('article', 'tip')", name=op.f("ck_item_kind_known")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_item_source_id_source")),
        sa.ForeignKeyConstraint(
            ["story_id"], ["item.id"], name=op.f("fk_item_story_id_item"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("key", name=op.f("uq_item_key")),
    )
    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_item_day"), ["day"], unique=False)
        batch_op.create_index(batch_op.f("ix_item_story_id"), ["story_id"], unique=False)

    op.create_table(
        "model_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("data_sha256", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("n_labels", sa.Integer(), nullable=False),
        sa.Column("created_at", models.base.UtcDateTime(), nullable=False),
        sa.Column("promoted_by", sa.Integer(), nullable=True),
        sa.Column("promoted_at", models.base.UtcDateTime(), nullable=True),
        sa.CheckConstraint("kind IN ('rank', 'scope')", name=op.f("ck_model_version_kind_known")),
        sa.CheckConstraint(
            "state <> 'champion' OR promoted_by IS NOT NULL",
            name=op.f("ck_model_version_promoted_by_a_person"),
        ),
        sa.CheckConstraint(
            "state IN ('candidate', 'champion', 'retired', 'refused')",
            name=op.f("ck_model_version_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["model_version.id"], name=op.f("fk_model_version_parent_id_model_version")
        ),
        sa.ForeignKeyConstraint(
            ["promoted_by"], ["staff.id"], name=op.f("fk_model_version_promoted_by_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_version")),
    )
    with op.batch_alter_table("model_version", schema=None) as batch_op:
        batch_op.create_index(
            "uq_model_version_champion",
            ["kind"],
            unique=True,
            sqlite_where=sa.text("state = 'champion'"),
            postgresql_where=sa.text("state = 'champion'"),
        )

    op.create_table(
        "staff_session",
        sa.Column("secret_sha256", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("csrf_token", sa.Text(), nullable=False),
        sa.Column("created_at", models.base.UtcDateTime(), nullable=False),
        sa.Column("seen_at", models.base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_staff_session_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("secret_sha256", name=op.f("pk_staff_session")),
    )
    with op.batch_alter_table("staff_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_session_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("is_local", sa.Boolean(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("week", sa.Text(), nullable=False),
        sa.Column("n_mentions", sa.Integer(), nullable=False),
        sa.Column("n_stories", sa.Integer(), nullable=False),
        sa.Column("n_sources", sa.Integer(), nullable=False),
        sa.Column("n_tips", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("reach", sa.Double(), nullable=True),
        sa.Column("freshness", sa.Double(), nullable=True),
        sa.Column("priority", sa.Double(), nullable=True),
        sa.Column("model_id", sa.Integer(), nullable=True),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("queued_at", models.base.UtcDateTime(), nullable=True),
        sa.Column("deferred_until", sa.Date(), nullable=True),
        sa.Column("lease_staff_id", sa.Integer(), nullable=True),
        sa.Column("lease_until", models.base.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('new', 'queued', 'second', 'third', 'agreed', 'decided', 'closed')",
            name=op.f("ck_claim_state_known"),
        ),
        sa.CheckConstraint(
            "topic IN ('recruitment', 'benefits', 'health', 'child_safety', 'women', 'disability', 'ethnic_services', 'legal_identity', 'disaster')",
            name=op.f("ck_claim_topic_known"),
        ),
        sa.ForeignKeyConstraint(["lease_staff_id"], ["staff.id"], name=op.f("fk_claim_lease_staff_id_staff")),
        sa.ForeignKeyConstraint(
            ["model_id"], ["model_version.id"], name=op.f("fk_claim_model_id_model_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint("key", name=op.f("uq_claim_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_claim_public_id")),
    )
    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_first_day"), ["first_day"], unique=False)
        batch_op.create_index("ix_claim_queue", ["state", "priority"], unique=False)
        batch_op.create_index(batch_op.f("ix_claim_week"), ["week"], unique=False)

    op.create_table(
        "minhash_band",
        sa.Column("band", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bucket", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_minhash_band_item_id_item"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("band", "bucket", "item_id", name=op.f("pk_minhash_band")),
    )
    op.create_table(
        "model_metric",
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_id"],
            ["model_version.id"],
            name=op.f("fk_model_metric_model_id_model_version"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("model_id", "name", name=op.f("pk_model_metric")),
    )
    op.create_table(
        "tip",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("receipt_key", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("answered_day", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_tip_item_id_item"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tip")),
        sa.UniqueConstraint("receipt_key", name=op.f("uq_tip_receipt_key")),
    )
    with op.batch_alter_table("tip", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tip_item_id"), ["item_id"], unique=False)

    op.create_table(
        "claim_reason",
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("feature", sa.Text(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_claim_reason_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("claim_id", "position", name=op.f("pk_claim_reason")),
    )
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("published_at", models.base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_correction_claim_id_claim")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
        sa.UniqueConstraint("claim_id", name=op.f("uq_correction_claim_id")),
        sa.UniqueConstraint("slug", name=op.f("uq_correction_slug")),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("published_day", sa.Date(), nullable=False),
        sa.Column("quote_sha256", sa.Text(), nullable=False),
        sa.Column("at", models.base.UtcDateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('primary', 'independent')", name=op.f("ck_evidence_kind_known")),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_evidence_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_evidence_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evidence_claim_id"), ["claim_id"], unique=False)

    op.create_table(
        "known_claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("rating", sa.Text(), nullable=True),
        sa.Column("rating_original", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("published_day", sa.Date(), nullable=True),
        sa.Column("claim_id", sa.Integer(), nullable=True),
        sa.Column("imported_day", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "rating IS NULL OR rating IN ('false', 'misleading', 'unproven', 'true')",
            name=op.f("ck_known_claim_rating_known"),
        ),
        sa.CheckConstraint(
            "topic IN ('recruitment', 'benefits', 'health', 'child_safety', 'women', 'disability', 'ethnic_services', 'legal_identity', 'disaster')",
            name=op.f("ck_known_claim_topic_known"),
        ),
        sa.CheckConstraint(
            "rating IS NOT NULL OR rating_original IS NOT NULL", name=op.f("ck_known_claim_rated")
        ),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_known_claim_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_claim")),
        sa.UniqueConstraint("key", name=op.f("uq_known_claim_key")),
    )
    op.create_table(
        "mention",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("check_score", sa.Double(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "topic IN ('recruitment', 'benefits', 'health', 'child_safety', 'women', 'disability', 'ethnic_services', 'legal_identity', 'disaster')",
            name=op.f("ck_mention_topic_known"),
        ),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_mention_claim_id_claim"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_mention_item_id_item"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mention")),
        sa.UniqueConstraint("item_id", "position", name=op.f("uq_mention_item_id_position")),
    )
    with op.batch_alter_table("mention", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mention_claim_id"), ["claim_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_mention_day"), ["day"], unique=False)
        batch_op.create_index(batch_op.f("ix_mention_item_id"), ["item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_mention_key"), ["key"], unique=False)

    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", models.base.UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "opinion IN ('false', 'misleading', 'unproven', 'true', 'not_a_claim', 'not_ours')",
            name=op.f("ck_review_opinion_known"),
        ),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_review_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_review_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("claim_id", "round", "staff_id", name=op.f("uq_review_claim_id_round_staff_id")),
    )
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_claim_id"), ["claim_id"], unique=False)

    op.create_table(
        "verdict",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("rating", sa.Text(), nullable=False),
        sa.Column("method_note", sa.Text(), nullable=False),
        sa.Column("first_staff_id", sa.Integer(), nullable=False),
        sa.Column("second_staff_id", sa.Integer(), nullable=False),
        sa.Column("at", models.base.UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "rating IN ('false', 'misleading', 'unproven', 'true')", name=op.f("ck_verdict_rating_known")
        ),
        sa.CheckConstraint("first_staff_id <> second_staff_id", name=op.f("ck_verdict_two_people")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_verdict_claim_id_claim")),
        sa.ForeignKeyConstraint(
            ["first_staff_id"], ["staff.id"], name=op.f("fk_verdict_first_staff_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["second_staff_id"], ["staff.id"], name=op.f("fk_verdict_second_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict")),
        sa.UniqueConstraint("claim_id", "round", name=op.f("uq_verdict_claim_id_round")),
    )
    with op.batch_alter_table("verdict", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_verdict_claim_id"), ["claim_id"], unique=False)

    op.create_table(
        "appeal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("correction_id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("received_day", sa.Date(), nullable=False),
        sa.Column("due_day", sa.Date(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("decided_at", models.base.UtcDateTime(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'upheld', 'changed')", name=op.f("ck_appeal_state_known")),
        sa.ForeignKeyConstraint(
            ["correction_id"], ["correction.id"], name=op.f("fk_appeal_correction_id_correction")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
        sa.UniqueConstraint("public_id", name=op.f("uq_appeal_public_id")),
    )
    with op.batch_alter_table("appeal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appeal_correction_id"), ["correction_id"], unique=False)

    op.create_table(
        "claim_match",
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("known_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("differs", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_claim_match_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["known_id"],
            ["known_claim.id"],
            name=op.f("fk_claim_match_known_id_known_claim"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("claim_id", "known_id", name=op.f("pk_claim_match")),
    )
    op.create_table(
        "correction_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("correction_id", sa.Integer(), nullable=False),
        sa.Column("verdict_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("truth", sa.Text(), nullable=False),
        sa.Column("how_known", sa.Text(), nullable=False),
        sa.Column("what_to_do", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", models.base.UtcDateTime(), nullable=False),
        sa.CheckConstraint("language IN ('vi', 'en', 'km')", name=op.f("ck_correction_text_language_known")),
        sa.ForeignKeyConstraint(
            ["correction_id"], ["correction.id"], name=op.f("fk_correction_text_correction_id_correction")
        ),
        sa.ForeignKeyConstraint(
            ["verdict_id"], ["verdict.id"], name=op.f("fk_correction_text_verdict_id_verdict")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction_text")),
        sa.UniqueConstraint(
            "correction_id",
            "language",
            "version",
            name=op.f("uq_correction_text_correction_id_language_version"),
        ),
    )
    with op.batch_alter_table("correction_text", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_correction_text_correction_id"), ["correction_id"], unique=False)

    op.create_table(
        "mention_token",
        sa.Column("mention_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("last_two", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mention_id"],
            ["mention.id"],
            name=op.f("fk_mention_token_mention_id_mention"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("mention_id", "token", name=op.f("pk_mention_token")),
    )
    with op.batch_alter_table("mention_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mention_token_token"), ["token"], unique=False)
    for statement in triggers.create(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    for statement in triggers.drop(op.get_bind().dialect.name):
        op.execute(statement)
    with op.batch_alter_table("mention_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mention_token_token"))

    op.drop_table("mention_token")
    with op.batch_alter_table("correction_text", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_correction_text_correction_id"))

    op.drop_table("correction_text")
    op.drop_table("claim_match")
    with op.batch_alter_table("appeal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_appeal_correction_id"))

    op.drop_table("appeal")
    with op.batch_alter_table("verdict", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_verdict_claim_id"))

    op.drop_table("verdict")
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_claim_id"))

    op.drop_table("review")
    with op.batch_alter_table("mention", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mention_key"))
        batch_op.drop_index(batch_op.f("ix_mention_item_id"))
        batch_op.drop_index(batch_op.f("ix_mention_day"))
        batch_op.drop_index(batch_op.f("ix_mention_claim_id"))

    op.drop_table("mention")
    op.drop_table("known_claim")
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_evidence_claim_id"))

    op.drop_table("evidence")
    op.drop_table("correction")
    op.drop_table("claim_reason")
    with op.batch_alter_table("tip", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tip_item_id"))

    op.drop_table("tip")
    op.drop_table("model_metric")
    op.drop_table("minhash_band")
    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_claim_week"))
        batch_op.drop_index("ix_claim_queue")
        batch_op.drop_index(batch_op.f("ix_claim_first_day"))

    op.drop_table("claim")
    with op.batch_alter_table("staff_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_session_staff_id"))

    op.drop_table("staff_session")
    with op.batch_alter_table("model_version", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_model_version_champion",
            sqlite_where=sa.text("state = 'champion'"),
            postgresql_where=sa.text("state = 'champion'"),
        )

    op.drop_table("model_version")
    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_item_story_id"))
        batch_op.drop_index(batch_op.f("ix_item_day"))

    op.drop_table("item")
    with op.batch_alter_table("frontier_page", schema=None) as batch_op:
        batch_op.drop_index("ix_frontier_page_next")

    op.drop_table("frontier_page")
    op.drop_table("frame_unit")
    op.drop_table("entry_point")
    op.drop_table("weekly_figure")
    op.drop_table("staff")
    op.drop_table("source")
    op.drop_table("sample_frame")
    op.drop_table("log_head")
    op.drop_table("job_run")
    op.drop_table("daily_count")
    op.drop_table("audit_entry")
