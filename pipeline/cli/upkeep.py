"""Commands that make, copy, clean and examine a desk: init, backup, restore, erase, doctor."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import console
from pipeline.cli.console import Json, examples

if TYPE_CHECKING:
    from pipeline.init import Made

INIT = examples(
    "kiemchung init",
    "kiemchung init --province 96",
    "kiemchung --config desk/kiemchung.toml init",
    "kiemchung init --production --domain desk.example.org --out /srv/kiemchung",
)
BACKUP = examples("kiemchung backup", "kiemchung backup --out /mnt/copies")
MOVE = examples(
    "kiemchung move --to postgresql:///kiemchung",
    "kiemchung move --to postgresql://kiemchung@db/kiemchung --password-file secrets/database_password",
)
RESTORE = examples("kiemchung restore var/backups/kiemchung-20261122T033000Z.backup.tar")


def register(app: typer.Typer) -> None:
    """Put the commands of this module on the command line."""
    app.command("init", epilog=INIT)(init)
    app.command("doctor", epilog=examples("kiemchung doctor", "kiemchung doctor --json"))(doctor)
    app.command("backup", epilog=BACKUP)(backup)
    app.command("restore", epilog=RESTORE)(restore)
    app.command("move", epilog=MOVE)(move)
    app.command("erase", epilog=examples("kiemchung erase"))(erase)


def init(  # noqa: PLR0913, PLR0917 -- each is an option of the command line
    context: typer.Context,
    province: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="code of the province that the desk serves: 96 is Cà Mau"),
    ] = None,
    production: Annotated[
        bool, typer.Option("--production", help="safe settings, secrets in files, and a folder deploy/")
    ] = False,
    domain: Annotated[
        str | None, typer.Option(help="name of the public site, with --production (desk.example.org)")
    ] = None,
    user: Annotated[
        str | None, typer.Option(help="user of the system that runs it, with --production (kiemchung)")
    ] = None,
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="SQLite or PostgreSQL address, with --production")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="folder of the desk, with --production (here)")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a desk here; safe to repeat.

    Writes the settings file, the source registry, the key and the database. With --production also units for
    systemd, files for Caddy, nginx, containers, Prometheus and Grafana, and secrets that their owner alone
    can read. What is there is never overwritten: where it would come out otherwise, NAME.new lies beside it.
    """
    from models.errors import UsageError
    from pipeline.init import initialise

    given = console.options(context)
    if production:
        if province is not None:
            raise UsageError("init: --province does not go with --production; set desk.province in its file")
        _production(given, domain, user, database, out, as_json)
        return
    if any(one is not None for one in (domain, user, database, out)):
        raise UsageError("init: --domain, --user, --database and --out go with --production")
    made = initialise(given.config, os.environ, {**given.flags(), "desk.province": province})
    _tell(made, as_json)
    if not as_json and any(one.new for one in made):
        console.say(
            "Next: `kiemchung users add NAME --role lead`, `kiemchung sources check`, `kiemchung serve`."
        )


def _production(
    given: console.Options,
    domain: str | None,
    user: str | None,
    database: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    from pipeline import deployment

    folder = (out or (given.config.parent if given.config else Path())).absolute()
    chosen = database or given.database
    made = deployment.prepare(folder, os.environ, domain=domain, user=user, database=chosen)
    _tell(made, as_json)
    if not as_json:
        console.say("Next, as root unless it says otherwise:")
        for number, step in enumerate(deployment.next_steps(folder, made), 1):
            console.say(f" {number}. {step}")


def _tell(made: "list[Made]", as_json: bool) -> None:
    if as_json:
        console.emit({"made": [asdict(one) for one in made]})
        return
    for one in made:
        console.say(f"{'made ' if one.new else 'kept '} {one.what:9} {one.path}")
        if one.beside:
            console.say(f"      it differs from what is made today: {one.beside}")


def doctor(context: typer.Context, as_json: Json = False) -> None:
    """Say whether all is well, and what to do if not.

    Changes nothing. Exit code 1 if a check failed; advice alone does not fail.
    """
    from pipeline.doctor import examine

    found = examine(console.settings(context))
    if as_json:
        console.emit({"ok": not any(one.failed for one in found), "checks": [one.as_dict() for one in found]})
    else:
        for one in found:
            console.say(f"{one.state:6} {one.name}: {one.message}")
            if one.todo:
                console.say(f"       -> {one.todo}")
    if any(one.failed for one in found):
        raise typer.Exit(1)


def backup(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="folder to write to (var/backups)")
    ] = None,
    as_json: Json = False,
) -> None:
    """Copy the database and the models into one file.

    The desk goes on working meanwhile. The key (var/desk.key) is NOT in it: keep that elsewhere. Copies in
    var/backups are deleted after seven days, because what is erased must not live on in them; look after
    those in other folders yourself.
    """
    from pipeline import backup as work

    with console.desk(context) as desk:
        path = work.make(desk, out)
    if as_json:
        console.emit(
            {"file": str(path), "bytes": path.stat().st_size, "sha256": work.digest(path), "key": False}
        )
        return
    console.say(str(path))
    console.note("The desk's key is not in it: keep a copy of var/desk.key elsewhere.")


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="a file that `kiemchung backup` wrote")],
    as_json: Json = False,
) -> None:
    """Put a backup back after checking it.

    It must be whole, of a known schema, and its log must verify. Refuses while the desk is in use. The
    database that is replaced is kept as one more backup. What is over age by now is erased at once.
    """
    from pipeline.restore import restore as put_back

    done = put_back(console.settings(context), file)
    if as_json:
        console.emit(
            {
                "made_at": done.made_at,
                "audit_entries": done.audit_entries,
                "models": done.models,
                "put_aside": done.put_aside,
            }
        )
        return
    console.say(
        f"restored the copy of {done.made_at}: {done.audit_entries} log entries, {done.models} models"
    )
    if done.put_aside:
        console.say(f"the database that was replaced is kept as {done.put_aside}")


def move(
    context: typer.Context,
    to: Annotated[
        str, typer.Option("--to", metavar="URL", help="an empty PostgreSQL database or SQLite file")
    ],
    password_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="file with the password of the role in URL")
    ] = None,
    as_json: Json = False,
) -> None:
    """Move the desk's database into an empty one, as from SQLite to PostgreSQL.

    Stop the desk first. Every table is copied in one transaction, every row compared, the log verified.
    Nothing is changed where it was: set database.url afterwards, start, and delete the old database.
    """
    from pipeline.move import move as carry
    from pipeline.settings import load

    place = {
        "database.url": to,
        "database.password_file": None if password_file is None else str(password_file),
    }
    address = load(environ={}, flags=place).database_url
    done = carry(console.settings(context), address, console.bar())
    if as_json:
        console.emit(asdict(done))
        return
    for name, n in done.tables.items():
        console.say(f"{name}: {n}")
    console.say(f"the log verifies: {done.audit_entries} entries, head {done.audit_head}")
    console.note("Now set database.url, start the desk, and delete the old database: what is erased from")
    console.note("the new one would live on in it (rule 9).")


def erase(context: typer.Context, as_json: Json = False) -> None:
    """Erase everything that is over age now (rule 9).

    Rows, their bytes in the database file, and old backups.
    """
    from pipeline.erase import erase_due

    with console.desk(context) as desk:
        counts = erase_due(desk)
    if as_json:
        console.emit({"erased": dict(counts)})
        return
    for name, n in counts.items():
        console.say(f"{name}: {n}")
