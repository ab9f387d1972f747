"""A report as PDF: tagged for screen readers (PDF/UA-1), set by Typst from `templates/report.typ`.

The fonts are the ones inside the Typst wheel, so that the page does not depend on the machine; the date in
the file is the report's own. typst is imported where it is used.
"""

import json
from dataclasses import asdict
from datetime import UTC, datetime, time
from typing import Literal

from models.errors import KiemChungError
from pipeline.report import TEMPLATES, Block, Report, Side

Kind = Literal["pdf", "png"]

SIZES = (10.0, 9.5, 9.0, 8.5, 8.0, 7.5, 7.0, 6.5, 6.0)
"""Sizes of type in points that a page which must not become two is tried with."""


def render(report: Report) -> bytes:
    """The file; raises `KiemChungError` if what must fit on one page does not fit in any size."""
    if not report.one_page:
        return compiled(report)[0]
    for size in SIZES:
        # a PNG a page is the quickest way to count them
        if len(compiled(report, "png", size, ppi=8)) == 1:
            return compiled(report, size=size)[0]
    raise KiemChungError(f"{report.title}: does not fit on one page")


def compiled(report: Report, kind: Kind = "pdf", size: float = 10.5, ppi: float = 72) -> list[bytes]:
    """What Typst makes of a report: one PDF, or a PNG a page."""
    import typst

    made = typst.compile(
        TEMPLATES / "report.typ",
        root=TEMPLATES,
        format=kind,
        ppi=ppi,
        ignore_system_fonts=True,
        sys_inputs={"report": json.dumps(_plain(report, size), ensure_ascii=False)},
        pdf_standards=["ua-1"] if kind == "pdf" else [],
        timestamp=int(datetime.combine(report.day, time(), UTC).timestamp()),
    )
    # the stub forgets that several pages come as a list
    pages: object = made
    return [bytes(one) for one in pages] if isinstance(pages, list) else [made]


def _plain(report: Report, size: float) -> dict[str, object]:
    return {
        "title": report.title,
        "lead": report.lead,
        "language": report.language,
        "author": report.author,
        "size": size,
        "one_page": report.one_page,
        "blocks": [_block(block) for block in report.blocks],
    }


def _block(block: Block) -> dict[str, object]:
    if isinstance(block, Side):
        return {"kind": "Side", "parts": [[_block(one) for one in part] for part in block.parts]}
    values = {"kind": type(block).__name__, **asdict(block)}
    if "numeric" in values:
        values["numeric"] = sorted(values["numeric"])
    return values
