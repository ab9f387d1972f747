"""The safety table: any single difference and nothing starts."""

from typing import Any

import pytest
from scrapy.settings import Settings

from crawlers import policy
from crawlers.errors import PolicyError
from tests.crawlers.child import CrawlPlan, run_crawl
from tests.crawlers.conftest import Desk
from tests.crawlers.server import Site


def made(**changes: object) -> Settings:
    return Settings({**policy.settings("Bot", "https://example.vn/bot"), **changes})


def mutation(value: object) -> object:
    """Some other value of the same shape."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, list):
        return [*value, 429]
    if isinstance(value, dict):
        return {**value, "file": "scrapy.core.downloader.handlers.file.FileDownloadHandler"}
    return "somewhere"


def test_the_table_itself_passes() -> None:
    policy.check(made())


@pytest.mark.parametrize("name", sorted(policy.FIXED))
def test_every_setting_mutated_is_refused_by_name(name: str) -> None:
    with pytest.raises(PolicyError, match=name):
        policy.check(made(**{name: mutation(policy.FIXED[name])}))


def unsafe_defaults() -> list[str]:
    defaults = Settings()
    return [
        name
        for name, value in policy.FIXED.items()
        if not policy._same(policy._plain(defaults.get(name)), value)
    ]


@pytest.mark.parametrize("name", unsafe_defaults())
def test_scrapy_defaults_do_not_pass_for_ours(name: str) -> None:
    settings = made()
    settings.set(name, Settings().get(name), priority="cmdline")
    with pytest.raises(PolicyError, match=name):
        policy.check(settings)


def test_there_is_something_to_fix_in_the_defaults() -> None:
    assert {"ROBOTSTXT_OBEY", "DOWNLOAD_DELAY", "REMOTE_CONTROL_ENABLED"} <= set(unsafe_defaults())


def test_safety_md_settings_are_all_in_the_table() -> None:
    listed = """
    ROBOTSTXT_OBEY DOWNLOAD_DELAY CONCURRENT_REQUESTS_PER_DOMAIN AUTOTHROTTLE_ENABLED DOWNLOAD_MAXSIZE JOBDIR
    DOWNLOAD_WARNSIZE DOWNLOAD_TIMEOUT REDIRECT_MAX_TIMES DEPTH_LIMIT RETRY_TIMES DOWNLOAD_VERIFY_CERTIFICATES
    DOWNLOAD_HANDLERS TELNETCONSOLE_ENABLED REMOTE_CONTROL_ENABLED COOKIES_ENABLED METAREFRESH_ENABLED
    """
    assert set(listed.split()) <= set(policy.FIXED)
    handlers: Any = policy.FIXED["DOWNLOAD_HANDLERS"]
    assert {name for name, handler in handlers.items() if handler is None} == {"file", "data", "ftp", "s3"}


@pytest.mark.parametrize(
    ("bot", "contact"), [("", "https://a.vn/"), (" ", "https://a.vn/"), ("Bot", ""), ("Bot", "a.vn")]
)
def test_a_bot_without_name_or_contact_is_refused(bot: str, contact: str) -> None:
    with pytest.raises(PolicyError, match="bot_name"):
        policy.settings(bot, contact)


def test_only_local_hosts_may_have_a_pace_of_their_own() -> None:
    slots: dict[str, dict[str, object]] = {
        "bao.localhost": {"delay": 0.02, "concurrency": 1},
        "bao.vn": {"delay": 0},
    }
    settings = Settings(policy.settings("Bot", "https://example.vn/bot", slots))
    with pytest.raises(PolicyError, match=r"DOWNLOAD_SLOTS\[bao.vn\]"):
        policy.check(settings, ["bao.localhost"])


def _weaken() -> None:
    real = policy.settings

    def weaker(bot: str, contact: str, slots: Any = None) -> dict[str, object]:  # noqa: ANN401
        return {**real(bot, contact, slots), "ROBOTSTXT_OBEY": False}

    policy.settings = weaker  # type: ignore[assignment]


def test_a_weakened_crawl_refuses_before_it_fetches(desk: Desk, site: Site) -> None:
    desk.add_source(site, "bao")
    plan = desk.plan(site, "bao")
    answer = run_crawl(CrawlPlan(plan.database, plan.local_hosts, prepare=_weaken))
    assert answer["error"] == "PolicyError"
    assert "ROBOTSTXT_OBEY" in answer["text"]
    assert site.seen == []
