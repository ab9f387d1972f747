"""Where whole-archive work is done: a Dask cluster of processes here, or one at an address."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from models.errors import KiemChungError

Part = TypeVar("Part")
TIMEOUT_S = 10
_QUIET = {
    # sentences stay in memory: none is put on the disk for room (rule 9)
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    # its log of what went by holds the parts that were handed out
    "distributed.admin.low-level-log-length": 1,
}


class Cluster(Protocol):
    """Answers parts of some work in order."""

    def share(self, value: object) -> Any:  # noqa: ANN401 -- what stands for a value elsewhere
        """Hand a value to every worker once; what is given back stands for it in `flow`."""
        ...

    def flow(
        self, work: Callable[..., Any], parts: Iterable[tuple[Part, tuple[Any, ...]]]
    ) -> Iterator[tuple[Part, Any]]:
        """Each part with the answer of `work` to its arguments, in the order of the parts."""
        ...


class Here:
    """No worker but this process."""

    def share(self, value: object) -> Any:  # noqa: ANN401
        """The value itself."""
        return value

    def flow(
        self, work: Callable[..., Any], parts: Iterable[tuple[Part, tuple[Any, ...]]]
    ) -> Iterator[tuple[Part, Any]]:
        """One part after the other."""
        return ((part, work(*given)) for part, given in parts)


class DaskCluster:
    """Dask's workers, with a bounded number of parts under way."""

    def __init__(self, client: Any, width: int) -> None:  # noqa: ANN401 -- Dask is untyped
        self._client = client
        self._width = width

    def share(self, value: object) -> Any:  # noqa: ANN401 -- Dask's future
        """Hand a value to every worker once."""
        return self._client.scatter(value, broadcast=True, hash=False)

    def flow(
        self, work: Callable[..., Any], parts: Iterable[tuple[Part, tuple[Any, ...]]]
    ) -> Iterator[tuple[Part, Any]]:
        """No more than a few parts are read ahead, so that memory stays flat whatever the archive's size."""
        under_way: deque[tuple[Part, Any]] = deque()
        for part, given in parts:
            under_way.append((part, self._client.submit(work, *given, pure=False)))
            if len(under_way) > self._width:
                yield _answer(under_way)
        while under_way:
            yield _answer(under_way)


def _answer(under_way: "deque[tuple[Part, Any]]") -> tuple[Part, Any]:
    from distributed import KilledWorker

    part, future = under_way.popleft()
    try:
        return part, future.result()
    except KilledWorker as error:
        raise KiemChungError(
            "archive: a worker ended in the middle, perhaps for want of memory; the same command goes on"
        ) from error


def connected(address: str) -> Any:  # noqa: ANN401 -- Dask is untyped
    """A client of the scheduler at an address; raises `KiemChungError` if nobody answers there."""
    # Dask takes seconds to start: only who is told to use it pays
    from distributed import Client

    try:
        return Client(address, timeout=TIMEOUT_S, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise KiemChungError(f"--dask {address}: no Dask scheduler answers there ({error})") from error


@contextmanager
def cluster(address: str | None, workers: int) -> Iterator[Cluster]:
    """A cluster of so many processes of this machine, or the one at an address; closed at the end.

    With 0 workers the work is done in this process. Raises `KiemChungError` if nobody answers at the address.
    """
    if address is None and workers == 0:
        yield Here()
        return
    # Dask takes seconds to start: only whole-archive work pays for it
    import dask
    from distributed import Client, LocalCluster

    # it tells of every process that comes and goes, on an ordinary day
    logging.getLogger("distributed").setLevel(logging.ERROR)
    if address is not None:
        with connected(address) as client:
            yield DaskCluster(client, 2 * max(1, len(client.scheduler_info()["workers"])))
        return
    dask.config.set(_QUIET)
    made: Any = LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=workers,
        silence_logs=logging.CRITICAL,
        threads_per_worker=1,
        # no page about the work: by default Dask would open one to every network
        scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
        worker_dashboard_address="127.0.0.1:0",
        host="127.0.0.1",
    )
    with made, Client(made, set_as_default=False) as here:  # type: ignore[no-untyped-call]
        yield DaskCluster(here, 2 * workers)
