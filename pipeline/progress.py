"""Progress of long work: a port, a silent stand-in, and the terminal's bar in `pipeline.cli.console`."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Progress(Protocol):
    """Wraps a sequence that is worked through and shows how far the work is."""

    def __call__(self, items: Sequence[T], name: str) -> Iterable[T]:
        """Give the items back one by one."""
        ...


def silent(items: Sequence[T], name: str) -> Iterator[T]:  # noqa: ARG001 -- the port's signature
    """Show nothing."""
    yield from items
