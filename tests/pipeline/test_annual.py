"""The annual report: one content in three forms and two languages, and a last edition that never changes."""

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pandas as pd
import pypdf
import pytest
from sqlalchemy import insert, select, update

from models import audit
from models.claims import Claim
from models.counters import TIP_LINE, bump
from models.decisions import Appeal, Correction, CorrectionText, Verdict
from models.desk import ModelVersion, WeeklyFigure
from models.errors import KiemChungError, UsageError
from models.vocabulary import ClaimState, Outcome
from pipeline import (
    annual,
    drawing,
    figures,
    metrics,
    report_annual,
    report_docx,
    report_html,
    report_pdf,
    yearcounts,
    yearfacts,
)
from pipeline.compose import Desk, build
from pipeline.figures import Figure, with_states
from pipeline.report import TAGS, Drawing, Heading, Items, Report, Table, flat, words
from pipeline.settings import load
from pipeline.yearfacts import CLOSED, DRAFT, DUE, Facts
from tests.conftest import NOW
from tests.pipeline.weeks import LONG_AFTER, MONDAY, WEEK, at, audited

WEDNESDAY = datetime(2026, 11, 11, 9, 0, tzinfo=UTC)


def published(desk: Desk) -> None:
    """Words for every correction of the week, English and Khmer for some; an appeal, a model, a log."""
    with desk.sessions.begin() as session:
        verdicts = {one.claim_id: one.id for one in session.scalars(select(Verdict))}
        ids = list(session.execute(select(Correction.id, Correction.claim_id).order_by(Correction.id)))
        text: dict[str, object] = {
            "version": 1, "title": "t", "said": "s", "truth": "t", "how_known": "h", "what_to_do": "w",
            "contact": "", "reason": "first publication", "at": WEDNESDAY,
        }  # fmt: skip
        rows = [
            {"correction_id": one, "verdict_id": verdicts[claim], "language": language} | text
            for place, (one, claim) in enumerate(ids)
            for language in ("vi", "en", "km")[: 1 + (place < 6) + (place < 2)]
        ]
        session.execute(insert(CorrectionText), rows)
        common: dict[str, object] = {
            "correction_id": ids[0][0],
            "reason": "x",
            "round": 2,
            "due_day": date(2026, 11, 20),
        }
        appeals: list[dict[str, object]] = [
            {"public_id": "a", "state": "upheld", "decided_at": WEDNESDAY, "received_day": MONDAY},
            {"public_id": "b", "state": "changed", "decided_at": WEDNESDAY, "received_day": MONDAY},
            {"public_id": "c", "state": "open", "decided_at": None, "received_day": MONDAY},
        ]
        session.execute(insert(Appeal), [{"outcome": None} | common | one for one in appeals])
        when = lambda: WEDNESDAY  # noqa: E731 -- a clock
        number = add_model(desk, session)
        audit.append(session, when, "staff:3", "model_promote", f"model:{number}")


def add_model(desk: Desk, session: object) -> int:
    """A registered model."""
    from sqlalchemy.orm import Session

    assert isinstance(session, Session)
    model = ModelVersion(
        kind="rank",
        sha256="0" * 64,
        data_sha256="1" * 64,
        state="retired",
        n_labels=57,
        created_at=desk.clock(),
    )
    session.add(model)
    session.flush()
    return model.id


def close(desk: Desk) -> Desk:
    later = audited(desk, unflagged=200, answered=30, late=1, missed=1)
    published(later)
    assert metrics.close_week(later, WEEK)
    return at(later, LONG_AFTER)


@pytest.fixture
def closed(sqlite_desk: Desk) -> Desk:
    """A desk whose only week is closed, after 20 November."""
    return close(sqlite_desk)


@pytest.fixture(scope="module")
def facts(sqlite_template: bytes, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """What such a desk reports; values, so that one desk does for all tests."""
    folder = tmp_path_factory.mktemp("annual")
    (folder / "desk.sqlite").write_bytes(sqlite_template)
    flags = {"database.url": f"sqlite:///{folder / 'desk.sqlite'}", "paths.var": str(folder / "var")}
    desk = build(load(environ={}, flags=flags), clock=lambda: NOW)
    found = yearfacts.gather(close(desk), 2026)
    desk.close()
    return found


@pytest.fixture(scope="module")
def made(facts: Facts) -> dict[str, bytes]:
    """Its files."""
    return annual.render(facts)


# --- three forms ----------------------------------------------------------------------------------------


class Text(HTMLParser):
    """The words of a page outside styles and drawings."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.within = 0
        self.lang = ""
        self.heads = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.within += tag in {"style", "svg"}
        self.heads += tag == "thead"
        if tag == "html":
            self.lang = dict(attrs)["lang"] or ""

    def handle_endtag(self, tag: str) -> None:
        self.within -= tag in {"style", "svg"}

    def handle_data(self, data: str) -> None:
        if not self.within:
            self.words.append(data)


def plain(text: str) -> str:
    """Text without its spaces: where a line breaks is no matter."""
    return re.sub(r"[\s\u00ad\u200b]+", "", text)


def of_html(data: bytes) -> str:
    page = Text()
    page.feed(data.decode())
    return plain("".join(page.words))


def of_pdf(data: bytes) -> str:
    return plain("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages))


def of_docx(data: bytes) -> str:
    document = docx.Document(io.BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return plain("".join([*(one.text for one in document.paragraphs), *cells]))


READ = {"html": of_html, "pdf": of_pdf, "docx": of_docx}


def pieces(made: Report) -> list[str]:
    """Every text that a reader must find, whatever the form."""
    found = [made.title]
    for block in flat(made.blocks):
        if isinstance(block, Items):
            found += block.texts
        elif isinstance(block, Table):
            found += [block.caption, *block.head, *(cell for row in block.rows for cell in row)]
        elif isinstance(block, Drawing):
            found.append(block.caption)
        else:
            found.append(getattr(block, "text", ""))
    return found


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_three_forms_say_the_same(facts: Facts, made: dict[str, bytes], language: str) -> None:
    wanted = pieces(report_annual.build(facts, language))
    assert len(wanted) > 200
    for kind, read in READ.items():
        text = read(made[f"annual-2026.{language}.{kind}"])
        # a long number may be broken in a narrow column, and a page's foot may stand between two lines
        missed = [one for one in wanted if plain(one)[:40] not in text]
        assert not missed, (kind, missed[:3])


def test_a_form_that_left_a_block_out_is_found_out(facts: Facts) -> None:
    made = report_annual.build(facts, "vi")
    less = replace(made, blocks=[one for one in made.blocks if not isinstance(one, Items)])
    text = of_pdf(report_pdf.render(less))
    assert [one for one in pieces(made) if plain(one)[:40] not in text]


def test_the_report_holds_what_it_must(facts: Facts) -> None:
    made = report_annual.build(facts, "en")
    headings = [one.text for one in made.blocks if isinstance(one, Heading)]
    for name in (
        "summary", "desk", "targets", "not_covered_title", "method", "quarters", "topics", "time", "reading",
        "sources", "staff", "corrections", "appeals", "models", "log", "open", "glossary", "weeks",
    ):  # fmt: skip
        assert words("annual", "en")(name) in headings
    text = " ".join(pieces(made))
    assert "30 corrections published" in text
    assert "6/30 (complete count)" in text  # in another language
    assert "30/30 (complete count)" in text  # in digital form
    assert "2026-11-11 promoted #1 57" in text
    assert facts.head is not None
    assert facts.head.digest in text
    assert "hidden" in text
    assert "staff" not in text
    assert made.tag == "en-GB"


def test_a_pdf_is_tagged_dated_and_needs_no_font_of_the_machine(made: dict[str, bytes]) -> None:
    for language, tag in TAGS.items():
        reader = pypdf.PdfReader(io.BytesIO(made[f"annual-2026.{language}.pdf"]))
        root: Any = reader.trailer["/Root"]
        assert reader.metadata is not None
        assert reader.metadata.creation_date == reader.metadata.modification_date
        assert reader.metadata.creation_date == datetime(2026, 11, 20, tzinfo=UTC)
        assert str(root["/Lang"]).startswith(tag[:2])
        assert "/StructTreeRoot" in root
        assert fonts_of(reader) == {True}


def fonts_of(reader: pypdf.PdfReader) -> set[bool]:
    """Whether each font of each page is inside the file."""
    found = set()
    for page in reader.pages:
        resources: Any = page["/Resources"]
        for font in resources["/Font"].values():
            whole = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            found.add(bool({"/FontFile2", "/FontFile3"} & set(whole)))
    return found


def test_a_docx_has_real_styles_heads_and_words_for_its_charts(made: dict[str, bytes]) -> None:
    for language, tag in TAGS.items():
        data = made[f"annual-2026.{language}.docx"]
        document = docx.Document(io.BytesIO(data))
        styles = {one.style.name for one in document.paragraphs if one.style is not None}
        assert {"Title", "Subtitle", "Heading 1", "Heading 2", "List Bullet", "Caption"} <= styles
        tables = document.tables
        assert tables
        assert all(one._tbl.xpath("./w:tr[1]/w:trPr/w:tblHeader") for one in tables)
        assert not any(one._tbl.xpath("./w:tr[2]/w:trPr/w:tblHeader") for one in tables)
        described = [one.get("descr") for one in document.element.xpath(".//wp:docPr")]
        assert len(described) == 2
        assert all(described)
        languages = set(document.styles.element.xpath(".//w:lang/@w:val"))
        assert languages == {tag}
        core = document.core_properties
        assert (core.author, core.language) == ("Kiểm Chứng", tag)
        assert core.created.date() == date(2026, 11, 20)
        times = {one.date_time for one in zipfile.ZipFile(io.BytesIO(data)).infolist()}
        assert times == {report_docx.EPOCH}


def test_a_page_tells_its_language_and_has_table_heads(made: dict[str, bytes]) -> None:
    for language, tag in TAGS.items():
        page = Text()
        page.feed(made[f"annual-2026.{language}.html"].decode())
        assert page.lang == tag
        assert page.heads >= 8


def test_the_weeks_come_beside_it_as_tables(closed: Desk, tmp_path: Path) -> None:
    paths = annual.export_annual(closed, 2026, tmp_path)
    names = {path.name.removeprefix("annual-2026."): path for path in paths}
    assert set(names) == {f"{tag}.{kind}" for tag in TAGS for kind in READ} | {"csv", "xlsx"}
    rows = pd.read_csv(names["csv"])
    assert set(rows["week"]) == {WEEK}  # the desk began in this week
    own = rows[rows["name"] == "known_answered"]
    assert own["value"].tolist() == [30.0]
    book = openpyxl.load_workbook(names["xlsx"])
    assert book.properties.created == datetime(2026, 11, 9)  # noqa: DTZ001 -- a workbook knows no zone


# --- for ever the same ----------------------------------------------------------------------------------


def test_a_closed_year_gives_the_same_bytes_for_ever(closed: Desk) -> None:
    first = annual.render(yearfacts.gather(closed, 2026))
    with closed.sessions.begin() as session:
        bump(session, TIP_LINE, MONDAY, Outcome.KEPT, 99)
        session.execute(update(Claim).values(state=ClaimState.QUEUED))
        session.execute(
            update(Appeal).where(Appeal.public_id == "c").values(state="upheld", decided_at=LONG_AFTER)
        )
        audit.append(session, lambda: LONG_AFTER, "system", "model_rollback", "model:1")
    for turn in range(2):
        drawing._drawn.clear()
        again = annual.render(yearfacts.gather(at(closed, LONG_AFTER + timedelta(days=200 * turn)), 2026))
        assert [name for name in first if again[name] != first[name]] == []


def test_a_report_that_says_when_it_was_written_is_found_out(facts: Facts) -> None:
    later = replace(facts, edition=DUE, open_weeks=[WEEK], today=date(2026, 12, 30))
    earlier = replace(later, today=date(2026, 12, 29))
    first, second = (report_annual.build(one, "vi") for one in (earlier, later))
    for render in (report_html.render, report_pdf.render, report_docx.render):
        assert render(first) != render(second)


def test_both_databases_count_the_same_year(desk: Desk) -> None:
    later = audited(desk, unflagged=120, answered=12, late=1, missed=1)
    published(later)
    found = yearfacts.gather(at(later, LONG_AFTER), 2026)
    assert found.corrections == yearcounts.Corrections(
        n=12,
        digital=12,
        languages={"vi": 12, "en": 6, "km": 2},
        in_others=6,
        ratings={"false": 12, "misleading": 0, "unproven": 0, "true": 0},
    )
    assert found.appeals == yearcounts.Appeals(received=3, upheld=1, changed=1, open=1, overdue=0)
    assert [(one.action, one.labels) for one in found.models] == [("model_promote", 57)]
    assert found.head is not None


# --- editions and years ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "edition", "says"),
    [
        (datetime(2026, 11, 18, 3, tzinfo=UTC), DRAFT, "bản dự thảo ngày 18/11/2026"),
        (datetime(2026, 11, 19, 16, 59, tzinfo=UTC), DRAFT, "bản dự thảo ngày 19/11/2026"),
        (datetime(2026, 11, 19, 17, 0, tzinfo=UTC), DUE, "bản nộp ngày 20/11/2026"),
    ],
)
def test_it_is_a_draft_until_20_november_here(
    sqlite_desk: Desk, day: datetime, edition: str, says: str
) -> None:
    later = at(audited(sqlite_desk, unflagged=60, answered=12, late=0, missed=0), day)
    found = yearfacts.gather(later, 2026)
    assert (found.edition, found.open_weeks) == (edition, [WEEK])
    made = report_annual.build(found, "vi")
    assert says in made.lead
    assert any("còn có thể thay đổi" in text for text in pieces(made))


def test_a_closed_year_is_final(facts: Facts) -> None:
    assert (facts.edition, facts.open_weeks, facts.day) == (CLOSED, [], date(2026, 11, 20))
    assert "bản chốt" in report_annual.build(facts, "vi").lead
    assert "provisional" not in report_annual.build(facts, "en").lead


def test_the_weeks_of_a_report_are_those_that_end_in_its_year() -> None:
    assert yearfacts.report_weeks(2026)[0] == "2025-W47"  # its Sunday is 23 November 2025
    assert yearfacts.report_weeks(2026)[-1] == "2026-W46"  # its Sunday is 15 November 2026
    assert "2026-W53" in yearfacts.report_weeks(2027)
    assert "2032-W53" in yearfacts.report_weeks(2033)
    for year in range(2024, 2034):
        assert yearfacts.report_weeks(year)[-1] < yearfacts.report_weeks(year + 1)[0]
        assert len(yearfacts.report_weeks(year)) in {52, 53}


@pytest.mark.parametrize(("year", "says"), [(2028, "has not come yet"), (2024, "the desk began in 2026-W46")])
def test_a_wrong_year_is_refused_before_anything_is_written(
    closed: Desk, tmp_path: Path, year: int, says: str
) -> None:
    with pytest.raises(UsageError, match=f"year {year}: .*{says}") as caught:
        annual.export_annual(at(closed, datetime(2026, 11, 18, tzinfo=UTC)), year, tmp_path / "out")
    assert caught.value.exit_code == 2
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_cannot_be_used_is_refused(closed: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError, match="file: files cannot be written there"):
        annual.export_annual(closed, 2026, tmp_path / "file")


def test_a_desk_without_anything_says_so(sqlite_desk: Desk) -> None:
    found = yearfacts.gather(sqlite_desk, 2026)
    for language in TAGS:
        made = report_annual.build(found, language)
        assert words("annual", language)("no_weeks") in pieces(made)
        assert words("annual", language)("cannot") in pieces(made)
        assert len(report_pdf.compiled(made)[0]) > 10_000


# --- a whole year ---------------------------------------------------------------------------------------


def a_year(desk: Desk) -> None:
    """The figures of the closed week in every other week of the report, closed too."""
    with desk.sessions.begin() as session:
        kept = session.scalars(select(WeeklyFigure).where(WeeklyFigure.week == WEEK)).all()
        rows = [{column.name: getattr(one, column.name) for column in one.__table__.columns} for one in kept]
        weeks = yearfacts.report_weeks(2026)[:-1]
        session.execute(insert(WeeklyFigure), [row | {"week": week} for week in weeks for row in rows])


def test_a_year_of_weeks_is_in_its_tables(closed: Desk) -> None:
    a_year(closed)
    found = yearfacts.gather(closed, 2026)
    made = report_annual.build(found, "vi")
    tables = {one.caption: one for one in made.blocks if isinstance(one, Table)}
    say = words("annual", "vi")
    assert [row[0] for row in tables[say("weeks_caption")].rows] == yearfacts.report_weeks(2026)
    quarters = [row[0] for row in tables[say("quarters_caption")].rows]
    assert quarters == ["2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]
    counts = [int(row[4]) for row in tables[say("quarters_caption")].rows]
    totals = {row[0]: row[1] for row in tables[say("totals_caption")].rows}
    assert sum(counts) == 231 * 52 == int(totals["Thông tin thuộc phạm vi"])
    pages = report_pdf.compiled(made, "png", ppi=20)
    assert 6 <= len(pages) <= 14
    # never a percentage without its interval
    cells = " ".join(cell for one in tables.values() for row in one.rows for cell in row)
    shares = re.findall(r"\d,\d%(.{2})", re.sub(r"\[[^\]]*\]", "[]", cells))
    assert len(shares) > 100
    assert set(shares) == {" ["}


def test_topics_sum_what_the_weeks_publish_and_nothing_that_they_hide(closed: Desk) -> None:
    a_year(closed)
    found = yearfacts.gather(closed, 2026)
    made = report_annual.build(found, "vi")
    table = next(one for one in made.blocks if isinstance(one, Table) and one.head[0] == "Chủ đề")
    for name, least, hidden in table.rows:
        if int(hidden) == 52:
            assert least == "được ẩn", name
        else:
            assert int(least) >= 11 * (52 - int(hidden))


# --- conclusions ----------------------------------------------------------------------------------------


def concluded(facts: Facts, target: str, **changes: object) -> tuple[str, str]:
    """The conclusion if the facts were others."""
    one = facts.pooled[target]
    state = changes.pop("state", one.state)
    enough = changes.pop("enough", True)
    needed = changes.pop("needed", facts.needed[target])
    look = changes.pop("look", None)
    assert not changes
    pooled = {**facts.pooled, target: replace(one, state=str(state), enough=bool(enough))}
    looks = (
        []
        if look is None
        else [replace(one, name=f"{target}_year_to_date", week="2026-W39", state=str(look))]
    )
    changed = replace(
        facts,
        pooled=pooled,
        needed={**facts.needed, target: needed if isinstance(needed, int) else None},
        figures=[*facts.figures, *looks],
    )
    return report_annual.conclusion(changed, target, words("annual", "en"))


@pytest.mark.parametrize("target", yearfacts.TARGETS)
def test_every_state_is_said_in_words(facts: Facts, target: str) -> None:
    undecided, met = figures.UNDECIDED, figures.TARGET_MET
    assert concluded(facts, target, state=undecided, look=met)[0] == "MET"
    assert "2026-Q3" in concluded(facts, target, state=undecided, look=met)[1]
    # bad news first: what a quarter end claimed does not hold against the whole year
    assert concluded(facts, target, state=figures.NOT_MET, look=met)[0] == "NOT MET"
    # a week's good sign is no claim
    assert concluded(facts, target, state=figures.INDICATES_MET, needed=0)[0] == "CANNOT TELL YET"
    assert "end of a quarter" in concluded(facts, target, state=undecided, needed=0)[1]
    assert "about 321 more audits needed" in concluded(facts, target, state=undecided, needed=321)[1]
    assert "more audits would not show" in concluded(facts, target, state=undecided, needed=None)[1]
    assert "too few data" in concluded(facts, target, state=undecided, enough=False)[1]


def test_unmeasured_reviewers_keep_the_first_target_from_being_claimed(facts: Facts) -> None:
    found = concluded(facts, "answered", state=figures.UNDECIDED, needed=0, look=figures.SENSITIVITY)
    assert found[0] == "CANNOT TELL YET"
    assert "sensitivity" in found[1]


def test_short_states_cover_every_state() -> None:
    from pipeline.report_tables import short

    say = words("annual", "en")
    assert short(figures.COULD_NOT.format(n=379), say) == say("short_more", n=379)
    assert "379" in say("short_more", n=379)
    found = {state: short(state, say) for state in figures.STATES_VI if state != figures.COULD_NOT}
    assert found[figures.TARGET_MET] == found[figures.INDICATES_MET] == "met"
    assert found[figures.NOT_MET] == "not met"
    assert found[figures.UNDECIDED] == "undecided"
    assert found[figures.TOO_FEW] == "too few"


# --- words ----------------------------------------------------------------------------------------------


def test_both_languages_have_the_same_words_and_places() -> None:
    vi, en = words("annual", "vi"), words("annual", "en")
    assert vi.texts.keys() == en.texts.keys()
    assert vi.lists.keys() == en.lists.keys()
    assert vi.tables.keys() == en.tables.keys()
    for name, text in vi.texts.items():
        assert sorted(re.findall(r"\{(\w+)\}", text)) == sorted(re.findall(r"\{(\w+)\}", en.texts[name])), (
            name
        )
        assert text != en.texts[name], name
    for name, texts in vi.lists.items():
        assert len(texts) == len(en.lists[name]), name
    for name, rows in vi.tables.items():
        assert [len(row) for row in rows] == [len(row) for row in en.tables[name]], name
    assert [row[1] for row in vi.tables["addresses"]] == [row[1] for row in en.tables["addresses"]]


def test_every_address_of_the_report_exists(sqlite_desk: Desk) -> None:
    from starlette.testclient import TestClient

    from review_ui.app import create_app

    web = TestClient(create_app(sqlite_desk), base_url="https://testserver")
    for _, path in words("annual", "vi").tables["addresses"]:
        assert web.get(path).status_code == 200, path


def test_markup_in_a_name_stays_text(facts: Facts) -> None:
    evil = '#import "x" <script>alert(1)</script> $x$ *b* _i_ \\ @cite'
    named = replace(facts, desk=evil)
    made = report_annual.build(named, "en")
    assert plain(evil) in of_pdf(report_pdf.render(made))
    page = report_html.render(made).decode()
    assert "<script" not in page
    assert plain(evil) in of_docx(report_docx.render(made))


def test_a_failing_renderer_writes_nothing(
    closed: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_: Report) -> bytes:
        raise KiemChungError("no")

    monkeypatch.setattr(report_docx, "render", breaks)
    with pytest.raises(KiemChungError):
        annual.export_annual(closed, 2026, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_spreads_never_take_a_hidden_week_for_a_number(facts: Facts) -> None:
    from pipeline.report_tables import spreads

    weeks: Sequence[float | None] = (3.0, None, 5.0)
    made = [
        Figure(
            "open_claims", f"2026-W{40 + at_}", value, None, None, 0.95, 0, "count", enough=value is not None
        )
        for at_, value in enumerate(weeks)
    ]
    some = replace(facts, figures=with_states(made), weeks=["2026-W40", "2026-W41", "2026-W42"])
    rows = [row for one in spreads(some, words("annual", "en")) if isinstance(one, Table) for row in one.rows]
    assert [tuple(row[1:]) for row in rows] == [("2/3", "4 [3 – 5]", "2026-W42: 5")]
