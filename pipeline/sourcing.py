"""The source registry at work: the state of each source, trying its entry points, looking at a new one."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import select, update

from crawlers import registry, urls
from crawlers.errors import CrawlError
from crawlers.registry import EntrySpec
from models.errors import NotFoundError, UsageError
from models.gathered import EntryPoint, Source
from models.vocabulary import Outcome
from models.weeks import local_day
from pipeline.compose import Desk
from pipeline.registering import registry_file
from pipeline.run import sync_sources

if TYPE_CHECKING:
    from crawlers.discover import Discovery
    from crawlers.fetch import Fetched, FetchPlan
    from crawlers.sample import Sampled


@dataclass(frozen=True)
class SourceState:
    """One source of the registry and how it fares; `state` is a badge, `health` says it in a sentence."""

    id: str
    name: str
    kind: str
    enabled: bool
    local: bool
    entries: int
    verified_day: str | None
    state: str
    health: str

    def as_dict(self) -> dict[str, object]:
        """The state as plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Probe:
    """One entry point, tried: how many addresses it gave, or what was wrong."""

    source: str
    kind: str
    url: str
    ok: bool
    links: int
    outcome: str
    problem: str | None

    def as_dict(self) -> dict[str, object]:
        """The probe as plain values."""
        return asdict(self)


def states(desk: Desk, language: str = "vi") -> list[SourceState]:
    """Every source of the registry, in the order of the file."""
    from crawlers import health, healthwords

    specs = registry.load(registry_file(desk), desk.local_hosts)
    sync_sources(desk)
    with desk.reading() as session:
        verified = dict(session.execute(select(Source.id, Source.verified_day)).all())
        found = health.of_all(session, desk.clock())
        return [
            SourceState(
                spec.id,
                spec.name,
                spec.kind.value,
                spec.enabled,
                spec.local,
                len(spec.entries),
                str(verified.get(spec.id) or "") or None,
                found[spec.id].state.value,
                healthwords.sentence(found[spec.id], language),
            )
            for spec in specs
        ]


def crawl_problem(desk: Desk) -> str | None:
    """Why nothing can be crawled now, or None; brings the database in line with the registry first."""
    from crawlers import policy

    path = desk.settings.path("sources.file")
    if not path.exists():
        return f"{path}: no source registry here (`kiemchung init` writes one)"
    sync_sources(desk)
    with desk.reading() as session:
        homes = list(session.scalars(select(Source.homepage).where(Source.enabled)))
    if not homes:
        return f"{path}: no source is switched on (enabled = true)"
    try:
        policy.settings(desk.settings.text("crawl.bot_name"), desk.settings.text("crawl.contact_url"))
    except CrawlError:
        return "setting crawl.contact_url: give a page about your crawler before it goes out"
    return None


def plan(desk: Desk) -> "FetchPlan":
    """Under which name single addresses are fetched."""
    from crawlers.fetch import FetchPlan

    contact = desk.settings.text("crawl.contact_url")
    if not contact:
        raise UsageError("setting crawl.contact_url: give a page about your crawler before it goes out")
    return FetchPlan(desk.settings.text("crawl.bot_name"), contact, desk.local_hosts)


def probe(desk: Desk, source_ids: Sequence[str], language: str = "vi") -> list[Probe]:
    """Fetch the entry points of some sources, or of all, once, and mark what can be read as verified."""
    from crawlers.fetch import fetch_all

    specs = registry.load(registry_file(desk), desk.local_hosts)
    unknown = sorted(set(source_ids) - {spec.id for spec in specs})
    if unknown:
        raise NotFoundError(f"source {', '.join(unknown)}: not in {desk.settings.path('sources.file')}")
    chosen = [spec for spec in specs if not source_ids or spec.id in source_ids]
    asked = [(spec.id, entry) for spec in chosen for entry in spec.entries]
    answers = {answer.asked: answer for answer in fetch_all([entry.url for _, entry in asked], plan(desk))}
    probes = [_judge(source_id, entry, answers[entry.url], language) for source_id, entry in asked]
    sync_sources(desk)
    _mark_verified(desk, probes)
    return probes


def _judge(source_id: str, entry: EntrySpec, answer: "Fetched", language: str) -> Probe:
    from crawlers.discover import judge

    found = judge(entry, answer)
    ok = found.outcome == Outcome.FEED_READ
    problem = None if ok else _problem(found.outcome, answer, language)
    return Probe(source_id, entry.kind.value, entry.url, ok, found.links, found.outcome.value, problem)


def _problem(outcome: Outcome, answer: "Fetched", language: str) -> str:
    """What was wrong in words, with what the answer itself tells: a status, a name not found, a new place."""
    from crawlers import healthwords

    words = [healthwords.why(outcome, language)]
    if answer.status and answer.status != HTTPStatus.OK:
        words.append(f"(HTTP {answer.status})")
    if answer.detail == "dns":
        words.append("(DNS)")
    if outcome == Outcome.MOVED and answer.url != answer.asked:
        words.append(f"→ {answer.url}")
    return " ".join(words)


def _mark_verified(desk: Desk, probes: Sequence[Probe]) -> None:
    good = readable(probes)
    now = desk.clock()
    with desk.sessions.begin() as session:
        session.execute(update(Source).where(Source.id.in_(good)).values(verified_day=local_day(now)))
        for one in probes:
            here = (EntryPoint.source_id == one.source) & (EntryPoint.url == one.url)
            if one.ok:
                session.execute(update(EntryPoint).where(here).values(last_success=now, failures=0))


def readable(probes: Sequence[Probe]) -> list[str]:
    """The sources whose every entry point could be read."""
    failing = {one.source for one in probes if not one.ok}
    return sorted({one.source for one in probes} - failing)


def look(desk: Desk, url: str) -> "Discovery":
    """What a site offers to read; raises `RegistryError` for what can never be a source (rule 4)."""
    from crawlers.discover import discover
    from crawlers.fetch import fetch_all

    fetching = plan(desk)
    return discover(url, lambda addresses: fetch_all(addresses, fetching), urls.Guard(desk.local_hosts))


def taste(desk: Desk, found: "Discovery") -> "Mapping[str, Sampled]":
    """The first pages of what was found, read as a crawl would read them; nothing of them is stored."""
    from crawlers.fetch import fetch_all
    from crawlers.sample import sample

    fetching = plan(desk)
    return sample(found.found, lambda addresses: fetch_all(addresses, fetching), desk.reader)


def default_id(url: str) -> str:
    """An identifier made of the site's name."""
    name = (urlsplit(url).hostname or "").removeprefix("www.").split(".")[0]
    return "".join(letter if letter.isalnum() else "-" for letter in name.lower())[:40].strip("-")


def known_sources(desk: Desk, source_ids: Sequence[str]) -> None:
    """Raise `NotFoundError` for a source that is not in the registry, or is switched off."""
    with desk.reading() as session:
        usable = set(session.scalars(select(Source.id).where(Source.enabled)))
    missing = sorted(set(source_ids) - usable)
    if missing:
        raise NotFoundError(f"source {', '.join(missing)}: not in the registry, or switched off")
