"""`simulate`: how a labelled table would have been read as a review queue."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli import console
from pipeline.cli.console import Json, examples

if TYPE_CHECKING:
    from pipeline.simulate import Pool

SIMULATE = examples(
    "kiemchung simulate queue.csv --text-column title --label-column label --seed 7",
    "kiemchung simulate queue.csv --stop recall90 --json",
    "kiemchung simulate queue.csv --seeds 10 --jobs 2 --chart recall.svg --show",
    "kiemchung simulate --desk --seeds 5",
)


def register(app: typer.Typer) -> None:
    """Put the command of this module on the command line."""
    app.command("simulate", epilog=SIMULATE)(simulate)


def simulate(  # noqa: PLR0913, PLR0917 -- each is an option of the command
    context: typer.Context,
    data: Annotated[
        Path | None, typer.Argument(metavar="DATA", help="CSV, TSV or JSONL, one text a row")
    ] = None,
    text_column: Annotated[str, typer.Option("--text-column", help="the column of texts")] = "text",
    label_column: Annotated[str, typer.Option("--label-column", help="the column of labels")] = "label",
    seed: Annotated[int, typer.Option(help="the same seed gives the same replay", min=0)] = 0,
    seeds: Annotated[
        int, typer.Option(help="so many replays, from --seed on, side by side", min=1, max=1000)
    ] = 1,
    jobs: Annotated[
        int | None, typer.Option(help="replays at a time; if not given, one a core", min=1)
    ] = None,
    stop: Annotated[
        str | None, typer.Option(metavar="RULE", help="stopping rule: quarter or recall90")
    ] = None,
    positive: Annotated[
        str | None, typer.Option(help="the label to find; if not given, the plain yes of two, or the rarer")
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(help="bundled, none, or a folder; if not given, the setting ranking.encoder"),
    ] = None,
    chart: Annotated[
        Path | None, typer.Option(metavar="FILE.svg", help="where to draw the recall curve")
    ] = None,
    of_desk: Annotated[
        bool,
        typer.Option("--desk", help="replay the claims that this desk has decided; staff see the result"),
    ] = False,
    show: Annotated[bool, typer.Option("--show", help="let staff see the result in the app")] = False,
    as_json: Json = False,
) -> None:
    """Replay a labelled set, or the desk's own decisions, as a review queue.

    How much is read until 80, 90 and 95% are found, in fractions. It starts with one row of each label, drawn
    by the seed. The rule recall90 stops when at least 90% are found, with 95% confidence. `--desk` always
    uses it, and says beside it how soon the desk itself decided the false ones.
    """
    from pipeline import simulate as replays

    replays.known_rule(stop)
    _one_pool(data, of_desk, stop)
    if data is None:
        _desk(context, range(seed, seed + seeds), jobs, _choice(context, encoder), chart, as_json)
        return
    chosen = _choice(context, encoder)
    pool = replays.load(data, text_column, label_column, positive, chosen)
    with _reading_bar() as on_progress:
        runs = _runs(pool, range(seed, seed + seeds), stop, jobs, on_progress)
    if chart is not None:
        _write(chart, replays.recall_chart(runs))
    if show:
        _show(context, runs, data.name, chosen)
    if as_json:
        console.emit(runs[0] if seeds == 1 else {"runs": runs, "mean": replays.averages(runs)})
        return
    _tell(runs)


def _one_pool(data: Path | None, of_desk: bool, stop: str | None) -> None:
    from models.errors import UsageError

    if (data is None) != of_desk:
        raise UsageError("simulate: name either a file as DATA or --desk")
    if of_desk and stop == "quarter":
        raise UsageError("--stop quarter: --desk always stops by recall90")


def _desk(
    context: typer.Context, seeds: range, jobs: int | None, encoder: str, chart: Path | None, as_json: bool
) -> None:
    from pipeline import replays

    with console.desk(context) as desk, _reading_bar() as on_progress:
        found = replays.of_desk(desk, seeds, jobs or _cores(), encoder, on_progress)
    if chart is not None:
        _write(chart, replays.chart(found))
    if as_json:
        console.emit(found.as_json())
        return
    console.say(f"{found.n} decided claims, {found.positives} of them false, mean of {len(seeds)} seeds")
    really = found.really_at or {}
    rows = [(f"{level}%", one.mean, one.low, one.high, really[level]) for level, one in found.read_at.items()]
    console.table(("found", "read", "least", "most", "as the desk decided"), rows)
    for stop in found.stops:
        _tell_stop(stop.at, stop.recall, stop.claimed_low)


def _show(context: typer.Context, runs: list[dict[str, Any]], name: str, encoder: str) -> None:
    from pipeline import replays
    from pipeline.compose import system_clock

    settings = console.settings(context)
    replays.keep(settings, replays.TABLE, replays.summed(runs, name, encoder, system_clock()))


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _runs(
    pool: "Pool",
    seeds: range,
    stop: str | None,
    jobs: int | None,
    on_progress: Callable[[int, int], None] | None,
) -> list[dict[str, Any]]:
    from pipeline import simulate as replays

    if len(seeds) == 1:
        return [replays.simulate(pool, seeds[0], stop, on_progress)]
    return replays.several(pool, seeds, stop, jobs or _cores(), on_progress)


def _write(path: Path, text: str) -> None:
    from models.errors import UsageError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--chart {path}: {error.strerror}") from error


def _choice(context: typer.Context, given: str | None) -> str:
    """The encoder that the flag or the settings name; a path is made absolute."""
    if given is not None:
        return given if given in ("bundled", "none") else str(Path(given).resolve())
    from pipeline.replays import encoder_of

    return encoder_of(console.settings(context))


def _tell(runs: list[dict[str, Any]]) -> None:
    from pipeline import simulate as replays

    first, mean = runs[0], replays.averages(runs)
    which = f"seed {first['seed']}" if len(runs) == 1 else f"mean of {len(runs)} seeds"
    console.say(f"{first['n']} rows, {first['positives']} to find, {which}")
    rows = [(f"{level}%", mean["read_at"][level], mean["wss_at"][level]) for level in mean["read_at"]]
    console.table(("found", "read", "work saved over reading at random"), rows)
    for run in runs:
        stop = run["stop"]
        if stop is not None:
            _tell_stop(stop["at"], stop["recall"], stop["claimed_low"])


def _tell_stop(at: float, recall: float, claimed_low: float) -> None:
    console.say(f"the rule stops at {at:.3f} read: recall {recall:.3f}, claimed at least {claimed_low:.3f}")


@contextmanager
def _reading_bar() -> Iterator[Callable[[int, int], None] | None]:
    """A bar that is told (done, all); none where standard error is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("read", total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield advance
