"""A word to SQLite's planner, which knows no statistics on a desk; PostgreSQL gathers its own."""

from typing import Any, cast

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType


class Mostly(FunctionElement[Any]):
    """A condition that holds for most rows: no reason to look them up by it.

    SQLite takes it for the condition of a partial index all the same, if its values stand in the statement.
    """

    name = "mostly"
    type = NullType()  # of a boolean function SQLAlchemy would ask "= 1", which no partial index says
    inherit_cache = False  # the values are part of the words


@compiles(Mostly)
def _plain(element: Mostly, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401 -- SQLAlchemy's own form
    return f"({compiler.process(element.clauses, **kw | {'literal_binds': True})})"


@compiles(Mostly, "sqlite")
def _sqlite(element: Mostly, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401
    return f"likelihood({compiler.process(element.clauses, **kw | {'literal_binds': True})}, 0.99)"


def mostly(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The same condition, said to hold for most rows; its values are written out, so they must be our own."""
    return cast("ColumnElement[bool]", Mostly(condition))
