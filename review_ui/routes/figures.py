"""The weekly figures with their intervals, a chart and a table for each target."""

import time
from collections.abc import Mapping, Sequence
from threading import Lock
from urllib.parse import quote

from fastapi import Request
from markupsafe import Markup
from starlette.responses import Response

from models.errors import NotFoundError
from models.weeks import iso_week
from pipeline import metrics
from pipeline.compose import Desk
from pipeline.dictionary import ENTRIES
from pipeline.figures import Figure, is_wide, shown, state_vi
from review_ui.guard import Routes
from review_ui.pages import cacheable, desk_of, language_of, public_page, site_of

routes = Routes()
TARGETS = ("answered", "prevalence")
WEEKS = 12
_FRESH_S = 60.0


class FigureCache:
    """The figures of the last minute: reckoning them anew costs more than a page view should."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = Lock()
        self._until = 0.0
        self._figures: Sequence[Figure] = ()

    def series(self) -> Sequence[Figure]:
        """The figures of the last weeks, at most a minute old."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._figures = metrics.series(self._desk, WEEKS)
                self._until = time.monotonic() + _FRESH_S
            return self._figures


def by_name(figures: Sequence[Figure]) -> Mapping[str, Sequence[Figure]]:
    """The figures of each name, weeks in order."""
    found: dict[str, list[Figure]] = {}
    for figure in sorted(figures, key=lambda one: one.week):
        found.setdefault(figure.name, []).append(figure)
    return found


@routes.page("/so-lieu")
def figures(request: Request) -> Response:
    """What the desk reaches, week by week, and how sure that is."""
    found = by_name(_cache(request).series())
    charts = {name: _inline(request, found, name) for name in TARGETS}
    return public_page(
        request,
        "public/figures.html",
        bilingual=True,
        targets=[(name, found.get(name, ()), _related(found, name)) for name in TARGETS],
        others=[rows[-1] for name, rows in found.items() if name in ENTRIES and not _of_a_target(name)],
        charts=charts,
        entries=ENTRIES,
        shown=shown,
        state_vi=state_vi,
        is_wide=is_wide,
        week=iso_week(desk_of(request).clock()),
    )


def _of_a_target(name: str) -> bool:
    return any(name == target or name.startswith(f"{target}_") for target in TARGETS)


def _related(found: Mapping[str, Sequence[Figure]], target: str) -> list[Figure]:
    """The newest of each figure that reckons a target in another way."""
    return [rows[-1] for name, rows in found.items() if name.startswith(f"{target}_") and name in ENTRIES]


@routes.page("/so-lieu/{name}.svg")
def figure_chart(request: Request, name: str) -> Response:
    """The chart of one target as an image."""
    if name not in TARGETS:
        raise NotFoundError("there is no such figure")
    drawn = _chart(request, by_name(_cache(request).series()), name)
    return cacheable(request, drawn, "image/svg+xml; charset=utf-8")


def _chart(request: Request, found: Mapping[str, Sequence[Figure]], name: str) -> str:
    from pipeline import charts

    return charts.target_chart(list(found.get(name, ())), name, language_of(request))


def _inline(request: Request, found: Mapping[str, Sequence[Figure]], name: str) -> Markup:
    """The chart as an address that holds it: a page on a weak line costs no further request."""
    return Markup("data:image/svg+xml,{}").format(quote(_chart(request, found, name), safe="/:=()"))


def _cache(request: Request) -> FigureCache:
    kept = getattr(request.app.state, "figures", None)
    if not isinstance(kept, FigureCache):
        kept = request.app.state.figures = FigureCache(site_of(request).desk)
    return kept
