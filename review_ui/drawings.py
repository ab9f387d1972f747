"""Charts for pages: the picture of a chart in its two widths, and the points of what is not by week."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pipeline.changes import PROMOTE, Change
from pipeline.compose import Desk
from review_ui.chartlist import COUNT, CURVE, RELIABILITY, ChartPage
from review_ui.series import Series

# what may not stand in an address, or would end it; the rest stays as it is, which is a third of the length
_CODED = str.maketrans({"%": "%25", "#": "%23", "<": "%3C", ">": "%3E", "&": "%26", '"': "'", "\n": " "})


@dataclass(frozen=True)
class Drawing:
    """A chart up to a week, in a language; drawn when it is asked for."""

    series: Series
    desk: Desk
    page: ChartPage
    last: str
    language: str

    def wide(self) -> str:
        """As SVG for a page."""
        return self._svg(narrow=False)

    def narrow(self) -> str:
        """As SVG for a phone: the same numbers."""
        return self._svg(narrow=True)

    def _svg(self, *, narrow: bool) -> str:
        from pipeline import charts

        title = self.page.en if self.language == "en" else self.page.vi
        if self.page.kind == CURVE:
            return self._curve(title, narrow=narrow)
        if self.page.kind == RELIABILITY:
            return self._reliability(title, narrow=narrow)
        figures = self.series.span(self.last)
        if self.page.kind == COUNT:
            return charts.count_chart(figures, self.page.shown, title, self.language, narrow=narrow)
        notes = [charts.Note(one.week, _note(one, self.language)) for one in self.series.changes()]
        return charts.interval_chart(figures, self.page.names[0], self.language, narrow=narrow, notes=notes)

    def _curve(self, title: str, *, narrow: bool) -> str:
        from pipeline import curves

        english = self.language == "en"
        axis = "Days since it appeared" if english else "Số ngày từ khi xuất hiện"
        hours = self.desk.settings.number("answer.hours")
        promised = f"promised: {hours} h" if english else f"đã hứa: {hours} giờ"
        rows = points(self.series, self.desk, self.page, self.last)
        found = [curves.Point(one["day"], one["share"], one["low"], one["high"]) for one in rows]
        return curves.curve_chart(
            found, title, axis, self.language, narrow=narrow, mark_at=(hours / 24, promised)
        )

    def _reliability(self, title: str, *, narrow: bool) -> str:
        from pipeline import curves

        english = self.language == "en"
        axis = "The machine’s score" if english else "Điểm của máy"
        rows = points(self.series, self.desk, self.page, self.last)
        found = [curves.Point(one["score"], one["share"], one["low"], one["high"]) for one in rows]
        return curves.reliability_chart(found, title, axis, self.language, narrow=narrow)


def _note(change: Change, language: str) -> str:
    if change.action == PROMOTE:
        return f"model {change.model}" if language == "en" else f"mô hình {change.model}"
    return f"model {change.model} taken back" if language == "en" else f"bỏ mô hình {change.model}"


def inlined(drawing: Drawing) -> Mapping[str, Markup]:
    """Both widths as addresses that hold the picture: a page on a weak line costs no further request."""
    return {"wide": address(drawing.wide), "narrow": address(drawing.narrow)}


def address(draw: Callable[[], str]) -> Markup:
    """A picture as an address that holds it."""
    return Markup("data:image/svg+xml,") + Markup(draw().translate(_CODED))  # noqa: S704 -- nothing can end it


def points(series: Series, desk: Desk, page: ChartPage, last: str) -> Sequence[Mapping[str, float]]:
    """The rows of a curve, as its picture, its table and its download show them; none for other charts."""
    if page.kind == CURVE:
        return series.kept("curve", last, lambda: _survival(desk, last))
    if page.kind == RELIABILITY:
        return series.kept("reliability", last, lambda: _bins(desk, last))
    return ()


def _survival(desk: Desk, last: str) -> list[dict[str, float]]:
    from pipeline.survival import curve

    return [one._asdict() for one in curve(desk, last)]


def _bins(desk: Desk, last: str) -> list[dict[str, float]]:
    from pipeline.calibration import reliability

    return [one._asdict() for one in reliability(desk, last)]
