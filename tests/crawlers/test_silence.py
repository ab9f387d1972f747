"""Each reason for a source's silence, from what its server does to the words that people read."""

import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from typing import cast

from crawlers import health, healthwords, policy
from crawlers.ledger import Ledger
from models.vocabulary import Outcome
from tests.crawlers.child import NOW, context, run_crawl
from tests.crawlers.conftest import Desk
from tests.crawlers.server import XML, Page, Site, feed, page
from tests.crawlers.test_crawl import FILLER

SHUT = Page(b"User-agent: *\nDisallow: /\n", headers={"Content-Type": "text/plain"})


def _silent(_: BaseHTTPRequestHandler) -> None:
    time.sleep(6)


def _short_timeout() -> None:
    cast("dict[str, object]", policy.FIXED)["DOWNLOAD_TIMEOUT"] = 4


SERVERS: dict[Outcome, tuple[str, Page]] = {
    Outcome.BLOCKED: ("/rss", Page(b"", 403)),
    Outcome.ROBOTS: ("/robots.txt", SHUT),
    Outcome.MOVED: ("/rss", Page()),
    Outcome.PARSE_ERROR: ("/rss", Page(b"<!doctype html><html><body>x</body></html>")),
    Outcome.EMPTY: ("/rss", Page(feed().encode(), headers=XML)),
    Outcome.TIMEOUT: ("/rss", Page(takeover=_silent)),
    Outcome.HTTP_ERROR: ("/rss", Page(b"", 404)),
}


def name_of(outcome: Outcome) -> str:
    return outcome.value.replace("_", "-")


def test_every_reason_is_found_and_told_with_the_next_try(desk: Desk, site: Site) -> None:
    for outcome, (path, answer) in SERVERS.items():
        host = f"{name_of(outcome)}.localhost"
        site.put(host, "/rss", Page(feed(site.url(host, "/1")).encode(), headers=XML))
        away = Page(b"", 301, {"Location": site.url("khac.localhost", "/rss")})
        site.put(host, path, away if outcome == Outcome.MOVED else answer)
        desk.add_source(site, name_of(outcome))
    for name in ("certificate", "tot"):
        desk.add_source(site, name)
    # the control: a source that works has no reason
    site.put("tot.localhost", "/rss", Page(feed(site.url("tot.localhost", "/1")).encode(), headers=XML))
    site.put("tot.localhost", "/1", page("Chợ sớm", FILLER, FILLER))
    names = [*map(name_of, SERVERS), "tot", "certificate"]
    plan = desk.plan(site, *names, "khac")
    # a server that cannot say who it is has a test of its own: here it is only told
    ledger = Ledger(context(plan), "owner")
    (entry,) = ledger.claim_due(["certificate"])
    ledger.entry_failed(entry, Outcome.CERTIFICATE)
    run_crawl(replace(plan, prepare=_short_timeout))
    with desk.sessions.begin() as session:
        found = health.of_all(session, NOW)
    for outcome in (*SERVERS, Outcome.CERTIFICATE):
        judged = found[name_of(outcome)]
        assert (judged.state, judged.reason) == (health.State.FAILING, outcome)
        assert judged.next_try is not None
        assert judged.next_try > NOW
        for language in ("vi", "en"):
            said = healthwords.sentence(judged, language)
            assert healthwords.why(outcome, language) in said
            assert healthwords.at(judged.next_try, language) in said
            assert healthwords.advice(judged, language)
    assert (found["tot"].state, found["tot"].reason) == (health.State.WELL, None)
    reasons = {healthwords.why(outcome) for outcome in (*SERVERS, Outcome.CERTIFICATE)}
    assert len(reasons) == len(SERVERS) + 1, "no two reasons are told alike"
