"""The kept copy of evidence: a hash of the page as the desk saw it, and whether the quoted words stand there.

The desk opens the page itself and never keeps its text. Pages are fetched like all others (`crawlers.fetch`:
robots.txt, politeness, safe addresses), a few at a time, in a job of the scheduler. A page that does not
open, or on which the words are not found, is asked again on the next days: some are slow.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crawlers import urls
from crawlers.fetch import Fetched
from models import audit
from models.decisions import Evidence, EvidenceCopy
from models.vocabulary import CopyOutcome, Outcome
from models.weeks import local_day
from pipeline.compose import Clock, Desk

MOST, MOST_A_HOST = 24, 3
"""Of one look: addresses, and addresses of one host."""
MOST_LOOKS = 5
LEAST_WORDS = 3
"""Words that a piece of a quotation must have between two marks of omission to be looked for."""
SEEN = "evidence_looked"
_WORD = re.compile(r"\w+")
_OMISSION = re.compile(r"\[\s?(?:…|\.{3})\s?\]|\(\s?(?:…|\.{3})\s?\)|…|\.{3}")

Fetch = Callable[[Sequence[str]], Sequence[Fetched]]


@dataclass(frozen=True)
class Looked:
    """One look: quotations found, not found, and on pages that did not open."""

    found: int = 0
    missing: int = 0
    unread: int = 0


def await_look(session: Session, evidence: Evidence, today: date) -> None:
    """Put a new piece of evidence among those that the next look opens; does not commit."""
    session.add(
        EvidenceCopy(evidence_id=evidence.id, outcome=CopyOutcome.WAITING, attempts=0, again_day=today)
    )


def is_due(session: Session, today: date) -> bool:
    """Whether any quotation waits for a look."""
    waiting = select(EvidenceCopy.evidence_id).where(EvidenceCopy.again_day <= today)
    return session.scalars(waiting.limit(1)).first() is not None


def look(desk: Desk, fetch: Fetch) -> Looked:
    """Open the pages whose turn it is, each noted in a transaction of its own."""
    today = local_day(desk.clock())
    with desk.reading() as session:
        addresses = due(session, today)
    answers = fetch(addresses) if addresses else ()
    counts: Counter[str] = Counter()
    for answer in answers:
        with desk.sessions.begin() as session:
            counts.update(note(session, desk.clock, answer))
    return Looked(
        counts[CopyOutcome.FOUND.value], counts[CopyOutcome.MISSING.value], counts[CopyOutcome.UNREAD.value]
    )


def due(session: Session, today: date) -> list[str]:
    """The addresses whose turn it is, those that wait longest first, a few of each host."""
    waiting = (
        select(Evidence.url)
        .join(EvidenceCopy, EvidenceCopy.evidence_id == Evidence.id)
        .where(EvidenceCopy.again_day <= today)
        .order_by(EvidenceCopy.again_day, EvidenceCopy.evidence_id)
        .limit(MOST * 10)
    )
    chosen: dict[str, None] = {}
    hosts: Counter[str] = Counter()
    for url in session.scalars(waiting):
        host = urls.host_of(url)
        if url in chosen or hosts[host] >= MOST_A_HOST:
            continue
        hosts[host] += 1
        chosen[url] = None
        if len(chosen) >= MOST:
            break
    return list(chosen)


def note(session: Session, clock: Clock, answer: Fetched) -> list[str]:
    """Note what one page showed of every quotation from it that waits, and give the outcomes; no commit."""
    today = local_day(clock())
    words = words_of(answer) if answer.outcome == Outcome.KEPT else None
    digest = hashlib.sha256(answer.body).hexdigest() if answer.outcome == Outcome.KEPT else None
    waiting = (
        select(EvidenceCopy, Evidence)
        .join(Evidence, Evidence.id == EvidenceCopy.evidence_id)
        .where(EvidenceCopy.again_day <= today, Evidence.url == answer.asked)
        .with_for_update(of=EvidenceCopy)
    )
    outcomes = []
    for copy, evidence in session.execute(waiting).all():
        copy.outcome = _outcome(words, evidence.quote)
        copy.looked_day, copy.attempts = today, copy.attempts + 1
        copy.page_sha256 = digest or copy.page_sha256
        done = copy.outcome == CopyOutcome.FOUND or copy.attempts >= MOST_LOOKS
        copy.again_day = None if done else today + timedelta(days=1)
        detail = {"outcome": copy.outcome, "page_sha256": digest}
        audit.append(session, clock, "system", SEEN, f"evidence:{evidence.id}", detail)
        outcomes.append(str(copy.outcome))
    return outcomes


def _outcome(words: Sequence[str] | None, quote: str) -> CopyOutcome:
    if words is None:
        return CopyOutcome.UNREAD
    return CopyOutcome.FOUND if stands_in(quote, words) else CopyOutcome.MISSING


def words_of(answer: Fetched) -> list[str] | None:
    """The words of a page or of a PDF file in order; None if it cannot be read."""
    from crawlers import charsets, extract, pdf

    if pdf.is_pdf(answer.body, answer.content_type):
        try:
            return _words(pdf.article(answer.body).text)
        except pdf.PdfError:
            return None
    html = charsets.decode(answer.body, answer.content_type)
    tree = extract.load(html)
    if tree is None:
        return None
    for element in tree.xpath("//script|//style|//template"):
        element.drop_tree()
    # an element's end is a word's end: what two cells or paragraphs hold never runs together
    return _words(" ".join(tree.itertext()))


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFC", text).lower())


def stands_in(quote: str, words: Sequence[str]) -> bool:
    """Whether the quoted words stand on a page, in order; marks of omission part what is looked for.

    Case, punctuation and line ends do not count; every diacritic does.
    """
    pieces = [piece for part in _OMISSION.split(quote) if len(piece := _words(part)) >= LEAST_WORDS]
    page = f" {' '.join(words)} "
    at = 0
    for piece in pieces:
        at = page.find(f" {' '.join(piece)} ", at)
        if at < 0:
            return False
    return bool(pieces)


def of_claim(session: Session, claim_id: int) -> dict[int, EvidenceCopy]:
    """What the desk's own fetcher saw at the addresses of a claim's evidence, by the evidence's number."""
    mine = select(EvidenceCopy).join(Evidence).where(Evidence.claim_id == claim_id)
    return {copy.evidence_id: copy for copy in session.scalars(mine)}
