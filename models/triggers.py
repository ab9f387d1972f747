"""Rules that the database itself keeps: history is append-only, and no verdict without evidence.

They are written in SQL so that they hold for any program that opens the database, not only for this one.
"""

APPEND_ONLY = ("audit_entry", "verdict", "correction_text")

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
    names.append(("verdict_needs_evidence", "verdict"))
    if dialect == "sqlite":
        return [f"DROP TRIGGER {name}" for name, _ in names]
    statements = [f"DROP TRIGGER {name} ON {table}" for name, table in names]
    return [*statements, "DROP FUNCTION refuse_change()", "DROP FUNCTION require_evidence()"]


def _sqlite() -> list[str]:
    statements = [
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in APPEND_ONLY
        for verb in ("update", "delete")
    ]
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
            "CREATE FUNCTION require_evidence() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF NOT ({_ENOUGH}) THEN RAISE EXCEPTION 'a verdict needs evidence'; END IF; "
            "RETURN NEW; END $$"
        ),
    ]
    statements += [
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        for table in APPEND_ONLY
        for verb in ("update", "delete")
    ]
    statements.append(
        "CREATE TRIGGER verdict_needs_evidence BEFORE INSERT ON verdict "
        "FOR EACH ROW EXECUTE FUNCTION require_evidence()"
    )
    return statements
