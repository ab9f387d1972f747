"""`kiemchung metrics`, `export` and `audit`: the weekly figures, their files, and the log behind them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import console
from pipeline.cli.console import Json, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.figures import Figure

METRICS_EXAMPLES = examples(
    "kiemchung metrics",
    "kiemchung metrics --week 2026-W47 --json",
    "kiemchung metrics --from 2026-W40 --to 2026-W47",
)

Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="folder for the files; made if missing")]
Week = Annotated[str | None, typer.Option("--week", metavar="WEEK", help="a week, as 2026-W47")]
First = Annotated[str | None, typer.Option("--from", metavar="WEEK", help="first of several weeks")]

export_app = typer.Typer(
    help="Files for others: weekly figures, the annual report, open data.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
audit_app = typer.Typer(
    help="The append-only log of decisions and the independent audit: check them, show the log's head.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def metrics_command(
    context: typer.Context,
    week: Week = None,
    first: First = None,
    last: Annotated[
        str | None,
        typer.Option("--to", metavar="WEEK", help="last of several weeks; the present one if not given"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the weekly figures with their intervals; the present week if none is named.

    A target is met or not by the interval, never by the value. Weeks that are not closed are provisional.
    """
    from models.weeks import iso_week
    from pipeline.metrics import between

    with console.desk(context) as desk:
        begin, end = _span(iso_week(desk.clock()), week, first, last)
        figures = between(desk, begin, end)
    if as_json:
        console.emit([one.as_dict() for one in figures])
        return
    _show(figures)


def _span(default: str, week: str | None, first: str | None, last: str | None) -> tuple[str, str]:
    """The first and the last week that are meant; `default` is the one if none is named."""
    from models.errors import UsageError
    from models.weeks import parse_week

    if week is not None and (first is not None or last is not None):
        raise UsageError("--week: give one week, or --from and --to, not both")
    if last is not None and first is None:
        raise UsageError("--to: give --from as well")
    begin = parse_week(week or first or default)
    end = parse_week(week or last or default)
    if begin > end:
        raise UsageError(f"--from {begin}: is later than {end}")
    return begin, end


def _show(figures: "Sequence[Figure]") -> None:
    from pipeline.figures import shown

    weeks = dict.fromkeys(one.week for one in figures)
    for week in weeks:
        rows = [one for one in figures if one.week == week]
        console.say(f"{week}{' (provisional)' if rows[0].provisional else ''}")
        console.table(
            ("figure", "value", "n", "state"),
            [(f"  {one.name}", shown(one, "en"), one.n, one.state or None) for one in rows],
        )


@export_app.command(
    "weekly",
    epilog=examples(
        "kiemchung export weekly --out reports",
        "kiemchung export weekly --out reports --week 2026-W47",
        "kiemchung export weekly --out reports --from 2026-W40 --to 2026-W47",
    ),
)
def export_weekly(
    context: typer.Context,
    out: Out,
    week: Week = None,
    first: First = None,
    last: Annotated[
        str | None,
        typer.Option("--to", metavar="WEEK", help="last of several weeks; else the last that is over"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a week's figures as CSV, XLSX, Parquet, JSON, HTML, and one page to print (HTML and PDF).

    The last week that is over if none is named. A closed week gives the same bytes every time.
    """
    from datetime import timedelta

    from models.weeks import iso_week, weeks_between
    from pipeline import exports

    with console.desk(context) as desk:
        over = iso_week(desk.clock() - timedelta(days=7))
        begin, end = _span(over, week, first, last)
        files = exports.export_weeks(desk, weeks_between(begin, end), out, console.bar())
    _written(files, as_json=as_json)


@export_app.command(
    "annual",
    epilog=examples(
        "kiemchung export annual --out reports", "kiemchung export annual --out reports --year 2026"
    ),
)
def export_annual(
    context: typer.Context,
    out: Out,
    year: Annotated[
        int | None,
        typer.Option("--year", min=2000, max=2100, help="the report's year; the present one if not given"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the report on the year to 20 November as HTML, PDF and DOCX, in Vietnamese and English.

    The figures of its weeks come beside it as CSV and XLSX. Before 20 November it is a draft; once all its
    weeks are closed it is final and the same bytes every time.
    """
    from models.weeks import local_day
    from pipeline.annual import export_annual as export

    with console.desk(context) as desk:
        files = export(desk, year or local_day(desk.clock()).year, out, console.bar())
    _written(files, as_json=as_json)


@export_app.command("open-data", epilog=examples("kiemchung export open-data --out public"))
def export_open_data(context: typer.Context, out: Out, as_json: Json = False) -> None:
    """Write every correction as ClaimReview data feed, CSV and JSON Feed."""
    from pipeline import exports

    with console.desk(context) as desk:
        files = exports.export_open_data(desk, out)
    _written(files, as_json=as_json)


@export_app.command("datasets", epilog=examples("kiemchung export datasets --out datasets"))
def export_datasets(out: Out, as_json: Json = False) -> None:
    """Write the Vietnamese sets that ship with the product as a citable release with fixed splits.

    Needs no desk. CSV, JSONL and Parquet with datapackage.json, data cards, licence, citation and checksums;
    the same bytes every time.
    """
    from pipeline import opendatasets

    _written(opendatasets.export(out), as_json=as_json)


@export_app.command("sealed-tips", epilog=examples("kiemchung export sealed-tips --out sealed"))
def export_sealed_tips(context: typer.Context, out: Out, as_json: Json = False) -> None:
    """Write every sealed tip to a file, to be opened on the machine that holds the private key."""
    from pipeline import sealing

    with console.desk(context) as desk:
        files = sealing.export(desk, out)
    _written(files, as_json=as_json)


def _written(files: "Sequence[Path]", *, as_json: bool) -> None:
    if as_json:
        console.emit({"files": [str(path) for path in files]})
        return
    for path in files:
        console.say(str(path))


@audit_app.command("verify", epilog=examples("kiemchung audit verify", "kiemchung audit verify --json"))
def audit_verify(context: typer.Context, as_json: Json = False) -> None:
    """Check the hash chain, the published heads, and every weekly draw; exit code 1 if one does not hold."""
    from dataclasses import asdict

    from models import audit
    from pipeline import independent
    from pipeline.sampling import broken_draws

    with console.desk(context) as desk, desk.reading() as session:
        report = audit.verify(session)
        broken = broken_draws(session, desk.keys.sampling)
        samples = independent.broken(session)
    if as_json:
        console.emit(asdict(report) | {"broken_draws": broken, "broken_samples": samples})
    else:
        console.say(f"{report.entries} entries, head {report.head_digest}")
        if not report.ok:
            console.say(f"BROKEN at entry {report.broken_at}: {report.reason}")
        for week in broken:
            console.say(
                f"BROKEN draw of week {week}: the frame, its hash and the draws do not belong together"
            )
        for week in samples:
            console.say(f"BROKEN independent audit of week {week}: its sample does not follow from the frame")
        if report.ok and not broken and not samples:
            console.say("the chain and every draw hold")
    if not report.ok or broken or samples:
        raise typer.Exit(1)


@audit_app.command(
    "sample",
    epilog=examples("kiemchung audit sample --json", "kiemchung audit sample --week 2026-W47"),
)
def audit_sample(context: typer.Context, week: Week = None, as_json: Json = False) -> None:
    """Draw a week's independent audit again from its frozen frame and seed, in the auditors' order.

    The last week that is over if none is named. References lead to no claim without the desk's key, and which
    half one belongs to is not shown, so that auditors stay blind. Exit code 1 if the sample that is kept is
    another one.
    """
    from datetime import timedelta

    from models.errors import NotFoundError
    from models.weeks import iso_week, parse_week
    from pipeline import independent

    with console.desk(context) as desk, desk.reading() as session:
        label = parse_week(week or iso_week(desk.clock() - timedelta(days=7)))
        sample = independent.sample_of(session, label)
        if sample is None:
            raise NotFoundError(
                f"week {label}: no frame is frozen that an independent audit can be drawn from"
            )
        kept = independent.is_drawn(session, label)
        holds = independent.verify(session, label) if kept else None
    if as_json:
        sizes = {"n_flagged": sample.n_flagged, "n_unflagged": sample.n_unflagged}
        console.emit({"week": label, **sizes, "drawn": kept, "holds": holds, "sample": list(sample.refs)})
    else:
        for ref in sample.refs:
            console.say(ref)
    if holds is False:
        raise typer.Exit(1)


@audit_app.command("head", epilog=examples("kiemchung audit head", "kiemchung audit head --json"))
def audit_head(context: typer.Context, as_json: Json = False) -> None:
    """Show the newest entry of the log: write it down elsewhere, and a rewritten log cannot hide."""
    from models import audit

    with console.desk(context) as desk, desk.reading() as session:
        last = audit.head(session)
    found = {
        "seq": last.seq if last else 0,
        "digest": last.digest if last else audit.GENESIS,
        "at": last.at.isoformat() if last else None,
    }
    if as_json:
        console.emit(found)
    else:
        console.say(f"{found['seq']} {found['digest']} {found['at'] or ''}".rstrip())
