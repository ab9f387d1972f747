"""`kiemchung sources`: the registry of organisations that the desk reads."""

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import console
from pipeline.cli.console import Json, examples

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawlers.discover import Discovery, Found
    from crawlers.registry import SourceSpec
    from crawlers.sample import Sampled

app = typer.Typer(
    help="The registry of sources: organisations that publish, and nothing else.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


Reason = Annotated[str | None, typer.Option(help="why, kept as the source's note in the registry")]
Language = Annotated[str, typer.Option("--lang", help="language of reasons: vi or en")]


@app.command("list", epilog=examples("kiemchung sources list", "kiemchung sources list --json --lang en"))
def list_sources(context: typer.Context, language: Language = "vi", as_json: Json = False) -> None:
    """List the sources with their state and, if one is silent, why."""
    from pipeline import sourcing

    _known(language)
    with console.desk(context) as desk:
        found = sourcing.states(desk, language)
    if as_json:
        console.emit({"sources": [state.as_dict() for state in found]})
        return
    rows = [(one.id, one.state, one.kind, one.entries, one.verified_day, one.health) for one in found]
    console.table(("id", "state", "kind", "entries", "verified", "health"), rows)


@app.command(
    "check",
    epilog=examples("kiemchung sources check", "kiemchung sources check bao-vinh-long --enable --lang en"),
)
def check(
    context: typer.Context,
    source: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="sources to try; all if none")
    ] = None,
    enable: Annotated[
        bool, typer.Option("--enable", help="switch on what can be read; needs the sources named")
    ] = False,
    language: Language = "vi",
    as_json: Json = False,
) -> None:
    """Fetch the entry points of sources once and say which can be read, and why one cannot.

    A source whose entry points can all be read is marked as verified. Exit code 1 if one cannot be read.
    """
    from models.errors import UsageError
    from pipeline import registering, sourcing

    _known(language)
    if enable and not source:
        raise UsageError("--enable: name the sources to switch on")
    with console.desk(context) as desk:
        probes = sourcing.probe(desk, source or [], language)
        switched = sourcing.readable(probes) if enable else []
        if switched:
            registering.switch(desk, switched, on=True)
    if as_json:
        console.emit({"entries": [one.as_dict() for one in probes], "enabled": switched})
    else:
        rows = [
            (one.source, one.kind, one.problem or f"ok, {one.links} addresses", one.url) for one in probes
        ]
        console.table(("source", "kind", "result", "address"), rows)
        if switched:
            console.say(f"switched on: {', '.join(switched)}")
    if not all(one.ok for one in probes):
        raise typer.Exit(1)


@app.command("enable", epilog=examples("kiemchung sources enable bao-vinh-long thvl"))
def enable_sources(
    context: typer.Context,
    source: Annotated[list[str], typer.Argument(metavar="ID...", help="sources to switch on")],
    reason: Reason = None,
) -> None:
    """Switch sources on; only what `sources check` has read once. Comments and order of the file stay."""
    _switch(context, source, reason, on=True)


@app.command("disable", epilog=examples("kiemchung sources disable thvl"))
def disable_sources(
    context: typer.Context,
    source: Annotated[list[str], typer.Argument(metavar="ID...", help="sources to switch off")],
    reason: Reason = None,
) -> None:
    """Switch sources off; what was read of them stays."""
    _switch(context, source, reason, on=False)


def _switch(context: typer.Context, source: list[str], reason: str | None, *, on: bool) -> None:
    from pipeline import registering

    why = "" if reason is None else registering.reason_of(reason)
    with console.desk(context) as desk:
        path = registering.switch(desk, source, on=on, reason=why)
    console.say(f"switched {'on' if on else 'off'} in {path}: {', '.join(source)}")


def _known(language: str) -> None:
    from models.errors import UsageError

    if language not in {"vi", "en"}:
        raise UsageError(f"--lang {language!r}: vi or en")


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
    sample: Annotated[
        bool, typer.Option(help="read up to five pages of each entry point to see how many are in scope")
    ] = True,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    as_json: Json = False,
) -> None:
    """Look for feeds, sitemaps and ClaimReview of a site, show a sample, and add it to the registry."""
    from models.errors import ConflictError, UsageError
    from models.vocabulary import SourceKind
    from pipeline import registering, sourcing

    if kind not in set(SourceKind):
        raise UsageError(f"--kind {kind!r}: one of {', '.join(SourceKind)}")
    with console.desk(context) as desk:
        registering.registry_file(desk)
        found = sourcing.look(desk, url)
        if not found.found:
            raise ConflictError(f"{url}: {found.problem}")
        spec = found.spec(source_id or sourcing.default_id(url), SourceKind(kind), name=name, local=local)
        read = sourcing.taste(desk, found) if sample else {}
        if not as_json:
            _show(found, spec, read)
        if not yes and not typer.confirm("Add this source?", err=True):
            raise typer.Exit(1)
        path = registering.add(desk, spec, read=True)
    if as_json:
        entries = [_entry(one, read) for one in found.found]
        console.emit({"id": spec.id, "name": spec.name, "file": str(path), "entries": entries})
    else:
        console.say(f"added {spec.id} to {path}")


def _entry(one: "Found", read: "Mapping[str, Sampled]") -> dict[str, object]:
    tried = [read[link] for link in one.sample if link in read]
    return {
        "kind": one.entry.kind.value,
        "url": one.entry.url,
        "link_pattern": one.entry.link_pattern,
        "links": one.links,
        "in_scope": sum(page.outcome == "kept" for page in tried),
        "sample": [{"url": page.url, "title": page.title, "outcome": page.outcome.value} for page in tried],
    }


def _show(found: "Discovery", spec: "SourceSpec", read: "Mapping[str, Sampled]") -> None:
    console.say(f"{spec.name} ({spec.id}, {spec.kind.value}, {'local' if spec.local else 'not local'})")
    for one in found.found:
        console.say(f"  {one.entry.kind.value}: {one.entry.url} ({one.links} addresses)")
        if one.entry.link_pattern:
            console.say(f"    link_pattern = '{one.entry.link_pattern}'")
        tried = [read[link] for link in one.sample if link in read]
        if tried:
            ours = sum(page.outcome == "kept" for page in tried)
            console.say(f"    {ours} of {len(tried)} pages tried are in scope; nothing of them is stored")
        for link in one.sample:
            page = read.get(link)
            console.say(f"    {f'[{page.outcome.value}] {page.title} ' if page else ''}{link}")
