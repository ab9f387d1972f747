"""The entry point: global options, every command by its name, and errors as one line with an exit code."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import Abort, TyperException

from classify.errors import ClassifyError
from models.errors import KiemChungError
from pipeline.cli import (
    archive,
    demo,
    figures,
    gather,
    keys,
    learn,
    provinces,
    read,
    replay,
    seeds,
    serving,
    sources,
    upkeep,
    users,
)
from pipeline.cli.console import Options, examples

INTERRUPTED = 130

app = typer.Typer(
    name="kiemchung",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help starts in half the time and reads well in a pipe
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"kiemchung {version('kiemchung')}")
        raise typer.Exit


@app.callback(
    epilog=examples(
        "kiemchung demo                     the whole desk on sample data",
        "kiemchung init                     make a desk in this folder",
        "kiemchung run --once               every stage for what is new",
        "kiemchung check 'Uống lá này là hết ung thư, chia sẻ gấp!'",
    )
)
def root(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="settings file (kiemchung.toml)")
    ] = None,
    database: Annotated[
        str | None, typer.Option("--database", metavar="URL", help="SQLite or PostgreSQL address")
    ] = None,
    var: Annotated[
        Path | None, typer.Option("--var", metavar="DIR", help="folder for keys, models and backups")
    ] = None,
    version: Annotated[  # noqa: ARG001 -- handled by its callback
        bool, typer.Option("--version", callback=_version, is_eager=True, help="show the version and exit")
    ] = False,
) -> None:
    """Kiểm Chứng: a fact-checking desk that answers false claims in public.

    Settings come from defaults, then kiemchung.toml, then KIEMCHUNG_* variables, then flags.
    Exit codes: 0 done, 1 could not, 2 used wrongly.
    """
    context.obj = Options(config, database, var)


upkeep.register(app)
demo.register(app)
app.add_typer(sources.app, name="sources")
gather.register(app)
serving.register(app)
archive.register(app)
read.register(app)
replay.register(app)
learn.register(app)
app.command("metrics", epilog=figures.METRICS_EXAMPLES)(figures.metrics_command)
app.add_typer(figures.export_app, name="export")
app.add_typer(figures.audit_app, name="audit")
app.add_typer(seeds.app, name="seeds")
app.add_typer(provinces.app, name="provinces")
app.add_typer(users.app, name="users")
app.add_typer(keys.app, name="keys")


def main() -> None:
    """Run the command line; a user's mistake or a machine's failure is one line, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        code = app(standalone_mode=False, prog_name="kiemchung")
        sys.stdout.flush()
    except Exception as error:
        code = _report(error)
    except KeyboardInterrupt:
        code = INTERRUPTED
    sys.exit(code if isinstance(code, int) else 0)


def _report(error: Exception) -> int:
    """Say what went wrong in one line and give the exit code; an unknown error is a bug and is raised."""
    if isinstance(error, Abort):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        # whoever reads has gone: nothing may be written at exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    known = explain(error)
    if known is None:
        raise error
    message, code = known
    if message:
        typer.echo(f"kiemchung: {message}", err=True)
    return code


def explain(error: Exception) -> tuple[str, int] | None:
    """The line and the exit code of an error that is not a bug; None for one that is."""
    if isinstance(error, TyperException):
        return _usage(error)
    if isinstance(error, KiemChungError):
        return _one_line(str(error)), error.exit_code
    if isinstance(error, ClassifyError):
        return _one_line(str(error)), 2
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}", 1
    return _of_database(error)


def _of_database(error: Exception) -> tuple[str, int] | None:
    # the database libraries are only there to be asked if some command has loaded them
    sqlalchemy, sqlite = sys.modules.get("sqlalchemy.exc"), sys.modules.get("sqlite3")
    if sqlalchemy is not None and isinstance(error, sqlalchemy.DBAPIError):
        return f"database: {_one_line(str(error.orig))}", 1
    if sqlite is not None and isinstance(error, sqlite.Error):
        return f"database: {_one_line(str(error))}", 1
    return None


def _usage(error: TyperException) -> tuple[str, int]:
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(error.format_message())
        return "", 0
    context = getattr(error, "ctx", None)
    hint = f" (see {context.command_path} --help)" if context is not None else ""
    return _one_line(error.format_message()).rstrip(".") + hint, error.exit_code


def _one_line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    main()
