"""Re-scoring a whole archive: minutes, memory on the way, and whether a killed run ends the same.

    python -m bench.archive [--mentions 1000000] [--workers 2] [--keep DIR] [--no-kill]

Fills a desk on SQLite with the stream of `bench.volume`, spoils its scores, has `kiemchung archive rescore`
put them right; then once more, killed half way and called again. One JSON object: seconds, MiB of all its
processes in each quarter of the way, and whether both ends have the same digest.
"""

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from sqlalchemy import select, text, update

from bench.volume.fill import fill
from models.claims import Claim
from models.gathered import Mention
from pipeline import archive
from pipeline.compose import Desk, build
from pipeline.settings import load

SEEN = (
    "SELECT id, check_score FROM mention ORDER BY id",
    "SELECT id, score, reach, freshness, priority, ranked FROM claim ORDER BY id",
    "SELECT claim_id, position, feature, weight FROM claim_reason ORDER BY claim_id, position",
)
POLL_S = 0.5


def desk_in(folder: Path) -> Desk:
    """The desk of a folder, by the machine's clock."""
    url = f"sqlite:///{folder / 'desk.sqlite'}"
    return build(load(environ={}, flags={"database.url": url, "paths.var": str(folder / "var")}))


def spoil(desk: Desk) -> None:
    """As another model would have left the scores."""
    with desk.sessions.begin() as session:
        session.execute(update(Mention).values(check_score=0.125))
        session.execute(update(Claim).values(score=0.125, priority=0.125))


def digest(desk: Desk) -> str:
    """SHA-256 of all that re-scoring writes."""
    found = hashlib.sha256()
    with desk.engine.connect() as connection:
        for query in SEEN:
            for row in connection.execution_options(yield_per=10_000).execute(text(query)):
                found.update(repr(tuple(row)).encode())
    return found.hexdigest()


@contextmanager
def rescoring(folder: Path, workers: int) -> Iterator["subprocess.Popen[bytes]"]:
    """The command, in a process group of its own."""
    arguments = ["--database", f"sqlite:///{folder / 'desk.sqlite'}", "--var", str(folder / "var")]
    command = [sys.executable, "-m", "pipeline.cli.main", *arguments, "archive", "rescore"]
    with subprocess.Popen(
        [*command, "--workers", str(workers)], stdout=subprocess.DEVNULL, start_new_session=True
    ) as child:
        yield child


def done(desk: Desk) -> int:
    """How many rows the run has looked at."""
    with desk.reading() as session:
        now = archive.state(session, "rescore")
    return 0 if now is None else now.done


def memory(pid: int) -> float:
    """MiB of a process and all below it."""
    try:
        root = psutil.Process(pid)
        return float(sum(one.memory_info().rss for one in [root, *root.children(recursive=True)]) / 2**20)
    except psutil.Error:
        return 0.0


def whole(desk: Desk, folder: Path, workers: int, rows: int) -> dict[str, object]:
    """An undisturbed run: seconds, and the most MiB in each quarter of the way."""
    quarters = [0.0] * 4
    began = time.perf_counter()
    with rescoring(folder, workers) as child:
        while child.poll() is None:
            quarter = min(3, 4 * done(desk) // max(1, rows))
            quarters[quarter] = max(quarters[quarter], memory(child.pid))
            time.sleep(POLL_S)
    if child.returncode:
        raise SystemExit(f"archive rescore ended with {child.returncode}")
    return {"seconds": round(time.perf_counter() - began, 1), "mib_by_quarter": [round(q) for q in quarters]}


def killed(desk: Desk, folder: Path, workers: int, rows: int) -> int:
    """A run that is killed half way and called again; gives how far it was."""
    with rescoring(folder, workers) as child:
        while not 0 < (at := done(desk)) < rows:
            time.sleep(POLL_S)
        while (at := done(desk)) < rows // 2 and child.poll() is None:
            time.sleep(POLL_S)
        os.killpg(child.pid, signal.SIGKILL)
    if not 0 < at < rows:
        raise SystemExit("archive rescore ended before it could be killed: take more mentions")
    with rescoring(folder, workers) as child:
        child.wait()
    if child.returncode:
        raise SystemExit(f"archive rescore ended with {child.returncode} when called again")
    return at


def measured(folder: Path, mentions: int, workers: int, *, kill: bool) -> dict[str, object]:
    """Fill, run, kill, run."""
    desk = desk_in(folder)
    fill(desk, mentions, folder / "fill.json", lambda step: print(step, file=sys.stderr))
    with desk.reading() as session:
        waiting = archive.counted(session, select(Claim.id).where(Claim.state.in_(("new", "queued"))))
    rows = mentions + waiting
    spoil(desk)
    found: dict[str, object] = {"benchmark": "archive", "mentions": mentions, "claims": waiting}
    found |= whole(desk, folder, workers, rows)
    found["target_seconds"] = 600
    if kill:
        first = digest(desk)
        spoil(desk)
        found["killed_at"] = killed(desk, folder, workers, rows)
        found["same_end"] = digest(desk) == first
    desk.close()
    return found


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mentions", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder of the filled desk, to measure it again")
    parser.add_argument("--no-kill", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kc-archive-") as made:
        folder = given.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        print(json.dumps(measured(folder, given.mentions, given.workers, kill=not given.no_kill)))


if __name__ == "__main__":
    main()
