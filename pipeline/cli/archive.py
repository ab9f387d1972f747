"""`kiemchung archive`: judge, match, group or index anew all that is kept, on a Dask cluster."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import console
from pipeline.cli.console import Json, examples

if TYPE_CHECKING:
    from pipeline.archive import Job
    from pipeline.compose import Desk

Dask = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="a Dask scheduler's address (tcp://host:8786)")
]
Workers = Annotated[int, typer.Option(min=0, help="processes of this machine; 0 works in this one")]
Pause = Annotated[float, typer.Option(min=0, help="seconds between parts, to leave the desk more room")]
Restart = Annotated[bool, typer.Option("--restart", help="begin anew instead of going on")]
RESCORE = examples(
    "kiemchung archive rescore",
    "kiemchung archive rescore --workers 4 --pause 0.1",
    "kiemchung archive rescore --dask tcp://10.0.0.5:8786",
)
RECLUSTER = examples(
    "kiemchung archive recluster            count what would be joined",
    "kiemchung archive recluster --apply",
)


def register(app: typer.Typer) -> None:
    """Put the commands of this module on the command line."""
    group = typer.Typer(
        help="Whole-archive work: score, match, group or index anew what is kept.", no_args_is_help=True
    )
    group.command("rescore", epilog=RESCORE)(rescore)
    group.command("rematch", epilog=examples("kiemchung archive rematch --workers 2"))(rematch)
    group.command("recluster", epilog=RECLUSTER)(recluster)
    group.command("reindex", epilog=examples("kiemchung archive reindex"))(reindex)
    group.command("status", epilog=examples("kiemchung archive status --json"))(status)
    app.add_typer(group, name="archive")


def rescore(
    context: typer.Context,
    dask: Dask = None,
    workers: Workers = 2,
    pause: Pause = 0.0,
    restart: Restart = False,
    as_json: Json = False,
) -> None:
    """Score every mention, and every claim that waits under the model that serves, anew.

    The desk works on meanwhile. Ended or killed in between, the same command goes on where it stood.
    """
    from pipeline import archivejobs

    _run(context, archivejobs.rescore, dask, workers, pause, restart, as_json)


def rematch(
    context: typer.Context,
    dask: Dask = None,
    workers: Workers = 2,
    pause: Pause = 0.0,
    restart: Restart = False,
    as_json: Json = False,
) -> None:
    """Match every claim that waits with every known claim anew."""
    from pipeline import archivejobs

    _run(context, archivejobs.rematch, dask, workers, pause, restart, as_json)


def recluster(
    context: typer.Context,
    apply: Annotated[bool, typer.Option("--apply", help="join them, instead of only counting")] = False,
    dask: Dask = None,
    workers: Workers = 2,
    pause: Pause = 0.0,
    restart: Restart = False,
    as_json: Json = False,
) -> None:
    """Join new claims that say the same; without --apply only count them.

    Claims that were queued, reviewed, decided or frozen in a week's frame stay as they are.
    """
    from functools import partial

    from pipeline import archivejobs

    _run(context, partial(archivejobs.recluster, apply=apply), dask, workers, pause, restart, as_json)


def reindex(
    context: typer.Context,
    dask: Dask = None,
    workers: Workers = 2,
    pause: Pause = 0.0,
    restart: Restart = False,
    as_json: Json = False,
) -> None:
    """Write the words by which claims and corrections are searched anew."""
    from pipeline import archivejobs

    _run(context, archivejobs.reindex, dask, workers, pause, restart, as_json)


def _run(
    context: typer.Context,
    job: "Callable[[Desk], Job]",
    dask: str | None,
    workers: int,
    pause: float,
    restart: bool,
    as_json: bool,
) -> None:
    from pipeline import archive

    with console.desk(context) as desk:
        report = archive.run(
            desk,
            job(desk),
            dask=dask,
            workers=workers,
            restart=restart,
            pause=pause,
            progress=console.bar(),
        )
    if as_json:
        console.emit(report.as_dict())
        return
    did = ", ".join(f"{name}: {n}" for name, n in report.counts.items()) or "nothing to change"
    again = " (went on where it stood)" if report.resumed else ""
    console.say(f"{report.job}: {report.done} rows looked at, {did}, in {report.seconds:.1f} s{again}")


def status(context: typer.Context, as_json: Json = False) -> None:
    """Say how far each kind of work is, or that it ended."""
    from pipeline import archive

    with console.desk(context) as desk, desk.reading() as session:
        found = archive.states(session)
    if as_json:
        console.emit({name: one.__dict__ for name, one in found.items()})
        return
    if not found:
        console.say("No whole-archive work was ever begun here.")
    for name, one in sorted(found.items()):
        how = "ended" if one.finished else f"stands after number {one.after} of step {one.step + 1}"
        console.say(f"{name}: {how}, {one.done} rows looked at")
