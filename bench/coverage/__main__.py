"""The command line of the benchmark: one JSON object on standard output."""

import argparse
import json
import os
import sys
from pathlib import Path

from bench.coverage.run import PARTS, SEED, Plan, run


def main() -> int:
    """Print one JSON object; 1 if a bar is not reached."""
    parser = argparse.ArgumentParser(prog="python -m bench.coverage", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the whole grids of the specification")
    parser.add_argument("--part", choices=PARTS, action="append", help="one part (may be given again)")
    parser.add_argument("--replications", type=int, help="replications a cell, instead of each part's own")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, help="also write the object to this file")
    given = parser.parse_args()
    plan = Plan(given.full, given.replications, given.seed, given.processes)
    report = run(given.part or PARTS, plan)
    print(json.dumps(report))
    if given.out:
        given.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0 if report["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
