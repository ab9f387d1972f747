"""SIGTERM ends the work wherever it is, even where Python swallows what a signal's handler raises."""

import signal
import weakref
from collections.abc import Callable

import pytest

from pipeline.cli import console


class Thing:
    """Something that can be referred to weakly."""


def in_a_weak_reference(told: Callable[[], None]) -> None:
    """As in `WeakValueDictionary`, whose callback is Python code of the module `weakref`."""
    thing = Thing()
    told_there = compile("told()", weakref.__file__, "exec")
    reference = weakref.ref(
        thing,
        lambda _: exec(told_there, {"__name__": "weakref", "told": told}),  # noqa: S102
    )
    del thing
    assert reference() is None


def in_a_finalizer(told: Callable[[], None]) -> None:
    class Dying:
        def __del__(self) -> None:
            told()

    Dying()


def work(where: Callable[[Callable[[], None]], None], waits: int) -> None:
    """Work that is told to stop, and goes on for as long as nothing stops it."""
    with console.stoppable():
        where(lambda: signal.raise_signal(signal.SIGTERM))
        for _ in range(waits):
            signal.sigtimedwait([], 0.001)


@pytest.mark.parametrize("where", [in_a_weak_reference, in_a_finalizer, lambda told: told()])
def test_a_stop_is_never_lost(where: Callable[[Callable[[], None]], None]) -> None:
    with pytest.raises(SystemExit) as stopped:
        work(where, 2000)
    assert stopped.value.code == 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_control_a_stop_that_does_not_wait_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "_must_wait", lambda _: False)
    work(in_a_finalizer, 50)
