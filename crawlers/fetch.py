"""A few addresses fetched politely in a child process, under the same policy and guards as a crawl.

For `sources add`, `sources check` and `import claims URL`; robots.txt is obeyed here too.
"""

import multiprocessing
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from crawlers import policy, urls
from crawlers.errors import CrawlError, PolicyError
from models.vocabulary import Outcome

if TYPE_CHECKING:
    from scrapy import Spider

LONGEST_S = 300.0


@dataclass(frozen=True, slots=True)
class FetchPlan:
    """Who asks, and the composition root's local hosts."""

    bot_name: str
    contact_url: str
    local_hosts: Mapping[str, tuple[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fetched:
    """One answer, or why there is none: `outcome` is KEPT for a 200; `detail` says more in a word or two.

    `url` is where the answer came from, or, of a source that has moved, where it says it is now.
    """

    asked: str
    url: str
    outcome: Outcome
    status: int = 0
    content_type: str = ""
    body: bytes = b""
    detail: str = ""


def fetch_all(addresses: Sequence[str], plan: FetchPlan) -> list[Fetched]:
    """Fetch each address once, in the order given; raises `CrawlError` if the child process fails."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=False)
    child = spawn.Process(target=_child, args=(list(dict.fromkeys(addresses)), plan, theirs))
    child.start()
    theirs.close()
    try:
        answers = ours.recv() if ours.poll(LONGEST_S) else None
    except EOFError:
        answers = None
    finally:
        ours.close()
        child.join(5)
        if child.is_alive():
            child.kill()
            child.join()
    if isinstance(answers, str):
        raise PolicyError(answers)
    if answers is None:
        raise CrawlError("the fetching process ended without an answer")
    found = {answer.asked: answer for answer in answers}
    return [found.get(url) or Fetched(url, url, Outcome.NETWORK_ERROR) for url in dict.fromkeys(addresses)]


def _child(addresses: list[str], plan: FetchPlan, pipe: Connection) -> None:
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.settings import Settings

    from crawlers.quiet import silence_libraries

    silence_libraries()
    slots = {host: {"concurrency": 1, "delay": 0.02, "jitter": 0} for host in plan.local_hosts}
    try:
        made = policy.settings(plan.bot_name, plan.contact_url, slots)
        settings = Settings({**made, "KIEMCHUNG_LOCAL_HOSTS": dict(plan.local_hosts)})
        policy.check(settings, plan.local_hosts)
    except PolicyError as error:
        pipe.send(str(error))
        return
    answers: list[Fetched] = []
    process = AsyncCrawlerProcess(settings)
    silence_libraries()
    process.crawl(_spider_class(), addresses=addresses, answers=answers, local_hosts=plan.local_hosts)
    process.start(install_signal_handlers=False)
    pipe.send(answers)


def _spider_class() -> "type[Spider]":
    # defined inside, because a class body with a Scrapy base would load Scrapy in the parent
    from scrapy import Request, Spider
    from scrapy.http import Response

    from crawlers import outcomes
    from crawlers.guards import SITES

    class FewPages(Spider):
        """Fetches a short list of addresses."""

        name = "few"

        def __init__(
            self, addresses: list[str], answers: list[Fetched], local_hosts: Mapping[str, tuple[str, int]]
        ) -> None:
            super().__init__()
            self.addresses, self.answers = addresses, answers
            self.guard = urls.Guard(local_hosts)

        async def start(self) -> AsyncIterator[Request]:
            """One request an address; redirects stay on the address's own site."""
            for url in self.addresses:
                if self.guard.refusal(url):
                    # not even asked: Scrapy raises for some of these, and the others would be lost with it
                    self.answers.append(Fetched(url, url, Outcome.REFUSED_ADDRESS))
                    continue
                sites = frozenset([urls.site_of(url)])
                yield Request(
                    url,
                    callback=self.answered,
                    errback=self.unanswered,
                    dont_filter=True,
                    meta={SITES: sites},
                    cb_kwargs={"asked": url},
                )

        def answered(self, response: Response, asked: str) -> None:
            """Note an answer."""
            outcome = Outcome.KEPT if response.status == 200 else outcomes.of_status(response.status)
            if outcome == Outcome.KEPT and outcomes.is_login(asked, response.url):
                outcome = Outcome.BLOCKED
            kind = (response.headers.get("Content-Type") or b"").decode("latin-1")
            self.answers.append(Fetched(asked, response.url, outcome, response.status, kind, response.body))

        def unanswered(self, failure: Any) -> None:  # noqa: ANN401 -- Twisted's failure is untyped
            """Note why there is none."""
            asked = failure.request.cb_kwargs["asked"]
            error = failure.value
            outcome = outcomes.of_error(error, failure.request.url)
            moved = outcomes.moved_to(error) or asked
            self.answers.append(Fetched(asked, moved, outcome, detail=outcomes.detail(error)))

    return FewPages
