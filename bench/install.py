"""From nothing to the first page: the wheel's MiB, seconds of each step, and what `serve` holds while idle.

`python -m bench.install [--idle SECONDS]`. Packages come from the cache of the installer, which one run
before fills; with --offline nothing can be fetched.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from tools import wheel

WHEEL_MIB, FIRST_PAGE_S, IDLE_MIB = 15, 180, 300


def into(folder: Path, built: Path, requirements: Path, *more: str) -> Path:
    """A new environment with the wheel and what it was tested with, nothing else; gives the program."""
    installer = Path(sys.executable).with_name("uv")
    python = folder / "bin" / "python"
    _run(installer, "venv", "--quiet", "--python", sys.executable, folder)
    install = ["pip", "install", "--quiet", "--python", str(python), *more]
    _run(installer, *install, "--require-hashes", "--requirement", requirements)
    _run(installer, *install, "--no-deps", built)
    return folder / "bin" / "kiemchung"


def _run(*command: str | Path) -> None:
    done = subprocess.run([str(one) for one in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stderr.strip()}")


@contextmanager
def served(
    program: Path, folder: Path, environ: Mapping[str, str], *arguments: str
) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The desk of a folder while it is served; gives its address and its process."""
    command = [str(program), "serve", "--port", "0", *arguments]
    child = subprocess.Popen(command, cwd=folder, env=dict(environ), stdout=subprocess.PIPE, text=True)
    try:
        found = re.search(r"http://\S+", child.stdout.readline() if child.stdout else "")
        if found is None:
            raise SystemExit("the desk did not start")
        yield found[0], child
    finally:
        child.terminate()
        child.communicate(timeout=60)


def page(address: str, tries: int = 600) -> str:
    """The public front page, as soon as it answers."""
    for _ in range(tries):
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 -- its own address
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"{address} does not answer")


def resident_mib(pid: int) -> float:
    """Resident memory of a process and of all that it started, MiB."""
    total = _rss(pid)
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
        total += resident_mib(int(child))
    return total


def _rss(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else 0.0


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--idle", type=float, default=60, help="seconds before memory is read (60)")
    parser.add_argument("--offline", action="store_true", help="refuse to fetch anything")
    given = parser.parse_args()
    environ = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = perf_counter()
        built = wheel.build(folder)
        built_s, size = perf_counter() - began, built.stat().st_size
        requirements = folder / "requirements.txt"
        requirements.write_text(wheel.runtime_lock(), encoding="utf-8")
        began = perf_counter()
        program = into(folder / "venv", built, requirements, *(["--offline"] if given.offline else []))
        installed_s = perf_counter() - began
        desk = folder / "desk"
        desk.mkdir()
        subprocess.run([program, "init"], cwd=desk, env=environ, check=True, capture_output=True)
        made_s = perf_counter() - began
        with served(program, desk, environ) as (address, child):
            page(address)
            first_s = perf_counter() - began
            time.sleep(given.idle)
            idle = resident_mib(child.pid)
    figures = {
        "benchmark": "install",
        "may_fetch": not given.offline,
        "wheel_mib": round(size / 2**20, 1),
        "wheel_target_mib": WHEEL_MIB,
        "build_s": round(built_s, 1),
        "install_s": round(installed_s, 1),
        "init_s": round(made_s - installed_s, 1),
        "first_page_s": round(first_s, 1),
        "first_page_target_s": FIRST_PAGE_S,
        "idle_mib": round(idle),
        "idle_target_mib": IDLE_MIB,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
