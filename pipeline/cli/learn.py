"""Commands of the model registry: train, models list, show, canary, reviewers, promote, rollback."""

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import console
from pipeline.cli.console import Json, examples

if TYPE_CHECKING:
    from pipeline.compose import Desk
    from pipeline.standing import Standing

models = typer.Typer(help="The registry of ranking models.", no_args_is_help=True, rich_markup_mode=None)

Person = Annotated[str, typer.Option("--by", metavar="USERNAME", help="the lead who decides this")]


def register(app: typer.Typer) -> None:
    """Put the commands of this module on the command line."""
    app.command(
        "train",
        epilog=examples(
            "kiemchung train",
            "kiemchung train --json",
            'kiemchung train --without-reviewer binh --by minh --reason "answers were flipped on purpose"',
        ),
    )(train)
    app.add_typer(models, name="models")


def train(
    context: typer.Context,
    without_reviewer: Annotated[
        str, typer.Option(metavar="USERNAME", help="withdraw this person's labels from now on, then train")
    ] = "",
    with_reviewer: Annotated[
        str, typer.Option(metavar="USERNAME", help="let withdrawn labels teach again, then train")
    ] = "",
    by: Annotated[str, typer.Option(metavar="USERNAME", help="the lead who decides a withdrawal")] = "",
    reason: Annotated[str, typer.Option(help="why, for the log; 10 to 500 characters")] = "",
    as_json: Json = False,
) -> None:
    """Train a candidate model from the verdicts and register it.

    It serves nobody before a lead promotes it. A candidate that fails a gate of rule 10 is registered as
    refused, with the reason; exit code 1 then. A withdrawal stays in force in every later training.
    """
    from pipeline import learning

    with console.desk(context) as desk:
        _decide_labels(desk, without_reviewer, with_reviewer, by, reason)
        made = learning.train(desk)
        with desk.reading() as session:
            plain = learning.card(session, made)
    _tell(plain, as_json)
    if made.refusal is not None:
        raise typer.Exit(1)


def _decide_labels(desk: "Desk", without: str, again: str, by: str, reason: str) -> None:
    """Withdraw or readmit one person's labels, if that was asked for."""
    from models.errors import UsageError
    from pipeline import withdrawal

    if not without and not again:
        return
    if (without and again) or not by:
        raise UsageError(
            "train: give one of --without-reviewer and --with-reviewer, and the deciding lead with --by"
        )
    with desk.reading() as session:
        person, lead = console.staff_id(session, without or again), console.staff_id(session, by)
    (withdrawal.withdraw if without else withdrawal.readmit)(desk, person, lead, reason)


@models.command("list", epilog=examples("kiemchung models list --json"))
def list_models(context: typer.Context, as_json: Json = False) -> None:
    """List every registered model, newest first."""
    from pipeline import learning

    with console.desk(context) as desk, desk.reading() as session:
        cards = [learning.card(session, model) for model in learning.list_models(session)]
    if as_json:
        console.emit({"models": cards})
        return
    rows = [
        (one["id"], one["kind"], one["state"], one["n_labels"], one["created_at"], one["refusal"])
        for one in cards
    ]
    console.table(("id", "kind", "state", "labels", "made", "refused because"), rows)


@models.command("show", epilog=examples("kiemchung models show 3"))
def show(
    context: typer.Context,
    model: Annotated[int, typer.Argument(help="number of the model in `models list`")],
    as_json: Json = False,
) -> None:
    """Show one model: its card, hashes, parent, labels, held-out figures, gates."""
    from pipeline import learning

    with console.desk(context) as desk, desk.reading() as session:
        found = learning.model_of(session, model)
        plain = learning.card(session, found)
        lines = learning.card_lines(session, found)
    if not as_json:
        console.say("\n".join(lines))
    _tell(plain, as_json)


@models.command("promote", epilog=examples("kiemchung models promote 3 --by minh"))
def promote(
    context: typer.Context,
    model: Annotated[int, typer.Argument(help="number of the candidate in `models list`")],
    by: Person,
    as_json: Json = False,
) -> None:
    """Put a candidate to work: a person with the role lead decides it, and the log says who."""
    from pipeline import learning

    with console.desk(context) as desk:
        with desk.reading() as session:
            staff_id = console.staff_id(session, by)
        made = learning.promote(desk, model, staff_id)
        with desk.reading() as session:
            plain = learning.card(session, made)
    _tell(plain, as_json)


@models.command("rollback", epilog=examples("kiemchung models rollback --by minh"))
def rollback(context: typer.Context, by: Person, as_json: Json = False) -> None:
    """Put the model before the present one back to work, or the open cues if there was none."""
    from pipeline import learning

    with console.desk(context) as desk:
        with desk.reading() as session:
            staff_id = console.staff_id(session, by)
        serving = learning.rollback(desk, staff_id)
        with desk.reading() as session:
            plain = None if serving is None else learning.card(session, serving)
    if as_json:
        console.emit({"serving": plain})
    elif plain is None:
        console.say("no model serves now: the open cues rank the queue")
    else:
        _tell(plain, as_json)


@models.command(
    "canary", epilog=examples("kiemchung models canary 3 --by minh", "kiemchung models canary --json")
)
def try_out(
    context: typer.Context,
    model: Annotated[int, typer.Argument(help="number of the candidate; none: only show the trial")] = 0,
    by: Annotated[str, typer.Option(metavar="USERNAME", help="the lead who decides this")] = "",
    end: Annotated[bool, typer.Option("--end", help="end the trial that runs")] = False,
    as_json: Json = False,
) -> None:
    """Let a candidate order 5% of what waits in the queue, and show both models against the verdicts since.

    A model on trial lets no claim into the queue and flags none.
    """
    from dataclasses import asdict

    from models.errors import UsageError
    from pipeline import canary

    with console.desk(context) as desk:
        if model or end:
            if not by or (model and end):
                raise UsageError("canary: give a model or --end, and the deciding lead with --by")
            with desk.reading() as session:
                lead = console.staff_id(session, by)
            if end:
                canary.stop(desk, lead)
            else:
                canary.start(desk, model, lead)
        with desk.reading() as session:
            running = canary.running(session)
        sides = canary.compared(desk)
    if as_json:
        console.emit({"model": running and running[0], "sides": [asdict(one) for one in sides]})
        return
    console.say("no model is on trial" if running is None else f"model {running[0]} is on trial")
    rows = [(one.name, one.decided, one.false, one.false_flags, one.found, one.calibration) for one in sides]
    console.table(("ranker", "decided", "false", "false flags", "found", "calibration error"), rows)


@models.command("reviewers", epilog=examples("kiemchung models reviewers --json"))
def reviewers(context: typer.Context, as_json: Json = False) -> None:
    """Show each reviewer's share of the labels, and who is overruled more often than the others."""
    from pipeline import standing

    with console.desk(context) as desk, desk.reading() as session:
        found = standing.report(session, desk.clock())
    if as_json:
        console.emit({"reviewers": [one.as_dict() for one in found]})
        return
    rows = [
        (one.name, one.labels, f"{one.share:.0%}", one.judged, one.overruled, f"{one.others:.0%}", _word(one))
        for one in found
    ]
    console.table(("reviewer", "labels", "share", "judged", "overruled", "others", "state"), rows)


def _word(one: "Standing") -> str:
    if one.withdrawn:
        return "labels withdrawn"
    return "look into this" if one.alarm else "watch" if one.watch else "-"


def _tell(plain: dict[str, object], as_json: bool) -> None:
    if as_json:
        console.emit(plain)
        return
    for name, value in plain.items():
        if isinstance(value, dict):
            for inner, figure in value.items():
                console.say(
                    f"{name}.{inner}: {figure:.4f}"
                    if isinstance(figure, float)
                    else f"{name}.{inner}: {figure}"
                )
        else:
            console.say(f"{name}: {value if value is not None else '-'}")
