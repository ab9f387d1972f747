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


NUMBERS = {
    "DOWNLOAD_DELAY": 5,
    "DOWNLOAD_DELAY_JITTER": 0,
    "CONCURRENT_REQUESTS": 32,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "CONCURRENT_ITEMS": 1,
    "AUTOTHROTTLE_START_DELAY": 5,
    "AUTOTHROTTLE_MAX_DELAY": 60,
    "AUTOTHROTTLE_TARGET_CONCURRENCY": 1.0,
    "DOWNLOAD_TIMEOUT": 20,
    "DOWNLOAD_MAXSIZE": 8_388_608,
    "DOWNLOAD_WARNSIZE": 2_097_152,
    "REDIRECT_MAX_TIMES": 5,
    "DEPTH_LIMIT": 4,
    "RETRY_TIMES": 2,
    "URLLENGTH_LIMIT": 2083,
}
ON = {
    *("ROBOTSTXT_OBEY", "AUTOTHROTTLE_ENABLED", "RETRY_ENABLED", "DOWNLOAD_VERIFY_CERTIFICATES"),
    *("TWISTED_REACTOR_ENABLED", "HTTPERROR_ALLOW_ALL"),
}


def dotted(value: object) -> list[str]:
    """The names of classes in a setting, however deep."""
    if isinstance(value, dict):
        return [name for key, one in value.items() for name in (*dotted(key), *dotted(one))]
    if isinstance(value, list):
        return [name for one in value for name in dotted(one)]
    return [value] if isinstance(value, str) and "." in value else []


def test_each_number_and_each_switch_is_the_one_that_was_agreed() -> None:
    kinds = {name: value for name, value in policy.FIXED.items() if isinstance(value, int | float)}
    assert {name for name, value in kinds.items() if value is True} == ON
    assert {name: value for name, value in kinds.items() if not isinstance(value, bool)} == NUMBERS
    # 429 and 503 ask for a rest; every other passing failure is worth a second try
    assert policy.FIXED["RETRY_HTTP_CODES"] == [500, 502, 504, 522, 524, 408]
    assert policy.FIXED["JOBDIR"] is policy.FIXED["LOG_FILE"] is None


def test_every_name_of_the_table_is_a_setting_that_scrapy_reads() -> None:
    known = {*Settings().attributes, "JOBDIR", "DOWNLOAD_DELAY_JITTER"}
    assert sorted({*policy.FIXED, *policy.NAMED} - known) == []


def test_every_class_that_the_table_names_is_there() -> None:
    from scrapy.utils.misc import load_object

    names = dotted(dict(policy.FIXED))
    assert len(names) > 15
    assert policy.FIXED["DOWNLOAD_HANDLERS"] == {
        **dict.fromkeys(("http", "https"), policy.HTTP_HANDLER),
        **dict.fromkeys(("file", "data", "ftp", "s3")),
    }
    assert all(load_object(name) for name in names)


def test_our_guards_stand_before_everything_else() -> None:
    order: Any = policy.FIXED["DOWNLOADER_MIDDLEWARES"]
    placed = {name.rsplit(".", 1)[1]: place for name, place in order.items()}
    # Scrapy's own begin at 100, and of two in one place either may be first
    assert (placed["AddressGuard"], placed["FailClosedRobots"]) == (10, 100)
    assert [name for name, place in placed.items() if place is None] == [
        *("RobotsTxtMiddleware", "OffsiteMiddleware", "HttpAuthMiddleware", "DownloaderStats"),
    ]


def test_a_crawler_says_who_it_is_and_where_to_complain() -> None:
    settings = policy.settings("Bot", "https://example.vn/bot", {"bao.localhost": {"delay": 1}})
    assert settings["BOT_NAME"] == settings["ROBOTSTXT_USER_AGENT"] == "Bot"
    assert settings["USER_AGENT"] == "Bot (+https://example.vn/bot)"
    assert settings["DOWNLOAD_SLOTS"] == {"bao.localhost": {"delay": 1}}
    assert policy.settings("Bot", "http://example.vn/bot")["DOWNLOAD_SLOTS"] == {}
    assert {"BOT_NAME", "USER_AGENT", "ROBOTSTXT_USER_AGENT"} == set(policy.NAMED)


@pytest.mark.parametrize("name", ["BOT_NAME", "USER_AGENT", "ROBOTSTXT_USER_AGENT"])
def test_a_crawler_without_a_name_does_not_start(name: str) -> None:
    for nothing in ("", "  ", None):
        with pytest.raises(PolicyError, match=f"differ: {name}"):
            policy.check(made(**{name: nothing}))


def test_an_agent_without_an_address_is_refused_and_all_that_differs_is_told_at_once() -> None:
    with pytest.raises(PolicyError, match="differ: DEPTH_LIMIT, USER_AGENT; nothing was fetched"):
        policy.check(made(USER_AGENT="Bot", DEPTH_LIMIT=True))
    with pytest.raises(PolicyError, match="ROBOTSTXT_OBEY"):
        policy.check(made(ROBOTSTXT_OBEY=1))
