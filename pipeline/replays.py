"""Replays that staff can look at: the newest of the desk's own history, and the newest of a labelled table.

What is kept is figures and curves: no row, no text and no number of a claim, so that nothing of an erased
claim lives on in them (rule 9). They are made by `kiemchung simulate` and by the weekly job, never by a page.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from models.decisions import Verdict
from models.errors import UsageError
from models.weeks import iso_week
from pipeline import files, labels, simulate
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.compose import Desk

LOG = logging.getLogger("kiemchung.replays")
DESK, TABLE = "desk", "table"
LEAST = 20
"""Decided claims below which a replay of the desk says nothing."""
LARGEST = 2_000
"""The newest decided claims that are replayed."""
SEEDS = 5
STOP = "recall90"

Curve = list[list[float]]


@dataclass(frozen=True)
class Spread:
    """Mean, least and most over the runs; fractions."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Stop:
    """Where the rule of one run stopped, the true recall there, and the one it claimed at least."""

    seed: int
    at: float
    recall: float
    claimed_low: float


@dataclass(frozen=True)
class Kept:
    """A replay as it is shown. `name` is the table's; `really` is the order in which the desk decided."""

    name: str
    made_at: datetime
    n: int
    positives: int
    encoder: str
    seeds: list[int]
    curves: list[Curve]
    read_at: dict[str, Spread]
    wss_at: dict[str, Spread]
    stops: list[Stop]
    really: Curve | None = None
    really_at: dict[str, float] | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"made_at": self.made_at.isoformat()}


def folder_of(settings: Settings) -> Path:
    """Where the newest replays lie."""
    return settings.path("paths.var") / "replays"


def encoder_of(settings: Settings) -> str:
    """The setting ranking.encoder with a path made absolute."""
    name = settings.text("ranking.encoder")
    return name if name in ("bundled", "none") else str(settings.path("ranking.encoder"))


def summed(runs: Sequence[dict[str, Any]], name: str, encoder: str, made_at: datetime) -> Kept:
    """Several replays of one pool as one result."""
    first = runs[0]
    return Kept(
        name=name,
        made_at=made_at,
        n=first["n"],
        positives=first["positives"],
        encoder=encoder if encoder in ("bundled", "none") else "folder",
        seeds=[run["seed"] for run in runs],
        curves=[_shares(run["curve"], first["n"], first["positives"]) for run in runs],
        read_at=_spreads(runs, "read_at"),
        wss_at=_spreads(runs, "wss_at"),
        stops=[Stop(run["seed"], **run["stop"]) for run in runs if run["stop"] is not None],
    )


def _shares(curve: Sequence[Sequence[int]], n: int, positives: int) -> Curve:
    return [[round(read / n, 4), round(found / positives, 4)] for read, found in curve]


def _spreads(runs: Sequence[dict[str, Any]], name: str) -> dict[str, Spread]:
    found = {level: [float(run[name][level]) for run in runs] for level in sorted(runs[0][name])}
    return {level: Spread(sum(all_) / len(all_), min(all_), max(all_)) for level, all_ in found.items()}


def keep(settings: Settings, kind: str, result: Kept) -> None:
    """Put a result in the place of the one before; raises `KiemChungError` if it cannot be written."""
    text = json.dumps(result.as_json(), ensure_ascii=False)
    files.write_all(folder_of(settings), {f"{kind}.json": text.encode()})


def newest(settings: Settings, kind: str) -> Kept | None:
    """The newest result of a kind; None if there is none that can be read."""
    path = folder_of(settings) / f"{kind}.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        for name in ("read_at", "wss_at"):
            found[name] = {level: Spread(**one) for level, one in found[name].items()}
        found["stops"] = [Stop(**one) for one in found["stops"]]
        found["made_at"] = datetime.fromisoformat(found["made_at"])
        return Kept(**found)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        # of another version, or touched by hand: the next replay writes it anew
        LOG.warning("replay_unreadable kind=%s", kind)
        return None


def of_desk(
    desk: "Desk",
    seeds: Sequence[int],
    jobs: int = 1,
    encoder: str | None = None,
    on_progress: simulate.OnProgress | None = None,
) -> Kept:
    """Replay the desk's decided claims and keep the result beside the order in which they were decided.

    Near-copies count once. Raises `UsageError` while fewer than 20 are decided or all say the same.
    """
    chosen = encoder_of(desk.settings) if encoder is None else encoder
    with desk.reading() as session:
        decided = labels.gather(session)
    decided = sorted(decided, key=lambda one: (one.decided_at, one.claim_id))[-LARGEST:]
    decided = labels.without_copies(decided)
    truth = [one.is_false for one in decided]
    if len(truth) < LEAST or not any(truth) or all(truth):
        raise UsageError(
            f"simulate --desk: {len(truth)} different decided claims, {sum(truth)} of them false; "
            f"a replay needs {LEAST} or more, some false and some not"
        )
    pool = simulate.encoded([one.text for one in decided], truth, chosen)
    runs = simulate.several(pool, seeds, STOP, jobs, on_progress)
    result = summed(runs, "", chosen, desk.clock())
    result = Kept(**(vars(result) | _as_decided(truth)))
    keep(desk.settings, DESK, result)
    return result


def _as_decided(truth: Sequence[bool]) -> dict[str, Any]:
    """The curve of the desk's own order, and the share decided when 80, 90 and 95% of the false were."""
    import numpy as np

    from classify.simulate import levels

    found = np.array(truth)
    points = [(0, 0), *enumerate(np.cumsum(found).tolist(), 1)]
    step = max(1, len(points) // 200)
    kept = [*points[:-1:step], points[-1]]
    return {
        "really": _shares(kept, len(truth), sum(truth)),
        "really_at": levels(found, len(truth))[0],
    }


def weekly(desk: "Desk", now: datetime) -> list[str]:
    """The present week, once there are verdicts enough to be replayed."""
    with desk.reading() as session:
        decided = session.scalar(select(func.count()).select_from(select(Verdict.id).limit(LEAST).subquery()))
    return [iso_week(now)] if (decided or 0) >= LEAST else []


def make_weekly(desk: "Desk", _: str) -> Kept | None:
    """The job of the week; None where the verdicts are not yet different enough."""
    try:
        return of_desk(desk, range(SEEDS))
    except UsageError as error:
        LOG.info("replay_skipped why=%s", error)
        return None


def chart(result: Kept, language: str = "vi", *, narrow: bool = False) -> str:
    """The recall curves as SVG: one line a run, the desk's own order, and where the first run stopped."""
    from pipeline.curves import recall_curves

    def pairs(curve: Curve) -> list[tuple[float, float]]:
        return [(at, found) for at, found in curve]

    return recall_curves(
        [pairs(curve) for curve in result.curves],
        result.stops[0].at if result.stops else None,
        language,
        narrow=narrow,
        really=None if result.really is None else pairs(result.really),
    )
