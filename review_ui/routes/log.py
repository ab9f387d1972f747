"""The log of decisions: its head for everybody, its entries for whoever verifies it, its pages for staff."""

import json

from fastapi import Request
from starlette.responses import Response

from pipeline import publishing
from review_ui import reading
from review_ui.guard import Routes
from review_ui.pages import cacheable, desk_of, public_page, staff_page
from review_ui.routes.home import page_of

routes = Routes()
ENTRIES = 5_000
PER_PAGE = 50
REVISIONS = 30


@routes.page("/nhat-ky")
def log_head(request: Request) -> Response:
    """The head of the chain and how to check it."""
    with desk_of(request).reading() as session:
        head = reading.log_head(session)
    return public_page(request, "public/log.html", head=head, entries=ENTRIES)


@routes.page("/nhat-ky.jsonl")
def log_entries(request: Request) -> Response:
    """Entries from a number on, one JSON object a line: what the chain is verified with."""
    asked = request.query_params.get("tu", "1")
    first = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 1
    with desk_of(request).reading() as session:
        rows = reading.log_entries(session, first, ENTRIES)
    lines = [
        json.dumps(
            {
                "seq": row.seq,
                "at": row.at.isoformat(),
                "actor": row.actor,
                "action": row.action,
                "subject": row.subject,
                "detail_sha256": row.detail_sha256,
                "previous": row.previous,
                "digest": row.digest,
            },
            ensure_ascii=False,
        )
        for row in rows
    ]
    return cacheable(request, "".join(f"{line}\n" for line in lines), "application/jsonl; charset=utf-8")


@routes.page("/sua-doi")
def revised(request: Request) -> Response:
    """Corrections of corrections, newest first, each with its reason."""
    asked = request.query_params.get("truoc", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 18 else None
    with desk_of(request).reading() as session:
        found = publishing.revisions(session, before=before, limit=REVISIONS + 1)
    shown = found[:REVISIONS]
    return public_page(
        request,
        "public/revised.html",
        kept={"truoc": asked if before else None},
        items=shown,
        before=before,
        following=shown[-1].key if len(found) > REVISIONS else None,
    )


@routes.page("/nhat-ky/noi-bo")
def audit_log(request: Request) -> Response:
    """The log for those who oversee the desk, newest first."""
    page = page_of(request)
    with desk_of(request).reading() as session:
        rows, total = reading.log_page(session, page, PER_PAGE)
        people = {f"staff:{one.id}": one.username for one in reading.staff(session)}
    pages = max(1, -(-total // PER_PAGE))
    return staff_page(
        request, "staff/audit.html", rows=rows, people=people, total=total, page=page, pages=pages
    )
