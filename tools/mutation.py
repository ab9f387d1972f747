"""Mutation testing of the modules that carry the rules: a test should fail for every small wrong change.

Run as `python -m tools.mutation [--module M] [--sample N --seed S]`. Nothing is written into the source: each
mutant is compiled in a process of its own, forked from one that holds the heavy libraries already, and meets
only those of its module's tests that reach its line (found by one traced run), the quickest first. A sample
drawn with a seed is the same everywhere. Exits 1 where a module that has reached nine in ten falls below; of
a sample, where those modules together do, because six mutants say little of one module.
Mutants that change nothing anyone could see are listed with a reason in `tools/equivalent_mutants.tsv` and
taken out of the count.
"""

import argparse
import csv
import importlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

from tools import mutantrun
from tools.budgets import ROOT
from tools.mutants import Mutant, mutants

MODULES = ROOT / "tools" / "mutation_targets.tsv"
EQUIVALENT = ROOT / "tools" / "equivalent_mutants.tsv"
BAR = 0.9
TELLING = 20
"""So many mutants of a module tell of it alone; a sample of fewer counts with those of the others."""
HEAVY = ("numpy", "sqlalchemy.orm", "alembic.command", "lxml.etree", "jinja2", "fastapi", "httpx", "psycopg")


@dataclass
class Report:
    """What became of a module's mutants."""

    module: str
    mutants: int
    tried: int = 0
    killed: int = 0
    equivalent: int = 0
    seconds: float = 0.0
    survivors: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Killed, of those tried that are not judged equivalent."""
        asked = self.tried - self.equivalent
        return self.killed / asked if asked else 1.0


def targets() -> dict[str, list[str]]:
    """The modules and the test files that are their own."""
    return {module: tests.split() for module, _, tests in _rows()}


def held() -> set[str]:
    """The modules that have reached the bar and may not fall under it again; the others are open work."""
    return {module for module, bar, _ in _rows() if bar == "held"}


def _rows() -> list[list[str]]:
    return [line.split("\t") for line in MODULES.read_text(encoding="utf-8").splitlines()[1:]]


def judged_equivalent() -> dict[str, set[str]]:
    """Mutants by module that no test could tell from the source."""
    found: dict[str, set[str]] = defaultdict(set)
    with EQUIVALENT.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            found[row["module"]].add(row["mutant"])
    return found


def in_child(work: Callable[[], int], limit: float) -> int:
    """The exit code of a piece of work done in a forked process; 124 where it took too long."""
    pid = os.fork()
    if pid == 0:
        os.setsid()
        code = 1
        try:
            code = work()
        finally:
            os._exit(code)
    until = time.monotonic() + limit
    while time.monotonic() < until:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return 124


def reached(module: str, tests: list[str], folder: Path) -> dict[str, mutantrun.Reach]:
    """Which lines of the module each test reaches, and how long it takes.

    Raises:
        SystemExit: the tests do not pass on the unchanged module.

    """
    told = folder / "reach.json"
    code = in_child(lambda: mutantrun.trace(module, tests, told), 900)
    if code != 0:
        sys.exit(f"{module}: its own tests do not pass as it is (exit {code}); see {folder / 'output.txt'}")
    return {
        name: mutantrun.Reach(**row) for name, row in json.loads(told.read_text(encoding="utf-8")).items()
    }


def tests_for(mutant: Mutant, reach: dict[str, mutantrun.Reach]) -> list[str]:
    """The tests that reach a mutant, the quickest first."""
    hit = [name for name, one in reach.items() if mutant.at_import or mutant.line in one.lines]
    return sorted(hit, key=lambda name: reach[name].seconds)


def drawn(module: str, every: list[Mutant], draw: tuple[int, int] | None) -> list[Mutant]:
    """A module's mutants, or a sample of so many of them by a seed, in order."""
    if draw is None or draw[0] >= len(every):
        return every
    sample = random.Random(f"{draw[1]}:{module}").sample(every, draw[0])
    return sorted(sample, key=lambda one: one.number)


def check(module: str, tests: list[str], draw: tuple[int, int] | None, *, verbose: bool) -> Report:
    """Try a module's mutants, or a drawn sample of them."""
    started = time.monotonic()
    source = (ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
    every = mutants(source)
    report = Report(module, len(every))
    chosen = drawn(module, every, draw)
    alike = judged_equivalent()[module]
    with tempfile.TemporaryDirectory(prefix="kc-mutants-") as name:
        folder = Path(name)
        reach = reached(module, tests, folder)
        for mutant in chosen:
            report.tried += 1
            if mutant.key in alike:
                report.equivalent += 1
            elif is_killed(module, mutant, reach, folder):
                report.killed += 1
            else:
                report.survivors.append(f"{mutant.line}: {mutant.key}")
                if verbose:
                    print(f"survived  {module}:{report.survivors[-1]}", file=sys.stderr, flush=True)
        if in_child(lambda: mutantrun.try_one(module, None, list(reach), folder), 900) != 0:
            sys.exit(f"{module}: its own tests do not pass any more; something else changed meanwhile")
    report.seconds = round(time.monotonic() - started, 1)
    return report


def is_killed(module: str, mutant: Mutant, reach: dict[str, mutantrun.Reach], folder: Path) -> bool:
    """Whether a test fails, or the module does not even load."""
    chosen = tests_for(mutant, reach)
    if not chosen:
        return False
    usual = sum(reach[name].seconds for name in chosen)
    code = in_child(lambda: mutantrun.try_one(module, mutant.number, chosen, folder), 60 + 10 * usual)
    return code != 0


def checks(
    names: Sequence[str], draw: tuple[int, int] | None, workers: int, *, verbose: bool
) -> Iterator[Report]:
    """The reports of some modules in their order, so many modules at once."""
    known = targets()
    # forked: what is loaded here is not loaded again in each
    with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
        work = partial(check, verbose=verbose)
        yield from pool.map(work, names, [known[name] for name in names], repeat(draw))


def table(reports: Sequence[Report]) -> str:
    """The result as a Markdown table."""
    lines = ["| module | mutants | tried | killed | judged equivalent | survived | killed of the rest |"]
    lines.append("|---|---|---|---|---|---|---|")
    lines += [
        f"| `{one.module}` | {one.mutants} | {one.tried} | {one.killed} | {one.equivalent} "
        f"| {len(one.survivors)} | {one.rate:.1%} |"
        for one in reports
    ]
    return "\n".join(lines)


def fallen(reports: Sequence[Report]) -> list[str]:
    """The modules that had reached the bar and are below it; a name for all those of which few were tried."""
    bound = held()
    alone: list[Report] = []
    few: list[Report] = []
    for one in reports:
        if one.module in bound:
            (alone if one.tried >= min(TELLING, one.mutants) else few).append(one)
    low = [one.module for one in alone if one.rate < BAR]
    asked, killed = sum(one.tried - one.equivalent for one in few), sum(one.killed for one in few)
    return [*low, f"{len(few)} sampled modules together"] if killed < BAR * asked else low


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.mutation", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--module", action="append", help="one module, as models.audit; may be given again")
    parser.add_argument("--sample", type=int, help="try so many of each module's mutants")
    parser.add_argument("--seed", type=int, default=1, help="which sample")
    parser.add_argument("--workers", type=int, default=1, help="so many modules at once")
    parser.add_argument("--json", type=Path, help="write the result into this file too")
    parser.add_argument("--quiet", action="store_true", help="do not name survivors while it runs")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Try the mutants of one module or all of them; 1 if a module fell below the bar it had reached."""
    asked = _arguments(argv)
    known = targets()
    unknown = [name for name in asked.module or [] if name not in known]
    if unknown:
        print(f"no such module: {unknown[0]}; the modules are {', '.join(known)}", file=sys.stderr)
        return 2
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for heavy in HEAVY:
        importlib.import_module(heavy)
    draw = (asked.sample, asked.seed) if asked.sample else None
    reports = []
    with mutantrun.databases():
        for report in checks(asked.module or list(known), draw, asked.workers, verbose=not asked.quiet):
            reports.append(report)
            print(table(reports[-1:]).splitlines()[-1], flush=True)
            if asked.json:
                asked.json.write_text(
                    json.dumps([asdict(one) for one in reports], indent=1), encoding="utf-8"
                )
    low = [one.module for one in reports if one.rate < BAR]
    lost = fallen(reports)
    print(f"{table(reports)}\n\nbelow {BAR:.0%}: {', '.join(low) or 'none'}")
    print(f"fallen below it: {', '.join(lost) or 'none'}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
