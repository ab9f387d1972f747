"""Model files: written whole under their hash, and opened for the first time in a process with little memory.

A 563-byte file can ask for all memory there is, so a file is only loaded by the desk after a child process
with a limit has loaded it (safety M2, M3). Never pickle: skops with no trusted types.
"""

import hashlib
import os
import secrets
import subprocess
import sys
from pathlib import Path

from models.errors import KiemChungError

LARGEST = 20 * 1024 * 1024
MEMORY = 512 * 1024 * 1024
LONGEST_S = 120


def path_of(folder: Path, sha256: str) -> Path:
    """Where a registered model lies."""
    return folder / f"{sha256}.skops"


def write(folder: Path, data: bytes) -> Path:
    """Write a model's bytes under their SHA-256, whole or not at all; raises `KiemChungError`."""
    if len(data) > LARGEST:
        raise KiemChungError(
            f"the model has {len(data) >> 20} MB, more than the {LARGEST >> 20} that are allowed"
        )
    path = path_of(folder, hashlib.sha256(data).hexdigest())
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise KiemChungError(f"{path}: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)
    return path


def problem(folder: Path, sha256: str) -> str | None:
    """What is wrong with the bytes of a registered model, without parsing them; None if nothing is."""
    path = path_of(folder, sha256)
    try:
        if path.stat().st_size > LARGEST:
            return f"{path}: larger than {LARGEST >> 20} MB"
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return f"{path}: {error.strerror}"
    return None if found == sha256 else f"{path}: SHA-256 is not the registered one"


def validate(folder: Path, sha256: str) -> None:
    """Check hash and size, then load the model in a child with a memory limit; raises `KiemChungError`."""
    wrong = problem(folder, sha256)
    if wrong is not None:
        raise KiemChungError(wrong)
    path = path_of(folder, sha256)
    quiet = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # each thread reserves memory of its own
    command = [sys.executable, "-m", "pipeline.modelbox", str(path), sha256]
    try:
        done = subprocess.run(  # noqa: S603 -- this very module, with a path of ours
            command,
            env={**os.environ, **quiet},
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise KiemChungError(f"{path.name}: loading it takes longer than {LONGEST_S} s") from error
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"the loading process ended with {done.returncode}"]
        raise KiemChungError(f"{path.name}: cannot be loaded safely ({lines[-1]})")


def _limit_memory() -> None:
    """Allow as much again as the libraries take, and no more."""
    import resource

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _load(path: Path, sha256: str) -> None:
    import skops.io  # noqa: F401 -- loaded before the limit is set, so that it bounds the file alone

    from classify.rank import ClaimFacts, LinearRanker

    _limit_memory()
    facts = ClaimFacts("thử một câu", "health", 1, 1, 1, 0, 0.0, 0.0, 0.0)
    score = LinearRanker.load(path, sha256).score([facts])[0].score
    if not 0 <= score <= 1:
        raise KiemChungError("the model's score is no probability")


def _main() -> None:
    from classify.errors import ClassifyError

    try:
        _load(Path(sys.argv[1]), sys.argv[2])
    except (
        KiemChungError,
        ClassifyError,
        ValueError,
        TypeError,
        AttributeError,
        KeyError,
        MemoryError,
    ) as error:
        sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    _main()
