"""Rule 4: publishers and the public's own reports only; robots.txt always; no address of a post is kept."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, text
from sqlalchemy.exc import IntegrityError

from crawlers import hosts, policy
from crawlers.errors import CrawlError, PolicyError, RegistryError
from crawlers.intake import take_tip
from crawlers.registry import load
from models.errors import UsageError
from models.gathered import Item
from models.vocabulary import Opinion, SourceKind
from pipeline import decisions, settings
from pipeline.compose import Desk
from pipeline.decisions import ReviewInput
from tests.pipeline.conftest import PRIMARY, People, put_claim
from tests.rules import breaks, surface
from tests.rules.crawling import Plan, crawl, searched
from tests.rules.site import CLAIM, CLAIM_PAGE, Publisher, running

REFUSED = (
    *("https://www.facebook.com/nhom.ban.hang", "https://m.facebook.com/groups/123", "https://fb.com/ai.do"),
    *("https://www.tiktok.com/@ai.do", "https://www.youtube.com/channel/UC1", "https://youtu.be/abc"),
    *("https://zalo.me/g/abcdef", "https://chat.zalo.me/", "https://t.me/kenh", "https://telegram.me/kenh"),
    *(
        "https://www.instagram.com/ai.do/",
        "https://x.com/ai_do",
        "https://twitter.com/ai_do",
        "https://threads.net/@a",
    ),
    *(
        "https://www.linkedin.com/in/ai-do",
        "https://www.reddit.com/r/vietnam/",
        "https://ai-do.blogspot.com/",
    ),
    *(
        "https://ai-do.wordpress.com/",
        "https://medium.com/@ai.do",
        "https://bit.ly/abc",
        "https://voz.vn/t/1",
    ),
    *(
        "https://www.otofun.net/",
        "https://www.webtretho.com/",
        "https://bao.vn/user/ai-do",
        "https://bao.vn/@ai.do",
    ),
    *("https://bao.vn/groups/1", "https://bao.vn/profile/ai-do", "https://bao.vn/thanh-vien/ai-do"),
    *(
        "https://bao.vn/tac-gia/ai-do",
        "https://ai.do:mat-khau@bao.vn/",
        "https://113.160.1.1/rss",
        "http://localhost/",
    ),
    *("file:///etc/passwd", "ftp://bao.vn/rss", "https://lotus.vn/w/profile/1", "https://discord.gg/abc"),
)
TAKEN = (
    *("https://baovinhlong.example.vn/", "https://www.benhvien.example.org/", "https://vinhlong.gov.vn/"),
    *("https://hoilienhiep.example.org.vn/", "https://thvl.example.vn/"),
)


def _registry(folder: Path, homepage: str, entry: str, kind: str = "newspaper") -> Path:
    file = folder / "sources.toml"
    file.write_text(
        f'[[source]]\nid = "thu"\nname = "Nguồn"\nkind = "{kind}"\nhomepage = "{homepage}"\nlocal = true\n'
        f'[[source.entry]]\nkind = "feed"\nurl = "{entry}"\n',
        encoding="utf-8",
    )
    return file


def _taken(folder: Path, addresses: Sequence[str]) -> list[str]:
    """The addresses that the registry takes as a homepage or as an entry point."""
    taken = []
    for address in addresses:
        for homepage, entry in ((address, TAKEN[0]), (TAKEN[0], address)):
            try:
                load(_registry(folder, homepage, entry))
            except RegistryError:
                continue
            taken.append(address)
    return taken


def test_no_account_group_or_social_network_is_taken_as_a_source(tmp_path: Path) -> None:
    assert len(REFUSED) >= 35
    assert _taken(tmp_path, REFUSED) == []
    assert set(_taken(tmp_path, TAKEN)) == set(TAKEN)


def test_control_without_the_refusal_they_would_be_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "refusal", lambda host: None)  # noqa: ARG005
    monkeypatch.setattr(hosts, "is_personal_path", lambda path: False)  # noqa: ARG005
    assert len(_taken(tmp_path, REFUSED)) > len(REFUSED)


def test_a_source_is_an_organisation(tmp_path: Path) -> None:
    kinds = {kind.value for kind in SourceKind}
    assert kinds == {"newspaper", "broadcaster", "public_body", "health", "fact_checker", "association"}
    for kind in ("person", "account", "group", "page", "forum", "influencer"):
        with pytest.raises(RegistryError, match="kind"):
            load(_registry(tmp_path, TAKEN[0], TAKEN[0], kind))


def test_no_database_takes_a_person_as_a_source(engine: Engine) -> None:
    row = "'thu', 'Ai đó', 'person', 'https://a.vn/', 'a.vn', true, true"
    with engine.begin() as connection, pytest.raises(IntegrityError):
        connection.execute(
            text(f"INSERT INTO source (id, name, kind, homepage, domain, is_local, enabled) VALUES ({row})")  # noqa: S608
        )


# --- robots.txt


def test_nothing_that_a_user_sets_reaches_robots() -> None:
    words = ("robots", "robotstxt", "obey", "ignore robots", "respect")
    assert surface.holding([*surface.settings(), *surface.commands()], words) == []
    with pytest.raises(UsageError, match="KIEMCHUNG_CRAWL_ROBOTS"):
        settings.load(environ={"KIEMCHUNG_CRAWL_ROBOTS": "false"})


@pytest.mark.parametrize("name", sorted(policy.FIXED))
def test_a_crawl_with_any_safety_setting_changed_does_not_start(name: str) -> None:
    from scrapy.settings import Settings

    made = policy.settings("KiemChungTest", "https://example.vn/bot")
    policy.check(Settings(made))
    value = made[name]
    changed: object = not value if isinstance(value, bool) else {} if isinstance(value, dict) else 10**6
    changed = {"x": 1} if value == {} else changed
    with pytest.raises(PolicyError, match=name):
        policy.check(Settings({**made, name: changed}))


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with running("bao") as made:
        made.put("/robots.txt", "User-agent: *\nDisallow: /noi-bo/\n")
        made.site.pages[made.host, "/robots.txt"].headers = {"Content-Type": "text/plain"}
        made.feed({"/canh-bao": CLAIM_PAGE, "/noi-bo/canh-bao": CLAIM_PAGE})
        yield made


def _forbidden(publisher: Publisher) -> list[str]:
    return [path for path in publisher.site.paths() if path.startswith("/noi-bo/")]


def test_a_forbidden_page_is_not_fetched(sqlite_desk: Desk, publisher: Publisher) -> None:
    outcomes = crawl(Plan.of(sqlite_desk, publisher))
    assert outcomes == {"feed_read": 1, "kept": 1, "robots": 1}
    assert _forbidden(publisher) == []


def test_control_a_crawler_that_ignores_robots_is_caught(sqlite_desk: Desk, publisher: Publisher) -> None:
    crawl(Plan.of(sqlite_desk, publisher, breaks.robots_are_ignored))
    assert _forbidden(publisher) == ["/noi-bo/canh-bao"]


def test_control_a_crawl_that_switches_robots_off_is_not_started(
    sqlite_desk: Desk, publisher: Publisher
) -> None:
    with pytest.raises(Exception, match="ROBOTSTXT_OBEY"):
        crawl(Plan.of(sqlite_desk, publisher, breaks.robots_switched_off))
    assert publisher.site.paths() == []


# --- the address of a post

POSTS = (
    "https://www.facebook.com/zqxjvkwmai.do/posts/1029384756",
    "https://zalo.me/0912zqxjvkwm345",
    "https://www.tiktok.com/@zqxjvkwmai.do/video/73915208416",
    "http://lua-dao.example.com/zqxjvkwmduong-dan?id=zqxjvkwmma",
    "facebook.com/groups/zqxjvkwmnhom/permalink/55",
)


def test_a_tip_with_the_address_of_a_post_keeps_only_its_site(sqlite_desk: Desk) -> None:
    kept = 0
    for address in POSTS:
        tip = take_tip(
            sqlite_desk.sessions,
            sqlite_desk.reader,
            f"{CLAIM[:-1]}, vào {address} đăng ký.",
            sqlite_desk.clock,
            sqlite_desk.keys.receipt,
        )
        kept += tip.outcome == "kept"
    assert kept == len(POSTS)
    with sqlite_desk.engine.connect() as connection:
        texts = list(connection.execute(text("SELECT text FROM mention")).scalars())
        assert connection.execute(text("SELECT count(*) FROM item WHERE url IS NOT NULL")).scalar_one() == 0
    assert any("facebook.com" in one for one in texts)
    assert searched(sqlite_desk, ["zqxjvkwm", "1029384756", "/posts", "permalink", "73915208416"]) == {}


def test_control_without_masking_the_address_is_found(sqlite_desk: Desk) -> None:
    reader = breaks.unmasked_reader(sqlite_desk.keys.mask, "86")
    say = f"{CLAIM[:-1]}, vào {POSTS[0]} đăng ký."
    take_tip(sqlite_desk.sessions, reader, say, sqlite_desk.clock, sqlite_desk.keys.receipt)
    assert searched(sqlite_desk, ["zqxjvkwmai.do", "1029384756"]) != {}


def test_no_database_takes_the_address_of_a_tip(engine: Engine) -> None:
    row = {"key": "k", "kind": "tip", "day": date(2026, 11, 17), "is_local": True, "url": POSTS[0]}
    with engine.begin() as connection, pytest.raises(IntegrityError):
        connection.execute(insert(Item).values(row))


@pytest.mark.parametrize(
    "address", [one if one.startswith("http") else f"https://{one}" for one in POSTS if "lua" not in one]
)
def test_a_post_is_no_evidence(sqlite_desk: Desk, sqlite_people: People, address: str) -> None:
    claim = put_claim(sqlite_desk)
    proof = replace(PRIMARY, url=address)
    with pytest.raises(UsageError, match=r"not a publisher|personal"):
        decisions.record_review(
            sqlite_desk, claim, sqlite_people.an, ReviewInput(Opinion.FALSE, "Đã xem bài đăng này.", (proof,))
        )


@pytest.mark.parametrize("address", ["https://www.facebook.com/ai.do/posts/1", "https://t.me/kenh/5"])
def test_a_fact_check_on_a_social_network_is_not_imported(address: str) -> None:
    from crawlers.claimreview import read

    rows = read(
        f"claim,rating,url\nUống lá ổi khỏi bệnh,Sai,{address}\nUống lá ổi khỏi bệnh,Sai,https://bao.vn/a\n"
    )
    assert [row.url for row in rows] == ["https://bao.vn/a"]
    assert len(rows.errors) == 1


def test_a_crawl_of_an_unregistered_source_does_not_start(sqlite_desk: Desk) -> None:
    from pipeline.run import crawl_now

    with pytest.raises(CrawlError, match="not in the registry"):
        crawl_now(sqlite_desk, ["facebook"])
