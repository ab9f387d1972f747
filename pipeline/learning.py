"""The model registry: what serves, what waits for a person, and what was refused (rule 10).

A model is trained from verdicts, judged by `modelgates`, registered with its hashes, and serves only after a
lead has promoted it. The score it gives orders the queue and is nothing else.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import audit
from models.desk import ModelMetric, ModelVersion
from models.errors import ConflictError, NotFoundError
from models.vocabulary import ModelKind, ModelState
from pipeline import answers, canary, heldout, modelbox, modelcard, modelgates, newlabels
from pipeline import labels as labelling
from pipeline.labels import Label
from pipeline.leads import may_lead
from pipeline.modelgates import SEED, Judged

if TYPE_CHECKING:
    from classify.rank import Ranker
    from classify.ranking import RankerArtefact, Told
    from pipeline.compose import Desk


def champion(session: Session, kind: ModelKind) -> ModelVersion | None:
    """The model that serves, or None while a cold start does."""
    serving = select(ModelVersion).where(
        ModelVersion.kind == kind.value, ModelVersion.state == ModelState.CHAMPION.value
    )
    return session.scalars(serving).one_or_none()


def serving_id(session: Session) -> int | None:
    """The registry number of the ranking model that serves, written beside each score."""
    serving = champion(session, ModelKind.RANK)
    return None if serving is None else serving.id


def list_models(session: Session) -> list[ModelVersion]:
    """Every registered model, newest first."""
    return list(session.scalars(select(ModelVersion).order_by(ModelVersion.id.desc())))


def model_of(session: Session, model_id: int) -> ModelVersion:
    """A registered model; raises `NotFoundError`."""
    model = session.get(ModelVersion, model_id)
    if model is None:
        raise NotFoundError(f"model {model_id}: is not in the registry")
    return model


def card(session: Session, model: ModelVersion) -> dict[str, object]:
    """All that is known of a model, as plain values."""
    metrics = select(ModelMetric.name, ModelMetric.value).where(ModelMetric.model_id == model.id)
    return {
        "id": model.id,
        "kind": model.kind,
        "state": model.state,
        "refusal": model.refusal,
        "n_labels": model.n_labels,
        "sha256": model.sha256,
        "data_sha256": model.data_sha256,
        "parent": model.parent_id,
        "created_at": model.created_at.isoformat(),
        "promoted_by": model.promoted_by,
        "promoted_at": None if model.promoted_at is None else model.promoted_at.isoformat(),
        "metrics": dict(session.execute(metrics.order_by(ModelMetric.name)).all()),
    }


def card_lines(session: Session, model: ModelVersion) -> list[str]:
    """The model card as lines to read."""
    query = select(ModelMetric.name, ModelMetric.value).where(ModelMetric.model_id == model.id)
    return modelcard.card(model, dict(session.execute(query).all()))


def champion_problem(session: Session, folder: Path) -> str | None:
    """What is wrong with the file of the model that serves; None if nothing is, or none serves."""
    serving = champion(session, ModelKind.RANK)
    return None if serving is None else modelbox.problem(folder, serving.sha256)


def train(desk: "Desk") -> ModelVersion:
    """Train a candidate from the desk's verdicts and register it, as refused if a gate says so.

    Raises `ConflictError` while there are too few labels, or all say the same.
    """
    with desk.reading() as session:
        labels = labelling.capped(labelling.without_copies(labelling.gather(session)))
        doubted = answers.taught(session)
        present = champion(session, ModelKind.RANK)
    _enough(labels, desk.settings.number("train.min_labels"))
    made = fit(labels, doubted=doubted)
    judged = _judge(desk, made, Lesson(labels, doubted), present)
    if judged.refusal is None:
        modelbox.write(desk.model_folder, made.data)
        modelbox.validate(desk.model_folder, made.sha256)
    return _register(desk, made, Lesson(labels, doubted), judged, present)


class Lesson(NamedTuple):
    """What a model is made of: labels, and by what factor each doubted word is shrunk."""

    labels: Sequence[Label]
    doubted: Mapping[str, float]


def _enough(labels: Sequence[Label], least: int) -> None:
    false = sum(label.is_false for label in labels)
    if len(labels) < least:
        raise ConflictError(
            f"{len(labels)} different labels so far, train.min_labels asks for {least}: decide more claims"
        )
    if not false or false == len(labels):
        raise ConflictError("every label says the same: claims found false and claims found true are needed")


def fit(
    labels: Sequence[Label], rounds: int = 4, doubted: Mapping[str, float] | None = None
) -> "RankerArtefact":
    """A ranking model of these labels, calibrated in so many rounds of folds.

    Raises `ConflictError` if there is nothing to learn from them.
    """
    # scikit-learn takes three seconds to import: only training pays
    from classify.errors import TrainingDataError
    from classify.ranking import fit_ranker

    truth = [label.is_false for label in labels]
    try:
        return fit_ranker([label.text for label in labels], truth, told(labels, doubted), SEED, rounds)
    except TrainingDataError as error:
        raise ConflictError(str(error)) from error


def told(labels: Sequence[Label], doubted: Mapping[str, float] | None = None) -> "Told":
    """What a model is told beside texts and labels; a claim of no known source is a source of its own."""
    from classify.ranking import Told

    groups = [label.group for label in labels]
    return Told(groups, [label.source or label.group for label in labels], doubted or {})


def loaded(made: "RankerArtefact") -> "Ranker":
    """A model that this process has just made itself; files are loaded by `LinearRanker.load` alone."""
    import skops.io

    from classify.rank import LinearRanker

    return LinearRanker(skops.io.loads(made.data, trusted=[]))


def _judge(desk: "Desk", made: "RankerArtefact", lesson: Lesson, present: ModelVersion | None) -> Judged:
    labels = lesson.labels

    def fitted(some: Sequence[Label]) -> "Ranker":
        # figures need the manner of making, not its last digit
        return loaded(fit(some, rounds=1, doubted=lesson.doubted))

    scores = modelgates.out_of_fold(labels, fitted)
    unseen = [at for at, label in enumerate(labels) if present and label.decided_at > present.created_at]
    threshold = desk.settings.share("queue.threshold")
    candidate = loaded(made)
    # without a model in service the protected texts are compared with nothing but zero
    before = candidate if present is None else desk.ranker()
    judged = modelgates.judge(candidate, before, labels, scores, unseen, desk.reader, threshold)
    since = newlabels.newest_since(labels, None if present is None else present.created_at)
    change = newlabels.effect(labels, since, threshold)
    metrics = judged.metrics | heldout.figures(labels, scores, fitted)
    metrics |= {} if change is None else change.metrics
    reasons = (heldout.leak(labels), judged.refusal, None if change is None else change.refusal)
    return Judged(metrics, next((reason for reason in reasons if reason), None))


def _register(
    desk: "Desk",
    made: "RankerArtefact",
    lesson: Lesson,
    judged: Judged,
    present: ModelVersion | None,
) -> ModelVersion:
    model = ModelVersion(
        kind=ModelKind.RANK.value,
        sha256=made.sha256,
        data_sha256=labelling.fingerprint(*lesson),
        parent_id=None if present is None else present.id,
        state=(ModelState.REFUSED if judged.refusal else ModelState.CANDIDATE).value,
        refusal=judged.refusal,
        n_labels=len(lesson.labels),
        created_at=desk.clock(),
    )
    metrics = {name: float(value) for name, value in (made.metrics | judged.metrics).items()}
    with desk.sessions.begin() as session:
        session.add(model)
        session.flush()
        for name, value in metrics.items():
            if math.isfinite(value):
                session.add(ModelMetric(model_id=model.id, name=name, value=value))
        detail = {"sha256": made.sha256, "data_sha256": model.data_sha256, "metrics": metrics}
        audit.append(session, desk.clock, "system", f"model_{model.state}", f"model:{model.id}", detail)
    return model


def promote(desk: "Desk", model_id: int, staff_id: int) -> ModelVersion:
    """Put a candidate to work; a person with the role lead decides it.

    Raises `ConflictError` for anybody else, for a model that is no candidate, or if another was promoted
    first, and `KiemChungError` if the file is not the registered one or cannot be loaded safely.
    """
    with desk.reading() as session:
        _lead(session, staff_id)
        candidate = _candidate(session, model_id)
    modelbox.validate(desk.model_folder, candidate.sha256)
    try:
        with desk.sessions.begin() as session:
            model = _candidate(session, model_id)
            _retire(session, ModelKind(model.kind))
            canary.end(session, desk, f"staff:{staff_id}")
            model.state = ModelState.CHAMPION.value
            model.promoted_by, model.promoted_at = staff_id, desk.clock()
            _log(session, desk, staff_id, "model_promote", model)
    except IntegrityError as error:
        raise ConflictError("another model was promoted at the same moment") from error
    return model


def rollback(desk: "Desk", staff_id: int) -> ModelVersion | None:
    """Take the serving model away and put the one before it back; None if that was the cold start.

    Raises `ConflictError` for anybody but a lead, or when no model serves.
    """
    with desk.sessions.begin() as session:
        _lead(session, staff_id)
        serving = champion(session, ModelKind.RANK)
        if serving is None:
            raise ConflictError("no model serves: there is nothing to take back")
        before = _before(session, serving)
        wrong = None if before is None else modelbox.problem(desk.model_folder, before.sha256)
        if wrong is not None:
            raise ConflictError(f"the model before cannot serve: {wrong}")
        canary.end(session, desk, f"staff:{staff_id}")
        serving.state = ModelState.RETIRED.value
        session.flush()
        if before is not None:
            before.state = ModelState.CHAMPION.value
        _log(session, desk, staff_id, "model_rollback", serving)
        return before


def _before(session: Session, serving: ModelVersion) -> ModelVersion | None:
    """The model that was promoted last before the serving one."""
    earlier = select(ModelVersion).where(
        ModelVersion.kind == serving.kind,
        ModelVersion.state == ModelState.RETIRED.value,
        ModelVersion.promoted_at < serving.promoted_at,
    )
    return session.scalars(earlier.order_by(ModelVersion.promoted_at.desc()).limit(1)).first()


def _retire(session: Session, kind: ModelKind) -> None:
    serving = champion(session, kind)
    if serving is not None:
        serving.state = ModelState.RETIRED.value
        session.flush()


def _lead(session: Session, staff_id: int) -> None:
    if not may_lead(session, staff_id):
        raise ConflictError("only a lead decides which model serves")


def _candidate(session: Session, model_id: int) -> ModelVersion:
    model = model_of(session, model_id)
    if model.state != ModelState.CANDIDATE:
        why = f" ({model.refusal})" if model.refusal else ""
        raise ConflictError(f"model {model_id}: is {model.state}, not a candidate{why}")
    return model


def _log(session: Session, desk: "Desk", staff_id: int, action: str, model: ModelVersion) -> None:
    detail = {"sha256": model.sha256}
    audit.append(session, desk.clock, f"staff:{staff_id}", action, f"model:{model.id}", detail)
