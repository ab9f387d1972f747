"""`kiemchung seeds`: known false claims in other words, mixed blind into the queue to measure people."""

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import console
from pipeline.cli.console import Json, examples

if TYPE_CHECKING:
    from pipeline.seeds import Progress

app = typer.Typer(
    help="Seeds: known false claims in other words, which measure the reviewers.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list", epilog=examples("kiemchung seeds list", "kiemchung seeds list --json"))
def list_seeds(context: typer.Context, as_json: Json = False) -> None:
    """Show how far this quarter's seeds are, and claims that one can be made from.

    Sums alone: never which claim is a seed, and never who recognised one.
    """
    from pipeline import seeds

    with console.desk(context) as desk, desk.reading() as session:
        progress = seeds.progress(session, seeds.quarter_now(desk))
        offered = seeds.candidates(session, desk)
    if as_json:
        answer = progress.as_dict() | {
            "recognised": None if _recognised(progress) == "-" else progress.recognised
        }
        found = [{"claim": one.public_id, "topic": one.topic, "text": one.text} for one in offered]
        console.emit(answer | {"candidates": found})
        return
    console.say(f"{progress.quarter}: {progress.made} of {progress.goal} made, {progress.waiting} waiting")
    console.say(f"  settled: {progress.settled}, recognised: {_recognised(progress)}")
    for name, n in progress.strata.items():
        console.say(f"  settled in {name}: {n}")
    if offered:
        console.table(("claim", "topic", "text"), [(one.public_id, one.topic, one.text) for one in offered])
    else:
        console.note("no claim to make a seed from: they must be false, answered, and of an earlier week")


def _recognised(progress: "Progress") -> str:
    """The number, from eleven settled seeds on: fewer would tell of the few people who read them."""
    from pipeline.shares import MIN_CASES

    return str(progress.recognised) if progress.settled >= MIN_CASES else "-"


@app.command(
    "add",
    epilog=examples(
        "kiemchung seeds add --claim 3f9a0c52d81b4e67 --by kiem --text 'Nghe nói nấu lá này uống là hết bệnh'"
    ),
)
def add(
    context: typer.Context,
    claim: Annotated[str, typer.Option("--claim", metavar="PUBLIC_ID", help="a claim of `seeds list`")],
    text: Annotated[str, typer.Option("--text", help="the same claim in other words, one sentence")],
    by: Annotated[
        str, typer.Option("--by", metavar="USERNAME", help="the auditor or lead whose words these are")
    ],
    as_json: Json = False,
) -> None:
    """Make one seed; it enters the queue with the next batch, and its writer cannot review it."""
    from pipeline import seeds

    with console.desk(context) as desk:
        with desk.reading() as session:
            staff_id = console.staff_id(session, by)
        made = seeds.make(desk, claim, staff_id, text)
        with desk.reading() as session:
            progress = seeds.progress(session, made.quarter)
    if as_json:
        console.emit({"quarter": made.quarter, "made": progress.made, "goal": progress.goal})
    else:
        console.say(f"{made.quarter}: {progress.made} of {progress.goal} made")
