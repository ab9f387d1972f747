"""Seeds: known false claims in other words, mixed blind among the others to measure the reviewers.

How often two people recognise them is the sensitivity that the weekly figures are corrected with. A seed
enters the queue with the next batch of claims, as a tip's claim that nobody sent: no tip, no count, no week.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, exists, func, insert, select
from sqlalchemy.orm import Session

from models import audit
from models.audits import Seed
from models.claims import Claim, KnownClaim
from models.decisions import Correction, CorrectionText, Verdict
from models.desk import Staff
from models.errors import ConflictError, UsageError
from models.gathered import Item, Mention, MentionToken
from models.vocabulary import COUNTED_FALSE, ClaimState, ItemKind, Language, Role
from models.weeks import NO_WEEK, iso_week, local_day, quarter_of
from pipeline.compose import Desk
from pipeline.paraphrase import shared_run

if TYPE_CHECKING:
    from classify.reader import ReadMention

GOAL = 100
"""Seeds a quarter; under fifty the sensitivity counts as unknown."""
OFFERED = 12
OLDEST = timedelta(days=365)
LONGEST = 1_000
WRITERS = frozenset({Role.AUDITOR, Role.LEAD})
MAKE = "seed_make"


@dataclass(frozen=True)
class Candidate:
    """A claim found false in an earlier week that no seed of this quarter was made from."""

    public_id: str
    topic: str
    text: str
    slug: str


@dataclass(frozen=True)
class Progress:
    """A quarter's seeds: made, waiting, settled, of these recognised; `strata` counts them by score band."""

    quarter: str
    goal: int
    made: int
    waiting: int
    settled: int
    recognised: int
    strata: Mapping[str, int]

    def as_dict(self) -> dict[str, object]:
        """The progress as plain values."""
        return asdict(self)


def quarter_now(desk: Desk) -> str:
    """The quarter that a seed made now belongs to."""
    return quarter_of(iso_week(desk.clock()))


def progress(session: Session, quarter: str) -> Progress:
    """How far the quarter's seeds are; sums alone, never by person."""
    of_quarter = Seed.quarter == quarter
    made = session.scalar(select(func.count()).where(of_quarter)) or 0
    waiting = select(func.count()).where(of_quarter, Seed.settled_day.is_(None), Seed.claim_id.is_not(None))
    recognised, settled = counted(session, quarter)
    settled_ones = select(Seed.stratum, func.count()).where(of_quarter, Seed.recognised.is_not(None))
    bands = session.execute(settled_ones.group_by(Seed.stratum).order_by(Seed.stratum))
    strata = {str(name): n for name, n in bands}
    return Progress(quarter, GOAL, made, session.scalar(waiting) or 0, settled, recognised, strata)


def counted(session: Session, quarter: str) -> tuple[int, int]:
    """(recognised, settled) of a quarter, as the figures take them; what is still open counts nowhere."""
    settled = Seed.recognised.is_not(None)
    query = select(Seed.recognised, func.count()).where(Seed.quarter == quarter, settled)
    by_answer = {bool(answer): n for answer, n in session.execute(query.group_by(Seed.recognised))}
    return by_answer.get(True, 0), sum(by_answer.values())


def candidates(session: Session, desk: Desk, limit: int = OFFERED) -> list[Candidate]:
    """Some claims that a seed may be made from, picked by a keyed hash: the same ones until they are used."""
    quarter = quarter_now(desk)
    fit = session.scalars(select(Claim.public_id).where(*_fit(desk, quarter)))
    taken = sorted(fit, key=lambda public_id: _sealed(desk, f"{quarter}:{public_id}"))[:limit]
    query = (
        select(Claim.public_id, Claim.topic, Claim.text, Correction.slug)
        .join(Correction, Correction.claim_id == Claim.id)
        .where(Claim.public_id.in_(taken))
    )
    found = {row.public_id: Candidate(*row) for row in session.execute(query)}
    return [found[public_id] for public_id in taken]


def _fit(desk: Desk, quarter: str) -> list[ColumnElement[bool]]:
    """Found false and answered, arrived in an earlier week of the last year, not used this quarter."""
    now = desk.clock()
    later = select(func.max(Verdict.round)).where(Verdict.claim_id == Claim.id).correlate(Claim)
    false = exists().where(
        Verdict.claim_id == Claim.id,
        Verdict.round == later.scalar_subquery(),
        Verdict.rating.in_(tuple(COUNTED_FALSE)),
    )
    used = exists().where(Seed.of_claim_id == Claim.id, Seed.quarter == quarter)
    return [
        Claim.state == ClaimState.DECIDED,
        Claim.week > NO_WEEK,
        Claim.week < iso_week(now),
        Claim.last_day >= local_day(now) - OLDEST,
        exists().where(Correction.claim_id == Claim.id),
        false,
        ~used,
    ]


def make(desk: Desk, public_id: str, staff_id: int, text: str) -> Seed:
    """Put a known false claim, in other words, among the claims of the next batch.

    Raises `UsageError` for words that cannot be taken, `ConflictError` for a claim or an account that may not
    be used, and changes nothing then.
    """
    mention = _read(desk, text)
    today = local_day(desk.clock())
    quarter = quarter_now(desk)
    with desk.sessions.begin() as session:
        staff = _writer(session, staff_id)
        chosen = select(Claim).where(Claim.public_id == public_id, *_fit(desk, quarter))
        original = session.scalar(chosen.with_for_update(of=Claim))
        if original is None:
            raise ConflictError(
                "no seed can be made of this claim: it must be false, of an earlier week, unused"
            )
        _check_words(session, original, text, mention)
        claim = _enter(session, mention, today)
        seed = Seed(
            claim_id=claim.id, of_claim_id=original.id, quarter=quarter, staff_id=staff.id, made_day=today
        )
        session.add(seed)
        session.flush()
        _log(session, desk, seed, claim)
        return seed


def _read(desk: Desk, text: str) -> "ReadMention":
    """The one claim of the words, masked as a tip's would be."""
    if not text.strip():
        raise UsageError("text: write something")
    if len(text) > LONGEST:
        raise UsageError(f"text: at most {LONGEST} characters")
    reading = desk.reader.read(text)
    if len(reading.mentions) != 1:
        raise UsageError(
            f"text: the reader finds {len(reading.mentions)} claims in it; say one thing in one sentence"
        )
    return reading.mentions[0]


def _writer(session: Session, staff_id: int) -> Staff:
    staff = session.get(Staff, staff_id)
    if staff is None or staff.disabled or Role(staff.role) not in WRITERS:
        raise ConflictError("only an auditor or a lead writes seeds")
    return staff


def _check_words(session: Session, original: Claim, text: str, mention: "ReadMention") -> None:
    """The same claim, so that its answer is known; other words, so that they do not give it away."""
    from classify.values import differs, values

    run = shared_run(text, _words_of(session, original))
    if run is not None:
        raise UsageError(f"text: repeats the claim's own words (“{run}…”); say it in others")
    other = differs(values(mention.text), values(original.text))
    if other is not None:
        raise UsageError(f"text: says another thing ({other}); keep amounts, places and days")
    said = exists().where(Mention.key == mention.key)
    if session.scalar(select(said | exists().where(Claim.key == mention.key))):
        raise UsageError("text: another claim has these very words; say it in others")


def _words_of(session: Session, original: Claim) -> list[str]:
    """All that was said of the original: its mentions, its text, and what the desk's answer calls it."""
    mentions = session.scalars(select(Mention.text).where(Mention.claim_id == original.id))
    answers = session.scalars(
        select(CorrectionText.said)
        .join(Correction, Correction.id == CorrectionText.correction_id)
        .where(Correction.claim_id == original.id, CorrectionText.language == Language.VI)
    )
    known = session.scalars(select(KnownClaim.text).where(KnownClaim.claim_id == original.id))
    return [original.text, *mentions, *answers, *known]


def _enter(session: Session, mention: "ReadMention", today: date) -> Claim:
    """What a tip of these words would have left, but for the tip: item, claim and mention."""
    # a tip's claim goes by its words; a seed's does not, so that a real tip of the same words never joins it
    key = secrets.token_hex(32)
    item = Item(key=f"tip:{key}", kind=ItemKind.TIP.value, day=today, is_local=True)
    claim = Claim(
        public_id=secrets.token_hex(8),
        key=key,
        text=mention.text,
        topic=mention.topic,
        state=ClaimState.NEW.value,
        is_local=True,
        first_day=today,
        last_day=today,
        week=NO_WEEK,
        n_mentions=1,
        n_stories=1,
        n_tips=1,
    )
    session.add_all([item, claim])
    session.flush()
    stored = Mention(
        item_id=item.id,
        position=0,
        key=key,
        text=mention.text,
        topic=mention.topic,
        check_score=mention.score,
        claim_id=claim.id,
        day=today,
    )
    session.add(stored)
    session.flush()
    tokens = {
        one.token: {
            "mention_id": stored.id,
            "token": one.token,
            "kind": str(one.kind),
            "last_two": one.last_two,
        }
        for one in mention.tokens
    }
    if tokens:
        session.execute(insert(MentionToken), list(tokens.values()))
    return claim


def _log(session: Session, desk: Desk, seed: Seed, claim: Claim) -> None:
    """The public log tells that a seed was made; without the desk's key it leads to no claim and no words.

    The reviews that settle it are logged as those of any claim, and nothing else is: a second entry beside
    them would tell the public who recognised a seed.
    """
    detail = {"seed": _sealed(desk, f"{seed.id}:{claim.public_id}:{claim.text}")}
    subject = f"seed:{_sealed(desk, str(seed.id))[:16]}"
    audit.append(session, desk.clock, f"staff:{seed.staff_id}", MAKE, subject, detail)


def _sealed(desk: Desk, text: str) -> str:
    return hmac.digest(desk.keys.sampling, f"seed:{text}".encode(), "sha256").hex()
