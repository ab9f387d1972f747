"""The crawl's side of the database: each function is one transaction of one unit of work.

Everything here runs on one writer thread beside the reactor, so that a slow disk never stops the fetching.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import Session

from crawlers import children, claimreview, pdf, urls
from crawlers.claimreview import JudgedClaim
from crawlers.context import CrawlContext
from crawlers.ports import Reading
from crawlers.store import Gathered, store
from crawlers.worker import PageResult
from models import counters, frontier
from models.gathered import EntryPoint, FrontierPage, Source
from models.vocabulary import EntryKind, FrontierState, ItemKind, Outcome
from models.weeks import local_day

SHORTEST_S, LONGEST_S = 15 * 60, 24 * 3600
CLAIM_S = 15 * 60
LEASE_S = 1800
_WAITS = {"state": FrontierState.PENDING, "lease_owner": None, "lease_until": None}


@dataclass(frozen=True, slots=True)
class DueEntry:
    """An entry point that this process has claimed."""

    id: int
    source_id: str
    kind: EntryKind
    url: str
    link_pattern: str | None
    etag: str | None
    last_modified: str | None
    depth: int = 0
    """How many sitemap indexes stand above it."""


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What the spider needs to know of a source: where it may be fetched, and how it is read."""

    id: str
    sites: frozenset[str]
    is_local: bool
    reads_pdf: bool = False
    resting: bool = False


@dataclass(frozen=True, slots=True)
class Leased:
    """A leased page of the frontier."""

    id: int
    url: str


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A leased page of a source that was fetched (at `url`, after redirects) and read."""

    source: SourceFacts
    page: Leased
    url: str
    result: PageResult


class Ledger:
    """The transactions of one crawl process, under one owner name for its leases."""

    def __init__(self, context: CrawlContext, owner: str) -> None:
        self.context = context
        self.owner = owner
        self.guard = urls.Guard(context.local_hosts)

    def sources(self, source_ids: Collection[str] | None) -> dict[str, SourceFacts]:
        """The enabled sources of this run."""
        with self.context.sessions.begin() as session:
            query = select(Source).where(Source.enabled)
            if source_ids is not None:
                query = query.where(Source.id.in_(source_ids))
            found = session.scalars(query).all()
            # an index cannot widen where its source may be fetched: only what the registry names does
            named = select(EntryPoint.source_id, EntryPoint.url).where(~children.IS_CHILD)
            entries = session.execute(named).all()
        sites = {source.id: {source.domain} for source in found}
        for source_id, url in entries:
            if source_id in sites:
                sites[source_id].add(urls.site_of(url))
        now = self.context.clock()
        return {
            one.id: SourceFacts(
                one.id,
                frozenset(sites[one.id]),
                one.is_local,
                one.kind in pdf.KINDS,
                resting=one.rest_until is not None and one.rest_until > now,
            )
            for one in found
        }

    def rests(self, source_id: str) -> bool:
        """Whether a source asked for a rest, of this process or another, that is not over."""
        with self.context.sessions.begin() as session:
            until = session.scalar(select(Source.rest_until).where(Source.id == source_id))
        return until is not None and until > self.context.clock()

    def claim_due(self, source_ids: Collection[str]) -> list[DueEntry]:
        """Claim the entry points that are due, so that no other process polls them at the same time."""
        now = self.context.clock()
        with self.context.sessions.begin() as session:
            due = select(EntryPoint).where(
                EntryPoint.source_id.in_(list(source_ids)),
                or_(EntryPoint.next_due.is_(None), EntryPoint.next_due <= now),
            )
            entries = session.scalars(due.order_by(EntryPoint.id).with_for_update(skip_locked=True)).all()
            above = children.indexes(session, source_ids)
            return [self._claimed(entry, above, now) for entry in entries]

    def _claimed(self, entry: EntryPoint, above: Mapping[tuple[str, str], str], now: datetime) -> DueEntry:
        entry.next_due = now + timedelta(seconds=CLAIM_S)
        return DueEntry(
            entry.id,
            entry.source_id,
            EntryKind(entry.kind),
            entry.url,
            None if children.is_child(entry) else entry.link_pattern,
            entry.etag,
            entry.last_modified,
            children.depth(above, entry.source_id, entry.url),
        )

    def renew_children(self, index: DueEntry, source: SourceFacts, named: Sequence[str]) -> list[DueEntry]:
        """Take over the child sitemaps that an index names now; gives the new ones, claimed.

        Before the index's own validators are noted: killed in between, the index is read once more.
        """
        if index.depth >= children.DEEPEST:
            named = ()
        allowed = [url for url in dict.fromkeys(named) if not self.guard.refusal(url, source.sites)]
        now = self.context.clock()
        with self.context.sessions.begin() as session:
            if refused := len(set(named)) - len(allowed):
                day = local_day(now)
                counters.bump(session, source.id, day, Outcome.REFUSED_ADDRESS, refused)
            fresh = children.renew(session, source.id, index.url, allowed)
            above = children.indexes(session, [source.id])
            return [self._claimed(entry, above, now) for entry in fresh]

    def add_links(self, source: SourceFacts, links: Sequence[str]) -> tuple[int, int]:
        """Put addresses into the frontier; gives how many were new and how many were refused."""
        day = local_day(self.context.clock())
        pages: dict[str, str] = {}
        refused = 0
        for link in links:
            url = urls.normalise(link)
            if not url or self.guard.refusal(url, source.sites):
                refused += 1
                continue
            pages.setdefault(urls.key(url, self.context.frontier_key), url)
        with self.context.sessions.begin() as session:
            new = frontier.add(session, source.id, pages.items(), day)
            if refused:
                counters.bump(session, source.id, day, Outcome.REFUSED_ADDRESS, refused)
        return new, refused

    def keep_claims(self, source: SourceFacts, claims: Sequence[JudgedClaim], dropped: int) -> None:
        """Store known claims that an entry point itself carried."""
        day = local_day(self.context.clock())
        with self.context.sessions.begin() as session:
            kept = claimreview.keep(session, claims, self.context.clock)
            claimreview.mark_gone(session, claims, self.context.clock)
            counted = (
                (Outcome.KEPT, kept.taken),
                (Outcome.DUPLICATE, kept.seen),
                (Outcome.NOT_OURS, dropped),
            )
            for outcome, n in counted:
                if n:
                    counters.bump(session, source.id, day, outcome, n)

    def entry_read(self, entry: DueEntry, outcome: Outcome, new: int, validators: tuple[str, str]) -> None:
        """Record a good poll: health, validators, and the next one sooner if it brought something new."""
        now = self.context.clock()
        with self.context.sessions.begin() as session:
            stored = session.get(EntryPoint, entry.id)
            counters.bump(session, entry.source_id, local_day(now), outcome)
            if stored is None:
                return
            stored.last_success, stored.last_outcome, stored.failures = now, outcome.value, 0
            if outcome != Outcome.UNCHANGED:
                stored.etag, stored.last_modified = validators[0] or None, validators[1] or None
            _set_interval(stored, 0.5 if new else 1.5, now)
            source = session.get_one(Source, entry.source_id)
            source.verified_day = source.verified_day or local_day(now)

    def entry_failed(self, entry: DueEntry, outcome: Outcome, wait_s: float = 0.0) -> None:
        """Record a failed poll; the wait doubles with each failure in a row, up to a day."""
        now = self.context.clock()
        with self.context.sessions.begin() as session:
            stored = session.get(EntryPoint, entry.id)
            counters.bump(session, entry.source_id, local_day(now), outcome)
            if stored is None:
                return
            stored.failures += 1
            stored.last_outcome = outcome.value
            backed_off = stored.interval_s * 2 ** min(stored.failures, 6)
            pause = max(min(max(backed_off, SHORTEST_S), LONGEST_S), min(wait_s, 7.0 * LONGEST_S))
            stored.next_due = now + timedelta(seconds=pause)

    def rest(self, source_id: str, wait_s: float) -> None:
        """Leave a source alone for as long as it asked (RFC 9110, 10.2.3), over runs, for a week at most."""
        until = self.context.clock() + timedelta(seconds=min(wait_s, 7.0 * LONGEST_S))
        with self.context.sessions.begin() as session:
            source = session.get_one(Source, source_id)
            source.rest_until = max(until, source.rest_until or until)

    def abandoned(self, source_id: str) -> bool:
        """Whether a process let its leases on a source's pages run out, and no other has taken them back."""
        with self.context.sessions() as session:
            return bool(session.scalar(select(exists().where(_run_out(source_id, self.context.clock())))))

    def take_back(self, source_id: str) -> None:
        """Let the pages wait again whose leases have run out, without counting an attempt."""
        with self.context.sessions.begin() as session:
            session.execute(
                update(FrontierPage).where(_run_out(source_id, self.context.clock())).values(_WAITS),
                execution_options={"synchronize_session": False},
            )

    def lease(self, source_id: str, limit: int) -> list[Leased]:
        """Lease pages of one source."""
        with self.context.sessions.begin() as session:
            pages = frontier.lease(session, self.owner, self.context.clock(), limit, [source_id], LEASE_S)
            return [Leased(page.id, page.url) for page in pages]

    def pages_read(self, pages: Sequence[ReadPage]) -> list[Outcome | Exception]:
        """Keep what pages gave and mark them fetched; gives what became of each.

        One transaction for all of them, so each is all or nothing however the process ends. If it fails, each
        page has its own, so that one that cannot be written (its exception is given) takes no other with it.
        """
        try:
            return [*self._write(pages)]
        except Exception as error:
            if len(pages) == 1:
                return [error]
        return [one for page in pages for one in self.pages_read([page])]

    def _write(self, pages: Sequence[ReadPage]) -> list[Outcome]:
        day = local_day(self.context.clock())
        counts: Counter[counters.Count] = Counter()
        with self.context.sessions.begin() as session:
            # a process that was stopped for longer than its lease finds its pages with another
            held = frontier.held(session, self.owner, [page.page.id for page in pages])
            outcomes = []
            for page in pages:
                mine = page.page.id in held
                outcomes.append(self._keep(session, page) if mine else Outcome.DUPLICATE)
                if mine:
                    counts[page.source.id, day, outcomes[-1]] += 1
            counters.bump_all(session, counts)
            frontier.done(session, *sorted(held))
        return outcomes

    def _keep(self, session: Session, page: ReadPage) -> Outcome:
        result = page.result
        if result.reading is not None:
            gathered = self._gathered(page.source, page.url, result, result.reading)
            return store(session, gathered, self.context.similarity)
        if result.claims and not claimreview.keep(session, result.claims, self.context.clock).taken:
            return Outcome.DUPLICATE
        return result.outcome

    def _gathered(self, source: SourceFacts, url: str, result: PageResult, reading: Reading) -> Gathered:
        address = result.canonical or urls.normalise(url)
        if self.guard.refusal(address, source.sites):
            address = urls.normalise(url)
        day = local_day(self.context.clock())
        published = result.day if result.day is not None and result.day <= day else None
        return Gathered(
            key=urls.key(address, self.context.frontier_key),
            kind=ItemKind.ARTICLE,
            counted_as=source.id,
            reading=reading,
            day=day,
            source_id=source.id,
            url=address,
            published_day=published,
            is_local=source.is_local,
        )

    def page_failed(self, source_id: str, page: Leased, outcome: Outcome, *, again: bool) -> None:
        """Count a failed page; `again` gives it back (three times at most), else it is done with."""
        day = local_day(self.context.clock())
        with self.context.sessions.begin() as session:
            if not frontier.held(session, self.owner, [page.id]):
                return
            counters.bump(session, source_id, day, outcome)
            if not again:
                frontier.done(session, page.id)
            elif not frontier.retry(session, page.id):
                counters.bump(session, source_id, day, Outcome.QUARANTINED)

    def release(self, page_ids: Collection[int] | None = None) -> None:
        """Give back pages of this owner that were leased and not fetched, without counting an attempt."""
        with self.context.sessions.begin() as session:
            mine = update(FrontierPage).where(
                FrontierPage.lease_owner == self.owner, FrontierPage.state == FrontierState.LEASED
            )
            if page_ids is not None:
                mine = mine.where(FrontierPage.id.in_(page_ids))
            session.execute(mine.values(_WAITS))


def _run_out(source_id: str, now: datetime) -> ColumnElement[bool]:
    mine = (FrontierPage.source_id == source_id) & (FrontierPage.state == FrontierState.LEASED)
    return mine & (FrontierPage.lease_until < now)


def _set_interval(entry: EntryPoint, factor: float, now: datetime) -> None:
    entry.interval_s = int(min(max(entry.interval_s * factor, SHORTEST_S), LONGEST_S))
    entry.next_due = now + timedelta(seconds=entry.interval_s)
