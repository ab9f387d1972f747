"""How far reviewers agree, for leads and auditors: by person, by topic, with a picture."""

from fastapi import Request
from starlette.responses import Response

from models.weeks import iso_week
from pipeline import agreement as measured
from pipeline.shares import MIN_CASES
from review_ui import agreementchart as chart
from review_ui.guard import Routes
from review_ui.pages import desk_of, language_of, said, staff_page
from review_ui.templating import names

routes = Routes()


@routes.page("/muc-thong-nhat")
def agreement(request: Request) -> Response:
    """Krippendorff's alpha overall, of each reviewer against the rest, and of each topic."""
    desk = desk_of(request)
    with desk.reading() as session:
        found = measured.report(session, iso_week(desk.clock()))
    topics = names(language_of(request))["topics"]
    groups = (
        (
            "chung",
            said(request, "Chung"),
            chart.shown([found.overall], [said(request, "Tất cả")]),
        ),
        (
            "nguoi",
            said(request, "Từng người so với những người khác"),
            chart.shown(found.people, [one.name for one in found.people]),
        ),
        (
            "chu-de",
            said(request, "Từng chủ đề"),
            chart.shown(found.topics, [topics[one.name] for one in found.topics]),
        ),
    )
    return staff_page(
        request,
        "staff/agreement.html",
        groups=groups,
        since=found.since,
        weeks=measured.WEEKS,
        least=MIN_CASES,
        guides=[(value, chart.place(value)) for value in chart.GUIDES],
        width=chart.WIDTH,
        height=chart.HEIGHT,
    )
