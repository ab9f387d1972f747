"""The reference pages of `docs/reference`, written from the code so that they cannot drift from it.

`python -m tools.docs` writes them anew; with `--check` it writes nothing, prints what differs and exits 1.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "reference"
NOTE = "<!-- Written by `python -m tools.docs` from the code. Edit the code, then run `make docs`. -->"


def main(arguments: Sequence[str] | None = None, folder: Path = FOLDER) -> int:
    """Write or check every page; 1 if a checked page differs."""
    parser = argparse.ArgumentParser(prog="python -m tools.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 if a page differs")
    wanted = {name: make() for name, make in PAGES.items()}
    if parser.parse_args(arguments).check:
        found = stale(folder, wanted)
        sys.stdout.write("".join(f"{line}\n" for line in found) or f"{len(wanted)} reference pages hold\n")
        return bool(found)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(wanted)} reference pages written\n")
    return 0


def stale(folder: Path, wanted: Mapping[str, str]) -> list[str]:
    """What is wrong with a folder of pages: missing, different, or of something that is no more."""
    present = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    found = [f"docs/reference/{name}: is missing, run `make docs`" for name in wanted.keys() - present.keys()]
    found += [f"docs/reference/{name}: nothing writes it any more" for name in present.keys() - wanted.keys()]
    both = wanted.keys() & present.keys()
    differ = [name for name in both if present[name] != wanted[name]]
    return sorted(
        found + [f"docs/reference/{name}: differs from the code, run `make docs`" for name in differ]
    )


def page(title: str, intro: str, *blocks: str) -> str:
    """A page with its title, what it is about, and blocks of text."""
    return "\n\n".join([f"# {title}", NOTE, intro, *blocks]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def settings() -> str:
    """Every setting with its variable, default and meaning."""
    from pipeline.settings import FILE_NAME, TABLE, template

    rows = [
        (f"`{one.name}`", f"`{one.variable}`", f"`{one.default!r}`", _range(one.low, one.high), one.help)
        for one in TABLE
    ]
    intro = (
        f"Read in this order, the later one wins: defaults, the file `{FILE_NAME}`, the environment, flags. "
        "A name that is not here, or a value of the wrong kind, stops the program with a line that names it."
    )
    listing = table(("setting", "variable", "default", "range", "what it is"), rows)
    return page("Settings", intro, listing, f"## `{FILE_NAME}`", f"```toml\n{template().rstrip()}\n```")


def _range(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:g} to {high:g}"


def walk(command: Any, path: str = "kiemchung") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 -- a library's object without types
    """Every command with its full name, groups before what is in them."""
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from walk(inner, f"{path} {name}")


def command_line() -> Any:  # noqa: ANN401 -- a library's object without types
    """The whole command line as Typer makes it."""
    import typer.main

    from pipeline.cli.main import app

    return typer.main.get_command(app)


def commands() -> str:
    """Every command with its help, arguments, options and examples."""
    blocks = []
    for path, command in walk(command_line()):
        blocks += [f"## `{path}`", (command.help or "").replace("\b", "").strip()]
        rows = [_parameter(one) for one in command.params if not getattr(one, "hidden", False)]
        if rows:
            blocks.append(table(("argument or option", "default", "what it does"), rows))
        if command.epilog:
            blocks.append(f"```text\n{command.epilog.replace(chr(8), '').strip()}\n```")
    intro = (
        "Exit codes: 0 done, 1 could not, 2 used wrongly. Results go to standard output, notes and progress "
        "to standard error. `--json` gives one JSON object on standard output and nothing else."
    )
    return page("Commands", intro, *(block for block in blocks if block))


def _parameter(one: Any) -> tuple[str, str, str]:  # noqa: ANN401 -- a library's object without types
    argument = type(one).__name__.endswith("Argument")
    name = (one.metavar or one.name.upper()) if argument else ", ".join(one.opts)
    shown = f"`{name}`" if argument or one.is_flag or not one.metavar else f"`{name} {one.metavar}`"
    unset = one.default is None or callable(one.default) or one.default in (False, (), [], "")
    return (
        shown,
        "" if unset else f"`{one.default}`",
        (one.help or "") + (" (required)" if one.required else ""),
    )


def application() -> "tuple[FastAPI, Callable[[], None]]":
    """The web application on an empty desk in a folder of its own, and what takes that folder away again."""
    from pipeline.compose import build
    from pipeline.settings import load
    from review_ui.app import create_app

    folder = tempfile.TemporaryDirectory()
    flags = {"database.url": f"sqlite:///{folder.name}/desk.sqlite", "paths.var": folder.name}
    desk = build(load(environ={}, flags=dict(flags)), migrated=False)

    def close() -> None:
        desk.close()
        folder.cleanup()

    return create_app(desk), close


def served() -> dict[str, tuple[str, str]]:
    """Methods and path of every route of the web application, by name."""
    from starlette.routing import Route

    app, close = application()
    try:
        return {
            route.name: (", ".join(sorted((route.methods or set()) - {"HEAD"})), route.path)
            for route in app.routes
            if isinstance(route, Route)
        }
    finally:
        close()


def routes() -> str:
    """Every address of the web application and who may call it."""
    from models.vocabulary import Role
    from review_ui.permissions import EVERYBODY, PERMISSIONS

    found = served()
    rows = []
    for name, roles in sorted(PERMISSIONS.items()):
        who = "everybody" if roles == EVERYBODY else ", ".join(role.value for role in Role if role in roles)
        methods, path = found.get(name, ("", ""))
        rows.append((f"`{name}`", methods, f"`{path}`", who))
    intro = (
        "One table in the code says who may call what; a route without a row stops the program at start. "
        "*everybody* needs no account, and the page looks at no session. Nothing is changed by a GET "
        "but `sign_in_return`, to which an OpenID Connect service sends the browser back. Addresses under "
        "`/api/v1/desk` are called with a token of a member of staff and never with a session."
    )
    return page("Routes", intro, table(("name", "method", "path", "who"), rows))


def metrics() -> str:
    """Every weekly figure and what it means."""
    from pipeline.dictionary import ENTRIES

    intro = (
        "The figures of one ISO week in Asia/Ho_Chi_Minh, as `kiemchung metrics` and the exports give them. "
        "Each comes with its 95% interval, the number of observations and the method; one with too little "
        "behind it says so and gives no percentage. “Of what the desk reads”: what it never sees is outside."
    )
    rows = [(f"`{name}`", entry.unit, entry.en, entry.vi) for name, entry in ENTRIES.items()]
    return page("Metrics", intro, table(("figure", "unit", "what it says", "in Vietnamese"), rows))


def topics() -> str:
    """The nine topics with their Vietnamese names."""
    from models.vocabulary import Topic
    from pipeline.public import TOPIC_NAMES_EN, TOPIC_NAMES_VI

    intro = (
        "There are nine, held to by code, by a constraint in the database and by the web application's own "
        "list. A tenth is a change of code, a migration, tests and a line in the changelog, never a setting. "
        "What each covers, and the right behind it: [scope](../scope.md)."
    )
    rows = [(f"`{topic}`", TOPIC_NAMES_VI[topic], TOPIC_NAMES_EN[topic]) for topic in Topic]
    return page("Topics", intro, table(("id", "Vietnamese", "English"), rows))


def tables() -> str:
    """Every table and column with its reason and term, from the committed allow-list."""
    from models.allowlist import read
    from models.schema import ROOMS, Base

    about = {
        mapper.local_table.name: (mapper.class_.__doc__ or "").strip()  # type: ignore[attr-defined]
        for mapper in Base.registry.mappers
        if mapper.class_.__module__ in {room.__name__ for room in ROOMS}
    }
    about["alembic_version"] = "Alembic's own table."
    columns = read()
    blocks = []
    for name in dict.fromkeys(one.table for one in columns):
        rows = [
            (f"`{one.column}`", one.type, one.reason, one.retention) for one in columns if one.table == name
        ]
        blocks += [
            f"## `{name}`",
            about[name],
            table(("column", "type", "why it is there", "how long"), rows),
        ]
    intro = (
        "The whole of what the database may hold, from `models/allowlist.tsv`. A test compares it with the "
        "live schema of SQLite and PostgreSQL: a column that is not here fails the build, whatever its name."
    )
    return page("Tables", intro, *blocks)


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings,
    "commands.md": commands,
    "routes.md": routes,
    "metrics.md": metrics,
    "topics.md": topics,
    "tables.md": tables,
}

if __name__ == "__main__":
    sys.exit(main())
