"""The card of a registered model: its purpose, what it learned from, how it was judged, what it is not for.

After M. Mitchell et al., Model Cards for Model Reporting (2019). Everything in it is read from the registry.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from models.desk import ModelVersion


@dataclass(frozen=True)
class Point:
    """One point of a model's reliability diagram."""

    chance: float
    share: float
    n: int


def reliability(metrics: Mapping[str, float]) -> list[Point]:
    """The registered points of the diagram, lowest chances first."""
    found = []
    for at in range(len(metrics)):
        names = [f"reliability_{at}_{part}" for part in ("chance", "share", "n")]
        if not all(name in metrics for name in names):
            break
        chance, share, n = (metrics[name] for name in names)
        found.append(Point(chance, share, int(n)))
    return found


def told(metrics: Mapping[str, float]) -> dict[str, float]:
    """The figures without the diagram's points."""
    return {name: value for name, value in metrics.items() if not name.startswith("reliability_")}


def card(model: ModelVersion, metrics: Mapping[str, float]) -> list[str]:
    """The card's lines in plain English, for `models show` and auditors."""
    apart = "story and source" if metrics.get("split_by_source") else "story (one source gave most labels)"
    made, busiest = model.created_at.isoformat(), _share(metrics, "largest_reviewer_share")
    held, later = _quality(metrics, "held"), _quality(metrics, "ahead")
    aside = _share(metrics, "protected_over_threshold")
    first, every = _count(metrics, "protected_admitted"), _count(metrics, "protected_n")
    protected = f"{first} of the first set and {_count(metrics, 'protected_shown')} of all {every}"
    return [
        f"Model {model.id}, {model.state}. Made {made} after model {model.parent_id}.",
        "For: the order of the desk's review queue. Not for: verdicts, publication, anything about people.",
        f"Learned from: {model.n_labels} claims that two people decided; unproven ones, tips and scores "
        f"teach nothing; near-copies count once; the busiest reviewer gave {busiest}.",
        doubted(metrics),
        "Words: only such as occur in claims of five different sources.",
        f"Data fingerprint: {model.data_sha256}. File: {model.sha256}.",
        f"Held out by {apart}: {held}.",
        f"Later claims by earlier labels: {later}.",
        f"Protected texts: {protected} flagged through the gate, {aside} with the gate left aside.",
        "Gates: " + (f"refused: {model.refusal}" if model.refusal else "none refused it") + ".",
        "Its chances hold for claims like the decided ones; a chance is never a verdict and never public.",
    ]


def doubted(metrics: Mapping[str, float]) -> str:
    """What reviewers' answers to reasons changed in it: how many words, and the smallest factor."""
    if not metrics.get("doubted_terms"):
        return "Corrected by reviewers: no word was doubted by two people."
    n, least = _count(metrics, "doubted_terms"), _number(metrics, "doubted_least")
    return f"Corrected by reviewers: {n} words doubted by two people or more weigh less, at least {least} x."


def _quality(metrics: Mapping[str, float], which: str) -> str:
    auc, error = _number(metrics, f"{which}_auc"), _number(metrics, f"{which}_ece")
    return f"AUC {auc}, calibration error {error} over {_count(metrics, f'{which}_held_out_n')} claims"


def _number(metrics: Mapping[str, float], name: str) -> str:
    return f"{metrics[name]:.3f}" if name in metrics else "unknown"


def _share(metrics: Mapping[str, float], name: str) -> str:
    return f"{metrics[name]:.0%}" if name in metrics else "unknown"


def _count(metrics: Mapping[str, float], name: str) -> str:
    return f"{metrics[name]:.0f}" if name in metrics else "?"
