"""What counts as evidence (rule 5): public, quoted, dated; primary is checked and not asserted."""

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.decisions import Evidence
from models.errors import UsageError
from models.gathered import Source
from models.vocabulary import EvidenceKind, SourceKind

MIN_QUOTE = 15
MAX_QUOTE = 2_000
_PRIMARY_KINDS = (SourceKind.PUBLIC_BODY, SourceKind.HEALTH, SourceKind.ASSOCIATION)
_PRIMARY_SUFFIXES = (".gov.vn", ".who.int", ".ilo.org", ".unicef.org")


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


def kind_of(session: Session, url: str, domain: str) -> EvidenceKind:
    """Primary if the publisher is the body that the claim is about to know it; else independent."""
    host = urlsplit(url).hostname or ""
    if any(host == suffix[1:] or host.endswith(suffix) for suffix in _PRIMARY_SUFFIXES):
        return EvidenceKind.PRIMARY
    kinds = session.scalars(select(Source.kind).where(Source.domain == domain))
    return EvidenceKind.PRIMARY if set(kinds) & set(_PRIMARY_KINDS) else EvidenceKind.INDEPENDENT


def checked(session: Session, given: EvidenceInput, today: date) -> dict[str, object]:
    """The columns of one evidence row; raises `UsageError` naming the field that is wrong."""
    quote = given.quote.strip()
    if not MIN_QUOTE <= len(quote) <= MAX_QUOTE:
        raise UsageError(f"evidence: the quotation must have {MIN_QUOTE} to {MAX_QUOTE} characters")
    if not given.publisher.strip():
        raise UsageError("evidence: name the publisher")
    if given.published_day > today:
        raise UsageError("evidence: the date lies in the future")
    domain = registered_domain(given.url)
    return {
        "kind": kind_of(session, given.url, domain),
        "url": given.url.strip(),
        "domain": domain,
        "publisher": given.publisher.strip(),
        "quote": quote,
        "published_day": given.published_day,
        "quote_sha256": hashlib.sha256(quote.encode()).hexdigest(),
    }


def enough(rows: Sequence[Evidence]) -> bool:
    """One primary source, or two independent ones of different registrable domains."""
    primary = any(row.kind == EvidenceKind.PRIMARY for row in rows)
    return primary or len({row.domain for row in rows}) > 1
