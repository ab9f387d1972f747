"""The wheel: everything that the product needs and nothing else, and the list of what it was tested with.

`python -m tools.wheel` builds `dist/kiemchung-VERSION-py3-none-any.whl` from a clean copy of the rooms, the
same bytes each time, compares it with the tree and writes `dist/requirements.txt`: the part of the lock that
the product itself needs, with hashes. `--check FILE` compares a wheel that is there already.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("classify", "crawlers", "demo", "models", "pipeline", "review_ui")
BESIDE = ("pyproject.toml", "README.md", "LICENSE")
LARGEST = 15 * 2**20
LOCK = "requirements-dev.lock"
OUT = ROOT / "dist"
# the zip format knows no earlier day; a fixed one makes two builds equal
_EPOCH = "315532800"
_ABOUT = re.compile(
    r"^kiemchung-[\w.]+\.dist-info/(?:METADATA|WHEEL|RECORD|entry_points\.txt|top_level\.txt|"
    r"licenses/LICENSE)$"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build and check a wheel, or check one; 1 if something is wrong with it."""
    parser = argparse.ArgumentParser(prog="python -m tools.wheel", description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT, help="folder to write to (dist)")
    parser.add_argument("--check", type=Path, metavar="FILE", help="build nothing, look at this wheel")
    given = parser.parse_args(arguments)
    wheel = given.check or build(given.out)
    found = problems(wheel, files_of(ROOT))
    if given.check is None:
        (given.out / "requirements.txt").write_text(runtime_lock(), encoding="utf-8")
    size = wheel.stat().st_size / 2**20
    sys.stdout.write("".join(f"{line}\n" for line in found) or f"{wheel} ({size:.1f} MiB)\n")
    return bool(found)


def build(out: Path, tree: Path = ROOT) -> Path:
    """Build the wheel of a tree into a folder; gives its path.

    From a copy, because setuptools would leave a folder `build` in the tree and take what an earlier build
    left there. With the builder of the lock, so that nothing is fetched.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "tree"
        copy.mkdir()
        for name in BESIDE:
            shutil.copyfile(tree / name, copy / name)
        for room in ROOMS:
            shutil.copytree(tree / room, copy / room, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        made = Path(folder) / "made"
        builder = Path(sys.executable).with_name("uv")
        command = [str(builder), "build", "--quiet", "--offline", "--wheel", "--no-build-isolation"]
        command += ["--python", sys.executable, "--out-dir", str(made), str(copy)]
        environment = {**os.environ, "SOURCE_DATE_EPOCH": _EPOCH}
        subprocess.run(command, check=True, env=environment, capture_output=True)
        found = next(made.glob("*.whl"))
        out.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copyfile(found, out / found.name))


def files_of(tree: Path) -> set[str]:
    """Every file of the rooms of a tree, by its path in it."""
    found = (path.relative_to(tree) for room in ROOMS for path in (tree / room).rglob("*") if path.is_file())
    return {
        path.as_posix()
        for path in found
        if "__pycache__" not in path.parts and not any(part.startswith(".") for part in path.parts)
    }


def problems(wheel: Path, wanted: set[str], largest: int = LARGEST) -> list[str]:
    """What is wrong with a wheel: a file that is missing or not ours, or too many bytes."""
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if not name.endswith("/")}
    files = {name for name in held if not _ABOUT.match(name)}
    found = [f"{name}: is not in the wheel, see package-data in pyproject.toml" for name in wanted - files]
    found += [f"{name}: does not belong in the wheel" for name in files - wanted]
    size = wheel.stat().st_size
    if size > largest:
        found.append(f"{wheel.name}: {size / 2**20:.1f} MiB, {largest / 2**20:.0f} MiB is the most")
    return sorted(found)


def runtime_lock(lock: Path = ROOT / LOCK) -> str:
    """The blocks of the lock that the product needs when it runs, with their hashes."""
    needed = set(_needed("kiemchung"))
    # a block begins at the margin and its hashes are indented
    blocks = re.findall(r"^[a-z0-9].*(?:\n[ \t]+.*)*", lock.read_text(encoding="utf-8"), re.MULTILINE)
    kept = [block for block in blocks if _plain(re.split(r"[\[=; ]", block)[0]) in needed]
    head = "# What the product needs to run, as it was tested. Written by `python -m tools.wheel`.\n"
    return head + "".join(f"{block}\n" for block in kept)


def _needed(name: str) -> Iterator[str]:
    """A package and everything that it needs here, each once."""
    from packaging.requirements import Requirement

    seen: set[tuple[str, frozenset[str]]] = set()
    waiting: list[tuple[str, frozenset[str]]] = [(name, frozenset())]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        package, extras = one
        try:
            lines = distribution(package).requires or []
        except PackageNotFoundError:
            continue  # of another system
        yield _plain(package)
        for wanted in map(Requirement, lines):
            marker = wanted.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                waiting.append((wanted.name, frozenset(wanted.extras)))


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
