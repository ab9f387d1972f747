"""`kiemchung keys`: keys that do not belong on the server."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import console
from pipeline.cli.console import Json, examples

app = typer.Typer(
    help="Make keys whose private half is kept off the server.", no_args_is_help=True, rich_markup_mode=None
)


@app.callback()
def keys() -> None:
    """Make keys whose private half is kept off the server."""


@app.command("tips", epilog=examples("kiemchung keys tips --out tips.key"))
def tips(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="where the private key goes")],
    as_json: Json = False,
) -> None:
    """Make the key pair that tips are sealed to.

    Do this on the machine that is kept offline. The public key goes into the setting tips.seal_to of the
    server; the private key never leaves the offline machine. Lose it, and no sealed tip can be read again.
    """
    from pipeline import seals

    public = seals.make_pair(out)
    if as_json:
        console.emit({"public_key": public, "private_key_file": str(out)})
        return
    console.say(f"private key: {out} (keep it off the server, and keep a copy of it)")
    console.say("for kiemchung.toml on the server:")
    console.say(f'[tips]\nseal_to = "{public}"')
