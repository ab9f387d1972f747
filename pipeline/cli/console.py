"""What every command shares: global options, the desk, and how results, notes and progress are shown.

Results go to standard output and nothing else does; notes and bars go to standard error, so that a pipe
gets one JSON object or plain lines alone.
"""

import json
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from pipeline.progress import Progress, silent
from pipeline.settings import Settings, Value, load

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from pipeline.compose import Desk

T = TypeVar("T")
_MOMENT_S = 0.01

Json = Annotated[bool, typer.Option("--json", help="answer with one JSON object on standard output")]


@dataclass(frozen=True)
class Options:
    """The global options, as they were given before the command."""

    config: Path | None = None
    database: str | None = None
    var: Path | None = None

    def flags(self) -> dict[str, Value | None]:
        """The settings that the options set; paths are taken from where the command is run."""
        var = None if self.var is None else str(self.var.resolve())
        return {"database.url": _from_here(self.database), "paths.var": var}


def _from_here(url: str | None) -> str | None:
    prefix = "sqlite:///"
    if url is None or not url.startswith(prefix) or url.startswith(prefix + "/") or ":memory:" in url:
        return url
    return prefix + str(Path(url.removeprefix(prefix)).resolve())


def options(context: typer.Context) -> Options:
    """The global options of this call."""
    found = context.find_root().obj
    return found if isinstance(found, Options) else Options()


def settings(context: typer.Context, **flags: Value | None) -> Settings:
    """The settings of this call; `flags` are settings with `__` for the dot (`web__port`)."""
    given = options(context)
    named = {name.replace("__", "."): value for name, value in flags.items()}
    return load(given.config, flags=given.flags() | named)


@contextmanager
def desk(
    context: typer.Context,
    *,
    lasting: bool = False,
    check: "Callable[[Desk], None] | None" = None,
    **flags: Value | None,
) -> "Iterator[Desk]":
    """The desk of this call, with its database brought to this version; closed at the end.

    `lasting` is for commands that run for ever: every setting is looked at before the database is touched, by
    `check` too, and a PostgreSQL that is not up yet is waited for.
    """
    # SQLAlchemy and everything above it takes a third of a second: never before a command needs it
    from pipeline import inuse, logs
    from pipeline.compose import build, prepare

    chosen = settings(context, **flags)
    logs.configure(chosen)
    with inuse.sharing(chosen.path("paths.var")):
        made = build(chosen, migrated=False)
        try:
            if lasting:
                _look_first(made, check)
            prepare(made)
            yield made
        finally:
            made.close()


def _look_first(made: "Desk", check: "Callable[[Desk], None] | None") -> None:
    from pipeline import patience, startcheck

    startcheck.check(made)
    if check is not None:
        check(made)
    # among lines of JSON the event alone: a line for people would be one that does not parse
    in_words = made.settings.text("log.format") == "text"
    patience.until_there(made.engine, _away if in_words else lambda _: None)


def _away(error: Exception) -> None:
    from pipeline import patience

    note(f"kiemchung: waiting for the database: {patience.line_of(error)}")


@contextmanager
def stoppable() -> "Iterator[None]":
    """SIGTERM ends the work and rolls back what is under way; a second one ends the process at once."""
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 -- a signal handler's signature
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if not _must_wait(frame):
        raise SystemExit(0)
    signal.signal(signal.SIGALRM, _stop)
    signal.setitimer(signal.ITIMER_REAL, _MOMENT_S)


def _must_wait(frame: FrameType | None) -> bool:
    """Whether an exception would do harm, or nothing, where the process is: it stops a moment later.

    Between BEGIN and what keeps account of it, nobody would roll back; what is raised while something is
    finalized or in the callback of a weak reference, Python prints and forgets.
    """
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith("sqlalchemy.") or module == "weakref" or frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False


def staff_id(session: "Session", username: str) -> int:
    """The account that `--by` names; raises `NotFoundError`."""
    from sqlalchemy import select

    from models.desk import Staff
    from models.errors import NotFoundError

    found = session.scalar(select(Staff.id).where(Staff.username == username.strip().lower()))
    if found is None:
        raise NotFoundError(f"--by {username}: there is no such account")
    return found


def emit(value: object) -> None:
    """One JSON value on one line of standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))


def say(text: str) -> None:
    """A line of the result on standard output."""
    typer.echo(text)


def note(text: str) -> None:
    """A line beside the result, on standard error."""
    typer.echo(text, err=True)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Plain columns, as wide as they need to be."""
    lines = [list(head), *([_cell(cell) for cell in row] for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    for line in lines:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        say("  ".join(padded).rstrip())


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def bar() -> Progress:
    """A progress bar on a terminal, nothing anywhere else."""
    return _bar if sys.stderr.isatty() else silent


def _bar(items: Sequence[T], name: str) -> Iterator[T]:
    from rich.console import Console
    from rich.progress import track

    yield from track(items, description=name, console=Console(stderr=True), transient=True)


def examples(*lines: str) -> str:
    """The end of a help text; the control character keeps the lines as they are."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
