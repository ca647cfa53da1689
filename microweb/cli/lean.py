"""Code made small for running: what a zip file of the package holds, and Python compiles at each start.

The rule: it says the same, and a traceback still reads. Names stay, and so does a line for each statement;
what goes is there for readers and type checkers. So this

    def find(self, name: str, more: int = 0) -> t.Any:
        \"""Look it up.\"""
        if name in self.known:  # the usual case
            return self.known[name]

comes to

    def find(self,name,more=0):
     if name in self.known:return self.known[name]

Only where tokens and nodes of the syntax tree lie is asked, and no code is written anew: so the bytes are the
same whichever interpreter did it.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from bisect import bisect
from tokenize import DEDENT, INDENT, NEWLINE, STRING, TokenInfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    #: Row and column, which counts bytes; where something begins, and where it has ended.
    Place = tuple[int, int]
    Range = tuple[Place, Place]
    #: Depth and text of a logical line.
    Line = tuple[int, str]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.ENDMARKER, INDENT, DEDENT}
#: A statement that has others below it.
_COMPOUND = re.compile(r"(async|class|def|elif|else|except|finally|for|if|try|while|with)\b")
#: What a text in one pair of quotes begins with.
_QUOTE = re.compile(r"""\w*(["'])(?!\1\1)""")
_TWO_WORDS = re.compile(r"\w\w")


def lean(source: bytes) -> bytes:
    """The same code without comments, docstrings, annotations, type checkers' blocks and layout."""
    # Each byte is a character in Latin-1: so columns of tokens are those of the syntax tree.
    tokens = _tokens(source.decode("latin-1"))
    gone = sorted(_superfluous(ast.parse(source), tokens), reverse=True)
    lines = _suites(_lines(tokens, gone))
    return "".join(f"{' ' * depth}{text}\n" for depth, text in lines).encode("latin-1")


# What goes


def _superfluous(tree: ast.Module, tokens: list[TokenInfo]) -> t.Iterator[Range]:
    nodes = [*ast.walk(tree)]
    # Some blocks are for all but type checkers: they ask for the name when they run.
    asked = sum(_is_switch(node) and isinstance(node.ctx, ast.Load) for node in nodes)  # type: ignore[attr-defined]
    kept = asked > sum(isinstance(node, ast.If) and is_for_checkers(node) for node in nodes)
    signs = [token.start for token in tokens if token.string in ("=", "->")]
    for node in nodes:
        doc = docstring(node)
        if doc is not None and not _is_command(node):
            yield _range(doc)
        if is_for_checkers(node) and not (kept and isinstance(node, ast.Assign)):
            yield _range(node)
        yield from _annotation(node, signs)


def is_for_checkers(node: ast.AST) -> bool:
    """Whether a statement does nothing at run time: it is about types."""
    if isinstance(node, ast.If):
        return not node.orelse and _is_switch(node.test)
    if isinstance(node, ast.Assign):
        return _is_switch(node.targets[0])
    if isinstance(node, ast.AnnAssign):
        return node.value is None
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _is_switch(node: ast.AST) -> bool:
    return "TYPE_CHECKING" in (getattr(node, "id", ""), getattr(node, "attr", ""))


def docstring(node: ast.AST) -> ast.Expr | None:
    """The statement that is a docstring."""
    if not isinstance(node, (ast.Module, ast.ClassDef, *_FUNCTIONS)):
        return None
    first = node.body[0] if node.body else None
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return first if is_text and isinstance(first.value.value, str) else None  # type: ignore[union-attr,return-value]


def _is_command(node: ast.AST) -> bool:
    """Whether a docstring is the help page of a command."""
    return any(
        isinstance(each, ast.Call) and getattr(each.func, "id", "") == "command"
        for each in getattr(node, "decorator_list", ())
    )


def _annotation(node: ast.AST, signs: list[Place]) -> t.Iterator[Range]:
    """From the name to behind its annotation; no interpreter is told where the sign between them is."""
    if isinstance(node, ast.arg) and node.annotation:
        (row, column), end = _range(node)
        yield (row, column + len(node.arg.encode())), end
    elif isinstance(node, ast.AnnAssign) and node.value:
        yield _range(node.target)[1], _sign_before(node.value, signs)
    elif isinstance(node, _FUNCTIONS) and node.returns:
        yield _sign_before(node.returns, signs), _range(node.returns)[1]


def _sign_before(node: ast.AST, signs: list[Place]) -> Place:
    return signs[bisect(signs, _range(node)[0]) - 1]


def _range(node: t.Any) -> Range:
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


# What stays


def _tokens(source: str) -> list[TokenInfo]:
    """The tokens; an f-string is one, though some interpreters tell what is in it."""
    rows = [*io.StringIO(source)]
    found: list[TokenInfo] = []
    starts: list[Place] = []
    for token in tokenize.generate_tokens(iter(rows).__next__):
        kind = tokenize.tok_name[token.type]
        if kind == "FSTRING_START":
            starts.append(token.start)
        elif kind == "FSTRING_END":
            start = starts.pop()
            text = _between(rows, start, token.end)
            token = token._replace(type=STRING, string=text, start=start)
        if not starts:
            found.append(token)
    return found


def _between(rows: list[str], start: Place, end: Place) -> str:
    rows = rows[start[0] - 1 : end[0]]
    rows[-1] = rows[-1][: end[1]]
    rows[0] = rows[0][start[1] :]
    return "".join(rows)


def _lines(tokens: list[TokenInfo], gone: list[Range]) -> t.Iterator[Line]:
    """Statements, or what stands before the colon of one, in one line each."""
    depth = 0
    line: list[TokenInfo] = []
    for token in tokens:
        while gone and gone[-1][1] <= token.start:
            gone.pop()
        depth += (token.type == INDENT) - (token.type == DEDENT)
        if token.type in _LAYOUT or gone and gone[-1][0] <= token.start:
            continue
        if token.type != NEWLINE:
            line.append(token)
        elif line:
            yield depth, _text(line)
            line = []


def _text(line: list[TokenInfo]) -> str:
    """The tokens of a line, a space where two would become one; texts that follow each other are one."""
    text = before = ""
    for token in line:
        quote = _QUOTE.match(token.string) if token.type == STRING else None
        # An octal escape at the end may have one digit more.
        if quote and quote[0] == before and not re.search(r"\\[0-7]{1,2}$", text[:-1]):
            text = text[:-1] + token.string[quote.end() :]
        else:
            text += " " * bool(_TWO_WORDS.match(text[-1:] + token.string[0])) + token.string
        before = quote[0] if quote else ""
    return text


def _suites(lines: t.Iterable[Line]) -> list[Line]:
    """A statement that is alone below another joins its line; where nothing is left, there is "pass"."""
    above = [*lines]
    found: list[Line] = []
    for (depth, text), (after, _) in zip(above, [*above[1:], (0, "")]):
        if text[-1] == ":" and after <= depth:
            text += "pass"
        if found and found[-1][1][-1] == ":" and after < depth and not _COMPOUND.match(text):
            text = found[-1][1] + text
            depth, _ = found.pop()
        found.append((depth, text))
    return found
