"""What counts as evidence (rule 5): public, quoted, dated; primary is checked and not asserted."""

import hashlib
import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, TypedDict
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.decisions import Evidence
from models.errors import UsageError
from models.gathered import Item
from models.vocabulary import EvidenceKind
from pipeline import publishers

MIN_QUOTE = 15
MAX_QUOTE = 2_000


@dataclass(frozen=True)
class EvidenceInput:
    """One quotation as a reviewer gives it."""

    url: str
    publisher: str
    quote: str
    published_day: date


def registered_domain(url: str) -> str:
    """The registrable domain of a public web address; raises `UsageError` naming what is wrong with it."""
    from crawlers import hosts

    parts = urlsplit(url.strip())
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host:
        raise UsageError("evidence: the address must begin with http:// or https://")
    if parts.username is not None or _is_address(host):
        raise UsageError("evidence: the address must be a publisher's, not a number or an account")
    refused = hosts.refusal(host)
    if refused is not None or hosts.is_personal_path(parts.path):
        raise UsageError(f"evidence: {refused or 'a personal page'} is not a publisher")
    return hosts.site_of(host)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _check_publisher(given: EvidenceInput, host: str) -> None:
    """Raise `UsageError` if the publisher named is a known body that publishes elsewhere."""
    elsewhere = publishers.elsewhere(given.publisher, host)
    if elsewhere is not None:
        raise UsageError(
            f"evidence: {given.publisher.strip()} publishes at {elsewhere}; name who publishes {host}"
        )


def kind_of(session: Session, url: str, domain: str, claim_text: str) -> EvidenceKind:
    """Primary if the committed list or the source registry says why; else independent."""
    why = publishers.why_primary(session, urlsplit(url).hostname or "", domain, claim_text)
    return EvidenceKind.INDEPENDENT if why is None else EvidenceKind.PRIMARY


class Columns(TypedDict):
    """The columns of one evidence row that follow from what was given."""

    kind: EvidenceKind
    url: str
    domain: str
    publisher: str
    quote: str
    published_day: date
    quote_sha256: str


def checked(session: Session, given: EvidenceInput, today: date, claim_text: str = "") -> Columns:
    """The columns of one evidence row; raises `UsageError` naming the field that is wrong."""
    quote = given.quote.strip()
    if not MIN_QUOTE <= len(quote) <= MAX_QUOTE:
        raise UsageError(f"evidence: the quotation must have {MIN_QUOTE} to {MAX_QUOTE} characters")
    if not given.publisher.strip():
        raise UsageError("evidence: name the publisher")
    if given.published_day > today:
        raise UsageError("evidence: the date lies in the future")
    domain = registered_domain(given.url)
    _check_publisher(given, urlsplit(given.url.strip()).hostname or "")
    return {
        "kind": kind_of(session, given.url.strip(), domain, claim_text),
        "url": given.url.strip(),
        "domain": domain,
        "publisher": given.publisher.strip(),
        "quote": quote,
        "published_day": given.published_day,
        "quote_sha256": hashlib.sha256(quote.encode()).hexdigest(),
    }


class Proof(NamedTuple):
    """What `enough` asks of one piece of evidence; a row of the table has the same names."""

    kind: str
    domain: str
    url: str


def enough(rows: Iterable[Evidence | Proof], stories: Mapping[str, int] | None = None) -> bool:
    """One primary source, or two independent ones: other registrable domains, and not one agency's story.

    `stories` gives for an address the story that the desk stored it under, where it did.
    """
    groups: list[set[str]] = []
    for row in rows:
        if row.kind == EvidenceKind.PRIMARY:
            return True
        names = {f"domain {row.domain}"}
        if stories and row.url in stories:
            names.add(f"story {stories[row.url]}")
        for group in [one for one in groups if one & names]:
            names |= group
            groups.remove(group)
        groups.append(names)
    return len(groups) > 1


def require(session: Session, rows: Sequence[Evidence | Proof]) -> None:
    """Raise `UsageError` unless this is enough for a rating; copies of one text are named as the cause."""
    if not enough(rows):
        raise UsageError("evidence: a rating needs one primary source or two independent ones")
    if not enough(rows, stories_of(session, rows)):
        raise UsageError("evidence: the sources carry one and the same text; add another that does not")


def stories_of(session: Session, rows: Iterable[Evidence | Proof]) -> dict[str, int]:
    """The story of each address that the desk has stored, by its own near-copy signatures."""
    from crawlers import urls

    spelt: dict[str, set[str]] = {}
    for row in rows:
        for spelling in (row.url, urls.normalise(row.url)):
            spelt.setdefault(spelling, set()).add(row.url)
    stored = select(Item.url, func.coalesce(Item.story_id, Item.id)).where(Item.url.in_(list(spelt)))
    return {given: story for url, story in session.execute(stored) for given in spelt[str(url)]}
