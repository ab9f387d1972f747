"""Remember: SQLAlchemy tables, sessions, migrations, the audit log and retention.

This room knows no other room; everything above it may import it.
"""
