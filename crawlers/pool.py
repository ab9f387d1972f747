"""The extraction processes beside the reactor, and what happens when a page kills one of them."""

import asyncio
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from crawlers import worker
from crawlers.ports import ReaderFactory

TASK = TypeVar("TASK")
RESULT = TypeVar("RESULT")


class PoisonError(Exception):
    """A task that ended its process twice, the second time alone."""


class ReadingPool:
    """Runs `worker` functions in `workers` processes, each with its own reader.

    When a process dies, every task that was under way runs again, one after the other, in a process that does
    nothing else at that moment: so the one poisonous page is found and the others are not blamed.
    """

    def __init__(self, factory: ReaderFactory, workers: int) -> None:
        self.factory = factory
        self.workers = max(1, workers)
        self.crashes = 0
        self._alone = asyncio.Lock()
        self._executor = self._new(self.workers)
        self._suspects: ProcessPoolExecutor | None = None

    def _new(self, workers: int) -> ProcessPoolExecutor:
        # spawn: a fork would copy the reactor's threads and sockets
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(workers, context, initializer=worker.start, initargs=(self.factory,))

    def warm_up(self) -> None:
        """Start all processes now, so that the readers load while the first answers are on their way."""
        for _ in range(self.workers):
            self._executor.submit(worker.ready)

    async def run(self, work: Callable[[TASK], RESULT], task: TASK) -> RESULT:
        """Run one task; raises `PoisonError` if it kills a process again when run alone."""
        executor = self._executor
        try:
            return await asyncio.wrap_future(executor.submit(work, task))
        except BrokenProcessPool:
            self.crashes += 1
            if executor is self._executor:
                self._executor = self._new(self.workers)
                executor.shutdown(wait=False, cancel_futures=True)
        return await self._run_alone(work, task)

    async def _run_alone(self, work: Callable[[TASK], RESULT], task: TASK) -> RESULT:
        async with self._alone:
            self._suspects = self._suspects or self._new(1)
            try:
                return await asyncio.wrap_future(self._suspects.submit(work, task))
            except BrokenProcessPool as error:
                self._suspects.shutdown(wait=False, cancel_futures=True)
                self._suspects = None
                raise PoisonError from error

    def close(self) -> None:
        """End the processes."""
        for executor in (self._executor, self._suspects):
            if executor is not None:
                executor.shutdown(wait=True, cancel_futures=True)
