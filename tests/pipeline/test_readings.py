"""A fresh process takes in claims by what is kept of them; it is never of other words than theirs."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from classify import readings as read_by
from models import retention
from models.claims import Claim
from models.retention import erase_claim
from models.staging import ClaimReading
from models.vocabulary import ClaimState
from pipeline import claimindex, clustering, tips
from pipeline.compose import Desk
from tests.conftest import NOW
from tests.pipeline.conftest import put_claim
from tests.pipeline.test_stages import OTHER, RUMOUR, SAME, put_mention
from tests.pipeline.test_tips import WORDS, answer, send


def kept(desk: Desk) -> dict[int, tuple[int, bytes]]:
    with desk.reading() as session:
        return {one.claim_id: (one.digest, one.data) for one in session.scalars(select(ClaimReading))}


def fits(desk: Desk) -> bool:
    """Whether every claim has a reading, and each reading is of its claim's words."""
    found = kept(desk)
    with desk.reading() as session:
        texts = {row.id: row.text for row in session.execute(select(Claim.id, Claim.text))}
    return found.keys() == texts.keys() and all(
        read_by.digest(texts[one], data) == mark for one, (mark, data) in found.items()
    )


def no_text_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(text: str) -> bytes:
        raise AssertionError(f"read anew: {text}")

    monkeypatch.setattr(read_by, "packed", never)


def test_a_fresh_process_reads_no_claim_and_finds_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_mention(desk, RUMOUR)
    put_mention(desk, OTHER)
    assert clustering.cluster(desk) == 2
    assert fits(desk), "who starts a claim keeps what it has read"
    before = claimindex.of(desk).index.search(SAME, 3)
    desk.kept.clear()
    no_text_is_read(monkeypatch)
    assert claimindex.of(desk).index.search(SAME, 3) == before
    put_mention(desk, SAME, source="bao-hai")
    assert clustering.cluster(desk) == 1
    with desk.reading() as session:
        assert sorted(session.scalars(select(Claim.n_mentions))) == [1, 2]


def test_claims_of_before_are_read_once_and_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    put_claim(desk, RUMOUR)
    put_claim(desk, OTHER)
    with monkeypatch.context() as patch:
        no_text_is_read(patch)
        with pytest.raises(AssertionError, match="read anew"):
            claimindex.of(desk)
    assert kept(desk) == {}
    claimindex.of(desk)
    assert fits(desk)
    desk.kept.clear()
    no_text_is_read(monkeypatch)
    assert len(claimindex.of(desk)) == 2


def test_another_version_reads_anew(sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    put_claim(sqlite_desk, RUMOUR)
    claimindex.of(sqlite_desk)
    old = kept(sqlite_desk)
    sqlite_desk.kept.clear()
    monkeypatch.setattr(read_by, "reader", lambda: b"another")
    assert not fits(sqlite_desk)
    claimindex.of(sqlite_desk)
    assert fits(sqlite_desk)
    assert kept(sqlite_desk) != old


def test_bytes_that_were_damaged_are_made_again(sqlite_desk: Desk) -> None:
    claim_id = put_claim(sqlite_desk, RUMOUR)
    claimindex.of(sqlite_desk)
    whole = kept(sqlite_desk)
    with sqlite_desk.sessions.begin() as session:
        session.execute(update(ClaimReading).values(data=whole[claim_id][1][:-3]))
    sqlite_desk.kept.clear()
    claimindex.of(sqlite_desk)
    assert kept(sqlite_desk) == whole


def test_what_is_kept_goes_with_the_claim(desk: Desk) -> None:
    claim_id = put_claim(desk, RUMOUR)
    claimindex.of(desk)
    with desk.sessions.begin() as session:
        erase_claim(session, claim_id)
    assert kept(desk) == {}


def paraphrased(desk: Desk) -> None:
    """The sentence of an old decided claim becomes the desk's own."""
    answer(desk, send(desk, state=ClaimState.DECIDED).claim_id)
    claimindex.of(desk)
    with desk.sessions.begin() as session:
        retention.erase(session, (NOW + timedelta(days=retention.QUEUED_DAYS + 10)).date())


def withdrawn(desk: Desk) -> None:
    """A tip is taken back of which others said the same in other words."""
    sent = send(desk, others=1)
    claimindex.of(desk)
    tips.withdraw(desk, sent.receipt)


@pytest.mark.parametrize("reword", [paraphrased, withdrawn])
def test_what_is_kept_goes_with_the_words(desk: Desk, reword: Callable[[Desk], None]) -> None:
    reword(desk)
    with desk.reading() as session:
        assert session.scalars(select(Claim.text)).one() != WORDS
    assert kept(desk) == {}
    desk.clock = lambda: NOW + timedelta(hours=1)
    claimindex.tidy(desk)
    assert fits(desk), "this process still had it, and keeps the new words now"


@pytest.mark.parametrize("reword", [paraphrased, withdrawn])
def test_control_who_does_not_let_go_is_found_out(
    sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch, reword: Callable[[Desk], None]
) -> None:
    monkeypatch.setattr("models.readings.forget", lambda session, claim_ids: None)  # noqa: ARG005
    with pytest.raises(AssertionError):
        test_what_is_kept_goes_with_the_words(sqlite_desk, reword)


def test_nothing_is_kept_of_words_that_have_just_been_replaced(desk: Desk) -> None:
    """Reworded between the reading and the keeping, as another process may do it."""
    claim_id = put_claim(desk, RUMOUR)
    held = claimindex.HeldClaims()
    with desk.reading() as session:
        held.sync(session)
    with desk.sessions.begin() as session:
        session.execute(update(Claim).where(Claim.id == claim_id).values(text=OTHER))
    held.keep(desk)
    assert kept(desk) == {}
