"""New texts on their way into a desk: read by its reader, kept as a crawl's writer keeps them.

`python -m bench.volume.feed --database URL --folder FOLDER` keeps a desk's stages at work until it is
ended: so many new items a minute, a run of every stage after each ten seconds' share of them. It says
"ready" after the first run, and in the end what it did, as one JSON object.
"""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from bench.filled import made
from bench.volume import stream
from bench.volume.fill import SEED, put_sources, source_id
from bench.volume.stream import Text
from classify.near import similarity
from crawlers.store import Gathered, keep
from models.vocabulary import ItemKind
from models.weeks import local_day
from pipeline.compose import Desk
from pipeline.run import stages

NOW = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)
TOGETHER = 32
"""Pages that the crawl's writer puts into one transaction."""
TURN_S = 10.0
_PREFIX = "measured:"


class Feed:
    """The stream's texts in scope from a serial on, for one desk."""

    def __init__(self, desk: Desk, serial: int) -> None:
        self.desk = desk
        self._serial = serial
        self._day = local_day(desk.clock())

    def take(self, n: int) -> list[Gathered]:
        """So many new items that the reader keeps; of every seven in scope it keeps six."""
        found: list[Gathered] = []
        while len(found) < n:
            one = next(stream.ours(SEED, 1, self._serial))
            self._serial += 1
            reading = self.desk.reader.read(one.body, one.title)
            if reading.in_scope and reading.mentions:
                found.append(self._item(one, reading))
        return found

    def keep(self, gathered: Sequence[Gathered]) -> None:
        """Store them, some in each transaction."""
        for at in range(0, len(gathered), TOGETHER):
            with self.desk.sessions.begin() as session:
                for one in gathered[at : at + TOGETHER]:
                    keep(session, one, similarity)

    def _item(self, one: Text, reading: Any) -> Gathered:  # noqa: ANN401 -- any reader's
        source = None if one.source is None else source_id(one.source)
        return Gathered(
            key=f"{_PREFIX}{one.serial}",
            kind=ItemKind(one.kind),
            counted_as=source or "tip-line",
            reading=reading,
            day=self._day,
            source_id=source,
            url=None if source is None else f"https://{source}.vn/{_PREFIX}{one.serial}",
        )


def work(desk: Desk, a_minute: float, stopped: threading.Event) -> dict[str, float]:
    """New items and runs of every stage until it is stopped; gives how many, and the share of time busy."""
    feed = Feed(desk, 0)
    each = max(1, round(a_minute * TURN_S / 60))
    items = runs = 0
    busy, start = 0.0, monotonic()
    while not stopped.is_set():
        turn = monotonic()
        feed.keep(feed.take(each))
        stages(desk)
        items, runs = items + each, runs + 1
        if runs == 1:
            print("ready", flush=True)
            turn = start = monotonic()
        busy += monotonic() - turn
        stopped.wait(max(0.0, TURN_S - (monotonic() - turn)))
    return {"items": items, "runs": runs, "busy_share": round(busy / max(0.1, monotonic() - start), 3)}


def main() -> None:
    """Work until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--folder", type=Path, required=True, help="where the desk's var folder lies")
    parser.add_argument("--a-minute", type=float, default=20, help="new items a minute")
    given = parser.parse_args()
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    desk = made(given.database, given.folder, NOW)
    put_sources(desk)
    done = work(desk, given.a_minute, stopped)
    desk.close()
    sys.stdout.write(json.dumps(done) + "\n")


if __name__ == "__main__":
    main()
