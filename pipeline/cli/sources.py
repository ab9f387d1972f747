"""`kiemchung sources`: the registry of organisations that the desk reads."""

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import console
from pipeline.cli.console import Json, examples

if TYPE_CHECKING:
    from crawlers.discover import Discovery
    from crawlers.registry import SourceSpec

app = typer.Typer(
    help="The registry of sources: organisations that publish, and nothing else.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list", epilog=examples("kiemchung sources list", "kiemchung sources list --json"))
def list_sources(context: typer.Context, as_json: Json = False) -> None:
    """List the sources with their state and, if one is silent, why."""
    from pipeline import sourcing

    with console.desk(context) as desk:
        found = sourcing.states(desk)
    if as_json:
        console.emit({"sources": [state.as_dict() for state in found]})
        return
    rows = [
        (one.id, "on" if one.enabled else "off", one.kind, one.entries, one.verified_day, one.health)
        for one in found
    ]
    console.table(("id", "state", "kind", "entries", "verified", "health"), rows)


@app.command("check", epilog=examples("kiemchung sources check", "kiemchung sources check bao-vinh-long"))
def check(
    context: typer.Context,
    source: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="sources to try; all if none")
    ] = None,
    as_json: Json = False,
) -> None:
    """Fetch the entry points of sources once and say which can be read, and why one cannot.

    A source whose entry points can all be read is marked as verified. Exit code 1 if one cannot be read.
    """
    from pipeline import sourcing

    with console.desk(context) as desk:
        probes = sourcing.probe(desk, source or [])
    if as_json:
        console.emit({"entries": [one.as_dict() for one in probes]})
    else:
        rows = [
            (one.source, one.kind, one.problem or f"ok, {one.links} addresses", one.url) for one in probes
        ]
        console.table(("source", "kind", "result", "address"), rows)
    if not all(one.ok for one in probes):
        raise typer.Exit(1)


@app.command(
    "add",
    epilog=examples(
        "kiemchung sources add https://example.vn/",
        "kiemchung sources add https://example.vn/ --id bao-tinh --kind newspaper --yes",
    ),
)
def add(  # noqa: PLR0913, PLR0917 -- the options of one command
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="the home page of an organisation that publishes")],
    source_id: Annotated[
        str | None, typer.Option("--id", help="identifier; made of the address if not given")
    ] = None,
    kind: Annotated[
        str,
        typer.Option(help="newspaper, broadcaster, public_body, health, fact_checker or association"),
    ] = "newspaper",
    name: Annotated[str | None, typer.Option(help="name; the page's title if not given")] = None,
    local: Annotated[bool, typer.Option(help="whether the organisation serves the desk's province")] = True,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    as_json: Json = False,
) -> None:
    """Look for feeds, sitemaps and ClaimReview of a site, show a sample, and add it to the registry."""
    from models.errors import ConflictError, UsageError
    from models.vocabulary import SourceKind
    from pipeline import sourcing

    if kind not in set(SourceKind):
        raise UsageError(f"--kind {kind!r}: one of {', '.join(SourceKind)}")
    with console.desk(context) as desk:
        sourcing.registry_file(desk)
        found = sourcing.look(desk, url)
        if not found.found:
            raise ConflictError(f"{url}: {found.problem}")
        spec = found.spec(source_id or sourcing.default_id(url), SourceKind(kind), name=name, local=local)
        if not as_json:
            _show(found, spec)
        if not yes and not typer.confirm("Add this source?", err=True):
            raise typer.Exit(1)
        path = sourcing.append(desk, spec)
    if as_json:
        entries = [
            {"kind": one.entry.kind.value, "url": one.entry.url, "links": one.links} for one in found.found
        ]
        console.emit({"id": spec.id, "name": spec.name, "file": str(path), "entries": entries})
    else:
        console.say(f"added {spec.id} to {path}")


def _show(found: "Discovery", spec: "SourceSpec") -> None:
    console.say(f"{spec.name} ({spec.id}, {spec.kind.value}, {'local' if spec.local else 'not local'})")
    for one in found.found:
        console.say(f"  {one.entry.kind.value}: {one.entry.url} ({one.links} addresses)")
        for link in one.sample:
            console.say(f"    {link}")
