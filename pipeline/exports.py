"""Exports: the weekly figures, the annual report, the open data. Each file is there whole or not at all.

A closed week gives the same bytes whenever it is exported: nothing in a file says when it was written.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

from models.claims import SampleFrame
from models.errors import UsageError
from models.weeks import iso_week, local_day, parse_week, week_days, weeks_between
from pipeline import charts, feeds, frame, metrics, public, tabular
from pipeline.compose import Desk
from pipeline.dictionary import ENTRIES
from pipeline.figures import Figure, shown, state_vi
from pipeline.files import write_whole

TARGETS = ("answered", "prevalence")
REPORT_DAY = (11, 20)
SUMMED = (
    "claims_in_scope",
    "dropped_not_ours",
    "tips_received",
    "tips_answered",
    "corrections_published",
    "known_answered",
    "known_late",
    "audit_drawn",
    "audit_judged",
    "audit_false",
)


def export_weekly(desk: Desk, week: str, out: Path) -> list[Path]:
    """The figures of a week as CSV, XLSX, Parquet, JSON and HTML with charts; gives the files."""
    parse_week(week)
    figures = metrics.weekly(desk, week)
    sampling = _sampling(desk, week)
    content = {
        "csv": tabular.to_csv(tabular.rows(figures), tabular.COLUMNS),
        "xlsx": tabular.to_xlsx(figures),
        "parquet": tabular.to_parquet(figures),
        "json": _json(desk, week, figures, sampling),
        "html": _weekly_page(desk, week, figures, sampling).encode(),
    }
    files = [write_whole(out / f"weekly-{week}.{kind}", data) for kind, data in content.items()]
    dictionary = tabular.to_csv(tabular.dictionary_rows(figures), tabular.DICTIONARY_COLUMNS)
    return [*files, write_whole(out / f"weekly-{week}.dictionary.csv", dictionary)]


def _json(desk: Desk, week: str, figures: Sequence[Figure], sampling: Mapping[str, object] | None) -> bytes:
    document = {
        "desk": desk.settings.text("desk.name"),
        "week": week,
        "closed": not figures[0].provisional,
        "figures": [asdict(one) for one in figures],
        "sampling": sampling,
        "dictionary": tabular.dictionary_rows(figures),
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _sampling(desk: Desk, week: str) -> dict[str, object] | None:
    """What binds the draw to the frame and to the commitment; the secret is shown once the draw is made."""
    with desk.reading() as session:
        kept = session.get(SampleFrame, week)
    if kept is None:
        return None
    return {
        "n_frame": kept.n_frame,
        "n_drawn": kept.n_drawn,
        "frame_sha256": kept.frame_sha256,
        "seed_commitment": kept.seed_commitment,
        "secret": frame.week_secret(desk.keys.sampling, week).hex(),
        "seed": kept.seed,
    }


def _weekly_page(
    desk: Desk, week: str, figures: Sequence[Figure], sampling: Mapping[str, object] | None
) -> str:
    past = metrics.history(desk, week)
    monday, sunday = week_days(week)
    return _render(
        "weekly.html",
        desk=desk.settings.text("desk.name"),
        week=week,
        monday=monday,
        sunday=sunday,
        closed=not figures[0].provisional,
        charts=[(name, charts.target_chart(past, name)) for name in TARGETS],
        figures=figures,
        sampling=sampling,
        dictionary=tabular.dictionary_rows(figures),
    )


def _render(template: str, **values: object) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = Path(__file__).parent / "templates"
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(
        entries=ENTRIES, shown=shown, state_vi=state_vi, **values
    )


def report_weeks(year: int) -> list[str]:
    """The weeks of an annual report: those that end in the year up to 20 November."""
    last = date(year, *REPORT_DAY)
    first = date(year - 1, *REPORT_DAY) + timedelta(days=1)
    # a week belongs to the report in which its Sunday lies
    return weeks_between(iso_week(first), iso_week(last - timedelta(days=6)))


def export_annual(desk: Desk, year: int, out: Path) -> list[Path]:
    """The report on the year to 20 November, in Vietnamese and English, with every week's figures as CSV.

    Raises `UsageError` for a year that has not begun.
    """
    weeks = report_weeks(year)
    present = iso_week(desk.clock())
    if weeks[0] > present:
        raise UsageError(f"year {year}: its report begins with week {weeks[0]}, which has not come yet")
    began = metrics.first_week(desk) or present
    weeks = [week for week in weeks if began <= week <= present] or weeks[-1:]
    figures = metrics.between(desk, weeks[0], weeks[-1])
    values = {
        "desk": desk.settings.text("desk.name"),
        "year": year,
        "first": date(year - 1, *REPORT_DAY) + timedelta(days=1),
        "last": date(year, *REPORT_DAY),
        "weeks": weeks,
        "final": local_day(desk.clock()) > date(year, *REPORT_DAY)
        and not any(one.provisional for one in figures),
        "pooled": metrics.over(desk, weeks),
        "totals": _totals(figures),
        "weekly": [one for one in figures if one.name in TARGETS],
        "methods": sorted({one.method for one in figures if one.name in TARGETS and one.enough}),
    }
    files = [
        write_whole(out / f"annual-{year}.{language}.html", _annual_page(language, figures, values).encode())
        for language in ("vi", "en")
    ]
    table = tabular.to_csv(tabular.rows(figures), tabular.COLUMNS)
    return [*files, write_whole(out / f"annual-{year}.csv", table)]


def _annual_page(language: str, figures: Sequence[Figure], values: Mapping[str, object]) -> str:
    drawn = [charts.target_chart(figures, name, language) for name in TARGETS]
    return _render(f"annual.{language}.html", charts=drawn, **values)


def _totals(figures: Sequence[Figure]) -> dict[str, int]:
    """Sums over the weeks, of what can be summed."""
    totals = dict.fromkeys(SUMMED, 0)
    for one in figures:
        if one.name in totals and one.value is not None:
            totals[one.name] += int(one.value)
    return totals


def export_open_data(desk: Desk, out: Path) -> list[Path]:
    """Everything decided: ClaimReview as a DataFeed, corrections as CSV and as JSON Feed."""
    base = desk.settings.text("web.public_url").rstrip("/")
    name = desk.settings.text("desk.name")
    with desk.reading() as session:
        items = public.corrections(session)
    content = {
        "claimreview.json": feeds.claim_reviews(items, base, name),
        "corrections.csv": feeds.corrections_csv(items, base),
        "feed.json": feeds.json_feed(items, base, name),
    }
    return [write_whole(out / file, text.encode()) for file, text in content.items()]
