"""The charts: real SVG and PNG, nothing to run or fetch in them, honest about weeks without an estimate."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from models.weeks import weeks_between
from pipeline import chartparts, charts, chartwords, curves, drawing
from pipeline.charts import Note
from pipeline.curves import Point
from pipeline.figures import Figure

SVG = "{http://www.w3.org/2000/svg}"


def figure(week: str, value: float | None, low: float | None = None, high: float | None = None) -> Figure:
    return Figure("answered", week, value, low, high, 0.95, 300, "m", enough=value is not None)


WEEKS = [
    figure("2026-W45", 0.95, 0.91, 0.99),
    figure("2026-W46", None),
    figure("2026-W47", 0.60, 0.20, 0.85),
]
YEAR = [
    figure(week, 0.9 + 0.003 * (at % 9), 0.8 + 0.004 * (at % 7), 0.97)
    for at, week in enumerate(weeks_between("2026-W22", "2026-W47"))
]
NOTES = [Note("2026-W30", "mô hình 2"), Note("2026-W40", "mô hình 3")]
TIMES = [Point(1, 0.2, 0.1, 0.35, 50), Point(3, 0.8, 0.65, 0.9, 20), Point(44, 0.9, 0.8, 0.96, 5)]
BINS = [Point(0.02, 0.01, 0.0, 0.05, 40), Point(0.6, 0.5, 0.3, 0.7, 40)]


def tips(weeks: list[str]) -> list[Figure]:
    return [
        Figure(name, week, float(at), None, None, 0.95, at, "count", enough=True)
        for name in ("tips_received", "tips_answered")
        for at, week in enumerate(weeks, 3)
    ]


def drawn_by(narrow: bool) -> dict[str, str]:
    """One chart of each kind."""
    received = tips(["2026-W45", "2026-W46"])
    return {
        "answered": charts.target_chart(WEEKS, "answered", narrow=narrow, notes=NOTES),
        "counts": charts.count_chart(received, ("tips_received", "tips_answered"), "Tin báo", narrow=narrow),
        "curve": curves.curve_chart(TIMES, "Bao lâu", "Số ngày", narrow=narrow, mark_at=(3.0, "đã hứa")),
        "reliability": curves.reliability_chart(BINS, "Điểm", "Điểm của máy", narrow=narrow),
    }


def texts(svg: str) -> list[str]:
    # our own drawing, not somebody else's file
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314


def dots(svg: str) -> list[float]:
    """Where the points of a chart stand from left to right."""
    return [float(node.attrib["cx"]) for node in ET.fromstring(svg).iter(f"{SVG}circle")]  # noqa: S314


def test_the_chart_names_weeks_target_and_title_in_both_languages() -> None:
    found = texts(charts.target_chart(WEEKS, "answered"))
    assert "Tin sai được trả lời đúng hạn, theo tuần" in found
    assert "mục tiêu:từ 90%" in found
    assert "Tuần bắt đầu ngày" in found
    assert "16/11" in found  # Monday of 2026-W47
    english = texts(charts.target_chart(WEEKS, "answered", "en"))
    assert "False claims answered in time, by week" in english
    assert "16 Nov" in english


def test_a_week_without_an_estimate_keeps_its_place_and_has_no_point() -> None:
    svg = charts.target_chart(WEEKS, "answered")
    assert texts(svg).count("×") == 1
    assert any("×: tuần chưa đủ dữ liệu" in text for text in texts(svg))
    first, last = dots(svg)
    both = dots(charts.target_chart([WEEKS[0], figure("2026-W46", 0.9, 0.8, 0.95), WEEKS[2]], "answered"))
    assert both[0] == first
    assert both[2] == last
    alone = charts.target_chart([figure("2026-W46", None)], "answered", "en")
    assert dots(alone) == []
    assert "No week holds enough data for an estimate yet" in texts(alone)


def test_weeks_before_the_desk_began_are_empty_and_not_marked() -> None:
    assert chartparts.axis_weeks(WEEKS)[0] == "2026-W22"
    assert len(chartparts.axis_weeks(WEEKS)) == 26
    assert chartparts.axis_weeks([]) == []


def test_a_wide_interval_is_grey() -> None:
    grey = charts.target_chart(WEEKS[2:], "answered")
    assert f' fill="{drawing.MUTED}"' in grey
    assert f' fill="{drawing.BAND}"' not in grey
    assert f' fill="{drawing.BAND}"' in charts.target_chart(WEEKS[:1], "answered")


def test_a_change_of_model_is_noted_in_its_week_and_nowhere_else() -> None:
    noted = texts(charts.target_chart(YEAR, "answered", notes=NOTES))
    assert {"mô hình 2", "mô hình 3"} <= set(noted)
    assert any("đổi mô hình" in text for text in noted)
    late = texts(charts.target_chart(WEEKS, "answered", notes=[Note("2025-W01", "mô hình 1")]))
    assert "mô hình 1" not in late
    assert not any("đổi mô hình" in text for text in late)


@pytest.mark.parametrize("narrow", [False, True])
def test_a_chart_runs_and_fetches_nothing(narrow: bool) -> None:
    for name, svg in drawn_by(narrow).items():
        for word in ("<script", "<foreignObject", "href=", "url(", "@import", "@font-face"):
            assert word not in svg, name
        assert not re.search(r"\son\w+=", svg), name
        assert "prefers-color-scheme: dark" in svg, name
        assert 'fill="#ffffff"' in svg, name  # readable by itself where styles are refused


@pytest.mark.parametrize("narrow", [False, True])
def test_every_colour_of_a_chart_has_its_dark_counterpart(narrow: bool) -> None:
    for name, svg in drawn_by(narrow).items():
        rules = svg[svg.index("<style>") : svg.index("</style>")]
        body = svg[svg.index("</style>") :]
        used = set(re.findall(r'(fill|stroke)="(#[0-9a-f]{3,6})"', body)) - {("fill", drawing.PAPER)}
        assert used, name
        for part, colour in used:
            assert f'[{part}="{colour}"]' in rules, f"{name}: {part} {colour} stays dark in the dark"


@pytest.mark.parametrize("narrow", [False, True])
def test_the_form_for_a_phone_fits_one_and_keeps_its_letters(narrow: bool) -> None:
    for name, svg in drawn_by(narrow).items():
        root = ET.fromstring(svg)  # noqa: S314
        assert int(root.attrib["width"]) == (340 if narrow else 720), name
        sizes = {float(size.removesuffix("px")) for size in re.findall(r'font-size="([\d.px]+)"', svg)}
        assert min(sizes) >= 11, name


def test_both_forms_show_the_same_weeks() -> None:
    wide, narrow = (charts.target_chart(YEAR, "answered", narrow=one) for one in (False, True))
    assert len(dots(wide)) == len(dots(narrow)) == 26


def test_charts_of_half_a_year_are_small_enough_to_stand_in_a_page() -> None:
    every = [charts.target_chart(YEAR, "answered", narrow=one, notes=NOTES) for one in (False, True)]
    assert sum(len(svg.encode()) for svg in every) < 20_000


def test_no_weeks_at_all_are_drawn_too() -> None:
    assert "Chưa có tuần nào đủ dữ liệu để ước lượng" in texts(charts.target_chart([], "prevalence"))
    assert "Chưa đủ dữ liệu để vẽ" in texts(curves.curve_chart([], "Bao lâu", "Số ngày"))
    assert "Too few data to draw" in texts(curves.reliability_chart([], "Score", "Score", "en"))


def test_counts_have_a_legend_in_words_and_a_shape_each() -> None:
    svg = drawn_by(narrow=False)["counts"]
    assert {"tin báo đã nhận", "tin báo đã được trả lời"} <= set(texts(svg))
    assert drawing.BAND in svg
    assert drawing.SECOND in svg


def test_a_curve_begins_at_nought_and_shows_its_first_thirty_days() -> None:
    found = texts(drawn_by(narrow=False)["curve"])
    assert "đã hứa" in found
    assert {"0", "30"} <= set(found)
    assert "44" not in found


def test_png_is_png_and_the_same_figures_give_the_same_bytes() -> None:
    first = charts.target_png(WEEKS, "answered")
    assert first.startswith(b"\x89PNG\r\n\x1a\n")
    drawing._drawn.clear()
    assert charts.target_png(WEEKS, "answered") == first
    svg = charts.target_chart(WEEKS, "answered")
    drawing._drawn.clear()
    assert charts.target_chart(WEEKS, "answered") == svg


def test_what_is_drawn_once_is_neither_described_nor_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    first = charts.target_chart(WEEKS, "answered")

    def never(*_: object, **__: object) -> dict[str, object]:
        raise AssertionError("described again")

    monkeypatch.setattr(charts, "_intervals", never)
    assert charts.target_chart(list(WEEKS), "answered") == first
    with pytest.raises(AssertionError):
        charts.target_chart(WEEKS[:2], "answered")


def test_other_figures_in_the_same_list_change_no_picture() -> None:
    assert charts.target_chart([*WEEKS, *tips(["2026-W46"])], "answered") == charts.target_chart(
        WEEKS, "answered"
    )


@pytest.mark.parametrize("draw", [charts.target_chart, charts.target_png])
def test_only_the_two_targets_have_a_target(draw: Callable[..., object]) -> None:
    with pytest.raises(ValueError, match="tips_received"):
        draw(WEEKS, "tips_received")


def test_the_words_of_charts_stand_in_both_languages() -> None:
    for table in (chartwords.TITLES, chartwords.WORDS):
        assert set(table["vi"]) == set(table["en"])
