"""Runs readers on hostile documents, each in a child of its own under limits of processor time and memory.

`python -m tests.crawlers.limits KIND SIZE FOLDER` prints one JSON line a document. The process loads the
libraries once and forks for each document, so that what is measured is the document.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

SECONDS = 5
MEBIBYTES = 256
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Measured:
    """What became of one document: `said` is what the reader made of it, empty if it did not survive."""

    name: str
    alive: bool
    said: str
    seconds: float
    mebibytes: float


def measure(kind: str, size: int, folder: Path) -> list[Measured]:
    """Read all documents of a kind in the limits; the folder holds what they try to reach."""
    command = [sys.executable, "-m", "tests.crawlers.limits", kind, str(size), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True, timeout=600)
    return [Measured(**json.loads(line)) for line in done.stdout.splitlines()]


def _in_child(name: str, work: Callable[[], str]) -> Measured:
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        os.close(ours)
        os._exit(_measured(name, work, theirs))
    os.close(theirs)
    with os.fdopen(ours, encoding="utf-8") as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return (
        Measured(**json.loads(text)) if text else Measured(name, alive=False, said="", seconds=0, mebibytes=0)
    )


def _measured(name: str, work: Callable[[], str], answer: int) -> int:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    room = _address_space() + MEBIBYTES * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    try:
        said, alive = work()[:100_000], True
    except MemoryError:
        said, alive = "", False
    seconds = time.process_time() - start
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    with os.fdopen(answer, "w", encoding="utf-8") as pipe:
        row = {"name": name, "alive": alive, "said": said, "seconds": seconds, "mebibytes": grown}
        pipe.write(json.dumps(row))
    return 0


def _address_space() -> int:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    return int(pages) * resource.getpagesize()


def _jobs(kind: str, size: int, folder: Path) -> Mapping[str, Callable[[], str]]:
    from tests.crawlers import hostile

    jobs: dict[str, Callable[[], str]] = {}
    if kind == "control":
        jobs["too long"] = lambda: str(sum(at * at for at in range(10**12)))
        jobs["too large"] = lambda: str(len(bytearray(MEBIBYTES * 3 * 1024 * 1024)))
        jobs["modest"] = lambda: "alive"
        return jobs
    if kind == "pdf":
        for path in sorted(folder.glob("*.pdf")):
            jobs[path.stem] = lambda path=path: hostile.read_pdf(path.read_bytes())  # type: ignore[misc]
        return jobs
    table, read = hostile.readers()[kind]
    for name, make in table.items():
        document = make(size).replace("file:///etc/passwd", (folder / "secret").as_uri())
        jobs[name] = lambda document=document: read(document)  # type: ignore[misc]
    return jobs


if __name__ == "__main__":
    for job, task in _jobs(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])).items():
        sys.stdout.write(json.dumps(vars(_in_child(job, task))) + "\n")
