"""`check`: what the reader does with a text. Nothing is stored, and no key or database is made for it."""

import secrets
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from models.errors import KiemChungError
from pipeline import keys
from pipeline.places import sqlite_file
from pipeline.settings import Settings

if TYPE_CHECKING:
    from classify.match import ClaimIndex, Hit
    from classify.reader import Reader, ReadMention

MATCHES = 3
LEAST_SHOWN = 0.2
MOST_ENCODED = 64
"""Known claims that a single question may encode, about two seconds' work."""

Answer = dict[str, Any]
NOT_OURS: Answer = {"in_scope": False, "topic": None, "local": False, "claims": []}


@dataclass(frozen=True)
class Known:
    """A claim that was checked before, here or by others."""

    text: str
    rating: str | None
    url: str


class Checker:
    """The reader with the known claims of the database, if there is one; both load when first needed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def reader(self) -> "Reader":
        """The reader, under the desk's key if there is one, so that tokens match those in the database."""
        from pipeline.readers import make_reader

        folder = self._settings.path("paths.var")
        has_key = (folder / keys.FILE_NAME).exists()
        mask = keys.load_or_create(folder).mask if has_key else secrets.token_bytes(32)
        return make_reader(mask, self._settings.text("desk.province"))

    @cached_property
    def _known(self) -> dict[int, Known]:
        return _known_claims(self._settings.database_url)

    @cached_property
    def _index(self) -> "ClaimIndex":
        from pipeline.matching import index_of

        # what the desk has not encoded yet is matched by its words: a question must not wait for the rest
        claims = [(number, known.text) for number, known in self._known.items()]
        return index_of(claims, self._settings, MOST_ENCODED)

    def answer(self, text: str) -> Answer:
        """The design's JSON for one text."""
        return self.matched(self.read(text))

    def read(self, text: str) -> Answer:
        """The answer before known claims are looked up: pure work that any process can do."""
        reading = self.reader.read(text)
        if not reading.in_scope:
            return NOT_OURS
        claims = [_claim(mention) for mention in reading.mentions]
        return {"in_scope": True, "topic": reading.topic, "local": reading.is_local, "claims": claims}

    def matched(self, answer: Answer) -> Answer:
        """The answer with the known claims that say the same."""
        for claim in answer["claims"]:
            claim["matches"] = self._matches(claim["text"])
        return answer

    def _matches(self, text: str) -> list[Answer]:
        """Known claims that say the same; one that differs in an amount, place or date is another claim."""
        if not self._known:
            return []
        hits: list[Hit] = self._index.search(text, k=MATCHES)
        return [
            {
                "claim": self._known[hit.id].text,
                "rating": self._known[hit.id].rating,
                "url": self._known[hit.id].url,
                "score": round(hit.score, 4),
            }
            for hit in hits
            if hit.score >= LEAST_SHOWN and hit.differs is None
        ]


def _claim(mention: "ReadMention") -> Answer:
    """A claim as it is shown; ``context`` is there where its opening pronoun stands for another claim."""
    return {
        "text": mention.text,
        **({"context": mention.context} if mention.context else {}),
        "start": mention.start,
        "end": mention.end,
        "score": round(float(mention.score), 4),
        "reasons": [{"feature": one.feature, "weight": float(one.weight)} for one in mention.reasons],
        "matches": [],
    }


def _known_claims(url: str) -> dict[int, Known]:
    """The known claims of a database that exists; one that does not is not made."""
    file = sqlite_file(url)
    if file is not None and not file.is_file():
        return {}
    # SQLAlchemy is only loaded for a desk that has a database
    from sqlalchemy import inspect, select
    from sqlalchemy.exc import DBAPIError

    from models.claims import KnownClaim
    from models.session import make_engine, make_reading_sessions

    engine = make_engine(url)
    try:
        if not inspect(engine).has_table(KnownClaim.__tablename__):
            return {}
        with closing(make_reading_sessions(engine)()) as session:
            rows = session.execute(select(KnownClaim.id, KnownClaim.text, KnownClaim.rating, KnownClaim.url))
            return {number: Known(text, rating, address) for number, text, rating, address in rows}
    except DBAPIError as error:
        raise KiemChungError(f"database {engine.url.render_as_string()}: {error.orig}") from error
    finally:
        engine.dispose()
