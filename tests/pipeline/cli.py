"""The program as its users run it: a process of its own in a folder of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    def json(self) -> Any:  # noqa: ANN401 -- what JSON holds
        """Standard output, which must be one JSON object and nothing else."""
        assert self.code == 0, self.err
        lines = self.out.splitlines()
        assert len(lines) == 1, self.out
        return json.loads(lines[0])

    def refused(self, code: int, *words: str) -> None:
        """One line on standard error with these words, nothing on standard output, and this exit code."""
        assert self.code == code, (self.code, self.err)
        assert self.out == ""
        assert self.err.startswith("kiemchung: "), self.err
        assert self.err.count("\n") == 1, self.err
        for word in words:
            assert word in self.err, self.err


def environment(**changes: str) -> dict[str, str]:
    """The environment of a user who has set nothing, and warnings as errors."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KIEMCHUNG_")}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", "NO_COLOR": "1"} | changes


def kiemchung(
    folder: Path,
    *arguments: str,
    given: str | bytes = b"",
    env: Mapping[str, str] | None = None,
) -> Done:
    """Run one command in a folder."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli.main", *arguments],
        cwd=folder,
        env=environment(**(env or {})),
        input=given.encode() if isinstance(given, str) else given,
        capture_output=True,
        timeout=120,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())
