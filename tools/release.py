"""Everything that a release is checked for, with its figures in `build/release/` (`make test-release`).

Run as `python -m tools.release [--workers N]`. A step that fails does not keep the next from being done; the
program exits 1 at the end if one did. `figures.md` is written anew after each step: what was done, how long
it took and what it counted. Beside it are the log of each step, `tests.tsv` with the seconds of every test,
and `mutants.json`.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from tools.budgets import ROOT

FOLDER = ROOT / "build" / "release"
REQUESTS, SAMPLE, SEED = 50_000, 6, 1
MOST_MINUTES = 60
SLOWEST = 40


@dataclass
class Step:
    """One thing that is done: its command, and what to read out of its log."""

    name: str
    command: Sequence[str]
    figure: Callable[[str], str]
    code: int | None = None
    seconds: float = 0.0
    counted: str = ""


@dataclass(frozen=True)
class Tested:
    """One test as the run reports it; `seconds` are those of its fixtures too."""

    name: str
    seconds: float
    outcome: str


def last_line(log: str) -> str:
    """What a program says at its end."""
    lines = [line.strip(" =") for line in log.splitlines() if line.strip()]
    return lines[-1] if lines else "said nothing"


def killed(log: str) -> str:
    """The mutants of all modules together, and which modules fell below the bar."""
    # the whole table stands at the end; before it each module's line is said when it is done
    rows = dict(re.findall(r"^\| (`[a-z_.]+`) \| \d+ \| ([\d |]+) \|", log, re.MULTILINE)).values()
    counts = [[int(n) for n in row.split(" | ")] for row in rows]
    tried, dead, alike, left = (
        (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0, 0, 0)
    )
    return f"{dead} of {tried - alike} mutants killed, {left} survived, {alike} equivalent; {last_line(log)}"


def steps(workers: str, folder: Path) -> list[list[Step]]:
    """What is done, one group after the other; the steps of a group at once."""
    python = sys.executable
    tests = [
        python,
        "-m",
        "pytest",
        "-n",
        workers,
        "--dist",
        "worksteal",
        f"--junitxml={folder / 'tests.xml'}",
    ]
    product = [str(ROOT / ".venv-release" / "bin" / "python"), "-m", "tools.fuzz_web", "--product", python]
    mutants = [python, "-m", "tools.mutation", "--sample", str(SAMPLE), "--seed", str(SEED)]
    audit = [python, "-m", "tools.audit", "secrets", "components"]
    return [
        [Step("browser", ["tools/browser"], last_line)],
        [Step("tests", tests, last_line)],
        [
            Step("secrets and components", audit, last_line),
            Step("fuzz", [*product, "--requests", str(REQUESTS)], last_line),
            Step("mutants", [*mutants, "--workers", "2", "--json", str(folder / "mutants.json")], killed),
        ],
    ]


def run(group: Sequence[Step], folder: Path) -> None:
    """Do the steps of a group at once, each into its own log."""
    started = time.monotonic()
    logs = [folder / f"{step.name.replace(' ', '-')}.log" for step in group]
    running: list[tuple[Step, Path, subprocess.Popen[bytes]]] = []
    for step, log in zip(group, logs, strict=True):
        print(f"release: {step.name} (log: {log})", flush=True)
        with log.open("wb") as file:
            try:
                process = subprocess.Popen(
                    step.command,
                    cwd=ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, "PYTHONUNBUFFERED": "1"},
                )
            except OSError as error:
                step.code, step.counted = 127, f"could not be started: {error.strerror}"
                continue
        running.append((step, log, process))
    while running:
        for one in list(running):
            step, log, process = one
            if process.poll() is not None:
                running.remove(one)
                step.code, step.seconds = process.returncode, time.monotonic() - started
                step.counted = step.figure(log.read_text(encoding="utf-8", errors="replace"))
        time.sleep(0.1)


def tested(path: Path) -> list[Tested]:
    """Every test of a JUnit report, the slowest first."""
    if not path.is_file():
        return []
    found = []
    for case in ET.parse(path).getroot().iter("testcase"):  # noqa: S314 -- written by our own run
        kinds = [child.tag for child in case if child.tag in {"failure", "error", "skipped"}]
        name = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name', '')}"
        found.append(Tested(name, float(case.get("time", 0)), kinds[0] if kinds else "passed"))
    return sorted(found, key=lambda one: -one.seconds)


def report(done: Sequence[Step], tests: Sequence[Tested], minutes: float) -> str:
    """The figures of a release as Markdown."""
    lines = ["# Figures of a release", "", "| step | result | minutes | counted |", "|---|---|---|---|"]
    for step in done:
        said = "ok" if step.code == 0 else f"**failed ({step.code})**"
        lines.append(f"| {step.name} | {said} | {step.seconds / 60:.1f} | {step.counted.replace('|', '/')} |")
    lines += ["", f"{minutes:.1f} minutes in all; the aim is {MOST_MINUTES} on 2 cores.", ""]
    if tests:
        outcomes = ", ".join(
            f"{n} {outcome}" for outcome, n in sorted(Counter(t.outcome for t in tests).items())
        )
        lines += [
            f"Tests: {outcomes}; {sum(t.seconds for t in tests) / 60:.1f} minutes one after the other.",
            "",
        ]
        lines += [f"- {t.outcome}: `{t.name}`" for t in tests if t.outcome != "passed"]
        lines += ["", "| seconds | slowest tests |", "|---|---|"]
        lines += [f"| {t.seconds:.1f} | `{t.name.replace('|', '/')}` |" for t in tests[:SLOWEST]]
        files: Counter[str] = Counter()
        for t in tests:
            files[t.name.split("::")[0]] += round(t.seconds)
        lines += ["", "| seconds | dearest files |", "|---|---|"]
        lines += [f"| {n} | `{name}` |" for name, n in files.most_common(SLOWEST)]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do every step and write the figures; 1 if a step failed."""
    parser = argparse.ArgumentParser(prog="python -m tools.release", description=__doc__)
    parser.add_argument("--workers", default="auto", help="processes for the tests")
    given = parser.parse_args(arguments)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    started = time.monotonic()
    done: list[Step] = []
    tests: list[Tested] = []
    for group in steps(given.workers, FOLDER):
        run(group, FOLDER)
        done += group
        tests = tested(FOLDER / "tests.xml")
        rows = (f"{one.seconds:.2f}\t{one.outcome}\t{one.name}\n" for one in tests)
        (FOLDER / "tests.tsv").write_text("".join(rows), encoding="utf-8")
        text = report(done, tests, (time.monotonic() - started) / 60)
        (FOLDER / "figures.md").write_text(text, encoding="utf-8")
        for step in group:
            print(f"release: {step.name}: exit {step.code}, {step.seconds:.0f} s, {step.counted}", flush=True)
    print(f"release: figures in {FOLDER / 'figures.md'}")
    return 1 if any(step.code for step in done) else 0


if __name__ == "__main__":
    sys.exit(main())
