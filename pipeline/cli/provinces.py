"""`kiemchung provinces`: the packages of other provinces that are installed, and whether they hold."""

from typing import Annotated

import typer

from pipeline.cli import console
from pipeline.cli.console import Json, examples

app = typer.Typer(
    help="Packages of other provinces: sources, place names, texts that the gate is measured on.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list", epilog=examples("kiemchung provinces list", "kiemchung provinces list --json"))
def list_provinces(as_json: Json = False) -> None:
    """List the packages that are installed. A province without one is served by its place names alone."""
    from pipeline import provinces

    found = provinces.installed()
    if as_json:
        rows = [
            {"code": one.code, "name": one.name_vi, "package": one.package, "language": one.language}
            for one in found
        ]
        console.emit({"provinces": rows})
        return
    console.table(
        ("code", "name", "language", "package"),
        [(one.code, one.name_vi, one.language, one.package) for one in found],
    )


@app.command("check", epilog=examples("kiemchung provinces check", "kiemchung provinces check 96 --json"))
def check(
    code: Annotated[
        str | None, typer.Argument(metavar="[CODE]", help="code of a province; all packages if not given")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check packages: sources are publishers, place names are of today, the gate holds on the texts.

    Changes nothing and fetches nothing. Exit code 1 if something does not hold.
    """
    from pipeline import provincecheck

    checked = [provincecheck.check(one) for one in provincecheck.chosen(code)]
    if as_json:
        console.emit({"provinces": [one.as_dict() for one in checked]})
    for one in [] if as_json else checked:
        _show(one.as_dict() | one.gate.as_dict(), list(one.problems))
    if any(one.problems for one in checked):
        raise typer.Exit(1)


def _show(found: dict[str, object], problems: list[str]) -> None:
    console.say(f"{found['code']} {found['name']} ({found['package']}, {found['language']})")
    console.say(f"  {found['sources']} sources, {found['names']} local names")
    console.say(
        f"  the gate keeps {found['kept']} of {found['inside']} in texts, admits {found['admitted']} of "
        f"{found['outside']} out texts and {found['protected_admitted']} of {found['protected']} protected"
    )
    for problem in problems:
        console.say(f"  PROBLEM {problem}")
    if not problems:
        console.say("  holds")
