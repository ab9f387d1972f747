"""Seconds from pressing Enter: `kiemchung --help`, and `kiemchung check` on one text, cold."""

import json
import subprocess
import sys
import tempfile
from statistics import median
from time import perf_counter

TEXT = "Nghe nói đóng 300 ngàn phí hồ sơ thì được nhận 5 triệu tiền hỗ trợ triều cường, có thật không?"


def seconds(*arguments: str, rounds: int = 7) -> float:
    """The median time of a command in an empty folder."""
    times = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            start = perf_counter()
            command = [sys.executable, "-m", "pipeline.cli.main", *arguments]
            subprocess.run(command, check=True, capture_output=True, cwd=folder)
            times.append(perf_counter() - start)
    return median(times)


def main() -> None:
    """Print one JSON object."""
    figures = {
        "benchmark": "start_speed",
        "help_s": round(seconds("--help"), 2),
        "help_target_s": 0.4,
        "check_cold_s": round(seconds("check", TEXT, "--json"), 2),
        "check_target_s": 3.0,
        "python_alone_s": round(_bare(), 2),
    }
    print(json.dumps(figures))


def _bare() -> float:
    times = []
    for _ in range(7):
        start = perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        times.append(perf_counter() - start)
    return median(times)


if __name__ == "__main__":
    main()
