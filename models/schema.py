"""Every table in one place: importing this module registers all of them on `Base.metadata`."""

from models import (
    access,
    audits,
    claims,
    decisions,
    desk,
    editing,
    gathered,
    ordering,
    sealed,
    searching,
    staging,
    workbench,
)
from models.base import Base

TABLES = Base.metadata.tables
ROOMS = (
    access,
    audits,
    claims,
    decisions,
    desk,
    editing,
    gathered,
    ordering,
    sealed,
    searching,
    staging,
    workbench,
)

__all__ = ["ROOMS", "TABLES", "Base"]
