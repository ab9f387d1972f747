"""Colours can be told apart: every pair of text and ground reaches WCAG 2.2 AA in both themes."""

import re

import pytest

from review_ui.templating import STATIC, asset

CSS = (STATIC / "site.css").read_text(encoding="utf-8")
KHMER = "vendor/noto-sans-khmer.woff2"
PAIRS = [
    ("ink", "paper"),
    ("ink", "sheet"),
    ("soft", "paper"),
    ("soft", "sheet"),
    ("river", "paper"),
    ("river", "sheet"),
    ("river", "river-soft"),
    ("river-ink", "river"),
    ("ink", "river-soft"),
    ("soft", "river-soft"),
    *((name, f"{name}-soft") for name in ("false", "misleading", "unproven", "true")),
    *(("ink", f"{name}-soft") for name in ("false", "misleading", "unproven", "true")),
    ("sheet", "false"),
    ("false", "paper"),
    ("true", "sheet"),
]


def themes() -> dict[str, dict[str, str]]:
    """The colours of the light theme, and of the dark one over it."""
    blocks = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    light, dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in blocks)
    return {"light": light, "dark": {**light, **dark}}


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio (WCAG 2.2)."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_measure_itself_is_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out(text: str, ground: str, theme: str) -> None:
    colours = themes()[theme]
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_focus_and_borders_of_fields_stand_out(theme: str) -> None:
    colours = themes()[theme]
    for name in ("focus", "soft", "strong-line"):
        assert contrast(colours[name], colours["paper"]) >= 3


def test_no_motion_for_those_who_ask_for_none() -> None:
    assert "transition" not in CSS.split("@media (prefers-reduced-motion: no-preference)")[0]


def test_the_sheet_loads_nothing_but_the_khmer_letters() -> None:
    assert "@import" not in CSS
    assert re.findall(r"url\(([^)]*)\)", CSS) == [f'"{asset(KHMER).removeprefix("/tinh/")}"']
    # one family of one face, which nothing outside Khmer pages names
    assert CSS.count("@font-face") == 1
    named = [rule for rule in CSS.split("}") if '"Site Khmer"' in rule]
    assert [rule.partition("{")[0].rpartition("*/")[2].strip() for rule in named] == [
        "@font-face",
        "html:lang(km)",
    ]
