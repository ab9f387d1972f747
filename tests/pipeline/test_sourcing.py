"""The registry at work against real publishers on loopback: tried, discovered, added, and refused."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from crawlers import registry
from demo import content, sources
from models.desk import AuditEntry
from models.errors import ConflictError, NotFoundError, UsageError
from models.gathered import FrontierPage, Item, Source
from models.vocabulary import Outcome, SourceKind
from models.weeks import local_day
from pipeline import imports, registering, sourcing
from pipeline.compose import Desk
from pipeline.demo import local_hosts, sample_sites
from pipeline.settings import Value, load
from tests.conftest import NOW


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The six sample publishers."""
    with sample_sites() as chosen:
        yield chosen


@pytest.fixture
def desk(sqlite_desk: Desk, tmp_path: Path, port: int) -> Desk:
    """A desk whose registry names the sample publishers."""
    path = tmp_path / "sources.toml"
    path.write_text("# mine\n" + sources.registry(port), encoding="utf-8")
    flags: dict[str, Value | None] = {
        "database.url": sqlite_desk.settings.database_url,
        "paths.var": str(tmp_path / "var"),
        "sources.file": str(path),
        "crawl.contact_url": "https://desk.example.vn/bot",
    }
    return replace(sqlite_desk, settings=load(environ={}, flags=flags), local_hosts=local_hosts(port))


def host(port: int, name: str) -> str:
    return f"http://{content.publishers()[name].host}:{port}"


def test_every_entry_point_is_tried_and_what_can_be_read_is_verified(desk: Desk) -> None:
    probes = sourcing.probe(desk, [])
    by_source: dict[str, list[bool]] = {}
    for one in probes:
        by_source.setdefault(one.source, []).append(one.ok)
        assert (one.links > 0) == one.ok == (one.problem is None)
    assert set(by_source) == set(content.publishers())
    good = {name for name, answers in by_source.items() if all(answers)}
    assert len(good) >= 4
    with desk.reading() as session:
        verified = dict(session.execute(select(Source.id, Source.verified_day)).all())
    assert {name for name, day in verified.items() if day == local_day(NOW)} == good
    # the sample province has a broken feed on purpose: it is named with what is wrong
    assert {one.outcome for one in probes if not one.ok} <= {"parse_error", "empty"}


def test_one_source_is_tried_alone_and_an_unknown_one_is_named(desk: Desk) -> None:
    assert {one.source for one in sourcing.probe(desk, ["benh-vien"])} == {"benh-vien"}
    with pytest.raises(NotFoundError, match="khong-co"):
        sourcing.probe(desk, ["khong-co"])


def test_a_dead_source_says_why(desk: Desk, tmp_path: Path, port: int) -> None:
    dead = sources.registry(port).replace("/rss.xml", "/gone.xml")
    (tmp_path / "sources.toml").write_text(dead, encoding="utf-8")
    (probe,) = [one for one in sourcing.probe(desk, ["benh-vien"]) if not one.ok]
    assert (probe.outcome, probe.links) == ("http_error", 0)
    assert probe.problem == "máy chủ của nguồn báo lỗi, hoặc không còn trang ở địa chỉ này (HTTP 404)"
    (english,) = [one for one in sourcing.probe(desk, ["benh-vien"], "en") if not one.ok]
    assert english.problem == "the server answers with an error, or the page is gone (HTTP 404)"


def test_states_tell_the_health_of_each_source(desk: Desk) -> None:
    found = sourcing.states(desk)
    assert [one.id for one in found] == [
        spec.id for spec in registry.load(registering.registry_file(desk), desk.local_hosts)
    ]
    assert all(one.enabled and one.health for one in found)


def test_discovery_finds_what_a_site_offers_and_adds_it(desk: Desk, tmp_path: Path, port: int) -> None:
    (tmp_path / "sources.toml").write_text("# my own remark\n", encoding="utf-8")
    found = sourcing.look(desk, host(port, "benh-vien") + "/")
    assert found.problem is None
    spec = found.spec("benh-vien-moi", SourceKind.HEALTH)
    path = registering.add(desk, spec, read=True)
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# my own remark\n")
    assert registry.load(path, desk.local_hosts) == [spec]
    assert [one.name for one in tmp_path.iterdir() if one.name.endswith(".new")] == []
    with pytest.raises(ConflictError, match="--id"):
        registering.add(desk, spec, read=True)
    assert path.read_text(encoding="utf-8") == text
    with desk.reading() as session:
        assert session.get_one(Source, "benh-vien-moi").enabled
        assert session.get_one(Source, "benh-vien-moi").verified_day == local_day(NOW), (
            "it has just been read"
        )


def test_a_source_that_the_registry_refuses_changes_nothing(desk: Desk) -> None:
    path = registering.registry_file(desk)
    before = path.read_bytes()
    first = registry.load(path, desk.local_hosts)[0]
    with pytest.raises(UsageError, match="the new source"):
        registering.add(desk, replace(first, id="NOT AN ID"), read=True)
    assert path.read_bytes() == before


def test_a_source_is_switched_on_once_a_check_has_read_it(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    before = path.read_text(encoding="utf-8").replace("enabled = true", "enabled = false  # chưa").encode()
    path.write_bytes(before.replace(b"\n", b"\r\n"))
    with pytest.raises(ConflictError, match="sources check benh-vien"):
        registering.switch(desk, ["benh-vien"], on=True)
    assert sourcing.readable(sourcing.probe(desk, ["benh-vien"])) == ["benh-vien"]
    registering.switch(desk, ["benh-vien"], on=True)
    with desk.reading() as session:
        assert list(session.scalars(select(Source.id).where(Source.enabled))) == ["benh-vien"]
    after = path.read_bytes()
    assert len(after) == len(before.replace(b"\n", b"\r\n")) - 1, "one word in one line"
    assert after.count(b"enabled = true  # ch\xc6\xb0a\r\n") == 1
    registering.switch(desk, ["benh-vien"], on=False)
    assert path.read_bytes() == before.replace(b"\n", b"\r\n")
    with pytest.raises(NotFoundError, match="khong-co"):
        registering.switch(desk, ["khong-co"], on=False)


def test_each_change_of_the_registry_is_in_the_log_with_its_reason_beside_it(desk: Desk) -> None:
    registering.switch(desk, ["benh-vien"], on=False, reason="nguồn ngừng đăng")
    registering.rest(desk, "cong-tinh", 3, reason="đang bảo trì", by=None)
    path = registering.registry_file(desk)
    with desk.reading() as session:
        known = {one.id for one in session.scalars(select(Source))}
        entries = [(one.action, one.subject) for one in session.scalars(select(AuditEntry))]
    assert "cong-tinh" in known
    assert entries == [("source_off", "source:benh-vien"), ("source_rest", "source:cong-tinh")]
    assert registering.note_of(desk, "benh-vien") == "nguồn ngừng đăng"
    assert {one.enabled for one in registry.load(path, desk.local_hosts) if one.id == "cong-tinh"} == {True}
    before = path.read_bytes()
    with pytest.raises(UsageError, match="0 to 30 days"):
        registering.rest(desk, "cong-tinh", 31, reason="lâu quá")
    # what is refused leaves neither a line in the file nor one in the log
    with pytest.raises(NotFoundError):
        registering.switch(desk, ["khong-co"], on=False, reason="không có nguồn này")
    with desk.reading() as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 2
    assert path.read_bytes() == before


def test_what_was_found_is_tasted_and_leaves_nothing_behind(desk: Desk, port: int) -> None:
    found = sourcing.look(desk, host(port, "benh-vien") + "/")
    read = sourcing.taste(desk, found)
    assert 0 < len(read) <= 15
    assert any(page.title for page in read.values())
    assert {page.outcome for page in read.values()} & {Outcome.KEPT, Outcome.NOT_OURS}
    with desk.reading() as session:
        assert session.scalar(select(func.count()).select_from(Item)) == 0
        assert session.scalar(select(func.count()).select_from(FrontierPage)) == 0


def test_only_known_sources_are_crawled(desk: Desk) -> None:
    assert sourcing.crawl_problem(desk) is None
    sourcing.known_sources(desk, ["benh-vien"])
    with pytest.raises(NotFoundError, match="khong-co"):
        sourcing.known_sources(desk, ["benh-vien", "khong-co"])


def test_why_nothing_can_be_crawled(desk: Desk, tmp_path: Path) -> None:
    settings = desk.settings
    silent = replace(desk, settings=replace(settings, values={**settings.values, "crawl.contact_url": ""}))
    assert "crawl.contact_url" in str(sourcing.crawl_problem(silent))
    with pytest.raises(UsageError, match=r"crawl\.contact_url"):
        sourcing.plan(silent)
    path = tmp_path / "sources.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("enabled = true", "enabled = false"), encoding="utf-8"
    )
    problem = sourcing.crawl_problem(desk)
    assert problem is None or "switched on" in problem
    path.unlink()
    assert "no source registry" in str(sourcing.crawl_problem(desk))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.baovinhlong.com.vn/", "baovinhlong"),
        ("https://Sở-Y.vn/x", "sở-y"),
        ("http://a_b.vn", "a-b"),
    ],
)
def test_an_identifier_is_made_of_the_address(url: str, expected: str) -> None:
    assert sourcing.default_id(url) == expected


def test_claims_are_imported_from_an_address(desk: Desk, port: int) -> None:
    pages = [page for page in content.pages() if page.publisher == "kiem-tin" and page.claim_review]
    done = imports.claims(desk, host(port, "kiem-tin") + pages[0].path)
    assert done.rows == 1
    assert sum(done.outcomes.values()) == 1


def test_an_address_that_answers_nothing_is_named(desk: Desk, port: int) -> None:
    from models.errors import KiemChungError

    with pytest.raises(KiemChungError, match=r"nirgends: http_error \(HTTP 404\)"):
        imports.claims(desk, host(port, "kiem-tin") + "/nirgends")
