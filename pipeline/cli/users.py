"""`kiemchung users`: accounts of the desk's staff. A password is never an argument: others can read those."""

import secrets
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from pipeline.cli import console
from pipeline.cli.console import Json, examples

app = typer.Typer(help="Accounts of the desk's staff.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(help="2 to 32 characters from a-z, 0-9, dot, dash and underscore")]
Generate = Annotated[
    bool,
    typer.Option(
        "--generate", help="make a password and print it once; its owner has a week to choose another"
    ),
]


@app.command(
    "add",
    epilog=examples(
        "kiemchung users add lan --role analyst", "kiemchung users add minh --role lead --generate"
    ),
)
def add(
    context: typer.Context,
    username: Name,
    role: Annotated[str, typer.Option(help="analyst, lead, auditor or admin")],
    generate: Generate = False,
    as_json: Json = False,
) -> None:
    """Make an account; the password is asked for, read from standard input, or made with --generate."""
    from models.errors import UsageError
    from models.vocabulary import Role
    from pipeline import accounts

    if role not in set(Role):
        raise UsageError(f"--role {role!r}: one of {', '.join(Role)}")
    with console.desk(context) as desk:
        password = _password(generate)
        accounts.add(desk, username, Role(role), password, first=generate)
    _tell(username, "added", password if generate else None, as_json)


@app.command("disable", epilog=examples("kiemchung users disable lan"))
def disable(context: typer.Context, username: Name, as_json: Json = False) -> None:
    """Close an account: it is signed out everywhere and its decisions stay."""
    from pipeline import accounts

    with console.desk(context) as desk:
        accounts.disable(desk, username)
    _tell(username, "disabled", None, as_json)


@app.command("reset", epilog=examples("kiemchung users reset lan", "kiemchung users reset lan --generate"))
def reset(context: typer.Context, username: Name, generate: Generate = False, as_json: Json = False) -> None:
    """Set a new password; every session of the account ends, and a closed account is open again."""
    from pipeline import accounts

    with console.desk(context) as desk:
        password = _password(generate)
        accounts.reset(desk, username, password, first=generate)
    _tell(username, "reset", password if generate else None, as_json)


@app.command(
    "reset-factor",
    epilog=examples("kiemchung users reset-factor lan", "kiemchung users reset-factor lan --json"),
)
def reset_factor(context: typer.Context, username: Name, as_json: Json = False) -> None:
    """Take the second factor from an account whose owner lost phone and recovery codes; it is signed out."""
    from pipeline import accounts

    with console.desk(context) as desk:
        accounts.reset_factor(desk, username)
    _tell(username, "second factor taken off", None, as_json)


@app.command("list", epilog=examples("kiemchung users list", "kiemchung users list --json"))
def list_accounts(context: typer.Context, as_json: Json = False) -> None:
    """Every account with its role, whether it is closed, its second factor and how many tokens it has."""
    from dataclasses import asdict

    from pipeline import accounts

    with console.desk(context) as desk, desk.reading() as session:
        found = accounts.everyone(session)
    if as_json:
        console.emit({"users": [asdict(one) for one in found]})
        return
    for one in found:
        state = "closed" if one.disabled else one.role
        factor = "second factor" if one.second_factor else "password alone"
        console.say(f"{one.username:<20} {state:<8} {factor:<15} tokens: {one.tokens}")


def _password(generate: bool) -> str:
    if generate:
        return "-".join(secrets.token_hex(2) for _ in range(5))
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    asked: Callable[..., str] = typer.prompt
    return asked("Password (15 characters or more)", hide_input=True, confirmation_prompt=True, err=True)


def _tell(username: str, done: str, password: str | None, as_json: bool) -> None:
    if as_json:
        console.emit({"username": username, "done": done, "password": password})
        return
    console.say(f"{username}: {done}")
    if password is not None:
        console.say(f"password (shown once): {password}")
