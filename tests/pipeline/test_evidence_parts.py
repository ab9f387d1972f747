"""Rule 5's words on evidence one by one: the address, the quotation, the date, and when it is enough."""

import hashlib
from datetime import date, timedelta
from typing import Any

import pytest

from models.errors import UsageError
from models.vocabulary import EvidenceKind
from pipeline import evidence
from pipeline.evidence import EvidenceInput, Proof, checked, enough, registered_domain

TODAY = date(2026, 11, 18)
QUOTE = "Sở chưa từng thu khoản phí nào của người dân."
ANY: Any = None


@pytest.fixture(autouse=True)
def no_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is known, so that what is asked here is the shape of what was given."""
    monkeypatch.setattr("pipeline.publishers.why_primary", lambda *_: None)
    monkeypatch.setattr("pipeline.publishers.elsewhere", lambda *_: None)


def given(**changes: Any) -> EvidenceInput:  # noqa: ANN401
    usual = {"url": "https://tin.bao.vn/a", "publisher": "Báo", "quote": QUOTE, "published_day": TODAY}
    return EvidenceInput(**{**usual, **changes})


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://tin.bao.vn/a", "bao.vn"),
        ("http://so.tinh.gov.vn/", "tinh.gov.vn"),
        (" https://bao.com.vn/a ", "bao.com.vn"),
    ],
)
def test_the_house_that_an_address_belongs_to(url: str, domain: str) -> None:
    assert registered_domain(url) == domain


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("ftp://bao.vn/a", "must begin with"),
        ("bao.vn/a", "must begin with"),
        ("https:///a", "must begin with"),
        ("", "must begin with"),
        ("https://ten@bao.vn/a", "not a number or an account"),
        ("https://:mat@bao.vn/a", "not a number or an account"),
        ("https://192.0.2.7/a", "not a number or an account"),
        ("https://[2001:db8::1]/a", "not a number or an account"),
        ("https://bao.vn/@ten", "^evidence: a personal page is not a publisher$"),
        ("https://m.facebook.com/a", "is not a publisher"),
        ("https://facebook.com/@ten", "is not a publisher"),
    ],
)
def test_an_address_that_is_no_publishers_is_refused(url: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        registered_domain(url)
    with pytest.raises(UsageError, match=told):
        checked(ANY, given(url=url), TODAY)


def test_the_reason_of_a_refused_site_is_its_lists() -> None:
    with pytest.raises(UsageError) as refused:
        registered_domain("https://m.facebook.com/a")
    assert "personal page" not in str(refused.value)


def test_what_follows_from_what_was_given() -> None:
    row = checked(ANY, given(url=" https://tin.bao.vn/a ", publisher=" Báo ", quote=f" {QUOTE}\n"), TODAY)
    assert row == {
        "kind": EvidenceKind.INDEPENDENT,
        "url": "https://tin.bao.vn/a",
        "domain": "bao.vn",
        "publisher": "Báo",
        "quote": QUOTE,
        "published_day": TODAY,
        "quote_sha256": hashlib.sha256(QUOTE.encode()).hexdigest(),
    }


def test_it_is_primary_where_the_lists_say_why(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def why(*given: object) -> str:
        asked.append(given[1:])
        return "a public body"

    monkeypatch.setattr("pipeline.publishers.why_primary", why)
    assert checked(ANY, given(), TODAY, "điều được nói")["kind"] is EvidenceKind.PRIMARY
    assert checked(ANY, given(), TODAY)["kind"] is EvidenceKind.PRIMARY
    assert asked == [("tin.bao.vn", "bao.vn", "điều được nói"), ("tin.bao.vn", "bao.vn", "")]


def test_who_publishes_elsewhere_is_refused_with_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def elsewhere(publisher: str, host: str) -> str | None:
        return "so.gov.vn" if (publisher.strip(), host) == ("Sở", "tin.bao.vn") else None

    monkeypatch.setattr("pipeline.publishers.elsewhere", elsewhere)
    with pytest.raises(UsageError, match=r"^evidence: Sở publishes at so\.gov\.vn; name who publishes tin"):
        checked(ANY, given(publisher=" Sở "), TODAY)
    checked(ANY, given(), TODAY)


@pytest.mark.parametrize("length", [15, 2_000])
def test_a_quotation_of_the_least_and_of_the_greatest_length(length: int) -> None:
    assert checked(ANY, given(quote="a" * length), TODAY)["quote"] == "a" * length


@pytest.mark.parametrize("quote", ["a" * 14, "a" * 2_001, f"{'a' * 14}  ", ""])
def test_a_quotation_too_short_or_too_long_is_refused(quote: str) -> None:
    with pytest.raises(UsageError, match="15 to 2000 characters"):
        checked(ANY, given(quote=quote), TODAY)


def test_a_nameless_publisher_and_a_day_to_come_are_refused() -> None:
    with pytest.raises(UsageError, match="name the publisher"):
        checked(ANY, given(publisher="  "), TODAY)
    with pytest.raises(UsageError, match="future"):
        checked(ANY, given(published_day=TODAY + timedelta(days=1)), TODAY)


def proof(domain: str, page: str = "a", kind: EvidenceKind = EvidenceKind.INDEPENDENT) -> Proof:
    return Proof(kind, domain, f"https://{domain}/{page}")


@pytest.mark.parametrize(
    ("rows", "stories", "is_enough"),
    [
        ([], None, False),
        ([proof("a.vn")], None, False),
        ([proof("a.vn"), proof("a.vn", "b")], None, False),
        ([proof("a.vn"), proof("b.vn")], None, True),
        ([proof("a.vn", kind=EvidenceKind.PRIMARY)], None, True),
        ([proof("a.vn"), proof("a.vn", "b", EvidenceKind.PRIMARY)], None, True),
        ([proof("a.vn"), proof("b.vn")], {"https://a.vn/a": 1, "https://b.vn/a": 1}, False),
        ([proof("a.vn"), proof("b.vn")], {"https://a.vn/a": 1, "https://b.vn/a": 2}, True),
        ([proof("a.vn"), proof("b.vn")], {"https://a.vn/a": 1}, True),
        # a house that carries both stories joins them; what joins nothing stands by itself
        (
            [proof("a.vn"), proof("b.vn"), proof("a.vn", "b")],
            {"https://a.vn/a": 1, "https://b.vn/a": 2, "https://a.vn/b": 2},
            False,
        ),
        (
            [proof("a.vn"), proof("b.vn"), proof("a.vn", "b"), proof("c.vn")],
            {"https://a.vn/a": 1, "https://b.vn/a": 2, "https://a.vn/b": 2},
            True,
        ),
    ],
)
def test_enough(rows: list[Proof], stories: dict[str, int] | None, is_enough: bool) -> None:
    assert enough(rows, stories) is is_enough
    assert enough(rows[::-1], stories) is is_enough


def test_a_refusal_says_whether_the_sources_are_too_few_or_one_and_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [proof("a.vn"), proof("b.vn")]
    told: dict[str, int] = {}
    monkeypatch.setattr(evidence, "stories_of", lambda *_: told)
    with pytest.raises(UsageError, match="one primary source or two"):
        evidence.require(ANY, rows[:1])
    evidence.require(ANY, rows)
    told |= {row.url: 7 for row in rows}
    with pytest.raises(UsageError, match="one and the same text"):
        evidence.require(ANY, rows)
