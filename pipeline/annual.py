"""The files of the report on the year to 20 November: three forms in two languages, its weeks as tables."""

from collections.abc import Callable
from pathlib import Path

from pipeline import tabular, yearfacts
from pipeline.compose import Desk
from pipeline.files import writable, write_all
from pipeline.progress import Progress, silent
from pipeline.report import TAGS, Report
from pipeline.yearfacts import Facts


def render(facts: Facts, progress: Progress = silent) -> dict[str, bytes]:
    """Every file of the report by name: HTML, PDF and DOCX in each language, the weeks as CSV and XLSX."""
    from pipeline import report_annual, report_docx, report_html, report_pdf

    made: dict[str, bytes] = {}
    name = f"annual-{facts.year}"
    renderers: dict[str, Callable[[Report], bytes]] = {
        "html": report_html.render,
        "pdf": report_pdf.render,
        "docx": report_docx.render,
    }
    for language in progress(list(TAGS), "annual report"):
        report = report_annual.build(facts, language)
        for kind, draw in renderers.items():
            made[f"{name}.{language}.{kind}"] = draw(report)
    made[f"{name}.csv"] = tabular.to_csv(tabular.rows(facts.figures), tabular.COLUMNS)
    made[f"{name}.xlsx"] = tabular.to_xlsx(facts.figures)
    return made


def export_annual(desk: Desk, year: int, out: Path, progress: Progress = silent) -> list[Path]:
    """Write the report on the year to 20 November; gives the files.

    Raises `UsageError` for a year that has not begun, was before the desk, or a folder that cannot be used.
    """
    writable(out)
    return write_all(out, render(yearfacts.gather(desk, year), progress))
