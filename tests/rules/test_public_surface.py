"""R11: what the public can ask for and is told are committed lists, with nothing of a person in them."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from models.vocabulary import Language, Opinion
from pipeline import decisions, feeds, publishing
from pipeline.compose import Desk
from pipeline.decisions import ReviewInput
from review_ui import filters
from tests.pipeline.conftest import PRIMARY, put_claim
from tests.rules import surface
from tests.rules.history import APPEAL, REASON, TEXT, staff_of

WEB = Path(__file__).parents[2] / "review_ui"
ASKED = frozenset(
    [
        *("q", "lang", "topic", "chu-de", "tuan", "limit", "after", "sau", "trang", "tu", "truoc"),
        *("format", "url", "maxwidth", "maxheight", "hep", "dan"),
    ]
)
"""Every parameter of a public address."""
ASKED_BY_STAFF = frozenset(["ve", "da", "de-xuat", "loc"]) | filters.PARAMETERS
NAMED_ELSEWHERE = {"review_ui/routes/open_data.py: name", "review_ui/routes/publishing.py: TAB"}
"""Where the name is no literal: the two measures of oEmbed, and the tab of the publishing page."""

COLUMNS = {
    "corrections.csv": "url topic rating title said truth how_known what_to_do claim_day published_day "
    "updated_day languages versions appeals reopened evidence",
    "/api/v1/corrections": "api_url items languages next published_at rating reopened slug title topic truth "
    "updated_at url",
    "/api/v1/corrections/{slug}": "api_url appeals at claim_day contact decided_at due_day evidence "
    "found_day how_known id kind language languages outcome page_sha256 partly published_at published_day "
    "publisher quote quote_sha256 rating reason received_day reopened round said slug state texts title "
    "topic truth updated_at url verdicts version versions vi what_to_do",
    "/dinh-chinh/{slug}.json": "@context @type alternateName author bestRating citation claimReviewed "
    "dateModified datePublished inLanguage itemReviewed name ratingValue reviewRating text url worstRating",
    "/feed.json": "content_text date_modified date_published feed_url home_page_url id items language tags "
    "title url version",
    "/claimreview.json": "@context @type alternateName author bestRating citation claimReviewed "
    "dataFeedElement dateCreated dateModified datePublished inLanguage item itemReviewed license name "
    "ratingValue reviewRating text url worstRating",
    "/api/v1/topics": "corrections id items name_en name_vi",
    "/nhat-ky.jsonl": "action actor at detail_sha256 digest previous seq subject",
}
"""Every column and key of what the public can take away; the weekly figures have a list of their own."""
OF_A_PERSON = (
    *("account", "profile", "handle", "reporter", "sender", "user", "follower", "phone", "email", "ip"),
    *("device", "agent", "village", "commune", "ward", "hamlet", "ap", "xa", "street", "address"),
    *("latitude", "longitude", "hour", "minute", "gio", "nguoi gui", "tac gia", "byline"),
)


def asked_for(folder: Path) -> tuple[set[str], set[str]]:
    """Names of query parameters that the web room reads, and the places where the name is no literal."""
    names, elsewhere = set(), set()
    for path in folder.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if "query_params" not in source:
            continue
        for found in re.finditer(r"\b(?:query_params|asked|given)\.get\(\s*([^,)]+)", source):
            name = found[1].strip()
            if name.startswith('"'):
                names.add(name.strip('"'))
            else:
                elsewhere.add(f"{path.relative_to(folder.parent)}: {name}")
        names |= set(re.findall(r'_at_most\(request, "(\w+)"', source))
    return names, elsewhere


def keys(value: object) -> Iterator[str]:
    """Every key of a JSON document, however deep."""
    if isinstance(value, dict):
        yield from value
    inner: Iterable[object] = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    )
    for one in inner:
        yield from keys(one)


def test_no_other_parameter_is_read() -> None:
    names, elsewhere = asked_for(WEB)
    assert elsewhere == NAMED_ELSEWHERE
    assert names <= ASKED | ASKED_BY_STAFF, names - ASKED - ASKED_BY_STAFF
    assert names >= ASKED  # a name that nobody reads any more leaves the list


def test_control_a_parameter_by_account_is_seen(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    line = 'who = request.query_params.get("tai-khoan")\nwhat = request.query_params.get(name)\n'
    (tmp_path / "web" / "a.py").write_text(line, encoding="utf-8")
    names, elsewhere = asked_for(tmp_path / "web")
    assert names == {"tai-khoan"}
    assert not names <= ASKED | ASKED_BY_STAFF
    assert elsewhere == {"web/a.py: name"}


@pytest.fixture
def answered(sqlite_desk: Desk) -> tuple[TestClient, str]:
    """A correction with two wordings and an appeal, and a visitor."""
    from review_ui.app import create_app

    staff, claim = staff_of(sqlite_desk), put_claim(sqlite_desk, from_tip=True)
    for who in staff[:2]:
        decisions.record_review(sqlite_desk, claim, who, ReviewInput(Opinion.FALSE, REASON, (PRIMARY,)))
    slug = publishing.publish(sqlite_desk, claim, staff[2], {Language.VI: TEXT})
    publishing.revise(sqlite_desk, slug, staff[3], {Language.VI: TEXT}, "Viết rõ hơn")
    publishing.file_appeal(sqlite_desk, slug, APPEAL)
    return TestClient(create_app(sqlite_desk), base_url="https://testserver"), slug


def told(web: TestClient, slug: str) -> dict[str, set[str]]:
    """What each public document holds: its keys, or the columns of its first line."""
    found = {"corrections.csv": set(feeds.CSV_COLUMNS)}
    head = web.get("/open-data/corrections.csv").text.lstrip("\ufeff").splitlines()[0]
    assert set(head.split(",")) == found["corrections.csv"]
    for place in COLUMNS:
        if place.startswith("/"):
            body = web.get(place.format(slug=slug)).text
            lines = body.splitlines() if place.endswith(".jsonl") else [body]
            found[place] = {key for line in lines for key in keys(json.loads(line))}
    return found


def test_public_documents_hold_the_listed_columns_and_no_other(answered: tuple[TestClient, str]) -> None:
    assert told(*answered) == {place: set(names.split()) for place, names in COLUMNS.items()}


def test_control_another_key_is_seen(
    answered: tuple[TestClient, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline import public

    whole: Callable[..., dict[str, object]] = public.claim_review
    monkeypatch.setattr(public, "claim_review", lambda *args: {**whole(*args), "reporter": "x"})
    assert told(*answered)["/dinh-chinh/{slug}.json"] - set(COLUMNS["/dinh-chinh/{slug}.json"].split()) == {
        "reporter"
    }


def test_no_listed_name_is_of_a_person_a_place_below_the_province_or_an_hour() -> None:
    listed = [*ASKED, *ASKED_BY_STAFF, *(name for names in COLUMNS.values() for name in names.split())]
    assert surface.holding(listed, OF_A_PERSON) == []
    # the control: such a name is recognised
    assert surface.holding(["reporter_id", "xa", "tip.hour"], OF_A_PERSON) == [
        "reporter_id",
        "xa",
        "tip.hour",
    ]


def test_a_tip_and_an_appeal_carry_no_time_finer_than_a_day(answered: tuple[TestClient, str]) -> None:
    web, slug = answered
    (appeal,) = json.loads(web.get(f"/api/v1/corrections/{slug}").text)["appeals"]
    days = [value for name, value in appeal.items() if name.endswith(("day", "at")) and value]
    assert days
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", day) for day in days)
    logged = [json.loads(line) for line in web.get("/nhat-ky.jsonl").text.splitlines()]
    public_acts = [entry["at"] for entry in logged if entry["actor"] == "public"]
    assert public_acts
    # midnight in the desk's own zone, whatever the hour was
    assert all(re.search(r"T(?:17|00):00:00", at) for at in public_acts)
