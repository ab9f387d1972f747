"""Keys of messaging channels: one a month, outside the database, destroyed when their month is over (T3).

A sender's token is HMAC-SHA-256 under the month's key over day, channel and sender: without the key a chat
number cannot be found by trying all of them, and days cannot be joined. A key outlives its month by one day,
because a platform delivers a message again for up to 24 hours and it must be known then.
"""

import base64
import contextlib
import hashlib
import hmac
import os
import re
import secrets
from datetime import date, datetime, timedelta
from pathlib import Path

from models.errors import KiemChungError
from models.weeks import local_day
from pipeline import keys
from pipeline.compose import Desk

FOLDER = "channel-keys"
_NAME = re.compile(r"(\d{4})-(0[1-9]|1[0-2])\.key")


def folder(desk: Desk) -> Path:
    """Where the keys lie; no backup holds them."""
    return desk.settings.path("paths.var") / FOLDER


def key_of(desk: Desk, at: datetime) -> bytes:
    """The key of the month of a moment, as the desk counts days; made when it is first needed."""
    destroy_old(desk)
    folder(desk).mkdir(mode=0o700, parents=True, exist_ok=True)
    return keys.secret(folder(desk) / f"{local_day(at):%Y-%m}.key")


def token(key: bytes, day: date, channel: str, sender: str) -> str:
    """What limits know of a sender on one day; it is held in memory alone."""
    return hmac.new(key, f"sender|{day}|{channel}|{sender}".encode(), hashlib.sha256).hexdigest()


def receipt(key: bytes, channel: str, once: str) -> str:
    """The receipt of a message: 128 bits, the same whenever the platform delivers it again."""
    made = hmac.new(key, f"receipt|{channel}|{once}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made[:16]).decode().rstrip("=")


def destroy_old(desk: Desk) -> int:
    """Overwrite and remove every key whose month ended more than a day ago; gives how many."""
    today = local_day(desk.clock())
    gone = 0
    for path in sorted(folder(desk).glob("*.key")):
        named = _NAME.fullmatch(path.name)
        if named and today > _next_month(int(named[1]), int(named[2])):
            gone += _destroy(path)
    return gone


def _next_month(year: int, month: int) -> date:
    return (date(year, month, 28) + timedelta(days=4)).replace(day=1)


def _destroy(path: Path) -> int:
    try:
        with path.open("r+b") as file:
            file.write(secrets.token_bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    except FileNotFoundError:
        return 0  # another process was first
    except OSError as error:
        raise KiemChungError(f"{path}: cannot be destroyed ({error.strerror})") from error
    with contextlib.suppress(OSError):
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    return 1
