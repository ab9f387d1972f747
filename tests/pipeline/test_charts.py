"""The charts: real SVG and PNG, nothing to run or fetch in them, honest about weeks without an estimate."""

import xml.etree.ElementTree as ET

import pytest

from pipeline import charts
from pipeline.figures import Figure

SVG = "{http://www.w3.org/2000/svg}"


def figure(week: str, value: float | None, low: float | None = None, high: float | None = None) -> Figure:
    return Figure("answered", week, value, low, high, 0.95, 300, "m", enough=value is not None)


WEEKS = [
    figure("2026-W45", 0.95, 0.91, 0.99),
    figure("2026-W46", None),
    figure("2026-W47", 0.60, 0.20, 0.85),
]


def texts(svg: str) -> list[str]:
    # our own drawing, not somebody else's file
    return [node.text or "" for node in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314


def test_the_chart_names_weeks_target_and_title_in_vietnamese() -> None:
    svg = charts.target_chart(WEEKS, "answered")
    found = texts(svg)
    assert "Tin sai được trả lời đúng hạn, theo tuần" in found
    assert "mục tiêu: từ 90%" in found
    assert {"2026-W45", "2026-W46", "2026-W47"} <= set(found)


def test_a_week_without_an_estimate_says_so_and_has_no_point() -> None:
    svg = charts.target_chart(WEEKS, "answered")
    assert texts(svg).count("chưa đủ dữ liệu") == 1
    points = svg.count('aria-roledescription="point"')
    assert points == 2
    alone = charts.target_chart([figure("2026-W46", None)], "answered", "en")
    assert 'aria-roledescription="point"' not in alone
    assert "No week holds enough data for an estimate yet" in texts(alone)


def test_a_wide_interval_is_grey() -> None:
    grey = charts.target_chart(WEEKS[2:], "answered")
    assert f' fill="{charts.MUTED}"' in grey
    assert f' fill="{charts.BAND}"' not in grey
    assert f' fill="{charts.BAND}"' in charts.target_chart(WEEKS[:1], "answered")


def test_the_chart_runs_and_fetches_nothing() -> None:
    svg = charts.target_chart(WEEKS, "answered")
    for word in ("<script", "<foreignObject", "href=", "url(", "@import", "@font-face", " on"):
        assert word not in svg.replace("đúng", "")
    assert "prefers-color-scheme: dark" in svg
    assert 'fill="#ffffff"' in svg  # readable by itself where styles are refused


def test_no_weeks_at_all_are_drawn_too() -> None:
    assert "Chưa có tuần nào đủ dữ liệu để ước lượng" in texts(charts.target_chart([], "prevalence"))


def test_png_is_png_and_the_same_figures_give_the_same_bytes() -> None:
    first = charts.target_png(WEEKS, "answered")
    assert first.startswith(b"\x89PNG\r\n\x1a\n")
    charts._drawn.clear()
    assert charts.target_png(WEEKS, "answered") == first
    svg = charts.target_chart(WEEKS, "answered")
    charts._drawn.clear()
    assert charts.target_chart(WEEKS, "answered") == svg


def test_what_is_drawn_once_is_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    import vl_convert

    first = charts.target_chart(WEEKS, "answered")
    monkeypatch.delattr(vl_convert, "vegalite_to_svg")
    assert charts.target_chart(list(WEEKS), "answered") == first


def test_only_the_two_targets_have_a_chart() -> None:
    with pytest.raises(ValueError, match="tips_received"):
        charts.target_chart(WEEKS, "tips_received")
