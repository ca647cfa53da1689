"""What can be read off the package's source without running it: modules, imports, functions, sizes.

The gate's tests ask questions of this; a figure that fails comes with the places that cause it.
"""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "microweb"

#: Tokens that do not make a line a line of code.
LAYOUT = {
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.COMMENT,
}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try)
BRANCHES = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.comprehension)


class Module:
    """A module of the package: its name below the package, its syntax tree, its lines of code."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.place = path.relative_to(PACKAGE).as_posix()
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        self.is_package = parts[-1] == "__init__"
        self.name = ".".join(parts[:-1] if self.is_package else parts)
        self.part = parts[0]
        source = path.read_bytes()
        self.tree = ast.parse(source)
        self.code_lines = code_lines(source)

    def imports(self) -> list[tuple[ast.AST, int, str, str]]:
        """Node, level, module and name of each import that happens at run time, lazy or not."""
        found = []
        for node in walk_run_time(self.tree):
            if isinstance(node, ast.Import):
                found += [(node, 0, alias.name, "") for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                found += [(node, node.level, node.module or "", alias.name) for alias in node.names]
        return found

    def dependencies(self, names: set[str]) -> set[tuple[str, int]]:
        """The modules of the package that this one imports, with the line."""
        found = set()
        for node, level, module, name in self.imports():
            if level:
                base = self.name.split(".") if self.is_package else self.name.split(".")[:-1]
                base = [part for part in base if part][: len(base) - level + 1]
                target = ".".join([*base, *filter(None, [module])])
                inner = f"{target}.{name}".strip(".")
                target = inner if inner in names else target
                if target != self.name:
                    found.add((target, node.lineno))
        return found

    def functions(self) -> list[ast.AST]:
        return [node for node in ast.walk(self.tree) if isinstance(node, FUNCTIONS)]

    def lines_of(self, node: ast.AST) -> int:
        return sum(node.lineno <= line <= node.end_lineno for line in self.code_lines)


def code_lines(source: bytes) -> set[int]:
    """The numbers of the lines that hold code: no blank ones, no comments, no docstrings."""
    lines: set[int] = set()
    statement_begins = True
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.type in LAYOUT:
            statement_begins |= token.type not in (tokenize.COMMENT, tokenize.NL)
        elif token.type == tokenize.STRING and statement_begins:
            statement_begins = False
        else:
            lines.update(range(token.start[0], token.end[0] + 1))
            statement_begins = False
    return lines


def walk_run_time(tree: ast.AST):
    """Like ast.walk, without the bodies of ``if TYPE_CHECKING``."""
    todo = [tree]
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            todo.extend(node.orelse)
        else:
            todo.extend(ast.iter_child_nodes(node))


def nesting(node: ast.AST, depth: int = 0) -> int:
    """How deep blocks lie in each other in a function. An elif is no deeper than its if."""
    deepest = depth
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (*FUNCTIONS, ast.ClassDef)):
            continue
        is_elif = isinstance(node, ast.If) and node.orelse == [child] and isinstance(child, ast.If)
        deeper = isinstance(child, BLOCKS) and not is_elif
        deepest = max(deepest, nesting(child, depth + deeper))
    return deepest


def complexity(node: ast.AST) -> int:
    """The number of ways through a function: one, and one more for each branch."""
    inner = {
        id(n)
        for child in ast.walk(node)
        if child is not node and isinstance(child, FUNCTIONS)
        for n in ast.walk(child)
    }
    return 1 + sum(isinstance(n, BRANCHES) for n in ast.walk(node) if id(n) not in inner)


def public_definitions(module: Module):
    """Classes, functions and methods that users may meet, as (qualified name, node)."""
    todo = [("", module.tree)]
    while todo:
        prefix, scope = todo.pop()
        for node in scope.body:
            if not isinstance(node, (*FUNCTIONS, ast.ClassDef)) or node.name.startswith("_"):
                continue
            decorators = " ".join(ast.unparse(decorator) for decorator in node.decorator_list)
            if "overload" in decorators or ".setter" in decorators or ".deleter" in decorators:
                continue
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                todo.append((f"{prefix}{node.name}.", node))


def modules() -> dict[str, Module]:
    found = [Module(path) for path in sorted(PACKAGE.rglob("*.py"))]
    return {module.name: module for module in found}


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The groups of modules that reach each other (Tarjan's strongly connected components)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in graph.get(node, ()):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1:
                found.append(sorted(group))

    for node in graph:
        if node not in index:
            visit(node)
    return found
