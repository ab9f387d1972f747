"""Copies of a PostgreSQL database by the programs that ship with it."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import URL

from models.errors import KiemChungError


def dump(url: URL, target: Path) -> None:
    """Write the database to a file; raises `KiemChungError` if `pg_dump` is missing or fails."""
    _run("pg_dump", url, ["--format=custom", "--no-owner", f"--file={target}"])


def load(url: URL, source: Path) -> None:
    """Fill an empty database from a dump in one transaction, or leave it empty."""
    _run("pg_restore", url, ["--no-owner", "--single-transaction", "--exit-on-error", str(source)])


def _run(program: str, url: URL, arguments: Sequence[str]) -> None:
    found = shutil.which(program)
    if found is None:
        raise KiemChungError(f"{program}: not found on PATH; install PostgreSQL's client programs")
    named = {"host": url.host, "port": url.port, "username": url.username, "dbname": url.database}
    socket = url.query.get("host")
    if named["host"] is None and isinstance(socket, str):
        named["host"] = socket
    options = [f"--{name}={value}" for name, value in named.items() if value is not None]
    # the password goes by the environment: a command line can be read by every user of the machine
    password = {} if url.password is None else {"PGPASSWORD": str(url.password)}
    done = subprocess.run(  # noqa: S603 -- a fixed program with arguments that no shell reads
        [found, *options, *arguments],
        env={**os.environ, **password},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        lines = (done.stderr or "").strip().splitlines() or [f"exit code {done.returncode}"]
        raise KiemChungError(f"{program}: {lines[-1]}")
