"""Short memory at work (rule 9): rows over age, their bytes in the file, and backups that still hold them."""

from collections.abc import Mapping

from models import audit, retention
from models.weeks import local_day
from pipeline import backup, channelkeys, vectors
from pipeline.compose import Desk


def erase_due(desk: Desk) -> Mapping[str, int]:
    """Erase everything that is over age now; gives how many rows, and files of backups, went."""
    today = local_day(desk.clock())
    with desk.sessions.begin() as session:
        counts: dict[str, int] = dict(retention.erase(session, today))
        if any(counts.values()):
            audit.append(session, desk.clock, "system", "erase", f"day:{today}", counts)
    retention.compact(desk.engine)
    counts["vector"] = vectors.forget_gone(desk)
    counts["backup"] = backup.drop_old(desk)
    if destroyed := channelkeys.destroy_old(desk):
        counts["channel_key"] = destroyed
    return counts
