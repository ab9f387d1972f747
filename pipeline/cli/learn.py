"""Commands of the model registry: train, models list, show, promote, rollback."""

from typing import Annotated

import typer

from pipeline.cli import console
from pipeline.cli.console import Json, examples

models = typer.Typer(help="The registry of ranking models.", no_args_is_help=True, rich_markup_mode=None)

Person = Annotated[str, typer.Option("--by", metavar="USERNAME", help="the lead who decides this")]


def register(app: typer.Typer) -> None:
    """Put the commands of this module on the command line."""
    app.command("train", epilog=examples("kiemchung train", "kiemchung train --json"))(train)
    app.add_typer(models, name="models")


def train(context: typer.Context, as_json: Json = False) -> None:
    """Train a candidate model from the verdicts and register it.

    It serves nobody before a lead promotes it. A candidate that fails a gate of rule 10 is registered as
    refused, with the reason; exit code 1 then.
    """
    from pipeline import learning

    with console.desk(context) as desk:
        made = learning.train(desk)
        with desk.reading() as session:
            plain = learning.card(session, made)
    _tell(plain, as_json)
    if made.refusal is not None:
        raise typer.Exit(1)


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
    """Show one model: hashes, parent, labels, held-out figures, gates."""
    from pipeline import learning

    with console.desk(context) as desk, desk.reading() as session:
        plain = learning.card(session, learning.model_of(session, model))
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
