"""``python -m classify.build``: train the gate from `classify/data/scope` and print its figures.

Equal data give equal bytes. The fixed held-back fifth is judged by a gate that was trained, and had its
thresholds chosen, without it; the shipped gate is then trained on everything.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classify.artefact import SHIPPED, save
from classify.corpus import DATA, TOPICS, ScopeRow, load_scope
from classify.fitting import folds
from classify.scope import ScopeGate
from classify.text import has_marks, strip_marks
from classify.training import FOLDS, fit_scope

SEED = 20261122
CARD = DATA / "README.md"
COUNTS_BEGIN = "<!-- counts: written by python -m classify.build -->"
COUNTS_END = "<!-- end of counts -->"
HELD_SEED = 86
"""The held-back part is fixed by group names alone, so that it stays held back as texts are added."""


def held_back_figures(rows: Sequence[ScopeRow]) -> dict[str, Any]:
    """The whole gate (`decide`) on the held-back fifth, in percent."""
    held = folds([row.group for row in rows], FOLDS, HELD_SEED) == 0
    gate = ScopeGate(fit_scope([row for row, out in zip(rows, held, strict=True) if not out], SEED))
    mine = [row for row, out in zip(rows, held, strict=True) if out]
    ours = {row.group for row in mine if row.in_scope}
    inside = [row for row in mine if row.in_scope]
    outside = [row for row in mine if not row.in_scope]
    decided = {row.text: gate.decide(row.text) for row in mine}
    kept = [row for row in inside if decided[row.text].in_scope]
    return {
        "in": len(inside),
        "out": len(outside),
        "kept": _share(gate, inside),
        "kept, diacritics removed": _share(gate, inside, bare=True),
        "admitted": _share(gate, outside),
        "admitted, diacritics removed": _share(gate, outside, bare=True),
        "twins admitted": _share(gate, [row for row in outside if row.group in ours]),
        "topic right of kept": _rate([decided[row.text].topic == row.topic for row in kept]),
        **_sentence_figures(kept, decided),
    }


def _share(gate: ScopeGate, rows: Sequence[ScopeRow], *, bare: bool = False) -> float:
    return _rate([gate.decide(strip_marks(row.text) if bare else row.text).in_scope for row in rows])


def _sentence_figures(kept: Sequence[ScopeRow], decided: dict[str, Any]) -> dict[str, float]:
    """Of the kept mixed messages: share of claim letters kept, and of other letters kept by mistake."""
    claim = claim_kept = other = other_kept = 0
    for row in kept:
        if not row.claims:
            continue
        inside = {at for start, end in row.claims for at in range(start, end)}
        shown = {at for span in decided[row.text].sentences for at in range(span.start, span.end)}
        claim += len(inside)
        claim_kept += len(inside & shown)
        other += len(row.text) - len(inside)
        other_kept += len(shown - inside)
    return {
        "claim letters kept": round(100 * claim_kept / max(1, claim), 2),
        "other letters kept": round(100 * other_kept / max(1, other), 2),
    }


def _rate(hits: Sequence[bool]) -> float:
    return round(100 * sum(hits) / len(hits), 2) if hits else 0.0


def card(rows: Sequence[ScopeRow], held: dict[str, Any]) -> str:
    """The part of the data card that is counted, in Markdown."""
    inside = [row for row in rows if row.in_scope]
    ours = {row.group for row in inside}
    twins = sum(not row.in_scope and row.group in ours for row in rows)
    lines = ["| | texts | without diacritics | with marked sentences |", "|---|---|---|---|"]
    parts = [(topic, [row for row in inside if row.topic == topic]) for topic in TOPICS]
    for name, part in [*parts, ("all in", inside), ("all out", [row for row in rows if not row.in_scope])]:
        bare = sum(not has_marks(row.text) for row in part)
        lines.append(f"| {name} | {len(part)} | {bare} | {sum(bool(row.claims) for row in part)} |")
    figures = ", ".join(f"{name} {value}" for name, value in held.items())
    return "\n".join(
        [*lines, "", f"Out texts with a twin: {twins}. Held-back fifth, whole gate (%): {figures}."]
    )


def write_card(rows: Sequence[ScopeRow], held: dict[str, Any], path: Path = CARD) -> None:
    """Put the counted part between its two comments in the data card."""
    text = path.read_text(encoding="utf-8")
    before, rest = text.split(COUNTS_BEGIN)
    after = rest.split(COUNTS_END)[1]
    path.write_text(f"{before}{COUNTS_BEGIN}\n{card(rows, held)}\n{COUNTS_END}{after}", encoding="utf-8")


def build(path: Path = SHIPPED, folder: Path | None = None) -> dict[str, Any]:
    """Train, write the artefact and its pin, and return the figures."""
    rows = load_scope(folder)
    held = held_back_figures(rows)
    trained = fit_scope(rows, SEED)
    trained.report["held back"] = held
    digest = save(trained, path)
    if path == SHIPPED:
        write_card(rows, held)
    return {"sha256": digest, "bytes": path.stat().st_size, **trained.report, "thresholds": trained.figures}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(build(), ensure_ascii=False, indent=1) + "\n")
