"""Every safety setting of the crawler in one table, and the check that refuses to start if one differs.

What each line is for is said beside it; the defaults of Scrapy 2.19 are unsafe for this work.
"""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from crawlers.errors import PolicyError

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

HTTP_HANDLER = "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler"

FIXED: Mapping[str, object] = {
    # robots.txt is always obeyed (rule 4), by our own fail-closed middleware
    "ROBOTSTXT_OBEY": True,
    "ROBOTSTXT_PARSER": "scrapy.robotstxt.ProtegoRobotParser",
    "DOWNLOADER_MIDDLEWARES": {
        "crawlers.guards.AddressGuard": 10,
        "crawlers.robots.FailClosedRobots": 100,
        "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
        "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
        # no passwords are ever sent, and nobody reads the counts
        "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
        "scrapy.downloadermiddlewares.stats.DownloaderStats": None,
    },
    # one polite connection a host
    "DOWNLOAD_DELAY": 5,
    "DOWNLOAD_DELAY_JITTER": 0,
    "CONCURRENT_REQUESTS": 32,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "AUTOTHROTTLE_ENABLED": True,
    "AUTOTHROTTLE_START_DELAY": 5,
    "AUTOTHROTTLE_MAX_DELAY": 60,
    "AUTOTHROTTLE_TARGET_CONCURRENCY": 1.0,
    # caps: a page, its time, its redirects, its depth, its retries
    "DOWNLOAD_MAXSIZE": 8 * 1024 * 1024,
    "DOWNLOAD_WARNSIZE": 2 * 1024 * 1024,
    "DOWNLOAD_TIMEOUT": 20,
    "REDIRECT_MAX_TIMES": 5,
    "DEPTH_LIMIT": 4,
    "RETRY_ENABLED": True,
    "RETRY_TIMES": 2,
    # 429 and 503 are not tried again in the same run: the whole source rests
    "RETRY_HTTP_CODES": [500, 502, 504, 522, 524, 408],
    # a name that does not resolve, or was refused, will not in five seconds either
    "RETRY_EXCEPTIONS": [
        "scrapy.exceptions.DownloadConnectionRefusedError",
        "scrapy.exceptions.DownloadFailedError",
        "scrapy.exceptions.DownloadTimeoutError",
        "scrapy.exceptions.ResponseDataLossError",
    ],
    "URLLENGTH_LIMIT": 2083,
    # transport: verified certificates, http and https alone, our resolver, no proxy that would resolve for us
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "DOWNLOAD_HANDLERS": {
        "http": HTTP_HANDLER,
        "https": HTTP_HANDLER,
        "file": None,
        "data": None,
        "ftp": None,
        "s3": None,
    },
    "TWISTED_REACTOR_ENABLED": True,
    "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
    "TWISTED_DNS_RESOLVER": "crawlers.resolver.GuardedResolver",
    "HTTPPROXY_ENABLED": False,
    # nothing that opens a door into this process, or that remembers
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "COOKIES_ENABLED": False,
    "METAREFRESH_ENABLED": False,
    "REFERER_ENABLED": False,
    "HTTPCACHE_ENABLED": False,
    "HTTPERROR_ALLOW_ALL": True,
    "JOBDIR": None,
    "ADDONS": {},
    # logs hold no addresses and no texts (rules 1 and 2)
    "LOG_ENABLED": False,
    "LOG_INSTALL_ROOT_HANDLER": False,
    "LOG_FILE": None,
    "STATS_DUMP": False,
    # callbacks give no items, and Scrapy starts this many tasks for each of their outputs
    "CONCURRENT_ITEMS": 1,
    "WARN_ON_GENERATOR_RETURN_VALUE": False,
    # the frontier in the database is the only memory of what was seen
    "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",
}

NAMED = ("BOT_NAME", "USER_AGENT", "ROBOTSTXT_USER_AGENT")


def settings(
    bot_name: str, contact_url: str, slots: Mapping[str, Mapping[str, object]] | None = None
) -> dict[str, object]:
    """The settings of a crawl process: the fixed table, the bot's name and the pace of local hosts.

    Raises `PolicyError` if the bot has no name or no contact page.
    """
    if not bot_name.strip() or not contact_url.startswith(("http://", "https://")):
        raise PolicyError("bot_name, contact_url: a crawler names itself and gives a contact page")
    return {
        **FIXED,
        "BOT_NAME": bot_name,
        "USER_AGENT": f"{bot_name} (+{contact_url})",
        "ROBOTSTXT_USER_AGENT": bot_name,
        "DOWNLOAD_SLOTS": {host: dict(slot) for host, slot in (slots or {}).items()},
    }


def check(current: "BaseSettings", local_hosts: Collection[str] = ()) -> None:
    """Raise `PolicyError` naming every setting that differs from the table."""
    wrong = [name for name, value in FIXED.items() if not _same(_plain(current.get(name)), value)]
    wrong += [name for name in NAMED if not str(current.get(name) or "").strip()]
    if "(+http" not in str(current.get("USER_AGENT")):
        wrong.append("USER_AGENT")
    wrong += [
        f"DOWNLOAD_SLOTS[{host}]" for host in current.getdict("DOWNLOAD_SLOTS") if host not in local_hosts
    ]
    if wrong:
        raise PolicyError(f"crawler safety settings differ: {', '.join(wrong)}; nothing was fetched")


def _plain(value: Any) -> object:  # noqa: ANN401 -- a setting may be anything
    # Scrapy keeps dict settings in its own container
    return dict(value.items()) if hasattr(value, "items") else value


def _same(value: object, wanted: object) -> bool:
    # 1 == True in Python, but a setting of another type is another setting
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)
