"""How much room the desk's disks have: the alarm comes before anything fails for want of it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from pipeline.places import sqlite_file
from pipeline.settings import Settings

LEAST = 0.10
"""Share of a disk below which nothing is safe to keep."""
ALARM = 0.15
"""Share of a disk at which there is still time to make room."""


@dataclass(frozen=True)
class Room:
    """What is free where the desk writes, on the fuller disk if there are two."""

    folder: Path
    free: int
    total: int

    @property
    def share(self) -> float:
        """The free share, 0 to 1."""
        return self.free / self.total if self.total else 0.0


def look(settings: Settings) -> Room:
    """The fuller one of the disks that hold the desk's folder and its SQLite file."""
    folders = [settings.path("paths.var")]
    file = sqlite_file(settings.database_url)
    if file is not None:
        folders.append(file.parent)
    return min((_room(_there(folder)) for folder in folders), key=lambda room: room.share)


def _there(folder: Path) -> Path:
    """The folder, or the first above it that exists."""
    return next((one for one in (folder, *folder.absolute().parents) if one.exists()), Path())


def _room(folder: Path) -> Room:
    usage = shutil.disk_usage(folder)
    return Room(folder, usage.free, usage.total)
