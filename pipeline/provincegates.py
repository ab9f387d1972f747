"""What a gate must show on a province's texts, and the exit tests of a gate in another language (rule 10).

A Vietnamese package is measured by the gate of the product and changes nothing in it. A package in another
language brings a gate; each process that loads it holds it to the same exit tests, so that none serves that
has not passed them.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from models.errors import UsageError
from pipeline import provinces
from pipeline.provinces import GateText, Province

if TYPE_CHECKING:
    from classify.scope import ScopeGate

MOST_ADMITTED = 0.01
"""Share of a package's own `out` texts that the gate may admit; of its protected texts, none."""
LEAST_KEPT = 0.25
"""Share of a package's `in` texts that the gate keeps, so that a desk there would have work."""
FEWEST = 250
"""Protected texts, and `out` texts, that a gate in another language is tried on."""
FEWEST_A_TOPIC = 20
WIDEST_GAP = 0.02
"""Between the shares of `out` texts admitted as they are written and without diacritics."""


@dataclass(frozen=True)
class GateReport:
    """What a gate did with a package's texts: counts, and what is over its bar."""

    inside: int
    kept: int
    outside: int
    admitted: int
    protected: int
    protected_admitted: int
    by_topic: dict[str, tuple[int, int]]
    """Topic: kept, of how many."""
    problems: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, object]:
        """The report as plain values."""
        return asdict(self)


def measure(gate: "ScopeGate", texts: Sequence[GateText], protected: Sequence[str]) -> GateReport:
    """The figures of a gate on a package's texts, with what is over its bar."""
    decided = [(one, gate.decide(one.text).in_scope) for one in texts]
    inside = [(one, yes) for one, yes in decided if one.in_scope]
    outside = [yes for one, yes in decided if not one.in_scope]
    by_topic: dict[str, tuple[int, int]] = {}
    for one, yes in inside:
        kept, of = by_topic.get(one.topic or "", (0, 0))
        by_topic[one.topic or ""] = (kept + yes, of + 1)
    found = GateReport(
        inside=len(inside),
        kept=sum(yes for _, yes in inside),
        outside=len(outside),
        admitted=sum(outside),
        protected=len(protected),
        protected_admitted=sum(gate.decide(text).in_scope for text in protected),
        by_topic=by_topic,
    )
    return GateReport(**{**found.__dict__, "problems": tuple(_problems(found))})


def _problems(found: GateReport) -> list[str]:
    problems = []
    if found.protected_admitted:
        problems.append(
            f"the gate admits {found.protected_admitted} of {found.protected} protected texts, none may be"
        )
    if found.admitted > MOST_ADMITTED * found.outside:
        problems.append(
            f"the gate admits {found.admitted} of {found.outside} out texts, more than {MOST_ADMITTED:.0%}"
        )
    if found.inside and found.kept < LEAST_KEPT * found.inside:
        problems.append(
            f"the gate keeps {found.kept} of {found.inside} in texts, at least {LEAST_KEPT:.0%} are wanted"
        )
    return problems


def gate_of(province: Province | None) -> "ScopeGate":
    """The gate that serves a province: the product's, or that of a package in another language.

    Raises `UsageError` unless the weights are the pinned ones and pass every exit test.
    """
    from classify.scope import ScopeGate

    if province is None or province.gate is None:
        return ScopeGate.load()
    own = province.gate
    if hashlib.sha256(own.path.read_bytes()).hexdigest() != own.sha256:
        raise UsageError(f"{own.path}: is not the gate whose SHA-256 {provinces.MANIFEST} pins")
    gate = ScopeGate.load(own.path)
    failed = exit_tests(gate, provinces.gate_texts(province), provinces.protected_texts(province))
    if failed:
        raise UsageError(f"{own.path}: the gate does not serve (rule 10): {'; '.join(failed)}")
    return gate


def exit_tests(gate: "ScopeGate", texts: Sequence[GateText], protected: Sequence[str]) -> list[str]:
    """What speaks against a gate in another language; empty if it may serve."""
    from classify import protected as frozen
    from classify.text import strip_marks

    found = measure(gate, texts, protected)
    problems = [*found.problems]
    if min(found.protected, found.outside) < FEWEST:
        problems.append(f"fewer than {FEWEST} protected or out texts")
    thin = sorted(topic for topic, (_, of) in found.by_topic.items() if of < FEWEST_A_TOPIC)
    if thin or len(found.by_topic) < len(topics()):
        problems.append(f"fewer than {FEWEST_A_TOPIC} in texts of a topic")
    if any(not kept for kept, _ in found.by_topic.values()):
        problems.append("a topic of which nothing is kept")
    bare = [one for one in protected if gate.decide(strip_marks(one)).in_scope]
    ours = [one for one in frozen.load() if gate.decide(one.text).in_scope]
    if bare or ours:
        problems.append(
            f"admits {len(bare)} protected texts without diacritics, {len(ours)} of the product's"
        )
    outside = [one.text for one in texts if not one.in_scope]
    stripped = sum(gate.decide(strip_marks(text)).in_scope for text in outside)
    if abs(stripped - found.admitted) > WIDEST_GAP * max(1, len(outside)):
        problems.append("admits text with and without diacritics unevenly")
    return problems


def topics() -> list[str]:
    """The nine, by their identifiers."""
    from models.vocabulary import Topic

    return [topic.value for topic in Topic]
