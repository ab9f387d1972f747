"""What gathering asks of whoever reads a text; `pipeline` hands in an object of this shape.

Structural types, so that `crawlers` needs no import of the room that implements them.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeAlias


class ReadToken(Protocol):
    """A keyed token of an identifier: its kind, HMAC in hex, and the last two digits at most."""

    @property
    def kind(self) -> str: ...  # noqa: D102 -- the attribute's name says it

    @property
    def token(self) -> str: ...  # noqa: D102

    @property
    def last_two(self) -> str: ...  # noqa: D102


class ReadMention(Protocol):
    """One masked sentence that states a checkable claim."""

    @property
    def text(self) -> str: ...  # noqa: D102

    @property
    def topic(self) -> str: ...  # noqa: D102

    @property
    def score(self) -> float: ...  # noqa: D102

    @property
    def tokens(self) -> Sequence[ReadToken]: ...  # noqa: D102

    @property
    def key(self) -> str: ...  # noqa: D102


class Reading(Protocol):
    """What is left of a text after reading: never the text itself.

    `minhash` is the near-copy signature, `bands` its (band, bucket) pairs for the index.
    """

    @property
    def in_scope(self) -> bool: ...  # noqa: D102

    @property
    def topic(self) -> str | None: ...  # noqa: D102

    @property
    def is_local(self) -> bool: ...  # noqa: D102

    @property
    def mentions(self) -> Sequence[ReadMention]: ...  # noqa: D102

    @property
    def minhash(self) -> bytes | None: ...  # noqa: D102

    @property
    def bands(self) -> Sequence[tuple[int, int]]: ...  # noqa: D102


class TextReader(Protocol):
    """Masks, gates and reads one text."""

    def may_hold(self, orders: Iterable[Sequence[str]]) -> bool:
        """Whether a page's texts, in one of the given orders, could hold what is ours; True in doubt."""
        ...

    def read(self, text: str, title: str = "", *, page: bool = False) -> Reading:
        """Read a text of at most 100,000 characters; `page` if it is an article and no message."""
        ...


ReaderFactory: TypeAlias = Callable[[], TextReader]
"""Picklable and run once in each extraction process."""

Similarity: TypeAlias = Callable[[bytes, bytes], float]
"""Estimated Jaccard similarity (0..1) of two signatures."""
