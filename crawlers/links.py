"""Dead links: the addresses of known claims and of published evidence, asked for again, a few at a time.

The day is all that is noted, and a later answer takes the mark away; what to do is for a person to decide.
A fact-check that answers is read again, so that a changed rating is noticed whatever it was imported from.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, sessionmaker

from crawlers import charsets, claimreview, urls
from crawlers.fetch import Fetched
from crawlers.ports import TextReader
from models import audit
from models.claims import KnownClaim
from models.decisions import Correction, Evidence, EvidenceLink
from models.gathered import EntryPoint
from models.session import insert_ignore
from models.vocabulary import Outcome
from models.weeks import local_day

MOST, MOST_A_HOST = 24, 3
"""Of one look: addresses, and addresses of one host."""
AGAIN_DAYS, DEAD_AGAIN_DAYS = 7, 1
DEAD, ALIVE = "link_dead", "link_alive"
_GONE = frozenset({404, 410})
# a ban, a rest or an ill server says nothing about the address
_SILENT = frozenset({Outcome.NETWORK_ERROR, Outcome.MOVED})

Clock = Callable[[], datetime]
Fetch = Callable[[Sequence[str]], Sequence[Fetched]]


@dataclass(frozen=True, slots=True)
class Checked:
    """One look: addresses asked for, those found dead, and known claims with another rating."""

    asked: int
    dead: int
    changed: int = 0


@dataclass(frozen=True, slots=True)
class Dead:
    """How many known claims and pieces of published evidence have an address that is dead."""

    known: int
    evidence: int


def dead(session: Session) -> Dead:
    """What is dead now."""
    known = select(func.count()).select_from(KnownClaim).where(KnownClaim.link_dead_day.is_not(None))
    evidence = select(func.count()).select_from(EvidenceLink).where(EvidenceLink.dead_day.is_not(None))
    return Dead(session.scalar(known) or 0, session.scalar(evidence) or 0)


def check(sessions: sessionmaker[Session], reader: TextReader, fetch: Fetch, clock: Clock) -> Checked:
    """Ask for a few addresses whose turn it is and note the answers, each in a transaction of its own."""
    today = local_day(clock())
    with sessions() as session:
        addresses = due(session, today)
        answered_lately = select(EntryPoint.id).where(EntryPoint.last_success >= clock() - timedelta(days=1))
        online = session.scalars(answered_lately.limit(1)).first() is not None
    answers = fetch(addresses) if addresses else ()
    if not online and all(answer.outcome == Outcome.NETWORK_ERROR for answer in answers):
        # it is our own line that is dead
        return Checked(len(addresses), 0)
    found = Checked(len(addresses), 0)
    for answer in answers:
        claims, _ = claimreview.judge(_reviews(answer), reader)
        with sessions.begin() as session:
            died = note(session, answer, clock)
            changed = _refresh(session, claims, clock)
        found = replace(found, dead=found.dead + died, changed=found.changed + changed)
    return found


def due(session: Session, today: date, most: int = MOST, most_a_host: int = MOST_A_HOST) -> list[str]:
    """The addresses whose turn it is, those that waited longest first, a few of each host."""
    chosen: dict[str, None] = {}
    hosts: Counter[str] = Counter()
    for url in _waiting(session, today):
        host = urls.host_of(url)
        if url in chosen or not host or hosts[host] >= most_a_host:
            continue
        hosts[host] += 1
        chosen[url] = None
        if len(chosen) >= most:
            break
    return list(chosen)


def _waiting(session: Session, today: date) -> Iterable[str]:
    week, yesterday = today - timedelta(days=AGAIN_DAYS), today - timedelta(days=DEAD_AGAIN_DAYS)
    checked, died = KnownClaim.link_checked_day, KnownClaim.link_dead_day
    known = select(KnownClaim.url).where(
        KnownClaim.claim_id.is_(None),
        or_(checked.is_(None), checked <= week, died.is_not(None) & (checked <= yesterday)),
    )
    checked, died = EvidenceLink.checked_day, EvidenceLink.dead_day
    evidence = (
        select(Evidence.url)
        .join(Correction, Correction.claim_id == Evidence.claim_id)
        .outerjoin(EvidenceLink, EvidenceLink.evidence_id == Evidence.id)
        .where(or_(checked.is_(None), checked <= week, died.is_not(None) & (checked <= yesterday)))
    )
    # what an answer to the public rests on comes first
    yield from session.scalars(evidence.order_by(checked.nulls_first(), Evidence.id))
    yield from session.scalars(known.order_by(KnownClaim.link_checked_day.nulls_first(), KnownClaim.id))


def _verdict(answer: Fetched) -> bool | None:
    """Whether an address is dead; None if the answer does not say."""
    if answer.outcome == Outcome.KEPT:
        return False
    if answer.status in _GONE or answer.outcome in _SILENT:
        return True
    return None


def note(session: Session, answer: Fetched, clock: Clock) -> int:
    """Note what an address answered; gives how many rows it is dead for that were not. Does not commit."""
    today, verdict = local_day(clock()), _verdict(answer)
    died = 0
    for known in session.scalars(select(KnownClaim).where(KnownClaim.url == answer.asked)).all():
        known.link_checked_day = today
        before, known.link_dead_day = known.link_dead_day, _since(known.link_dead_day, verdict, today)
        died += _told(session, clock, f"known:{known.id}", before, known.link_dead_day)
    for link in _evidence_links(session, answer.asked):
        link.checked_day = today
        before, link.dead_day = link.dead_day, _since(link.dead_day, verdict, today)
        died += _told(session, clock, f"evidence:{link.evidence_id}", before, link.dead_day)
    return died


def _evidence_links(session: Session, url: str) -> Sequence[EvidenceLink]:
    quoted = select(Evidence.id).join(Correction, Correction.claim_id == Evidence.claim_id)
    ids = list(session.scalars(quoted.where(Evidence.url == url)))
    insert_ignore(session, EvidenceLink, [{"evidence_id": one} for one in ids], ["evidence_id"])
    return session.scalars(select(EvidenceLink).where(EvidenceLink.evidence_id.in_(ids))).all()


def _since(dead_day: date | None, verdict: bool | None, today: date) -> date | None:
    if verdict is None:
        return dead_day
    return (dead_day or today) if verdict else None


def _told(session: Session, clock: Clock, subject: str, before: date | None, after: date | None) -> int:
    """Write a change in the log; 1 if it is a death."""
    if (before is None) == (after is None):
        return 0
    audit.append(session, clock, "system", ALIVE if after is None else DEAD, subject)
    return int(after is not None)


def _reviews(answer: Fetched) -> claimreview.Rows:
    if answer.outcome != Outcome.KEPT:
        return claimreview.Rows()
    html = charsets.decode(answer.body, answer.content_type)
    return claimreview.from_page(html, answer.asked) if "ClaimReview" in html else claimreview.Rows()


def _refresh(session: Session, claims: Sequence[claimreview.JudgedClaim], clock: Clock) -> int:
    """Take over what a page that is known says of its claims now."""
    if not claims:
        return 0
    addresses = {claim.row.url for claim in claims}
    watched = set(session.scalars(select(KnownClaim.url).where(KnownClaim.url.in_(addresses))))
    ours = [claim for claim in claims if claim.row.url in watched]
    kept = claimreview.keep(session, ours, clock)
    claimreview.mark_gone(session, ours, clock)
    return kept.changed
