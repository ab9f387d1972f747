"""Small wrong changes to a module's source, one at a time: what mutation testing asks the tests to notice.

The operators are those of DeMillo, Lipton and Sayward (1978) as used since: comparisons, logic, arithmetic,
constants, results, left-out calls and refusals; and for tables one more, a row with its neighbour's value.
Left alone is what no rule hangs on: docstrings, annotations, and the wording of messages and of refusals.
"""

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Change = Callable[[], None]

_COMPARE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.LShift: ast.RShift,
}


@dataclass(frozen=True)
class Mutant:
    """One wrong change: its number in the module, the line, where it stands, and what it does."""

    number: int
    line: int
    scope: str
    what: str
    at_import: bool
    nth: int = 1

    @property
    def key(self) -> str:
        """A name that outlives a shift of lines; the second of its kind in a function says so."""
        return f"{self.scope}: {self.what}" + (f" ({self.nth})" if self.nth > 1 else "")


@dataclass
class _Site:
    line: int
    scope: str
    what: str
    at_import: bool
    change: Change


def mutants(source: str) -> list[Mutant]:
    """Every mutant of a module's source, in order; the same for the same source."""
    times: Counter[tuple[str, str]] = Counter()
    found = []
    for number, site in enumerate(_sites(ast.parse(source))):
        times[site.scope, site.what] += 1
        nth = times[site.scope, site.what]
        found.append(Mutant(number, site.line, site.scope, site.what, site.at_import, nth))
    return found


def mutated(source: str, number: int) -> ast.Module:
    """The tree of the source with the change of that number made.

    Raises:
        IndexError: the source has no such mutant.

    """
    tree = ast.parse(source)
    list(_sites(tree))[number].change()
    return ast.fix_missing_locations(tree)


def _sites(tree: ast.Module) -> Iterator[_Site]:
    yield from _in_body(tree, "module", at_import=True)


def _in_body(node: ast.AST, scope: str, *, at_import: bool) -> Iterator[_Site]:
    """The sites below a node, without docstrings, annotations and messages."""
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list", "type_comment"}:
            continue
        children = value if isinstance(value, list) else [value]
        for place, child in enumerate(children):
            if not isinstance(child, ast.AST) or _is_left_alone(child, node):
                continue
            inner, imported = scope, at_import
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inner = child.name if scope == "module" else f"{scope}.{child.name}"
                imported = at_import and isinstance(child, ast.ClassDef)
            elif isinstance(child, ast.arguments):
                imported = True  # a default is reckoned where the function is defined
            yield from _here(
                node, (field, place if isinstance(value, list) else None), child, scope, at_import
            )
            yield from _in_body(child, inner, at_import=imported)


def _is_left_alone(child: ast.AST, parent: ast.AST) -> bool:
    if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
        return True  # a docstring
    if isinstance(child, ast.Import | ast.ImportFrom):
        return True
    if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
        return True
    if isinstance(parent, ast.Raise):
        return True  # the words of a refusal; that it is raised has a mutant of its own
    if isinstance(child, ast.keyword) and child.arg in {"help", "message", "description"}:
        return True
    return isinstance(child, ast.Assign) and ast.unparse(child.targets[0]).startswith("__")


def _here(
    parent: ast.AST, place: tuple[str, int | None], node: ast.AST, scope: str, at_import: bool
) -> Iterator[_Site]:
    for new in _replacements(node):
        line = getattr(node, "lineno", 0)
        what = f"{_short(node)} -> {_short(new)}"
        yield _Site(line, scope, what, at_import, _put(parent, place, new))
    if isinstance(node, ast.Dict):
        yield from _rows(node, scope, at_import)


def _put(parent: ast.AST, place: tuple[str, int | None], new: ast.AST) -> Change:
    field, index = place

    def change() -> None:
        if index is None:
            setattr(parent, field, new)
        else:
            getattr(parent, field)[index] = new

    return change


def _rows(table: ast.Dict, scope: str, at_import: bool) -> Iterator[_Site]:
    """A row of a table with the value of another row: a role too many, a term too long."""
    names = [value for value in table.values if isinstance(value, ast.Name)]
    for place, value in enumerate(table.values):
        key = table.keys[place]
        other = next((one for one in names if isinstance(value, ast.Name) and one.id != value.id), None)
        if other is not None and key is not None:
            what = f"{_short(key)}: {_short(value)} -> {_short(other)}"
            yield _Site(value.lineno, scope, what, at_import, _put(table, ("values", place), other))


def _replacements(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare):
        yield from _comparisons(node)
    elif isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield ast.copy_location(ast.BoolOp(other, node.values), node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        yield ast.copy_location(ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right), node)
    elif isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(node, ast.IfExp):
        yield ast.copy_location(ast.IfExp(node.test, node.orelse, node.body), node)
    else:
        yield from _statements(node)


def _comparisons(node: ast.Compare) -> Iterator[ast.AST]:
    for place, operator in enumerate(node.ops):
        other = [*node.ops[:place], _COMPARE[type(operator)](), *node.ops[place + 1 :]]
        yield ast.copy_location(ast.Compare(node.left, other, node.comparators), node)


def _constants(node: ast.Constant) -> Iterator[ast.AST]:
    value = node.value
    if isinstance(value, bool):
        yield ast.copy_location(ast.Constant(not value), node)
    elif isinstance(value, int | float):
        yield ast.copy_location(ast.Constant(value + 1), node)
    elif isinstance(value, str):
        yield ast.copy_location(ast.Constant(f"XX{value}"), node)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    nothing = ast.Pass()
    if isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        yield ast.copy_location(nothing, node)
    elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield ast.copy_location(ast.Return(ast.Constant(None)), node)
    elif isinstance(node, ast.AugAssign) and type(node.op) in _ARITHMETIC:
        yield ast.copy_location(ast.AugAssign(node.target, _ARITHMETIC[type(node.op)](), node.value), node)
    elif isinstance(node, ast.Continue):
        yield ast.copy_location(ast.Break(), node)
    elif isinstance(node, ast.Break):
        yield ast.copy_location(ast.Continue(), node)


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
