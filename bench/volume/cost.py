"""What an item costs at each size of a desk: new texts go through every stage over what is stored already.

Each size is measured in a process of its own. Stated apart are: the first run of a stage in a fresh process
(`start_ms`: it may load an index), a run with nothing to do (`empty_ms`), and what one new item adds
(`item_ms`: a round's run over its items, without the empty run). Drawing and erasing are rolled back, so that
a filled desk can be kept (`--keep FOLDER`) and measured again. `--sizes 20000 200000 2000000` by default.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.filled import made
from bench.machine import database
from bench.volume.feed import NOW
from bench.volume.fill import fill
from bench.volume.probe import ALL, CPU, Probe

SIZES = (20_000, 200_000, 2_000_000)
FLAT = 1.2
LEAST_MS = 0.05
"""What the clock and the scheduler add to a figure anyway; less than this is not compared."""


def main() -> None:
    """Print one JSON object; 1 if a ratio is over the target."""
    given = _arguments().parse_args()
    if given.only:
        _one(given, Path(given.keep))
        return
    with ExitStack() as stack:
        folder = Path(given.keep or stack.enter_context(tempfile.TemporaryDirectory(prefix="kc-volume-")))
        sizes = {}
        for size in given.sizes:
            _child(given, folder, size, "fill")
            sizes[str(size)] = json.loads(_child(given, folder, size, "measure"))
    answer = report(given.database, sizes)
    print(json.dumps(answer, ensure_ascii=False))
    sys.exit(not all(answer["holds"].values()))


def report(name: str, sizes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The figures of each size, and the largest over the smallest of what an item adds at each stage."""
    first, last = next(iter(sizes.values())), list(sizes.values())[-1]
    ratio = {
        stage: round(max(last["item_ms"][stage], LEAST_MS) / max(ms, LEAST_MS), 2)
        for stage, ms in first["item_ms"].items()
    }
    compared = {stage: one for stage, one in ratio.items() if not stage.endswith(CPU)}
    return {
        "benchmark": "volume_cost",
        "database": name,
        "sizes": sizes,
        "ratio_last_to_first": ratio,
        "target_ratio": FLAT,
        "holds": {stage: one <= FLAT for stage, one in compared.items()},
    }


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="MENTIONS")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument(
        "--keep", default="", metavar="FOLDER", help="filled desks stay here and are used again"
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--items", type=int, default=60, help="new items a round")
    parser.add_argument("--stages", nargs="+", choices=ALL, default=ALL)
    parser.add_argument("--only", choices=("fill", "measure"), help=argparse.SUPPRESS)
    return parser


def _child(given: argparse.Namespace, folder: Path, size: int, only: str) -> str:
    """Fill or measure one size in a process of its own; gives what it printed."""
    command = [sys.executable, "-m", "bench.volume.cost", "--only", only, "--sizes", str(size)]
    command += ["--keep", str(folder), "--database", given.database, "--rounds", str(given.rounds)]
    command += ["--items", str(given.items), "--stages", *given.stages]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _one(given: argparse.Namespace, keep: Path) -> None:
    postgres = given.database == "postgresql"
    folder = keep / f"{given.database}-{given.sizes[0]}"
    folder.mkdir(parents=True, exist_ok=True)
    with database(folder, postgres=postgres) as url:
        desk = made(url, folder, NOW)
        if given.only == "fill":
            fill(desk, given.sizes[0], folder / "filled.json", lambda line: print(line, file=sys.stderr))
        else:
            found = Probe(desk, given.items, given.stages).measure(given.rounds)
            print(json.dumps(found))
        desk.close()


if __name__ == "__main__":
    main()
