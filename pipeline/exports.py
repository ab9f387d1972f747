"""Exports: the weekly figures in every form, the open data. A week's files are there whole or not at all.

A closed week gives the same bytes whenever it is exported: nothing in a file says when it was written.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from models.claims import SampleFrame
from models.errors import UsageError
from models.weeks import iso_week, parse_week
from pipeline import feeds, frame, metrics, public, tabular
from pipeline.compose import Desk
from pipeline.files import writable, write_all
from pipeline.progress import Progress, silent
from pipeline.report_weekly import WeekFacts

KINDS = ("csv", "xlsx", "parquet", "json", "html", "print.html", "pdf", "dictionary.csv")


def export_weekly(desk: Desk, week: str, out: Path) -> list[Path]:
    """The figures of one week in every form of `KINDS`; gives the files."""
    return export_weeks(desk, [week], out)


def export_weeks(desk: Desk, weeks: Sequence[str], out: Path, progress: Progress = silent) -> list[Path]:
    """The figures of several weeks, each in every form; gives the files.

    Raises `WeekError` for what is no week and `UsageError` for one that has not begun or a folder that cannot
    be used, in either case before anything is written.
    """
    present = iso_week(desk.clock())
    for week in weeks:
        if parse_week(week) > present:
            raise UsageError(f"week {week}: has not begun; the present week is {present}")
    writable(out)
    return [path for week in progress(weeks, "weeks") for path in write_all(out, render(desk, week))]


def render(desk: Desk, week: str) -> dict[str, bytes]:
    """Every file of a week by its name."""
    from pipeline import report_html, report_pdf, report_weekly

    facts = _facts(desk, week)
    figures = facts.figures
    printed = report_weekly.page(facts)
    content = {
        "csv": tabular.to_csv(tabular.rows(figures), tabular.COLUMNS),
        "xlsx": tabular.to_xlsx(figures),
        "parquet": tabular.to_parquet(figures),
        "json": _json(facts),
        "html": report_html.render(report_weekly.whole(facts)),
        "print.html": report_html.render(printed),
        "pdf": report_pdf.render(printed),
        "dictionary.csv": tabular.to_csv(tabular.all_entries(figures), tabular.DICTIONARY_COLUMNS),
    }
    return {f"weekly-{week}.{kind}": content[kind] for kind in KINDS}


def _facts(desk: Desk, week: str) -> WeekFacts:
    return WeekFacts(
        desk=desk.settings.text("desk.name"),
        week=week,
        figures=metrics.weekly(desk, week),
        past=metrics.history(desk, week),
        sampling=_sampling(desk, week),
    )


def _json(facts: WeekFacts) -> bytes:
    document = {
        "desk": facts.desk,
        "week": facts.week,
        "closed": facts.closed,
        "figures": [asdict(one) for one in facts.figures],
        "sampling": facts.sampling,
        "dictionary": tabular.dictionary_rows(facts.figures),
        "columns": tabular.column_rows(),
    }
    return (json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _sampling(desk: Desk, week: str) -> Mapping[str, object] | None:
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


def export_open_data(desk: Desk, out: Path) -> list[Path]:
    """Everything decided: ClaimReview as a DataFeed, corrections as CSV and as JSON Feed."""
    base = desk.settings.text("web.public_url").rstrip("/")
    name = desk.settings.text("desk.name")
    with desk.reading() as session:
        items = public.corrections(session)
    content = {
        "claimreview.json": feeds.claim_reviews(items, base, name).encode(),
        # with a byte order mark, without which Excel misreads Vietnamese
        "corrections.csv": feeds.corrections_csv(items, base).encode("utf-8-sig"),
        "feed.json": feeds.json_feed(items, base, name).encode(),
    }
    return write_all(writable(out), content)
