"""Every table in one place: importing this module registers all of them on `Base.metadata`."""

from models import audits, claims, decisions, desk, gathered
from models.base import Base

TABLES = Base.metadata.tables
ROOMS = (audits, claims, decisions, desk, gathered)

__all__ = ["ROOMS", "TABLES", "Base"]
