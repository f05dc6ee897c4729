"""A cell as code: its statements, its last expression, and the names it shares with other cells."""

import ast
import builtins
import linecache
import symtable
from dataclasses import dataclass
from types import CodeType

from .failure import register


@dataclass
class Cell:
    statements: CodeType
    # None when the cell does not end with an expression, or hides it by a semicolon.
    last: CodeType | None
    declares: list[str]
    reads: list[str]


def to_cell(source: str, name: str) -> Cell:
    """Compiles a cell; a SyntaxError has its place in the cell."""
    register(name)
    remember(source, name)
    tree = ast.parse(source, name)
    last = tree.body[-1] if tree.body else None
    expression = None
    if isinstance(last, ast.Expr) and not source.rstrip().endswith(";"):
        tree.body.pop()
        expression = _compile(ast.Expression(last.value), name, "eval")
    declares, reads = _names(source, name)
    return Cell(_compile(tree, name, "exec"), expression, declares, reads)


def remember(source: str, name: str) -> None:
    """Lets tracebacks quote the lines of a cell."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)


def _compile(tree: ast.AST, name: str, mode: str) -> CodeType:
    return compile(tree, name, mode, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)


def _names(source: str, name: str) -> tuple[list[str], list[str]]:
    """What the cell declares at its top, and what it takes that it does not declare."""
    try:
        top = symtable.symtable(source, name, "exec")
    except SyntaxError:
        return [], []
    declared = [each.get_name() for each in top.get_symbols() if each.is_assigned() or each.is_imported()]
    read: dict[str, None] = {}
    tables = [top]
    while tables:
        table = tables.pop(0)
        tables.extend(table.get_children())
        for each in table.get_symbols():
            is_outer = table is top or each.is_global()
            if is_outer and each.is_assigned() and each.is_declared_global():
                declared.append(each.get_name())
            if is_outer and each.is_referenced():
                read[each.get_name()] = None
    known = {*declared, *dir(builtins), "display", "__name__"}
    return list(dict.fromkeys(declared)), [each for each in read if each not in known]
