"""The wheel holds what the tree holds and nothing else, and runs alone, outside the tree."""

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from bench import install
from tools import wheel


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of the tree as it is."""
    return wheel.build(tmp_path_factory.mktemp("wheel"))


def without(source: Path, target: Path, name: str, more: str | None = None) -> Path:
    """A copy of a wheel without one file, and with another one."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for one in old.infolist():
            if one.filename != name:
                new.writestr(one, old.read(one))
        if more is not None:
            new.writestr(more, "x")
    return target


def test_the_wheel_holds_every_file_of_the_rooms_and_nothing_else(built: Path) -> None:
    assert wheel.problems(built, wheel.files_of(wheel.ROOT)) == []
    with zipfile.ZipFile(built) as archive:
        names = archive.namelist()
    for kind in (".mako", ".npz", ".html", ".po", ".ttf", ".tmpl", ".typ", ".toml", ".tsv", ".css", ".js"):
        assert any(name.endswith(kind) for name in names), kind
    assert [name for name in names if re.match(r"(?:tests|bench|tools|docs|build|var)/", name)] == []


def test_positive_control_what_is_missing_too_much_or_too_big_is_found(built: Path, tmp_path: Path) -> None:
    template = "review_ui/templates/base.html"
    doctored = without(built, tmp_path / built.name, template, more="tests/test_wheel.py")
    found = wheel.problems(doctored, wheel.files_of(wheel.ROOT), largest=1000)
    assert [line.split(":")[0] for line in found] == [built.name, template, "tests/test_wheel.py"]


def test_a_kind_of_file_that_nobody_packages_is_found(built: Path) -> None:
    more = wheel.files_of(wheel.ROOT) | {"pipeline/templates/new.xyz"}
    assert [line.split(":")[0] for line in wheel.problems(built, more)] == ["pipeline/templates/new.xyz"]


def test_the_rooms_are_those_of_the_project() -> None:
    project = tomllib.loads((wheel.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert {f"{room}*" for room in wheel.ROOMS} == set(
        project["tool"]["setuptools"]["packages"]["find"]["include"]
    )


def test_the_list_beside_it_holds_what_the_product_needs_and_no_tool_of_the_tests() -> None:
    text = wheel.runtime_lock()
    names = set(re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==", text, re.MULTILINE))
    project = tomllib.loads((wheel.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = {re.split(r"[\[<>=]", line)[0] for line in project["project"]["dependencies"]}
    assert needed - names == set()
    assert "psycopg-binary" in names  # of an extra
    assert names & {"pytest", "mypy", "ruff", "hypothesis", "playwright", "mkdocs"} == set()
    assert text.count("--hash=sha256:") > len(names)


@pytest.mark.release
def test_two_builds_are_the_same_bytes(built: Path, tmp_path: Path) -> None:
    assert wheel.build(tmp_path).read_bytes() == built.read_bytes()


@pytest.mark.release
def test_installed_alone_it_does_its_work(built: Path, tmp_path: Path) -> None:
    """In an environment of its own, in a folder that knows nothing of the tree."""
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(wheel.runtime_lock(), encoding="utf-8")
    program = install.into(tmp_path / "venv", built, requirements)
    desk = tmp_path / "desk"
    desk.mkdir()
    bare = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [program, *arguments],
            cwd=desk,
            env=bare,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = "import pipeline; print(pipeline.__file__)"
    python = program.with_name("python")
    found = subprocess.run(
        [python, "-c", where], cwd=desk, env=bare, capture_output=True, text=True, check=True
    )
    assert str(wheel.ROOT) not in found.stdout
    assert "init" in run("--help")
    assert {one["what"] for one in json.loads(run("init", "--json"))["made"]} >= {"key", "database"}
    run("doctor")
    assert json.loads(run("check", "Uống lá đu đủ là hết ung thư.", "--json"))["in_scope"] is True
    run("init", "--production", "--out", str(tmp_path / "production"))
    filled = json.loads(run("demo", "--fill-only", "--json"))
    assert filled["report"]["queued"] > 0
    assert filled["accounts"]
    run("export", "weekly", "--out", "out")  # templates, fonts and the engine of the PDF
    with install.served(program, desk, bare) as (address, _):
        assert "Kiểm Chứng" in install.page(address)


def test_the_benchmark_reads_its_own_memory() -> None:
    assert 5 < install.resident_mib(os.getpid()) < 4096
    assert sys.executable
