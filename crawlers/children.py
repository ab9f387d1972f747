"""Child sitemaps: entry points of their own, with their own validators and interval (sitemaps.org 0.9).

A child's row carries the address of its index in `link_pattern`, which no other sitemap has. So each is asked
for conditionally, when its own turn comes; one that its index names no more is forgotten.
"""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.gathered import EntryPoint
from models.session import insert_ignore
from models.vocabulary import EntryKind

DEEPEST = 2
"""An index, and an index in it: well within the policy's depth."""
IS_CHILD = (EntryPoint.kind == EntryKind.SITEMAP) & EntryPoint.link_pattern.is_not(None)


def is_child(entry: EntryPoint) -> bool:
    """Whether an index named this entry point, and not the registry."""
    return entry.kind == EntryKind.SITEMAP and entry.link_pattern is not None


def indexes(session: Session, source_ids: Iterable[str]) -> dict[tuple[str, str], str]:
    """The index that names each child sitemap, by source and the child's address."""
    children = select(EntryPoint.source_id, EntryPoint.url, EntryPoint.link_pattern).where(
        IS_CHILD, EntryPoint.source_id.in_(list(source_ids))
    )
    return {(source_id, url): index or "" for source_id, url, index in session.execute(children)}


def depth(above: Mapping[tuple[str, str], str], source_id: str, url: str) -> int:
    """How many indexes stand above an entry point; 0 for what the registry names."""
    found = 0
    while found <= DEEPEST and (index := above.get((source_id, url))) is not None:
        found, url = found + 1, index
    return found


def renew(session: Session, source_id: str, index: str, named: Sequence[str]) -> list[EntryPoint]:
    """Take over the children that an index names now, forget the others; gives the new ones.

    An address that the registry or another index names stays what it is. Does not commit.
    """
    _forget(session, source_id, {index}, set(named))
    rows = [
        {"source_id": source_id, "kind": EntryKind.SITEMAP.value, "url": url, "link_pattern": index}
        for url in named
    ]
    insert_ignore(session, EntryPoint, rows, ["source_id", "url"])
    fresh = select(EntryPoint).where(
        EntryPoint.source_id == source_id,
        IS_CHILD,
        EntryPoint.link_pattern == index,
        EntryPoint.next_due.is_(None),
    )
    return list(session.scalars(fresh.order_by(EntryPoint.id).with_for_update(skip_locked=True)))


def forget_orphans(session: Session, source_id: str, named: Iterable[str]) -> None:
    """Forget the children whose index the registry `named` no more, and theirs; does not commit."""
    above = {url: index for (_, url), index in indexes(session, [source_id]).items()}
    lost = set(above.values()) - set(named) - set(above)
    _forget(session, source_id, lost, set())


def _forget(session: Session, source_id: str, of_indexes: set[str], kept: set[str]) -> None:
    # an index may hold indexes: what hangs on a forgotten one goes with it
    while of_indexes:
        rows = session.execute(
            select(EntryPoint.id, EntryPoint.url).where(
                EntryPoint.source_id == source_id, IS_CHILD, EntryPoint.link_pattern.in_(of_indexes)
            )
        )
        gone = {row_id: url for row_id, url in rows if url not in kept}
        if gone:
            session.execute(delete(EntryPoint).where(EntryPoint.id.in_(gone)))
        of_indexes, kept = set(gone.values()), set()
