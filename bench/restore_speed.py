"""Seconds that a backup and its restore take, checks and all, and what a database of 1 GiB would take.

SQLite. The desk is `bench.crowded`'s; about 100,000 claims make a GiB; fewer are scaled by the file's size.
"""

import argparse
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import text

from bench import crowded
from bench.filled import hire, made
from models import audit
from pipeline import backup, restore
from pipeline.compose import Desk

NOW = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)
TARGET_MIN = 15.0


def measure(claims: int, folder: Path) -> dict[str, Any]:
    """Fill a desk, copy it and put it back."""
    desk = made(f"sqlite:///{folder}/desk.sqlite", folder, NOW)
    crowded.fill(desk, hire(desk), claims)
    _chain(desk, claims // 2)
    start = perf_counter()
    copy = backup.make(desk)
    copied = perf_counter() - start
    settings = desk.settings
    desk.close()
    start = perf_counter()
    done = restore.restore(settings, copy, lambda: NOW)
    back = perf_counter() - start
    size = copy.stat().st_size / 2**30
    return {
        "claims": claims,
        "gib": round(size, 3),
        "backup_s": round(copied, 1),
        "restore_s": round(back, 1),
        "audit_entries": done.audit_entries,
        "restore_minutes_a_gib": round(back / size / 60, 2),
    }


def _chain(desk: Desk, n: int) -> None:
    """A log that verifies, in the place of the one that only fills pages."""
    with desk.sessions.begin() as session:
        session.execute(text("DROP TRIGGER audit_entry_no_delete"))
        session.execute(text("DELETE FROM audit_entry"))
        for number in range(n):
            audit.append(session, desk.clock, "system", "test", f"claim:{number}")


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kc-restore-", ignore_cleanup_errors=True) as folder:
        found = measure(given.claims, Path(folder))
    holds = found["restore_minutes_a_gib"] <= TARGET_MIN
    answer = {"benchmark": "restore_speed", **found, "target_minutes": TARGET_MIN, "holds": holds}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
