"""Rules that the database itself keeps: history is append-only, and no verdict without evidence.

They are written in SQL so that they hold for any program that opens the database, not only for this one.
"""

APPEND_ONLY = ("audit_entry", "verdict", "correction_text")
LABELS = "audit_label"  # since revision 0002; its PostgreSQL function is its own, so that each goes by itself

# evidence never changes, and goes only with a claim that has no verdict (erased as not ours, or too old)
_DECIDED = "EXISTS (SELECT 1 FROM verdict WHERE claim_id = OLD.claim_id)"

_FUNCTIONS = ("refuse_change", "refuse_decided", "require_evidence")

_ENOUGH = """
    (SELECT count(*) FROM evidence WHERE claim_id = NEW.claim_id AND kind = 'primary') > 0
    OR (SELECT count(DISTINCT domain) FROM evidence WHERE claim_id = NEW.claim_id) > 1
"""


def create(dialect: str) -> list[str]:
    """The statements that make the triggers on `sqlite` or `postgresql`."""
    return _postgresql() if dialect == "postgresql" else _sqlite()


def drop(dialect: str) -> list[str]:
    """The statements that take them away again."""
    names = [(f"{table}_no_{verb}", table) for table in APPEND_ONLY for verb in ("update", "delete")]
    names += [("evidence_no_update", "evidence"), ("evidence_no_delete", "evidence")]
    names.append(("verdict_needs_evidence", "verdict"))
    if dialect == "sqlite":
        return [f"DROP TRIGGER {name}" for name, _ in names]
    statements = [f"DROP TRIGGER {name} ON {table}" for name, table in names]
    return [*statements, *(f"DROP FUNCTION {name}()" for name in _FUNCTIONS)]


def create_labels(dialect: str) -> list[str]:
    """The statements that keep the auditors' labels append-only."""
    if dialect == "sqlite":
        return _refusals_of_sqlite(LABELS)
    body = "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END"
    return [
        f"CREATE FUNCTION refuse_label_change() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
        *_refusals_of_postgresql(LABELS, "refuse_label_change"),
    ]


def drop_labels(dialect: str) -> list[str]:
    """The statements that take them away again."""
    names = [f"{LABELS}_no_{verb}" for verb in ("update", "delete")]
    if dialect == "sqlite":
        return [f"DROP TRIGGER {name}" for name in names]
    return [*(f"DROP TRIGGER {name} ON {LABELS}" for name in names), "DROP FUNCTION refuse_label_change()"]


def _refusals_of_sqlite(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for verb in ("update", "delete")
    ]


def _refusals_of_postgresql(table: str, function: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {function}()"
        for verb in ("update", "delete")
    ]


def _sqlite() -> list[str]:
    statements = [one for table in APPEND_ONLY for one in _refusals_of_sqlite(table)]
    statements.append(
        "CREATE TRIGGER evidence_no_update BEFORE UPDATE ON evidence "
        "BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END"
    )
    statements.append(
        "CREATE TRIGGER evidence_no_delete BEFORE DELETE ON evidence "
        f"WHEN {_DECIDED} BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END"
    )
    statements.append(
        "CREATE TRIGGER verdict_needs_evidence BEFORE INSERT ON verdict "
        f"WHEN NOT ({_ENOUGH}) BEGIN SELECT RAISE(ABORT, 'a verdict needs evidence'); END"
    )
    return statements


def _postgresql() -> list[str]:
    statements = [
        (
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        ),
        (
            "CREATE FUNCTION refuse_decided() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF {_DECIDED} THEN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END IF; "
            "RETURN OLD; END $$"
        ),
        (
            "CREATE FUNCTION require_evidence() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF NOT ({_ENOUGH}) THEN RAISE EXCEPTION 'a verdict needs evidence'; END IF; "
            "RETURN NEW; END $$"
        ),
    ]
    statements += [one for table in APPEND_ONLY for one in _refusals_of_postgresql(table, "refuse_change")]
    statements.append(
        "CREATE TRIGGER evidence_no_update BEFORE UPDATE ON evidence "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    statements.append(
        "CREATE TRIGGER evidence_no_delete BEFORE DELETE ON evidence "
        "FOR EACH ROW EXECUTE FUNCTION refuse_decided()"
    )
    statements.append(
        "CREATE TRIGGER verdict_needs_evidence BEFORE INSERT ON verdict "
        "FOR EACH ROW EXECUTE FUNCTION require_evidence()"
    )
    return statements
