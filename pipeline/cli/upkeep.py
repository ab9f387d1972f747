"""Commands that make, copy, clean and examine a desk: init, backup, restore, erase, doctor."""

import os
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import console
from pipeline.cli.console import Json, examples

BACKUP = examples("kiemchung backup", "kiemchung backup --out /mnt/copies")
RESTORE = examples("kiemchung restore var/backups/kiemchung-20261122T033000Z.backup.tar")


def register(app: typer.Typer) -> None:
    """Put the commands of this module on the command line."""
    app.command("init", epilog=examples("kiemchung init", "kiemchung --config desk/kiemchung.toml init"))(
        init
    )
    app.command("doctor", epilog=examples("kiemchung doctor", "kiemchung doctor --json"))(doctor)
    app.command("backup", epilog=BACKUP)(backup)
    app.command("restore", epilog=RESTORE)(restore)
    app.command("erase", epilog=examples("kiemchung erase"))(erase)


def init(context: typer.Context, as_json: Json = False) -> None:
    """Make a desk here; safe to repeat.

    Writes the settings file, the source registry, the key and the database. What is there is never
    overwritten.
    """
    from pipeline.init import initialise

    given = console.options(context)
    made = initialise(given.config, os.environ, given.flags())
    if as_json:
        console.emit({"made": [{"what": one.what, "path": one.path, "new": one.new} for one in made]})
        return
    for one in made:
        console.say(f"{'made ' if one.new else 'kept '} {one.what:9} {one.path}")
    if any(one.new for one in made):
        console.say(
            "Next: `kiemchung users add NAME --role lead`, `kiemchung sources check`, `kiemchung serve`."
        )


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
