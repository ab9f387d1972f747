"""A candidate tried on a share of the queue before a person promotes it (safety M8).

It orders its share of what already waits, and nothing more: whether a claim enters the queue and counts as
flagged is the serving model's to say, so a canary never flags alone. Which claims fall to it is a keyed coin.
Both models are held against the verdicts given since, which neither had seen.
"""

import hashlib
import hmac
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import audit
from models.claims import Claim
from models.desk import JobRun, ModelVersion
from models.errors import ConflictError
from models.vocabulary import ClaimState, ModelState
from pipeline import labels as labelling
from pipeline import modelbox, modelgates
from pipeline.labels import Label
from pipeline.leads import may_lead

if TYPE_CHECKING:
    from classify.rank import Ranker
    from pipeline.compose import Desk

JOB = "model_canary"
"""The ledger's rows of trials: the period is the model, and the row is open while the trial runs."""
SHARE = 0.05
LEAST = 20
_ORDERED = (ClaimState.QUEUED, ClaimState.SECOND, ClaimState.THIRD)


@dataclass(frozen=True)
class Canary:
    """A model on trial and the key of its coin."""

    model_id: int
    ranker: "Ranker"
    key: bytes

    def orders(self, claim: Claim) -> bool:
        """Whether this claim waits in the queue and falls to the model on trial."""
        return claim.state in _ORDERED and takes(self.key, claim.key)


def takes(key: bytes, claim_key: str) -> bool:
    """The coin: the same claim always falls the same way, and nobody without the key can tell how."""
    digest = hmac.new(key, b"canary:" + claim_key.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") < SHARE * 2**64


def running(session: Session) -> tuple[int, datetime] | None:
    """The number of the model on trial and since when; None if none is."""
    row = session.scalar(select(JobRun).where(JobRun.job == JOB, JobRun.finished_at.is_(None)))
    return None if row is None else (int(row.period.removeprefix("model:")), row.started_at)


def on_trial(desk: "Desk") -> Canary | None:
    """The model on trial, ready to order its share; None if none is."""
    from classify.rank import LinearRanker

    with desk.reading() as session:
        found = running(session)
        model = None if found is None else session.get(ModelVersion, found[0])
    if model is None:
        return None
    path = modelbox.path_of(desk.model_folder, model.sha256)
    return Canary(model.id, LinearRanker.load(path, model.sha256), desk.keys.sampling)


def start(desk: "Desk", model_id: int, staff_id: int) -> None:
    """Let a candidate order its share of the queue; raises `ConflictError` or `KiemChungError`."""
    with desk.reading() as session:
        sha256 = _candidate(session, model_id, staff_id).sha256
    modelbox.validate(desk.model_folder, sha256)
    with desk.sessions.begin() as session:
        _candidate(session, model_id, staff_id)
        if running(session) is not None:
            raise ConflictError("another model is on trial: end that trial first")
        row = session.scalar(select(JobRun).where(JobRun.job == JOB, JobRun.period == f"model:{model_id}"))
        if row is None:
            row = JobRun(job=JOB, period=f"model:{model_id}", started_at=desk.clock())
            session.add(row)
        row.started_at, row.finished_at, row.outcome = desk.clock(), None, None
        detail = {"share": SHARE, "sha256": sha256}
        audit.append(session, desk.clock, f"staff:{staff_id}", "model_canary", f"model:{model_id}", detail)


def stop(desk: "Desk", staff_id: int) -> None:
    """End the trial: the serving model orders the whole queue again with the next ranking."""
    with desk.sessions.begin() as session:
        _lead(session, staff_id)
        if not end(session, desk, f"staff:{staff_id}"):
            raise ConflictError("no model is on trial")


def end(session: Session, desk: "Desk", actor: str) -> bool:
    """Close a running trial within a transaction: whoever promotes or takes back ends it too."""
    row = session.scalar(select(JobRun).where(JobRun.job == JOB, JobRun.finished_at.is_(None)))
    if row is None:
        return False
    row.finished_at, row.outcome = desk.clock(), "ended"
    audit.append(session, desk.clock, actor, "model_canary_end", row.period)
    return True


def _candidate(session: Session, model_id: int, staff_id: int) -> ModelVersion:
    _lead(session, staff_id)
    model = session.get(ModelVersion, model_id)
    if model is None or model.state != ModelState.CANDIDATE:
        raise ConflictError(f"model {model_id}: only a candidate can be tried")
    return model


def _lead(session: Session, staff_id: int) -> None:
    if not may_lead(session, staff_id):
        raise ConflictError("only a lead decides which model serves")


@dataclass(frozen=True)
class Side:
    """One model against the verdicts since the trial began; the shares are None below `LEAST` cases."""

    name: str
    decided: int
    false: int
    false_flags: float | None
    found: float | None
    calibration: float | None


def compared(desk: "Desk") -> list[Side]:
    """The serving ranker and the one on trial on the same claims, and each on what it had ordered itself."""
    trial = on_trial(desk)
    if trial is None:
        return []
    with desk.reading() as session:
        since = running(session)
        everything = labelling.gather(session)
    start_at = since[1] if since else desk.clock()
    fresh = labelling.without_copies([one for one in everything if one.decided_at >= start_at])
    mine = [one for one in fresh if takes(desk.keys.sampling, one.key)]
    theirs = [one for one in fresh if not takes(desk.keys.sampling, one.key)]
    threshold = desk.settings.share("queue.threshold")
    return [
        _side("serving", desk.ranker(), fresh, threshold),
        _side("canary", trial.ranker, fresh, threshold),
        _side("serving_own", desk.ranker(), theirs, threshold),
        _side("canary_own", trial.ranker, mine, threshold),
    ]


def _side(name: str, ranker: "Ranker", labels: Sequence[Label], threshold: float) -> Side:
    scores = [one.score for one in ranker.score([modelgates.facts_of(one.text, one.topic) for one in labels])]
    over = [score >= threshold and math.isfinite(score) for score in scores]
    calm = [flag for flag, label in zip(over, labels, strict=True) if not label.is_false]
    false = [flag for flag, label in zip(over, labels, strict=True) if label.is_false]
    return Side(
        name,
        len(labels),
        len(false),
        sum(calm) / len(calm) if len(calm) >= LEAST else None,
        sum(false) / len(false) if len(false) >= LEAST else None,
        _error(labels, scores) if len(labels) >= LEAST else None,
    )


def _error(labels: Sequence[Label], scores: Sequence[float]) -> float:
    import numpy as np

    from classify.calibrating import expected_error

    return expected_error(np.array([one.is_false for one in labels]), np.array(scores))
