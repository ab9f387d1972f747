"""Rule 6: the answer is a public answer; nothing else leaves, and nobody is quoted."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from crawlers import guards
from models.errors import UsageError
from models.vocabulary import Language
from pipeline import paraphrase, publishing
from pipeline.compose import Desk
from pipeline.publishing import CorrectionInput
from tests.pipeline.conftest import put_claim
from tests.rules import breaks, surface
from tests.rules.crawling import Plan, crawl
from tests.rules.history import TEXT
from tests.rules.site import CLAIM_PAGE, Publisher, running

ROOT = Path(__file__).parents[2]
ROOMS = ("models", "classify", "crawlers", "pipeline", "review_ui")

# the imports

SENDERS = frozenset(
    [
        *(
            "smtplib",
            "ftplib",
            "telnetlib",
            "poplib",
            "imaplib",
            "nntplib",
            "xmlrpc",
            "email.mime",
            "email.message",
        ),
        *(
            "requests",
            "httpx",
            "aiohttp",
            "urllib3",
            "urllib.request",
            "http.client",
            "httplib2",
            "pycurl",
            "websockets",
        ),
        *(
            "websocket",
            "paramiko",
            "twilio",
            "telegram",
            "telebot",
            "slack_sdk",
            "discord",
            "boto3",
            "sendgrid",
        ),
        *(
            "mailjet_rest",
            "firebase_admin",
            "pywebpush",
            "apprise",
            "kafka",
            "pika",
            "redis",
            "stomp",
            "grpc",
        ),
    ]
)
CRAWLER_ONLY = frozenset(["scrapy", "twisted", "treq"])


def _imported(source: str) -> Iterator[str]:
    """Every module that a source file imports, deferred and by name too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in {"import_module", "__import__"}:
                yield str(node.args[0].value)


def senders(folder: Path, rooms: Sequence[str] = ROOMS) -> list[str]:
    """`file: module` for each import that could send mail, call a hook or post a form."""
    found = set()
    for room in rooms:
        forbidden = SENDERS if room == "crawlers" else SENDERS | CRAWLER_ONLY
        for path in (folder / room).rglob("*.py"):
            for name in _imported(path.read_text(encoding="utf-8")):
                parts = name.split(".")
                if {".".join(parts[:n]) for n in range(1, len(parts) + 1)} & forbidden:
                    found.add(f"{path.relative_to(folder)}: {name}")
    return sorted(found)


# discovery of a new source's feeds is the crawler's, and Scrapy stays in its room; one module may send, for
# three purposes: a new correction to those who subscribed, the steps of an OIDC sign-in, and the receipt of a
# tip to whoever sent it over Zalo
THE_SENDER = "crawlers/outbound.py: http.client"
MAY_SEND = {"pipeline/oidc.py", "pipeline/subscriptions.py", "pipeline/zalo.py"}


def test_nothing_that_could_send_is_imported_but_by_the_one_sender() -> None:
    assert sum(1 for room in ROOMS for _ in (ROOT / room).rglob("*.py")) > 60
    assert senders(ROOT) == [THE_SENDER]


def senders_users(folder: Path, rooms: Sequence[str] = ROOMS) -> set[str]:
    """The files that import the sender, deferred and by name too."""
    files = [path for room in rooms for path in (folder / room).rglob("*.py")]
    return {
        str(path.relative_to(folder))
        for path in files
        if "crawlers.outbound" in set(_imported(path.read_text(encoding="utf-8")))
    }


def test_three_modules_use_the_sender_and_no_other() -> None:
    assert senders_users(ROOT) == MAY_SEND


def test_control_one_more_user_of_the_sender_would_be_seen(tmp_path: Path) -> None:
    (tmp_path / "review_ui").mkdir()
    (tmp_path / "review_ui" / "hook.py").write_text("from crawlers import outbound\n", encoding="utf-8")
    assert senders_users(tmp_path, ["review_ui"]) == {"review_ui/hook.py"}


@pytest.mark.parametrize(
    "line",
    [
        "import smtplib",
        "def send() -> None:\n    from urllib import request\n",
        "from urllib.request import urlopen",
        "import importlib\nimportlib.import_module('requests')",
        "__import__('httpx')",
        "import scrapy",
    ],
)
def test_control_a_sender_would_be_seen(tmp_path: Path, line: str) -> None:
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline" / "hook.py").write_text(line + "\n", encoding="utf-8")
    assert senders(tmp_path, ["pipeline"]) != []


# --- what really leaves


def _methods(publisher: Publisher) -> set[str]:
    return {seen.method for seen in publisher.site.seen}


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with running("bao") as made:
        elsewhere = made.site.url("khac.localhost", "/bai")
        form = "<form method='post' action='/to-cao'><input name='x' value='1'><button>Gửi</button></form>"
        links = f"<a href='{elsewhere}'>khác</a><img src='{elsewhere}.png'>{form}"
        made.feed({"/canh-bao": (*CLAIM_PAGE, links), "/chuyen": CLAIM_PAGE})
        made.put("/rss", made.site.pages[made.host, "/rss"])
        body = made.site.pages[made.host, "/rss"].body.replace(
            b"</channel>", f"<item><link>{elsewhere}</link></item></channel>".encode()
        )
        made.site.pages[made.host, "/rss"].body = body
        made.site.pages[made.host, "/chuyen"].status = 302
        made.site.pages[made.host, "/chuyen"].headers = {"Location": elsewhere}
        yield made


def _foreign(publisher: Publisher) -> list[str]:
    return [seen.host + seen.path for seen in publisher.site.seen if seen.host != publisher.host]


def test_only_get_and_head_leave_and_only_to_listed_hosts(sqlite_desk: Desk, publisher: Publisher) -> None:
    plan = Plan.of(sqlite_desk, publisher)
    crawl(replace(plan, local_hosts={**plan.local_hosts, "khac.localhost": plan.local_hosts[publisher.host]}))
    assert "/canh-bao" in publisher.site.paths()
    assert _methods(publisher) <= {"GET", "HEAD"}
    assert _foreign(publisher) == []
    for seen in publisher.site.seen:
        assert not {"cookie", "referer", "authorization", "from"} & {name.lower() for name in seen.headers}


def test_control_a_crawler_that_follows_and_posts_is_caught(sqlite_desk: Desk, publisher: Publisher) -> None:
    plan = Plan.of(sqlite_desk, publisher, breaks.anything_leaves)
    crawl(replace(plan, local_hosts={**plan.local_hosts, "khac.localhost": plan.local_hosts[publisher.host]}))
    assert not _methods(publisher) <= {"GET", "HEAD"}
    assert _foreign(publisher) != []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"])
def test_no_other_method_passes_the_guard(method: str) -> None:
    from scrapy import Request

    from crawlers.urls import Guard

    guard = guards.AddressGuard(Guard({"bao.localhost": ("127.0.0.1", 80)}))
    sites = frozenset({"bao.localhost"})
    guard.process_request(Request("http://bao.localhost/", meta={guards.SITES: sites}))
    with pytest.raises(guards.AddressRefusedError):
        guard.process_request(Request("http://bao.localhost/", method=method, meta={guards.SITES: sites}))
    with pytest.raises(guards.AddressRefusedError):
        guard.process_request(Request("http://bao.localhost/", body=b"x=1", meta={guards.SITES: sites}))


# --- what things are called

ENFORCEMENT = (
    *("takedown", "take down", "report", "reports", "refer", "referral", "notify", "notification", "webhook"),
    *("webhooks", "denounce", "block", "blocklist", "flag user", "authority", "police", "complaint to"),
    *("to cao", "to giac", "bao cao vi pham", "go bo", "cong an", "smtp", "mail", "email", "callback"),
)


def _names(desk: Desk) -> list[str]:
    from review_ui.app import create_app

    named = [f"{name} {path}" for name, path, _ in surface.routes(create_app(desk))]
    fields = [f"correction.{field}" for field in asdict(TEXT)]
    return [*named, *fields, *surface.columns(), *surface.settings(), *surface.commands()]


def test_nothing_is_called_takedown_referral_or_webhook(sqlite_desk: Desk) -> None:
    names = _names(sqlite_desk)
    assert len(names) > 200
    assert surface.holding(names, ENFORCEMENT) == []


def test_control_such_a_name_would_be_seen() -> None:
    for name in (
        "correction.takedown_url",
        "kiemchung export --webhook",
        "notify /bao-cao-vi-pham",
        "claim.referral",
    ):
        assert surface.holding([name], ENFORCEMENT) == [name]


# --- nobody is quoted


def _words(text: str) -> list[str]:
    return text.split()


TIP_WORDS = _words(
    "nghe nói bên xã phát gạo cho mỗi hộ mười ký mà phải đem căn cước gốc tới chiều nay ông bảy kêu lẹ"
)
# none of them is a word of the tip, also without marks: a neighbour that was would make a run longer
OWN_WORDS = _words("không hề thu tiền, chuyện đó dân cứ hỏi trực tiếp nhân viên phường rồi hãy tin")
FIELDS = sorted(asdict(TEXT))


@pytest.fixture(scope="module")
def tip_desk(tmp_path_factory: pytest.TempPathFactory, sqlite_template: bytes) -> Iterator[tuple[Desk, int]]:
    """A desk with one claim that a member of the public wrote."""
    from tests.conftest import NOW
    from tests.rules.conftest import make_desk

    folder = tmp_path_factory.mktemp("six-words")
    (folder / "desk.sqlite").write_bytes(sqlite_template)
    desk = make_desk(f"sqlite:///{folder / 'desk.sqlite'}", folder, lambda: NOW)
    yield desk, put_claim(desk, " ".join(TIP_WORDS), from_tip=True)
    desk.close()


def test_the_two_texts_share_no_word() -> None:
    from classify.text import strip_marks

    tip, own = ({strip_marks(word).lower() for word in words} for words in (TIP_WORDS, OWN_WORDS))
    assert not tip & own


def _retyped(words: Sequence[str], style: str) -> str:
    from classify.text import strip_marks

    retyped = {
        "as it is": " ".join(words),
        "shouted": " ".join(words).upper(),
        "without marks": strip_marks(" ".join(words)),
        "with commas": ", ".join(words),
        "over lines": "\n".join(words),
        "in quotes": " ".join(f"“{word}”" for word in words),
        "with hyphens": " - ".join(words),
    }
    return retyped[style]


STYLES = ["as it is", "shouted", "without marks", "with commas", "over lines", "in quotes", "with hyphens"]


def _refused(desk: Desk, claim: int, text: CorrectionInput) -> bool:
    with desk.reading() as session:
        try:
            publishing.check_texts(session, claim, {Language.VI: text})
        except UsageError as error:
            return "tip's own words" in str(error)
    return False


@given(
    start=st.integers(0, len(TIP_WORDS) - 1),
    length=st.integers(1, 14),
    before=st.integers(0, len(OWN_WORDS)),
    style=st.sampled_from(STYLES),
    field=st.sampled_from(FIELDS),
)
@budget(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_more_than_six_words_of_a_tip_are_refused_and_six_are_not(
    tip_desk: tuple[Desk, int], start: int, length: int, before: int, style: str, field: str
) -> None:
    desk, claim = tip_desk
    run = TIP_WORDS[start : start + length]
    written = " ".join([*OWN_WORDS[:before], _retyped(run, style), *OWN_WORDS[before:]])
    assert _refused(desk, claim, replace(TEXT, **{field: written})) is (len(run) > 6)


def test_control_with_a_longer_limit_quotations_pass(
    tip_desk: tuple[Desk, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, claim = tip_desk
    quoted = replace(TEXT, said=" ".join(TIP_WORDS))
    assert _refused(desk, claim, quoted)
    monkeypatch.setattr(publishing, "shared_run", lambda written, sources: None)  # noqa: ARG005
    assert not _refused(desk, claim, quoted)
    assert paraphrase.LONGEST_RUN == 6


def test_the_words_of_a_registered_publisher_may_be_cited(sqlite_desk: Desk) -> None:
    claim = put_claim(sqlite_desk, " ".join(TIP_WORDS))
    assert not _refused(sqlite_desk, claim, replace(TEXT, said=" ".join(TIP_WORDS)))
