"""The cells of a part, shared out to processes; what comes out does not depend on how many there are."""

import multiprocessing
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from time import perf_counter
from typing import TypeVar

Cell = TypeVar("Cell")
Found = TypeVar("Found")


def over_cells(
    simulate: Callable[[Cell, int, int], Found],
    cells: Sequence[Cell],
    replications: int,
    seed: int,
    processes: int = 1,
) -> list[Found]:
    """Run every cell, each with random numbers of its own; results in the order of the cells."""
    told = Progress(simulate.__module__.rsplit(".", 1)[-1], len(cells))
    if processes == 1:
        return [told.step(simulate(cell, replications, seed)) for cell in cells]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawn) as pool:
        waiting = [pool.submit(simulate, cell, replications, seed) for cell in cells]
        return [told.step(one.result()) for one in waiting]


class Progress:
    """One line a part on standard error, while somebody is looking at it."""

    def __init__(self, name: str, total: int) -> None:
        self.name, self.total, self.done, self.start = name, total, 0, perf_counter()

    def step(self, found: Found) -> Found:
        """Count one cell and hand its result on."""
        self.done += 1
        if sys.stderr.isatty() or self.done == self.total:
            end = "\n" if self.done == self.total else "\r"
            seconds = perf_counter() - self.start
            print(
                f"{self.name}: {self.done} of {self.total} cells, {seconds:.0f} s", end=end, file=sys.stderr
            )
        return found
