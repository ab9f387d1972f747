"""What is kept of claims' texts as the word index takes them; never longer than the text itself (rule 9)."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Row, delete, select
from sqlalchemy.orm import Session

from models.session import insert_ignore
from models.staging import ClaimReading


def of(session: Session, claim_ids: Collection[int]) -> Sequence[Row[int, int, bytes]]:
    """Claim, digest and bytes of each of these claims of which something is kept."""
    query = select(ClaimReading.claim_id, ClaimReading.digest, ClaimReading.data)
    return session.execute(query.where(ClaimReading.claim_id.in_(claim_ids))).all()


def keep(session: Session, found: Mapping[int, tuple[int, bytes]]) -> None:
    """Keep what was read of claims (digest, bytes), in place of what was kept of them before."""
    forget(session, found)
    rows = [{"claim_id": one, "digest": digest, "data": data} for one, (digest, data) in found.items()]
    insert_ignore(session, ClaimReading, rows, ["claim_id"])


def forget(session: Session, claim_ids: Collection[int]) -> None:
    """Let go what was kept of these claims: in the transaction that replaces their words, and after that."""
    session.execute(
        delete(ClaimReading).where(ClaimReading.claim_id.in_(claim_ids)),
        execution_options={"synchronize_session": False},
    )
