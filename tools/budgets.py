"""The budgets of code size: function body, nesting, module length, import cycles. One command, one list.

Run as `python -m tools.budgets`; it prints every place over a budget and exits 1 if there is one.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("models", "classify", "crawlers", "pipeline", "review_ui", "demo", "tools")
MAX_BODY = 60
MAX_NESTING = 3
MAX_MODULE = 500
NESTING = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.AsyncFor, ast.AsyncWith, ast.Match)


def sources() -> Iterator[Path]:
    """Every Python file of the rooms, migrations left out: those are written by a machine."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "versions" not in path.parts:
                yield path


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function's body, its docstring not counted."""
    body = function.body
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def nesting(node: ast.AST, depth: int = 0) -> int:
    """The deepest nesting of statements below a node; an `elif` does not count as deeper."""
    deepest = depth
    for name, value in ast.iter_fields(node):
        children = value if isinstance(value, list) else [value]
        for child in children:
            if not isinstance(child, ast.AST) or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            chained = name == "orelse" and isinstance(node, ast.If) and isinstance(child, ast.If)
            step = isinstance(child, NESTING) and not chained
            deepest = max(deepest, nesting(child, depth + step))
    return deepest


def over_budget(path: Path) -> Iterator[str]:
    """Every place of one file that is over a budget."""
    text = path.read_text(encoding="utf-8")
    where = path.relative_to(ROOT)
    lines = text.count("\n")
    if lines > MAX_MODULE:
        yield f"{where}: {lines} lines, at most {MAX_MODULE}"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if (body := body_lines(node)) > MAX_BODY:
                yield f"{where}:{node.lineno} {node.name}: body of {body} lines, at most {MAX_BODY}"
            if (depth := nesting(node)) > MAX_NESTING:
                yield f"{where}:{node.lineno} {node.name}: nested {depth} deep, at most {MAX_NESTING}"


def imports(path: Path, modules: set[str]) -> set[str]:
    """The modules of ours that a file imports, deferred imports included, type-only ones not."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found & modules


def module_name(path: Path) -> str:
    """The dotted name of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def cycles(graph: dict[str, set[str]]) -> Iterator[str]:
    """Every import cycle, named by the modules on it."""
    state: dict[str, int] = {}
    trail: list[str] = []

    def visit(name: str) -> Iterator[str]:
        state[name] = 1
        trail.append(name)
        for other in sorted(graph[name] - {name}):
            if state.get(other) == 1:
                yield "import cycle: " + " -> ".join([*trail[trail.index(other) :], other])
            elif other not in state:
                yield from visit(other)
        trail.pop()
        state[name] = 2

    for name in sorted(graph):
        if name not in state:
            yield from visit(name)


def main() -> int:
    """Print what is over budget; 0 if nothing is."""
    files = list(sources())
    modules = {module_name(path) for path in files}
    found = [line for path in files for line in over_budget(path)]
    found += cycles({module_name(path): imports(path, modules) for path in files})
    sys.stdout.write("".join(line + "\n" for line in found) or f"{len(files)} modules within budget\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
