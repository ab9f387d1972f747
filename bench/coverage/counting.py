"""Hits, misses and widths of a method in a cell, and what a whole grid of cells says of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

TINY = 1e-12

Report = dict[str, object]


@dataclass
class Count:
    """How often an interval held the truth, on which side it did not, and how wide it was."""

    n: int = 0
    over: int = 0
    under: int = 0
    width: float = 0.0

    def add(self, low: float, high: float, truth: float) -> None:
        """Count one interval."""
        self.n += 1
        self.over += truth > high + TINY
        self.under += truth < low - TINY
        self.width += high - low

    @property
    def coverage(self) -> float:
        """The share of intervals that held the truth."""
        return 1 - (self.over + self.under) / self.n

    @property
    def mean_width(self) -> float:
        """The mean width of the intervals."""
        return self.width / self.n


Counts = Mapping[str, Count]


def count_all(intervals: Iterable[tuple[float, float] | None], truths: Sequence[float]) -> Count:
    """One method over all replications of a cell; None is an interval that is not claimed."""
    found = Count()
    for interval, truth in zip(intervals, truths, strict=True):
        if interval is not None:
            found.add(*interval, truth)
    return found


def summary(cells: Sequence[Counts], name: str, against: str = "", *, flattering: str = "") -> Report:
    """What the grid says of one method; widths against another are geometric means over cells.

    `flattering` names the side on which an error makes a target look met: `over` or `under`.
    """
    own = [cell[name] for cell in cells if cell[name].n]
    ordered = sorted(one.coverage for one in own)
    figures: dict[str, float] = {
        "cells": len(own),
        "coverage_min": ordered[0],
        "coverage_5_percent": ordered[int(0.05 * len(ordered))],
        "coverage_mean": sum(ordered) / len(own),
        "cells_at_93": sum(one >= 0.93 for one in ordered) / len(own),
        "mean_width": sum(one.mean_width for one in own) / len(own),
    }
    if against:
        figures[f"width_against_{against}"] = relative_width(cells, name, against)
    if flattering:
        figures["flattering_max"] = max(getattr(one, flattering) / one.n for one in own)
    return {key: round(float(value), 4) for key, value in figures.items()}


def relative_width(cells: Sequence[Counts], name: str, against: str) -> float:
    """The geometric mean over cells of the mean width of one method by that of another."""
    both = [(cell[name], cell[against]) for cell in cells if cell[name].n and cell[against].n]
    ratios = [a.mean_width / b.mean_width for a, b in both if b.width]
    return exp(sum(log(ratio) for ratio in ratios) / len(ratios)) if ratios else 0.0


def bar(value: float, least: float | None = None, most: float | None = None) -> Report:
    """A figure beside what it must reach."""
    holds = (least is None or value >= least - TINY) and (most is None or value <= most + TINY)
    return {"value": round(value, 4), "at_least": least, "at_most": most, "holds": holds}


def holds(report: object) -> bool:
    """Whether every bar within a report is reached."""
    if not isinstance(report, Mapping):
        return True
    if "holds" in report:
        return bool(report["holds"])
    return all(holds(value) for value in report.values())


def worst(cells: Sequence[object], coverages: Sequence[float], n: int = 3) -> list[str]:
    """The cells in which a method held the truth least often, for whoever looks for the reason."""
    order = sorted(range(len(cells)), key=lambda at: coverages[at])[:n]
    return [f"{coverages[at]:.4f} {cells[at]}" for at in order]
