"""A process that has loaded the product once and forks a walk for each line it gets: a kill costs no start.

A walk can be told to kill itself at the nth passing of a named point, or be killed after a while. The points
are the database's and the system's own calls, wrapped in the child: the product has no code for this.
"""

import faulthandler
import gc
import io
import json
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from pipeline import report_pdf, tabular
from pipeline.cli.main import main
from tests.promises import naive, walk
from tests.promises.walk import Plan

LONGEST_S = 60.0
FAILED = 3


@dataclass
class Strike:
    """Kills this process at the nth call, or tells it so often to stop."""

    left: int
    stops: int = 0

    def __call__(self) -> None:
        self.left -= 1
        if self.left == 0 and not self.stops:
            os.kill(os.getpid(), signal.SIGKILL)
        if -self.stops < self.left <= 0:
            os.kill(os.getpid(), signal.SIGTERM)


def _sql(name: str) -> Callable[[Strike], None]:
    return lambda strike: event.listen(Engine, name, lambda *_: strike())


def _after_commit(strike: Strike) -> None:
    from sqlalchemy.engine.default import DefaultDialect

    work = DefaultDialect.do_commit

    def struck(self: DefaultDialect, connection: Any) -> None:  # noqa: ANN401 -- SQLAlchemy's own
        work(self, connection)  # type: ignore[no-untyped-call]
        strike()

    DefaultDialect.do_commit = struck  # type: ignore[method-assign]


def _call(name: str, *, after: bool) -> Callable[[Strike], None]:
    def arm(strike: Strike) -> None:
        work = getattr(os, name)

        def struck(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- wraps anything
            if not after:
                strike()
            result = work(*args, **kwargs)
            if after:
                strike()
            return result

        setattr(os, name, struck)

    return arm


POINTS: Mapping[str, Callable[[Strike], None]] = {
    "after a statement": _sql("after_cursor_execute"),
    "before commit": _sql("commit"),
    "after commit": _after_commit,
    "before rename": _call("replace", after=False),
    "after rename": _call("replace", after=True),
    "before sync": _call("fsync", after=False),
    "before link": _call("link", after=False),
    "after link": _call("link", after=True),
    "before unlink": _call("unlink", after=False),
    "between": naive.arm,
}


@dataclass(frozen=True)
class Order:
    """One walk: its steps, what was acknowledged before, and how it dies, if it does."""

    plan: Plan
    steps: Sequence[str]
    done: Sequence[str] = ()
    point: str = ""
    nth: int = 1
    after_s: float | None = None
    variant: str = ""
    here: bool = False
    signals: int = 0
    argv: Sequence[str] = ()


@dataclass(frozen=True)
class Told:
    """What became of a walk: what it acknowledged, and its exit code (-9: killed)."""

    said: list[str] = field(default_factory=list)
    code: int = 0

    @property
    def killed(self) -> bool:
        """Whether it died by kill -9."""
        return self.code == -signal.SIGKILL


# --- in the server


def _serve() -> None:
    faulthandler.enable()
    # the threads of Arrow and Typst do not live on in a fork; the other six forms are written as they are
    tabular.to_parquet = lambda figures: b"PAR1"  # noqa: ARG005
    report_pdf.render = lambda report: b"%PDF-"  # noqa: ARG005
    for line in sys.stdin:
        given = json.loads(line)
        order = Order(**{**given, "plan": Plan(**given["plan"])})
        told = _here(order) if order.here else _forked(order)
        sys.stdout.write(json.dumps(asdict(told)) + "\n")
        sys.stdout.flush()


def _here(order: Order) -> Told:
    """In this process, so that whatever the walk loads on its way is there for all that follow."""
    said: list[str] = []
    walk.walk(order.plan, order.steps, order.done, said.append)
    gc.collect()
    gc.freeze()
    return Told(said)


def _forked(order: Order) -> Told:
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        os._exit(_walk(order, write))
    os.close(write)
    said = _heard(read, pid, order.after_s)
    _, status = os.waitpid(pid, 0)
    return Told(said, os.waitstatus_to_exitcode(status))


def _heard(read: int, pid: int, after_s: float | None) -> list[str]:
    """What a walk says until it ends; kills it when its time has come."""
    end = time.monotonic() + (LONGEST_S if after_s is None else after_s)
    heard = b""
    while True:
        ready, _, _ = select.select([read], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            os.kill(pid, signal.SIGABRT if after_s is None else signal.SIGKILL)
            end += LONGEST_S
            continue
        some = os.read(read, 65536)
        if not some:
            os.close(read)
            # what was cut in the middle of a line was not acknowledged
            return heard.decode().split("\n")[:-1]
        heard += some


def _walk(order: Order, write: int) -> int:
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    quiet = os.open(Path(order.plan.folder) / "stderr", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(quiet, 2)
    os.dup2(quiet, 1)
    sys.stdin = io.StringIO()

    def say(act: str) -> None:
        os.write(write, f"{act}\n".encode())

    try:
        naive.VARIANTS[order.variant]()
        if order.point:
            POINTS[order.point](Strike(order.nth, order.signals))
        if order.argv:
            return _command(order.argv)
        walk.walk(order.plan, order.steps, frozenset(order.done), say)
    except BaseException:
        traceback.print_exc()
        return FAILED
    return 0


def _command(argv: Sequence[str]) -> int:
    """The program with these arguments; its exit code."""
    sys.argv = ["kiemchung", *argv]
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


# --- in the test


@dataclass
class Forge:
    """The server, from the side of the test."""

    process: "subprocess.Popen[str]"

    def order(self, order: Order) -> Told:
        """Have one walk done."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(asdict(order)) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the forge has died"
        told = Told(**json.loads(answer))
        if told.code not in {0, -signal.SIGKILL, -signal.SIGTERM}:
            raise AssertionError((Path(order.plan.folder) / "stderr").read_text())
        return told


@contextmanager
def forge(path: Sequence[str] = ()) -> Iterator[Forge]:
    """A running forge; `path` are folders of programs that come first."""
    environment = {**os.environ, "PATH": os.pathsep.join([*path, os.environ["PATH"]])}
    command = [sys.executable, "-m", "tests.promises.forge"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as process:
        try:
            yield Forge(process)
        finally:
            process.kill()


if __name__ == "__main__":
    _serve()
