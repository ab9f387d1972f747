"""A database that is away for a moment, restarted or failed over: what waits for it, and what asks again."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Engine

from models.session import is_away

LOG = logging.getLogger("kiemchung.patience")
LONGEST_S = 120.0
PAUSE_S = 1.0
REFUSALS = ("does not exist", "authentication failed", "pg_hba.conf", "not permitted")
"""What a server says that is up and will say the same tomorrow; libpq gives no code for it."""
T = TypeVar("T")


def surely(
    step: Callable[[], T],
    *,
    longest_s: float = LONGEST_S,
    waits: Callable[[Exception], bool] = is_away,
    tell: Callable[[Exception], None] = lambda error: None,  # noqa: ARG005 -- says nothing
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Do a step, again and again while the database is away, for so many seconds; then raises its error.

    Only for a step that does no harm when it is done twice: whether a try was kept cannot be known. `waits`
    says of which errors there is hope; `tell` hears of the first.
    """
    end, told = time.monotonic() + longest_s, False
    while True:
        try:
            return step()
        except Exception as error:
            if not waits(error) or time.monotonic() >= end:
                raise
            if not told:
                LOG.warning("database_away error=%s", type(error).__name__)
                tell(error)
                told = True
        sleep(PAUSE_S)


def until_there(engine: Engine, tell: Callable[[Exception], None], *, longest_s: float = LONGEST_S) -> None:
    """Wait for a PostgreSQL that is not up yet; what it refuses (a name, a password) is not waited out.

    After a power cut the desk and its database start at once, and either may be the first.
    """
    if engine.dialect.name == "postgresql":
        surely(lambda: engine.connect().close(), longest_s=longest_s, waits=_may_come, tell=tell)


def line_of(error: Exception) -> str:
    """What the database or the disk said, in one line, without the statement and its values."""
    return " ".join(str(getattr(error, "orig", None) or error).split())


def _may_come(error: Exception) -> bool:
    words = str(getattr(error, "orig", error))
    return is_away(error) and not any(refusal in words for refusal in REFUSALS)
