"""Whole-archive work after a change of model, lexicon or gate: score, match, group, index anew what is kept.

An archive is read in parts by number, the parts are judged on a Dask cluster, and each is written in order in
a transaction of its own together with how far the work is. So a process that is killed at any moment loses
nothing and does nothing twice: the next call goes on where it stood and ends with the same rows. The desk
works on meanwhile; what has changed since a part was read is left to the stages.
"""

import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, repeat
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import audit
from models.errors import ConflictError
from models.session import insert_ignore
from models.staging import StageMark
from pipeline.archivecluster import Cluster, cluster
from pipeline.compose import Desk
from pipeline.progress import Progress, silent

Rows = Sequence[Any]


@dataclass(frozen=True)
class Step:
    """One pass over a table: what is read after a number, what is handed to a worker, what is written.

    `read` gives the next rows, each with its number first; `asked` the arguments of `work` for some rows, the
    first of which may stand for a value that all share; `write` how many rows changed.
    """

    name: str
    size: int
    count: Callable[[Session], int]
    read: Callable[[Session, int, int], Rows]
    work: Callable[..., Any]
    asked: Callable[[Rows], tuple[Any, ...]]
    write: Callable[[Session, Rows, Any], Mapping[str, int]]
    shared: object | None = None


@dataclass(frozen=True)
class Job:
    """One kind of work: its steps, and what they reckon with, which must be the same when it goes on."""

    name: str
    steps: Sequence[Step]
    reckons_with: Mapping[str, object]
    goes_on: bool = True
    """Whether a call goes on where the one before was cut off, or begins anew."""


@dataclass(frozen=True)
class State:
    """How far a job is."""

    step: int = 0
    after: int = 0
    done: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    reckons_with: Mapping[str, object] = field(default_factory=dict)
    finished: bool = False
    call: str = ""
    """Which call is at work: a later one takes the job over."""

    def to_text(self) -> str:
        """As it is kept in the database."""
        return json.dumps(self.__dict__, sort_keys=True)

    @classmethod
    def of(cls, text: str) -> "State":
        """The state that `to_text` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Report:
    """What a call did: how many rows the whole job has looked at, what it changed, whether it went on."""

    job: str
    done: int
    counts: Mapping[str, int]
    resumed: bool
    seconds: float

    def as_dict(self) -> dict[str, object]:
        """The report as plain values."""
        return {**self.__dict__, "counts": dict(self.counts)}


def _mark(job: str) -> str:
    return f"archive:{job}"


def state(session: Session, job: str) -> State | None:
    """How far a job is or ended; None if it was never begun."""
    found = session.scalar(select(StageMark.value).where(StageMark.name == _mark(job)))
    return None if found is None else State.of(found)


def states(session: Session) -> dict[str, State]:
    """How far every job is that was ever begun."""
    rows = session.execute(select(StageMark.name, StageMark.value).where(StageMark.name.like("archive:%")))
    return {name.removeprefix("archive:"): State.of(value) for name, value in rows}


def _keep(session: Session, job: str, now: State, *, taking: bool = False) -> None:
    """Write down how far a job is; raises `ConflictError` if another call has taken it over."""
    row = session.get(StageMark, _mark(job), with_for_update=True)
    if row is not None and not taking and State.of(row.value).call != now.call:
        raise ConflictError(f"archive {job}: another call of this command has taken over; this one stops")
    if row is None:
        insert_ignore(session, StageMark, [{"name": _mark(job), "value": "", "generation": 0}], ["name"])
        row = session.get_one(StageMark, _mark(job), with_for_update=True)
    row.value, row.generation = now.to_text(), row.generation + 1


def begin(desk: Desk, job: Job, *, restart: bool = False) -> tuple[State, bool]:
    """Where the job starts and whether it goes on; raises `ConflictError` if it began with something else."""
    with desk.sessions.begin() as session:
        before = state(session, job.name)
        going_on = before is not None and not before.finished and not restart and job.goes_on
        call = secrets.token_hex(4)
        if before is not None and going_on:
            changed = [
                name for name, value in job.reckons_with.items() if before.reckons_with.get(name) != value
            ]
            if changed:
                told = ", ".join(changed)
                raise ConflictError(
                    f"archive {job.name}: it was begun with another {told}; --restart begins anew"
                )
        now = State(reckons_with=job.reckons_with) if before is None or not going_on else before
        now = replace(now, call=call)
        _keep(session, job.name, now, taking=True)
        return now, going_on


def run(
    desk: Desk,
    job: Job,
    *,
    dask: str | None = None,
    workers: int = 1,
    restart: bool = False,
    pause: float = 0.0,
    progress: Progress = silent,
) -> Report:
    """Do a job from where it stands to its end; `pause` seconds between parts leave the desk more room."""
    began = time.monotonic()
    now, resumed = begin(desk, job, restart=restart)
    with cluster(dask, workers) as crew:
        for number in range(now.step, len(job.steps)):
            now = replace(_step(desk, job, crew, progress, now, pause), step=number + 1, after=0)
    with desk.sessions.begin() as session:
        now = replace(now, finished=True)
        _keep(session, job.name, now)
        detail = {"looked_at": now.done, **now.counts}
        audit.append(session, desk.clock, "system", "archive", f"archive:{job.name}", detail)
    return Report(job.name, now.done, now.counts, resumed, round(time.monotonic() - began, 3))


def _step(desk: Desk, job: Job, crew: Cluster, progress: Progress, now: State, pause: float) -> State:
    """Do one step from where it stands; gives the state at its end."""
    step = job.steps[now.step]
    shared = () if step.shared is None else (crew.share(step.shared),)
    parts = ((rows, (*shared, *step.asked(rows))) for rows in _parts(desk, step, now))
    answers = crew.flow(step.work, parts)
    with desk.reading() as session:
        expected = range(-(-step.count(session) // step.size))
    # rows that came since the count make no more of the bar
    for _ in chain(progress(expected, f"{job.name}: {step.name}"), repeat(0)):
        found = next(answers, None)
        if found is None:
            break
        now = _write(desk, job, step, now, *found)
        time.sleep(pause)
    return now


def _parts(desk: Desk, step: Step, now: State) -> Iterator[Rows]:
    after = now.after
    while True:
        with desk.reading() as session:
            rows = step.read(session, after, step.size)
        if not rows:
            return
        yield rows
        after = rows[-1][0]


def _write(desk: Desk, job: Job, step: Step, now: State, rows: Rows, answer: object) -> State:
    with desk.sessions.begin() as session:
        changed = step.write(session, rows, answer)
        counts = {name: now.counts.get(name, 0) + changed.get(name, 0) for name in {*now.counts, *changed}}
        now = replace(now, after=rows[-1][0], done=now.done + len(rows), counts=dict(sorted(counts.items())))
        _keep(session, job.name, now)
    return now


def counted(session: Session, query: Any) -> int:  # noqa: ANN401 -- any select of rows
    """How many rows a query has."""
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0
