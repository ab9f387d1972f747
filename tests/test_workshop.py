"""The workshop keeps its own promises: budgets, contracts, locked dependencies, and no trace of a machine."""

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from tools import budgets

ROOT = budgets.ROOT
SKIPPED = {".git", ".venv", "__pycache__", "build", "dist", "var", "node_modules"}
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = tuple(f"requirements-{name}.lock" for name in ("dev", "setup", "release", "scan"))
# put together here, so that this file does not name them either
REGISTRIES = [
    ".".join(parts)
    for parts in (
        *(("pypi", "org"), ("files", "pythonhosted", "org"), ("registry", "npmjs", "org"), ("npmjs", "com")),
        *(("anaconda", "org"), ("docker", "io"), ("ghcr", "io"), ("quay", "io"), ("proxy", "golang", "org")),
        *(("crates", "io"), ("huggingface", "co"), ("unpkg", "com"), ("jsdelivr", "net"), ("cdnjs", "com")),
    )
]
MACHINE_PATH = re.compile(r"(?<![\w.:/])/(?:work|root|home|Users|mnt/c)/[\w.-]+|[A-Z]:\\Users\\")


def is_skipped(folder: str) -> bool:
    return folder in SKIPPED or folder.startswith(".") or folder.endswith(".egg-info")


def texts() -> list[tuple[Path, str]]:
    """Every text file of the repository."""
    found = []
    for folder, names, files in os.walk(ROOT):
        names[:] = [name for name in names if name == ".ci" or not is_skipped(name)]
        for path in (Path(folder) / name for name in files):
            try:
                found.append((path.relative_to(ROOT), path.read_text(encoding="utf-8")))
            except (UnicodeDecodeError, FileNotFoundError):
                continue
    return found


def holding(files: list[tuple[Path, str]], pattern: re.Pattern[str]) -> list[str]:
    return [f"{path}: {match[0]}" for path, text in files if (match := pattern.search(text))]


def registry_pattern() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{'|'.join(re.escape(name) for name in REGISTRIES)})\b", re.IGNORECASE)


# sizes and directions


def test_the_code_is_within_its_budgets(capsys: pytest.CaptureFixture[str]) -> None:
    assert budgets.main() == 0, capsys.readouterr().out


def test_positive_control_what_is_over_budget_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "ROOT", tmp_path)
    body = "    x = 1\n" * (budgets.MAX_BODY + 1)
    nested = (
        "def deep():",
        "    if a:",
        "        for b in c:",
        "            while d:",
        "                if e: f()",
    )
    deep = "\n".join(nested)
    file = tmp_path / "long.py"
    file.write_text(f"def long():\n{body}\n{deep}" + "\n" * budgets.MAX_MODULE, encoding="utf-8")
    found = list(budgets.over_budget(file))
    assert [line.split(": ")[1].split()[0] for line in found] == [
        str(file.read_text().count("\n")),
        "body",
        "nested",
    ]


def test_positive_control_an_import_cycle_is_found() -> None:
    assert list(budgets.cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}})) == ["import cycle: a -> b -> c -> a"]
    assert list(budgets.cycles({"a": {"b", "c"}, "b": {"c"}, "c": set()})) == []


def test_the_import_contracts_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


def test_the_contracts_cover_every_room() -> None:
    config = PYPROJECT["tool"]["importlinter"]
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "tools", "bench"}
    assert set(config["root_packages"]) == rooms
    layers = next(one for one in config["contracts"] if one["type"] == "layers")
    assert layers["layers"] == ["review_ui", "pipeline", "crawlers", "models"]


# dependencies


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_pins_by_hash_and_names_no_index(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    wanted = [block for block in text.replace("\\\n", " ").splitlines() if block.strip() and block[0] != "#"]
    assert wanted
    for line in wanted:
        assert re.match(r"^[a-z0-9][a-z0-9._-]*(\[[a-z,]+\])?==\S+ ", line), line[:60]
        assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}", line)) >= 1, line[:60]
    assert not re.search(r"--(?:extra-)?index-url|--find-links|--trusted-host|https?://", text)


def direct() -> list[tuple[str, str]]:
    """Each dependency that is named, with its lock file: the product's are locked with the tests'."""
    groups = PYPROJECT["dependency-groups"]
    wanted = [(line, "dev") for line in PYPROJECT["project"]["dependencies"]]
    wanted += [(line, group) for group, lines in groups.items() for line in lines]
    return [(re.split(r"[\[<>=~!; ]", line)[0], f"requirements-{group}.lock") for line, group in wanted]


def test_every_dependency_is_in_its_lock_file() -> None:
    locked = {
        lock: set(re.findall(r"^([a-z0-9._-]+)", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE))
        for lock in LOCKS
    }
    assert [name for name, lock in direct() if name not in locked[lock]] == []


def test_every_dependency_has_its_line_with_reason_and_licence() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([a-z0-9.-]+) \| (.{5,} \| .{2,}) \|$", page, re.MULTILINE))
    assert sorted(rows.keys() - {"package", "file"}) == sorted(name for name, _ in direct())
    assert "htmx" in page


def test_every_dependency_is_used() -> None:
    # those that are named otherwise when they are imported, and those that another package loads by itself
    modules = {"argon2-cffi": "argon2", "scikit-learn": "sklearn", "vl-convert-python": "vl_convert"}
    modules |= {"python-docx": "docx", "pynacl": "nacl"}
    loaded = {"dask", "psycopg", "python-multipart", "tzdata"}
    rooms = PYPROJECT["tool"]["importlinter"]["root_packages"]
    code = "\n".join(
        text for path, text in texts() if path.suffix == ".py" and path.parts[0] in {*rooms, "bench", "tests"}
    )
    names = {re.split(r"[\[<>=]", line)[0] for line in PYPROJECT["project"]["dependencies"]} - loaded
    wanted = {name: modules.get(name, name.replace("-", "_")) for name in names}
    uses = {
        name: re.search(rf"\b(?:import|from) {module}\b|\"{module}\"", code)
        for name, module in wanted.items()
    }
    assert sorted(name for name, use in uses.items() if use is None) == []


# traces


def test_no_file_names_a_registry() -> None:
    assert holding(texts(), registry_pattern()) == []


def test_no_file_holds_a_path_of_a_machine() -> None:
    assert holding(texts(), MACHINE_PATH) == []


def test_positive_control_a_trace_is_found() -> None:
    planted = [
        (Path("a"), f"see https://{REGISTRIES[0]}/simple"),
        (Path("b"), "open('/" + "home/someone/x')"),
    ]
    assert holding(planted, registry_pattern()) == [f"a: {REGISTRIES[0]}"]
    assert holding(planted, MACHINE_PATH) == ["b: /" + "home/someone"]
    assert len(texts()) > 100


# commands, versions, licence


def test_ci_runs_the_two_commands_that_everybody_uses() -> None:
    script = ROOT / ".ci" / "run"
    lines = script.read_text(encoding="utf-8").splitlines()
    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" in lines
    assert [line for line in lines if line.startswith("make ")] == ["make setup", "make check", "make test"]


def test_make_help_names_every_target() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    named = [line.split()[0] for line in done.stdout.splitlines()]
    wanted = ["help", "setup", "run", "test", "test-release", "check", "bench", "docs", "clean"]
    assert [name for name in wanted if name not in named] == []


def test_the_version_is_one_and_in_the_changelog() -> None:
    declared = PYPROJECT["project"]["version"]
    assert version("kiemchung") == declared
    assert f"\n## {declared}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_changelog_names_every_topic() -> None:
    from models.vocabulary import Topic

    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert [topic.value for topic in Topic if f"`{topic.value}`" not in text] == []


def test_the_licence_is_the_one_that_is_declared() -> None:
    assert PYPROJECT["project"]["license"] == "AGPL-3.0-or-later"
    head = (ROOT / "LICENSE").read_text(encoding="utf-8")[:200]
    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in head
    assert "Version 3" in head


def test_every_data_file_of_a_room_is_packaged() -> None:
    patterns = [pattern.removeprefix("*") for pattern in PYPROJECT["tool"]["setuptools"]["package-data"]["*"]]
    rooms = PYPROJECT["tool"]["importlinter"]["root_packages"]
    files = [path for room in rooms for path in (ROOT / room).rglob("*") if path.is_file()]
    data = [path for path in files if path.suffix not in {".py", ".pyc"} and not path.name.startswith(".")]
    assert len(data) > 10
    assert [str(path.relative_to(ROOT)) for path in data if path.suffix not in patterns] == []


def test_every_lint_exception_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = text[text.index("ignore = [") : text.index("]", text.index("ignore = ["))]
    lines = [line for line in block.splitlines()[1:] if line.strip()]
    assert [line for line in lines if " # " not in line] == []


def terms(page: str) -> list[int]:
    """The days of each row of the table of renewals, the worst holes first; every lock file last."""
    part = page.partition("## How soon what is used is renewed")[2]
    names = ("critical hole", "high hole", "medium hole", "low hole", "every lock file")
    found = [re.search(rf"^\| {name}[^|]*\| (\d+) \|$", part, re.MULTILINE) for name in names]
    return [int(one[1]) for one in found if one]


def test_a_term_is_promised_for_every_kind_of_hole() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    *holes, renewal = terms(page)
    assert len(holes) == 4
    assert holes == sorted(holes)
    assert renewal <= 90
    assert len(terms(page.replace("| medium hole", "| hole"))) == 4, "a row that is missing is noticed"
