"""The pages of figures: the numbers of `metrics --json`, and never a share without its interval."""

import csv
import html
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import Browser as Chromium
from sqlalchemy import func, insert, select

from models import audit
from models.desk import WeeklyFigure
from models.weeks import weeks_between
from pipeline import figures as states
from pipeline import metrics
from pipeline.compose import Desk
from pipeline.dictionary import ENTRIES
from pipeline.figures import Figure, shown
from pipeline.methodwords import told
from review_ui import chartlist, figuregroups, targetcards
from review_ui.app import create_app
from review_ui.routes.figures import CLOSED
from review_ui.security import PUBLIC
from tests.browsing import PATIENCE_MS
from tests.pipeline.test_cli_figures import call
from tests.pipeline.weeks import LONG_AFTER, WEEK, arrive, at, audited
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import Browser, MovingClock, make_desk, words

SHARE = r"\d+(?:[.,]\d+)?%"
# every form in which a percentage may stand: with its interval, or as a target, a level, a rule
ALLOWED = re.compile(
    rf"{SHARE} \[{SHARE} – {SHARE}\]"
    rf"|{SHARE} – {SHARE}(?=, ước lượng)|(?<=ước lượng ){SHARE}"
    rf"|{SHARE} – {SHARE}|{SHARE} {SHARE}(?= Khoảng tin cậy)"  # a range; its two ends on the drawn line
    r"|≥ 90%|< 10%|(?:từ|chứng tỏ) 90%|(?:dưới|quá|vượt) 10%|tin cậy \(?95%|ở mức 1%|chưa tới 80%"
)


def bare_shares(text: str) -> list[str]:
    """The percentages of a page that stand without an interval."""
    left = ALLOWED.sub(" ", text)
    return [left[max(0, one.start() - 40) : one.end()] for one in re.finditer(r"%", left)]


@pytest.fixture
def judged(desk: Desk) -> Desk:
    """A desk whose week 46 was audited, a few days later; the week is still open."""
    return audited(desk)


def close(desk: Desk) -> Desk:
    """The same week closed, a month later."""
    later = at(desk, LONG_AFTER)
    assert metrics.close_week(later, WEEK)
    return later


@pytest.fixture
def changing(judged: Desk) -> Desk:
    """A desk with the closed week, of this test's own: for tests that write to it."""
    return close(judged)


@pytest.fixture(scope="module")
def closed(sqlite_template: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with the closed week that all tests of this module read and none writes to."""
    folder = tmp_path_factory.mktemp("closed")
    (folder / "desk.sqlite").write_bytes(sqlite_template)
    made = make_desk(f"sqlite:///{folder / 'desk.sqlite'}", folder, MovingClock())
    yield close(audited(made))
    made.close()


@pytest.fixture(scope="module")
def reader(closed: Desk) -> Iterator[Browser]:
    """A reader of the desk with the closed week."""
    with Browser(create_app(closed)) as browser:
        yield browser


@pytest.fixture
def own_reader(changing: Desk) -> Iterator[Browser]:
    """A reader of a desk that the test writes to."""
    with Browser(create_app(changing)) as browser:
        yield browser


def half_a_year(desk: Desk, first: str = "2026-W20") -> list[str]:
    """Closed weeks before week 46 with its very figures; gives their labels."""
    labels = weeks_between(first, "2026-W45")
    with desk.sessions.begin() as session:
        rows = session.execute(select(WeeklyFigure.__table__).where(WeeklyFigure.week == WEEK)).mappings()
        kept = [dict(row) for row in rows]
        session.execute(insert(WeeklyFigure), [row | {"week": week} for week in labels for row in kept])
    return labels


def weekly(desk: Desk, name: str, week: str = WEEK) -> Figure:
    return next(one for one in metrics.weekly(desk, week) if one.name == name)


# the numbers


def test_the_week_page_shows_what_the_command_line_answers(closed: Desk, reader: Browser) -> None:
    code, output = call(closed, "metrics", "--week", WEEK, "--json")
    answered = json.loads(output)
    assert code == 0
    assert reader.get(f"/so-lieu/tuan/{WEEK}.json").json() == answered
    page = words(reader.get(f"/so-lieu/tuan/{WEEK}"))
    for one in metrics.weekly(closed, WEEK):
        assert figuregroups.label(one.name) in page, one.name
        assert shown(one) in page, one.name
    table = list(csv.DictReader(io.StringIO(reader.get(f"/so-lieu/tuan/{WEEK}.csv").text.lstrip("\ufeff"))))
    assert [row["name"] for row in table] == [one["name"] for one in answered]
    for row, one in zip(table, answered, strict=True):
        for key in ("value", "low", "high"):
            assert (float(row[key]) if row[key] else None) == one[key], one["name"]


@pytest.mark.parametrize("page", chartlist.charts(), ids=lambda one: one.id)
def test_a_chart_its_table_and_its_downloads_hold_the_same_numbers(
    page: chartlist.ChartPage, reader: Browser, closed: Desk
) -> None:
    found = reader.get(f"/so-lieu/{page.id}.json").json()
    table = list(csv.DictReader(io.StringIO(reader.get(f"/so-lieu/{page.id}.csv").text.lstrip("\ufeff"))))
    assert len(found) == len(table)
    if page.kind in {chartlist.INTERVAL, chartlist.COUNT}:
        past = metrics.between(closed, WEEK, "2026-W51")
        assert found == [one.as_dict() for one in past if one.name in page.shown]
        text = words(reader.get(f"/so-lieu/{page.id}"))
        values = [one for one in past if one.name in page.shown and one.value is not None]
        assert all(shown(one) in text for one in values)
    for ending in ("", "?hep=1", "?lang=en"):
        picture = reader.get(f"/so-lieu/{page.id}.svg{ending}")
        assert picture.headers["content-type"].startswith("image/svg+xml")
        ET.fromstring(picture.text)  # noqa: S314 -- our own drawing
    assert page.en in words(reader.get(f"/so-lieu/{page.id}?lang=en"))


def test_the_curve_of_times_has_its_table(reader: Browser) -> None:
    rows = reader.get("/so-lieu/time-to-answer.json").json()
    assert rows
    assert set(rows[0]) == {"day", "share", "low", "high", "at_risk"}
    page = words(reader.get("/so-lieu/time-to-answer"))
    assert "Còn theo dõi" in page
    assert f"{rows[0]['at_risk']}" in page


def test_the_main_page_carries_both_targets_as_pictures_and_tables(reader: Browser, closed: Desk) -> None:
    page = reader.get("/so-lieu")
    assert page.text.count('src="data:image/svg+xml,') == 4  # each wide and narrow
    for name in targetcards.TARGETS:
        assert page.text.count(shown(weekly(closed, name))) >= 1
        assert f"/so-lieu/{name}.csv" in page.text
    for one in re.findall(r'src="data:image/svg\+xml,([^"]+)"', page.text):
        ET.fromstring(one.replace("%3C", "<").replace("%3E", ">").replace("%23", "#").replace("%26", "&"))  # noqa: S314


# honest words


def paths() -> list[str]:
    return ["/so-lieu", f"/so-lieu/tuan/{WEEK}", *(f"/so-lieu/{one.id}" for one in chartlist.charts())]


@pytest.mark.parametrize("path", [*paths(), "/phuong-phap"])
def test_no_percentage_stands_without_its_interval(path: str, reader: Browser) -> None:
    page = reader.get(path)
    assert page.status_code == 200
    assert bare_shares(words(page)) == []


def test_control_a_bare_percentage_is_found(reader: Browser) -> None:
    assert bare_shares("Đã trả lời 93,1% số tin") != []
    assert bare_shares(words(reader.get("/so-lieu")) + " Tuần này đạt 93%.") != []
    assert bare_shares("93,1% [85% – 97%]") == []


def test_the_card_says_the_state_first_then_the_interval_then_the_counts(
    reader: Browser, closed: Desk
) -> None:
    page = words(reader.get("/so-lieu"))
    card = page[page.index("Tin sai được phát hiện và trả lời đúng hạn") :]
    state = targetcards.card(metrics.weekly(closed, WEEK), "answered").state
    order = [
        {"open": "Chưa kết luận được", "indicates": "Có dấu hiệu đạt", "not-met": "Không đạt"}[state],
        "Khoảng tin cậy (95%):",
        "Bàn tin biết 42 tin sai",
        "Chỉ nói về các thông tin bàn tin theo dõi",
    ]
    places = [card.index(part) for part in order]
    assert places == sorted(places)
    assert "đã chốt" in page


@pytest.mark.parametrize(
    ("low", "high", "state"),
    [(0.91, 0.99, "indicates"), (0.85, 0.95, "open"), (0.70, 0.89, "not-met")],
)
def test_the_state_comes_from_the_interval_and_never_from_the_point(
    low: float, high: float, state: str
) -> None:
    for value in (low, (low + high) / 2, high):
        week = states.with_states([Figure("answered", WEEK, value, low, high, 0.95, 300, "m", enough=True)])
        assert targetcards.card(week, "answered").state == state


def test_met_is_said_at_a_quarters_end_alone(closed: Desk) -> None:
    week = states.with_states([Figure("answered", WEEK, 0.99, 0.97, 1.0, 0.95, 300, "m", enough=True)])
    assert targetcards.card(week, "answered").state == targetcards.INDICATES
    name = "answered" + states.YEAR_TO_DATE
    year = Figure(name, WEEK, 0.97, 0.93, None, 0.9875, 900, "m", enough=True)
    met = [*week, replace(year, state=states.TARGET_MET)]
    assert targetcards.card(met, "answered").state == targetcards.MET
    assert targetcards.card([*week, replace(year, state=states.UNDECIDED)], "answered").state == "indicates"
    assert not any(one.name.endswith(states.YEAR_TO_DATE) for one in metrics.weekly(closed, WEEK))


def test_a_look_of_another_year_is_not_shown() -> None:
    name = "prevalence" + states.YEAR_TO_DATE
    looks = [
        Figure(name, week, 0.05, None, 0.08, 0.9875, 900, "m", enough=True)
        for week in ("2025-W52", "2026-W13", "2026-W26", "2026-W39")
    ]
    assert targetcards.latest_look(looks, "prevalence", "2026-W30") == looks[2]
    assert targetcards.latest_look(looks, "prevalence", "2026-W05") is None


def test_a_young_desk_is_told_what_it_waits_for(desk: Desk) -> None:
    arrive(desk, 12, day=date(2026, 11, 17))
    with Browser(create_app(desk)) as reader:
        page = words(reader.get("/so-lieu"))
        assert page.count("Chưa đủ dữ liệu") == 2
        assert "mẫu được rút khi tuần đã kết thúc" in page
        assert "Nếu phần còn lại" not in page
        for one in chartlist.charts():
            assert reader.get(f"/so-lieu/{one.id}").status_code == 200
        assert "Chưa đủ dữ liệu để vẽ" in words(reader.get("/so-lieu/time-to-answer"))


def test_how_many_more_audits_are_needed_is_said(judged: Desk) -> None:
    found = metrics.weekly(judged, WEEK)
    card = targetcards.card(found, "answered")
    with Browser(create_app(judged)) as reader:
        page = words(reader.get("/so-lieu"))
    if card.state == targetcards.OPEN and card.more:
        assert f"Cần thêm khoảng {card.more:,}".replace(",", ".") in page
    assert "tạm tính" in page


def test_every_method_and_reason_is_told_in_vietnamese(judged: Desk) -> None:
    english = re.compile(r"\b(?:too few|needed|weeks|hidden|count|the|of|median|this|no)\b")
    for week in (WEEK, "2026-W47"):
        for one in metrics.weekly(judged, week):
            assert not english.search(told(one.method)), one.method
            assert told(one.method, "en") == one.method


# suppression


def test_a_hidden_cell_says_why_and_shows_no_number(closed: Desk, reader: Browser) -> None:
    hidden = [one for one in metrics.weekly(closed, WEEK) if one.method.startswith(states.HIDDEN)]
    assert {one.name for one in hidden} >= {"claims_in_scope_disaster"}
    page = reader.get(f"/so-lieu/tuan/{WEEK}").text
    rows = dict.fromkeys(figuregroups.label(one.name) for one in hidden)
    for label in rows:
        found = re.findall(rf'<th scope="row"[^>]*>{re.escape(html.escape(label))}</th>(.*?)</tr>', page)
        hides = [row for row in found if "được ẩn" in row]
        assert hides, label
        assert all('<td class="num">–</td>' in row for row in hides)
    assert "ẩn vì ô dưới 11 trường hợp" in html.unescape(page)
    raw = reader.get(f"/so-lieu/tuan/{WEEK}.json").json()
    assert all(one["value"] is None for one in raw if one["method"].startswith(states.HIDDEN))


# groups


@pytest.mark.parametrize("name", ENTRIES)
def test_every_figure_of_the_dictionary_is_in_exactly_one_group(name: str) -> None:
    assert len(figuregroups.groups_of(name)) == 1
    assert figuregroups.label(name)
    assert figuregroups.label(name, "en")


def test_control_a_figure_that_nobody_placed_is_found() -> None:
    assert figuregroups.groups_of("phases_of_the_moon") == []


def test_the_week_page_stands_under_its_headings_in_both_languages(reader: Browser) -> None:
    vietnamese, english = (words(reader.get(f"/so-lieu/tuan/{WEEK}{ending}")) for ending in ("", "?lang=en"))
    for group in figuregroups.GROUPS:
        assert group.vi in vietnamese
        assert group.en in english


@pytest.mark.browser
@pytest.mark.parametrize("ending", ["", "?lang=en"])
def test_a_week_prints_on_one_sheet_of_a4(ending: str, reader: Browser, chromium: Chromium) -> None:
    import pypdf

    page = reader.get(f"/so-lieu/tuan/{WEEK}{ending}").text
    sheet = reader.get("/tinh/site.css").text
    whole = re.sub(r'<link rel="stylesheet"[^>]*>', lambda _: f"<style>{sheet}</style>", page)
    tab = chromium.new_page()
    tab.set_default_timeout(PATIENCE_MS)
    tab.set_content(whole)
    printed = pypdf.PdfReader(io.BytesIO(tab.pdf(format="A4", prefer_css_page_size=True)))
    tab.set_content(whole.replace("<h1>", f"<div>{'<p>dài</p>' * 80}</div><h1>"))
    longer = pypdf.PdfReader(io.BytesIO(tab.pdf(format="A4", prefer_css_page_size=True)))
    tab.close()
    assert len(printed.pages) == 1
    assert len(longer.pages) > 1  # the measure sees a sheet that is too full
    text = re.sub(r"\s+", " ", printed.pages[0].extract_text())
    assert WEEK in text
    assert "AGPL" not in text  # the site around it stays on the screen


# the warning


def test_the_naive_share_is_shown_once_as_a_warning_beside_the_truth(judged: Desk) -> None:
    with Browser(create_app(judged)) as reader:
        page = words(reader.get("/phuong-phap"))
        assert "bàn tin biết 42 tin sai và trả lời đúng hạn 40" in page
        assert "95,2% [" in page
        assert page.index("Nếu chỉ nhìn những gì đã phát hiện") < page.index("Tính cả những gì bỏ sót")
        pooled = next(one for one in metrics.over(judged, [WEEK]) if one.name == "answered")
        assert shown(pooled) in page
        assert pooled.high is not None
        assert pooled.value is not None
        assert pooled.value < 40 / 42  # what was missed is in it
        for path in paths():
            assert "95,2%" not in words(reader.get(path)), path


def test_without_a_known_false_claim_there_is_no_number_to_warn_with(desk: Desk) -> None:
    with Browser(create_app(desk)) as reader:
        page = words(reader.get("/phuong-phap"))
    assert "chưa có số để so" in page
    for part in ("Fay & Feuer 1997", "Fay & Kim", "Wilson 1927", "Kaplan & Meier 1958", "Krippendorff"):
        assert part in page
    assert "Waudby-Smith" in page


# weeks


@pytest.mark.parametrize(
    "path",
    [
        "/so-lieu?tuan=2026-W99",
        "/so-lieu?tuan=1999-W01",
        "/so-lieu?tuan=2027-W10",
        "/so-lieu?tuan=x",
        "/so-lieu/tuan/2026-W10",
        "/so-lieu/tuan/nope",
        f"/so-lieu/tuan/{WEEK}.xlsx",
        "/so-lieu/answered.exe",
        "/so-lieu/score",
        "/so-lieu/score.svg",
        "/so-lieu/answered.svg?tuan=2030-W01",
    ],
)
def test_what_is_no_week_and_no_figure_is_not_found(path: str, reader: Browser) -> None:
    assert reader.get(path).status_code == 404


def test_the_switcher_leads_to_each_week_and_keeps_the_language(changing: Desk, own_reader: Browser) -> None:
    half_a_year(changing)
    reader = own_reader
    page = reader.get("/so-lieu?tuan=2026-W40&lang=en")
    assert "Week 2026-W40" in words(page)
    assert re.search(r"<option selected>2026-W40</option>", page.text)
    assert 'href="/so-lieu?tuan=2026-W40" lang="vi"' in page.text
    assert "/so-lieu/tuan/2026-W40?lang=en" in page.text
    early = reader.get("/so-lieu?tuan=2026-W21")  # out of the last half year
    assert "<option selected>2026-W21</option>" in early.text
    week = reader.get("/so-lieu/tuan/2026-W40")
    assert 'rel="prev" href="/so-lieu/tuan/2026-W39"' in week.text
    assert 'rel="next" href="/so-lieu/tuan/2026-W41"' in week.text


def test_a_closed_week_may_be_kept_and_an_open_one_asked_for_again(reader: Browser) -> None:
    for path in (f"/so-lieu/tuan/{WEEK}", f"/so-lieu/tuan/{WEEK}.csv", f"/so-lieu/tuan/{WEEK}.json"):
        first = reader.get(path)
        assert first.headers["cache-control"] == CLOSED, path
        assert reader.get(path, **{"if-none-match": first.headers["etag"]}).status_code == 304
    assert reader.get("/so-lieu/tuan/2026-W50").headers["cache-control"] == PUBLIC
    assert reader.get("/so-lieu").headers["cache-control"] == PUBLIC


def test_a_closed_week_is_read_once_and_an_open_one_every_minute(
    desk: Desk, moving: MovingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    audited(desk)
    moving.now = LONG_AFTER
    metrics.close_week(desk, WEEK)
    asked: list[str] = []
    real = metrics.weekly

    def counted(of: Desk, week: str) -> list[Figure]:
        asked.append(week)
        return real(of, week)

    monkeypatch.setattr(metrics, "weekly", counted)
    with Browser(create_app(desk)) as reader:
        reader.get("/so-lieu")
        first = list(asked)
        reader.get("/so-lieu")
        assert asked == first
        moving.forward(seconds=61)
        reader.get("/so-lieu")
    assert first.count(WEEK) == 1
    assert WEEK not in asked[len(first) :]
    assert set(asked[len(first) :]) == set(first) - {WEEK}


def test_half_a_year_is_a_light_page_and_is_not_reckoned_twice(
    changing: Desk, own_reader: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    half_a_year(changing)
    reader = own_reader
    first = reader.get("/so-lieu?tuan=2026-W45")
    sheet = reader.get(re.findall(r'href="(/tinh/site\.css[^"]*)"', first.text)[0])
    assert len(first.content) + len(sheet.content) < 100_000
    assert first.text.count("<script") == 0

    def never(*_: object, **__: object) -> list[Figure]:
        raise AssertionError("reckoned again")

    monkeypatch.setattr(metrics, "weekly", never)
    assert reader.get("/so-lieu?tuan=2026-W45").content == first.content


# what happened


def test_a_change_of_model_is_noted_on_charts_once_it_is_in_the_log(
    changing: Desk, own_reader: Browser
) -> None:
    reader = own_reader
    assert "mô hình 7" not in reader.get("/so-lieu/answered.svg").text
    with changing.sessions.begin() as session:
        then = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
        audit.append(session, lambda: then, "staff:1", "model_promote", "model:7")
        audit.append(session, lambda: then + timedelta(days=9), "staff:1", "model_rollback", "model:7")
    for ending in ("", "?hep=1"):
        drawn = reader.get(f"/so-lieu/answered.svg{ending}").text
        assert "mô hình 7" in drawn
        assert "bỏ mô hình 7" in drawn
    page = words(reader.get("/so-lieu/prevalence"))
    assert "01/12/2026 – đưa mô hình 7 vào dùng" in page
    assert "10/12/2026 – thôi dùng mô hình 7" in page
    assert "staff:1" not in page


def test_a_stopped_queue_is_said_on_top(closed: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    real = metrics.weekly

    def stopped(of: Desk, week: str) -> list[Figure]:
        return [
            replace(one, value=1.0) if one.name == "auto_queue_stopped" else one for one in real(of, week)
        ]

    with Browser(create_app(closed)) as before:
        assert "đang ngừng tự xếp hàng" not in words(before.get("/so-lieu"))
    monkeypatch.setattr(metrics, "weekly", stopped)
    with Browser(create_app(closed)) as after:
        assert "đang ngừng tự xếp hàng" in words(after.get("/so-lieu"))


def test_every_link_of_the_figures_opens(reader: Browser) -> None:
    for path in ("/so-lieu", "/so-lieu?lang=en", f"/so-lieu/tuan/{WEEK}", "/so-lieu/tips", "/phuong-phap"):
        links = set(re.findall(r'href="(/(?:so-lieu|phuong-phap|nhat-ky)[^"#]*)', reader.get(path).text))
        assert len(links) > 1
        for link in links:
            assert reader.get(html.unescape(link)).status_code == 200, f"{link} on {path}"


@pytest.mark.usefixtures("staff")
def test_nobody_is_named_and_nothing_is_loaded_from_elsewhere(browse: OpenBrowser) -> None:
    page = browse().get("/so-lieu")
    assert "set-cookie" not in page.headers
    loaded = re.findall(r'(?:src|srcset|action)="([^"]+)"', page.text)
    assert all(one.startswith(("/", "data:image/svg+xml,")) for one in loaded)


def test_a_figure_kept_in_the_store_is_the_one_that_is_shown(closed: Desk, reader: Browser) -> None:
    with closed.reading() as session:
        n = session.scalar(select(func.count()).where(WeeklyFigure.week == WEEK))
    assert len(reader.get(f"/so-lieu/tuan/{WEEK}.json").json()) == n
