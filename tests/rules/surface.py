"""Every name that the outside can meet (settings, commands, routes, columns) and a search among them."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import typer
from typer.main import get_command

from models.schema import TABLES
from pipeline.settings import TABLE

_WORD = re.compile(r"[a-z]+")


def settings() -> list[str]:
    """Names of all settings."""
    return [setting.name for setting in TABLE]


def columns() -> list[str]:
    """`table.column` of all tables."""
    return [f"{table}.{column.name}" for table, rows in TABLES.items() for column in rows.columns]


def commands() -> list[str]:
    """Every command with its options and arguments, as `command sub --option`."""
    from pipeline.cli.main import app

    return list(_walk(get_command(app), "kiemchung"))


def command_names(app: typer.Typer) -> list[str]:
    """The same for any Typer app."""
    return list(_walk(get_command(app), "kiemchung"))


def _walk(command: Any, name: str) -> Iterator[str]:  # noqa: ANN401 -- Typer carries its own copy of click
    yield name
    for parameter in command.params:
        spellings = [*parameter.opts, *parameter.secondary_opts]
        yield from (f"{name} {spelling}" for spelling in spellings)
    for sub, one in getattr(command, "commands", {}).items():
        yield from _walk(one, f"{name} {sub}")


def routes(app: Any) -> list[tuple[str, str, frozenset[str]]]:  # noqa: ANN401
    """Name, path and methods of every route of a web app."""
    found: list[tuple[str, str, frozenset[str]]] = []
    for route in app.routes:
        # FastAPI keeps an included router whole
        inner = getattr(route, "original_router", None)
        if inner is not None:
            found += routes(inner)
            continue
        found.append((route.name, route.path, frozenset(getattr(route, "methods", None) or ())))
    return found


def holding(names: Iterable[str], words: Iterable[str]) -> list[str]:
    """The names in which one of the words stands as a word of its own."""
    wanted = {" ".join(_WORD.findall(word.lower())) for word in words}
    found = []
    for name in names:
        text = f" {' '.join(_WORD.findall(name.lower()))} "
        if any(f" {word} " in text for word in wanted):
            found.append(name)
    return found
