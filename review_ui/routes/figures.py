"""The weekly figures: both targets, a page and a picture for each chart, a page for each week, downloads."""

import json
from collections.abc import Mapping, Sequence

from fastapi import Request
from starlette.responses import Response

from models.errors import NotFoundError
from models.weeks import iso_week, local_day, week_days, weeks_between
from pipeline import appeals, tabular, workdays
from pipeline.dictionary import ENTRIES
from pipeline.figures import Figure, is_wide
from pipeline.targets import is_look
from review_ui import chartlist, drawings
from review_ui.chartlist import COUNT, CURVE, INTERVAL, RELIABILITY, ChartPage
from review_ui.drawings import Drawing
from review_ui.figuregroups import grouped, is_part, label
from review_ui.figurewords import brief, shown, state, told
from review_ui.guard import Routes
from review_ui.language import FIRST
from review_ui.pages import cacheable, desk_of, language_of, public_page, site_of
from review_ui.security import PUBLIC
from review_ui.series import WEEKS, Series
from review_ui.targetcards import TARGETS, card, headline_week, latest_look

routes = Routes()
# what is closed stays as it is; only the frame of the page around it may change
CLOSED = "public, max-age=3600, must-revalidate"
TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


def series_of(request: Request) -> Series:
    """The figures that the public pages of this app show."""
    kept = getattr(request.app.state, "series", None)
    if not isinstance(kept, Series):
        kept = request.app.state.series = Series(site_of(request).desk)
    return kept


@routes.page("/so-lieu")
def figures(request: Request) -> Response:
    """What the desk reaches, week by week, and how sure that is."""
    series = series_of(request)
    recent = series.span(series.present)
    week = _asked(request, series) or headline_week(recent) or series.present
    last = _last(series, week)
    past = series.span(last)
    pictures = [
        (page, drawings.inlined(_drawing(request, page, last)), _rows(past, page.names))
        for page in chartlist.charts()
        if page.id in TARGETS
    ]
    newest = {one.name: one for one in past if one.enough}
    return public_page(
        request,
        "public/figures.html",
        kept={"tuan": request.query_params.get("tuan")},
        week=week,
        cards=[card(series.week(week), name, latest_look(past, name, week)) for name in TARGETS],
        pictures=pictures,
        others=[
            (page, [newest[name] for name in page.shown if name in newest])
            for page in chartlist.charts()
            if page.id not in TARGETS
        ],
        choice=series.weeks(series.present)[::-1],
        stopped=_stopped(series.week(series.present)),
        late=_late_appeals(request),
        more=_words(series, week),
    )


@routes.page("/so-lieu/tuan/{week}.{kind}")
def figure_week_data(request: Request, week: str, kind: str) -> Response:
    """The figures of one week as CSV or JSON, the same as `kiemchung metrics --json`."""
    found = series_of(request).week(week)
    return _data(request, found, kind)


@routes.page("/so-lieu/tuan/{week}")
def figure_week(request: Request, week: str) -> Response:
    """One week on one page, to be read, printed or checked."""
    series = series_of(request)
    found = series.week(week)
    methods = list(dict.fromkeys(one.method for one in found))
    return public_page(
        request,
        "public/figure_week.html",
        cache=PUBLIC if found[0].provisional else CLOSED,
        week=week,
        groups=grouped(found),
        label=label,
        is_part=is_part,
        methods=methods,
        number={method: at for at, method in enumerate(methods, 1)},
        more=_words(series, week),
    )


@routes.page("/so-lieu/{name}.svg")
def figure_chart(request: Request, name: str) -> Response:
    """The picture of one chart; `?hep=1` is the form for a narrow screen."""
    drawing = _drawing(request, _page(name), _last_asked(request))
    narrow = request.query_params.get("hep") == "1"
    return cacheable(request, drawing.narrow() if narrow else drawing.wide(), "image/svg+xml; charset=utf-8")


@routes.page("/so-lieu/{name}.{kind}")
def figure_data(request: Request, name: str, kind: str) -> Response:
    """The numbers of one chart, no more and no fewer, as CSV or JSON."""
    page, last = _page(name), _last_asked(request)
    if page.kind in {CURVE, RELIABILITY}:
        return _table(request, drawings.points(series_of(request), desk_of(request), page, last), kind)
    return _data(request, _rows(series_of(request).span(last), page.shown), kind)


@routes.page("/so-lieu/{name}")
def figure_page(request: Request, name: str) -> Response:
    """One chart with how to read it, the same numbers as a table, and their download."""
    series, page, last = series_of(request), _page(name), _last_asked(request)
    past = series.span(last)
    points = drawings.points(series, desk_of(request), page, last)
    newest = {one.name: one for one in past if one.enough}
    return public_page(
        request,
        "public/figure_chart.html",
        kept={"tuan": request.query_params.get("tuan")},
        page=page,
        picture=drawings.inlined(_drawing(request, page, last)),
        week=last,
        rows=_rows(past, page.shown) if page.kind == INTERVAL else [],
        counts=_by_week(past, page.shown) if page.kind == COUNT else [],
        points=points,
        newest=[newest[one] for one in page.shown if one in newest],
        pages=chartlist.charts(),
        changes=[one for one in series.changes() if one.week in set(series.weeks(last))],
        more=_words(series, last),
    )


def _page(name: str) -> ChartPage:
    found = chartlist.chart(name)
    if found is None:
        raise NotFoundError("there is no such figure")
    return found


def _asked(request: Request, series: Series) -> str | None:
    """The week that the address asks for; raises `NotFoundError` if the desk has no such week."""
    asked = request.query_params.get("tuan")
    return series.check(asked) if asked else None


def _last(series: Series, week: str) -> str:
    """The last week of the charts: the present one, unless the chosen week would fall out of sight."""
    return series.present if week in series.weeks(series.present) else week


def _last_asked(request: Request) -> str:
    series = series_of(request)
    asked = _asked(request, series)
    return series.present if asked is None else _last(series, asked)


def _drawing(request: Request, page: ChartPage, last: str) -> Drawing:
    # pictures are drawn in two languages; a Khmer page names them in Khmer and shows the Vietnamese ones
    drawn = "en" if language_of(request) == "en" else FIRST
    return Drawing(series_of(request), desk_of(request), page, last, drawn)


def _rows(figures: Sequence[Figure], names: Sequence[str]) -> list[Figure]:
    return [one for one in figures if one.name in names]


def _by_week(figures: Sequence[Figure], names: Sequence[str]) -> list[tuple[str, list[Figure | None]]]:
    """One row a week, newest first, one cell a name."""
    found = {(one.week, one.name): one for one in figures}
    weeks = sorted({one.week for one in figures}, reverse=True)
    return [(week, [found.get((week, name)) for name in names]) for week in weeks]


def _stopped(figures: Sequence[Figure]) -> bool:
    """Whether the independent audit has stopped the score from filling the queue."""
    return any(one.name == "auto_queue_stopped" and one.value == 1.0 for one in figures)


def _late_appeals(request: Request) -> int:
    """How many appeals wait since five working days or longer, now."""
    desk = desk_of(request)
    with desk.reading() as session:
        found = appeals.waiting(session, local_day(desk.clock()), workdays.extra_days(desk.settings))
    return found.alarm + found.overdue


def _words(series: Series, week: str) -> Mapping[str, object]:
    """What every page of figures is given."""
    known = series.first(), series.present
    monday, sunday = week_days(week)
    near = weeks_between(*known)
    at = near.index(week)
    return {
        "monday": monday,
        "sunday": sunday,
        "provisional": series.week(week)[0].provisional,
        "before": near[at - 1] if at else None,
        "after": near[at + 1] if at + 1 < len(near) else None,
        "next_look": _next_look(week),
        "weeks_shown": WEEKS,
        "entries": ENTRIES,
        "shown": shown,
        "state_of": state,
        "is_wide": is_wide,
        "told": told,
        "brief": brief,
    }


def _next_look(week: str) -> str:
    """The next quarter's end, at which a target may be claimed: that week itself if it is one."""
    monday = week_days(week)[0]
    ahead = weeks_between(week, iso_week(monday.replace(year=monday.year + 1)))
    return next(one for one in ahead if is_look(one))


def _data(request: Request, figures: Sequence[Figure], kind: str) -> Response:
    final = bool(figures) and not any(one.provisional for one in figures)
    if kind == "csv":
        body = tabular.to_csv(tabular.rows(figures), tabular.COLUMNS)
    elif kind == "json":
        body = (json.dumps([one.as_dict() for one in figures], ensure_ascii=False, indent=1) + "\n").encode()
    else:
        raise NotFoundError("there is no such file")
    return cacheable(request, body, TYPES[kind], CLOSED if final else PUBLIC)


def _table(request: Request, points: Sequence[Mapping[str, float | int]], kind: str) -> Response:
    if kind == "csv":
        columns = list(points[0]) if points else []
        body = tabular.to_csv([dict(one) for one in points], columns)
    elif kind == "json":
        body = (json.dumps(list(points), ensure_ascii=False, indent=1) + "\n").encode()
    else:
        raise NotFoundError("there is no such file")
    return cacheable(request, body, TYPES[kind])
