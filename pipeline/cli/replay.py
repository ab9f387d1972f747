"""`simulate`: how a labelled table would have been read as a review queue."""

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
    "kiemchung simulate queue.csv --seeds 10 --chart recall.svg",
)


def register(app: typer.Typer) -> None:
    """Put the command of this module on the command line."""
    app.command("simulate", epilog=SIMULATE)(simulate)


def simulate(  # noqa: PLR0913, PLR0917 -- each is an option of the command
    context: typer.Context,
    data: Annotated[Path, typer.Argument(metavar="DATA", help="CSV, TSV or JSONL, one text a row")],
    text_column: Annotated[str, typer.Option("--text-column", help="the column of texts")] = "text",
    label_column: Annotated[str, typer.Option("--label-column", help="the column of labels")] = "label",
    seed: Annotated[int, typer.Option(help="the same seed gives the same replay", min=0)] = 0,
    seeds: Annotated[
        int, typer.Option(help="so many replays, from --seed on, side by side", min=1, max=1000)
    ] = 1,
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
    as_json: Json = False,
) -> None:
    """Replay a labelled set as a review queue.

    How much is read until 80, 90 and 95% are found, in fractions. It starts with one row of each label, drawn
    by the seed. The rule recall90 stops when at least 90% are found, with 95% confidence.
    """
    from pipeline import simulate as replays

    replays.known_rule(stop)
    pool = replays.load(data, text_column, label_column, positive, _choice(context, encoder))
    with _reading_bar() as on_progress:
        runs = _runs(pool, range(seed, seed + seeds), stop, on_progress)
    if chart is not None:
        _write(chart, replays.recall_chart(runs))
    if as_json:
        console.emit(runs[0] if seeds == 1 else {"runs": runs, "mean": replays.averages(runs)})
        return
    _tell(runs)


def _runs(
    pool: "Pool", seeds: range, stop: str | None, on_progress: Callable[[int, int], None] | None
) -> list[dict[str, Any]]:
    from pipeline import simulate as replays

    if len(seeds) == 1:
        return [replays.simulate(pool, seeds[0], stop, on_progress)]
    return replays.several(pool, seeds, stop, on_progress=on_progress)


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
    chosen = console.settings(context)
    name = chosen.text("ranking.encoder")
    return name if name in ("bundled", "none") else str(chosen.path("ranking.encoder"))


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
            claimed = f"recall {stop['recall']:.3f}, claimed at least {stop['claimed_low']:.3f}"
            console.say(f"the rule stops at {stop['at']:.3f} read: {claimed}")


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
