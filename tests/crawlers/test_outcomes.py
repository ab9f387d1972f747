"""What a failed answer is counted as: blocked, moved, certificate, and what they must not be taken for."""

import datetime as dt
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from crawlers import outcomes
from crawlers.fetch import FetchPlan, fetch_all
from models.gathered import EntryPoint
from models.vocabulary import Outcome
from tests.crawlers.child import run_crawl
from tests.crawlers.conftest import Desk
from tests.crawlers.server import XML, Page, Site, feed, page

HOST, OTHER = "bao.localhost", "khac.localhost"
LOGIN = "<!doctype html><title>Đăng nhập</title><form><input name='p' type='password'></form>"


def plan(site: Site) -> FetchPlan:
    hosts = dict.fromkeys((HOST, OTHER), (site.address, site.port))
    return FetchPlan("KiemChungTest", "https://example.vn/bot", hosts)


def to(url: str, status: int) -> Page:
    return Page(b"", status, {"Location": url})


@contextmanager
def secured(site: Site, folder: Path, name: str) -> Iterator[None]:
    """The site behind TLS, with a certificate for `name` that nobody has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=20_000))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path = folder / "site.pem"
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    site.server.socket = context.wrap_socket(site.server.socket, server_side=True)
    with site.running():
        yield


def test_a_certificate_that_nobody_vouches_for_is_named(tmp_path: Path) -> None:
    site = Site()
    with secured(site, tmp_path, HOST):
        (answer,) = fetch_all([f"https://{HOST}:{site.port}/rss"], plan(site))
    assert answer.outcome == Outcome.CERTIFICATE
    assert site.seen == [], "nothing was asked of a server that could not say who it is"


@pytest.mark.parametrize("status", [401, 403, 451])
def test_being_kept_out_is_blocked(site: Site, status: int) -> None:
    site.put(HOST, "/rss", Page(b"", status))
    assert [one.outcome for one in fetch_all([site.url(HOST, "/rss")], plan(site))] == [Outcome.BLOCKED]


def test_redirects_home_away_and_to_the_door(site: Site) -> None:
    for path, page_ in {
        "/chuyen": to(site.url(OTHER, "/rss"), 301),
        "/chuyen-han": to(site.url(OTHER, "/rss"), 308),
        "/tam": to(site.url(OTHER, "/rss"), 302),
        "/trong": to("http://127.0.0.1:1/", 301),
        "/nha": to(site.url(HOST, "/rss"), 301),
        "/kin": to(site.url(HOST, "/dang-nhap?ve=1"), 302),
        "/rss": Page(feed(site.url(HOST, "/1")).encode(), headers=XML),
        "/dang-nhap?ve=1": Page(LOGIN.encode()),
    }.items():
        site.put(HOST, path, page_)
    asked = [site.url(HOST, path) for path in ("/chuyen", "/chuyen-han", "/tam", "/trong", "/nha", "/kin")]
    answers = fetch_all(asked, plan(site))
    assert [one.outcome for one in answers] == [
        Outcome.MOVED,
        Outcome.MOVED,
        # for now only: the source is still where it was
        Outcome.REFUSED_ADDRESS,
        # into the local network: never a place to move to
        Outcome.REFUSED_ADDRESS,
        Outcome.KEPT,
        Outcome.BLOCKED,
    ]
    assert answers[0].url == site.url(OTHER, "/rss"), "where it says it is now"
    assert site.paths(OTHER) == [], "and it is not followed there"


def test_a_site_that_moved_as_a_whole_is_named_although_its_robots_txt_moved_too(site: Site) -> None:
    for path in ("/robots.txt", "/rss"):
        site.put(HOST, path, to(site.url(OTHER, path), 301))
    assert [one.outcome for one in fetch_all([site.url(HOST, "/rss")], plan(site))] == [Outcome.MOVED]
    assert set(site.paths(HOST)) == {"/robots.txt"}, "and it stays unread: closed all the same"
    assert site.paths(OTHER) == []


def test_a_robots_txt_that_only_fails_is_still_a_robots_txt(site: Site) -> None:
    site.put(HOST, "/robots.txt", Page(b"", 503))
    (answer,) = fetch_all([site.url(HOST, "/rss")], plan(site))
    assert (answer.outcome, answer.detail) == (Outcome.ROBOTS, outcomes.ROBOTS_UNREAD)


def test_a_name_that_is_not_found_is_told_apart(site: Site) -> None:
    (answer,) = fetch_all(["https://khong-co-dau.example/"], plan(site))
    assert (answer.outcome, answer.detail) == (Outcome.NETWORK_ERROR, outcomes.DNS)


@pytest.mark.parametrize(
    ("asked", "answered", "body", "login"),
    [
        ("https://b.vn/rss", "https://b.vn/login?next=/rss", b"", True),
        ("https://b.vn/rss", "https://b.vn/tai-khoan/dang-nhap.html", b"", True),
        ("https://b.vn/rss", "https://b.vn/rss", LOGIN.encode(), True),
        ("https://b.vn/rss", "https://b.vn/rss", b"<INPUT name=x TYPE = password>", True),
        ("https://b.vn/rss", "https://b.vn/rss", b"<input type=text>password", False),
        ("https://b.vn/cu", "https://b.vn/tin/dang-nhap-vneid-the-nao-1234.html", b"", False),
        ("https://b.vn/login/tin", "https://b.vn/login/tin-2", b"", False),
        ("https://b.vn/a", "https://b.vn/b", b"", False),
    ],
)
def test_what_is_a_login_page(asked: str, answered: str, body: bytes, login: bool) -> None:
    assert outcomes.is_login(asked, answered, body) is login


def test_a_crawl_counts_them_for_what_they_are(desk: Desk, site: Site) -> None:
    names = {
        "chan": Page(b"", 403),
        "doi": to(site.url(OTHER, "/rss"), 301),
        "cua": Page(LOGIN.encode()),
        "loi": Page(b"", 404),
    }
    for name, answer in names.items():
        desk.add_source(site, name)
        site.put(f"{name}.localhost", "/rss", answer)
    desk.add_source(site, "bao")
    site.put(HOST, "/rss", Page(feed(site.url(HOST, "/1"), site.url(HOST, "/2")).encode(), headers=XML))
    site.put(HOST, "/1", Page(b"", 403))
    site.put(HOST, "/2", to(site.url(HOST, "/login"), 302))
    site.put(HOST, "/login", page("Đăng nhập", "x" * 900))
    run_crawl(desk.plan(site, *names, "bao", "khac"))
    with desk.sessions.begin() as session:
        last = dict(session.execute(select(EntryPoint.source_id, EntryPoint.last_outcome)).all())
    assert last == {
        "chan": Outcome.BLOCKED,
        "doi": Outcome.MOVED,
        "cua": Outcome.BLOCKED,
        "loi": Outcome.HTTP_ERROR,
        "bao": Outcome.FEED_READ,
    }
    assert desk.counts("bao") == {Outcome.FEED_READ: 1, Outcome.BLOCKED: 2}
