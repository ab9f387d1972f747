"""Commands that bring texts in and take them through the stages: crawl, run, import, worker."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import console
from pipeline.cli.console import Json, examples

imports = typer.Typer(
    help="Take tips, or fact-checks of others, from a file.", no_args_is_help=True, rich_markup_mode=None
)


def register(app: typer.Typer) -> None:
    """Put the commands of this module on the command line."""
    app.command("crawl", epilog=CRAWL)(crawl)
    app.add_typer(imports, name="import")
    app.command("run", epilog=RUN)(run)
    app.command("worker", epilog=WORKER)(worker)


CRAWL = examples("kiemchung crawl --once", "kiemchung crawl --once --source bao-vinh-long --json")
RUN = examples("kiemchung run --once", "kiemchung run --once --json", "kiemchung run")
WORKER = examples("kiemchung worker", "kiemchung worker --dask tcp://10.0.0.5:8786")
Once = Annotated[bool, typer.Option("--once", help="stop when what is due is done, instead of going on")]


def crawl(
    context: typer.Context,
    source: Annotated[
        list[str] | None, typer.Option("--source", metavar="ID", help="only this source")
    ] = None,
    once: Once = False,
    as_json: Json = False,
) -> None:
    """Fetch what is due, and keep what is in scope.

    Without --once it goes on every crawl.interval_minutes until it is stopped.
    """
    from models.errors import UsageError
    from pipeline.run import crawl_in_child
    from pipeline.sourcing import crawl_problem, known_sources
    from pipeline.worker import every, go_on

    with console.stoppable(), console.desk(context, lasting=not once) as desk:
        problem = crawl_problem(desk)
        if problem:
            raise UsageError(problem)
        known_sources(desk, source or [])
        for _ in every(desk.settings.number("crawl.interval_minutes") * 60, once=once):
            outcomes = go_on(lambda: crawl_in_child(desk, source or None), _later, once=once)
            if outcomes is None:
                continue
            if as_json:
                console.emit({"outcomes": dict(outcomes)})
            else:
                console.say(_counts(outcomes) or "nothing was due")


def run(
    context: typer.Context,
    once: Once = False,
    parked: Annotated[
        bool, typer.Option("--parked", help="try again what was given up after three tries (see `doctor`)")
    ] = False,
    as_json: Json = False,
) -> None:
    """Every stage for what is new: crawl, read, cluster, match, rank, queue.

    Without --once it goes on every crawl.interval_minutes until it is stopped. What cannot be crawled is said
    on standard error; the other stages run all the same, so that tips are never held up.
    """
    from pipeline import parking
    from pipeline.worker import cycle, every, go_on

    with console.stoppable(), console.desk(context, lasting=not once) as desk:
        if parked and (released := parking.release(desk)):
            console.note(f"kiemchung: {released} parked items are tried again")
        for _ in every(desk.settings.number("crawl.interval_minutes") * 60, once=once):
            done = go_on(lambda: cycle(desk, console.bar()), _later, once=once)
            if done is None:
                continue
            if done.not_crawled:
                console.note(f"kiemchung: nothing crawled: {done.not_crawled}")
            if as_json:
                console.emit(done.as_dict())
                continue
            report = done.report
            console.say(_counts(report.outcomes) or "nothing was due")
            console.say(
                f"clustered {report.clustered}, matched {report.matched}, ranked {report.ranked}, "
                f"drawn {report.drawn}, queued {report.queued}"
            )


def _later(line: str) -> None:
    console.note(f"kiemchung: {line}")


def _counts(outcomes: object) -> str:
    pairs = dict(outcomes) if isinstance(outcomes, dict) else {}
    return ", ".join(f"{name} {n}" for name, n in sorted(pairs.items()))


@imports.command(
    "tips",
    epilog=examples(
        "kiemchung import tips tips.csv",
        "kiemchung import tips headlines.tsv --column title",
        "kiemchung import tips --sealed sealed --key tips.key",
    ),
)
def import_tips(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="CSV, TSV or JSONL with a text column")] = None,
    column: Annotated[str, typer.Option(help="the column that holds the text")] = "text",
    sealed: Annotated[
        Path | None, typer.Option("--sealed", metavar="FOLDER", help="files of `export sealed-tips` to open")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="private key of `keys tips`")
    ] = None,
    as_json: Json = False,
) -> None:
    """Take the tips of a file; only what is in scope is kept, and importing twice changes nothing.

    A column `date` (2026-11-22) or `days_ago` says when a tip came in; every other column is ignored.
    With --sealed and --key, open tips that a server keeps sealed; do that on a machine that is kept offline.
    """
    from models.errors import UsageError
    from pipeline import imports as work
    from pipeline import sealing

    if (file is None) == (sealed is None) or (sealed is None) != (key is None):
        raise UsageError("import tips: name a FILE, or --sealed FOLDER with --key FILE")
    with console.desk(context) as desk:
        if sealed is not None and key is not None:
            done = sealing.take(desk, sealed, key, console.bar())
        elif file is not None:
            done = work.tips(desk, file, column, console.bar())
    _report(done.as_dict(), as_json)
    if done.errors and not done.outcomes:
        raise typer.Exit(1)


@imports.command(
    "claims",
    epilog=examples(
        "kiemchung import claims feed.json",
        "kiemchung import claims https://example.vn/claimreview.json",
        "kiemchung import claims check-feed.csv --dry-run",
        "kiemchung import claims cofacts/ --format cofacts",
        'kiemchung import claims bang.csv --map "claim=Tuyên bố,rating=Kết luận,url=Liên kết"',
    ),
)
def import_claims(
    context: typer.Context,
    place: Annotated[
        str,
        typer.Argument(metavar="FILE|URL", help="ClaimReview, CSV, or another desk's export"),
    ],
    form: Annotated[
        str,
        typer.Option(
            "--format", metavar="NAME", help="claimreview, check, cofacts or csv; default: found out"
        ),
    ] = "",
    columns: Annotated[
        str, typer.Option("--map", metavar="FIELD=COLUMN,…", help="which column of a CSV file holds what")
    ] = "",
    publisher: Annotated[
        str,
        typer.Option("--publisher", metavar="NAME", help="whose checks these are, if no row says so"),
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what it would do, store nothing")] = False,
    as_json: Json = False,
) -> None:
    """Take fact-checks of others: ClaimReview (schema.org), Meedan Check, Cofacts, or CSV with --map.

    All of a file is taken or nothing. Rows that cannot be read are named; rows without a known rating, a
    publisher or a public verdict are left out and counted. Who sent, wrote or voted is never read.
    """
    from pipeline import imports as work

    with console.desk(context) as desk:
        told = work.FromWhom(form, columns, publisher, dry_run)
        done = work.claims(desk, place, console.bar(), told)
    _report(done.as_dict(), as_json)
    if done.errors and not done.rows:
        raise typer.Exit(1)


def _report(done: dict[str, object], as_json: bool) -> None:
    if as_json:
        console.emit(done)
        return
    console.say(f"{done['rows']} rows: {_counts(done['outcomes']) or 'nothing'}")
    errors = done["errors"]
    for error in errors if isinstance(errors, list | tuple) else []:
        console.note(f"kiemchung: {error}")


def worker(
    context: typer.Context,
    dask: Annotated[
        str | None, typer.Option("--dask", metavar="ADDRESS", help="score on this Dask cluster")
    ] = None,
    once: Once = False,
    as_json: Json = False,
) -> None:
    """Run the stages again and again, without crawling; says what each turn did.

    As many as you like against one PostgreSQL: the workers share what waits, batch by batch, and a batch of
    one that falls silent is taken over within two leases (90 seconds). On SQLite they take turns. With --dask
    the scoring of claims is spread over the cluster, whose machines need this program but no access to the
    database.
    """
    from pipeline.worker import Turn, work

    def tell(turn: Turn) -> None:
        if as_json:
            console.emit(turn.as_dict())
        else:
            console.say(turn.line)

    with console.stoppable(), console.desk(context, lasting=not once) as desk:
        work(desk, dask, once=once, progress=console.bar(), tell=tell)
