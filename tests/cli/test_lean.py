"""Code made small is the same code, in the same bytes on each interpreter; and what of it stays."""

import ast
import io
import tokenize

import pytest

from microweb.cli.lean import lean
from tests.house import PACKAGE


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_the_package_stays_what_it_is(path):
    source = path.read_bytes()
    small = lean(source)
    # Annotations may be all that a module imported from the future.
    assert ast.dump(Bare().visit(ast.parse(small))) == ast.dump(Bare().visit(ast.parse(source)))
    tokens = [*tokenize.generate_tokens(io.StringIO(small.decode()).readline)]
    assert not [token for token in tokens if token.type in (tokenize.COMMENT, tokenize.NL)]
    assert lean(small) == small


class Bare(ast.NodeTransformer):
    """The tree of what happens at run time."""

    def visit_Module(self, node):
        self.visit_body(node)
        others = [each for each in node.body if ast.unparse(each) != "TYPE_CHECKING = False"]
        if "id='TYPE_CHECKING'" not in ast.dump(ast.Module(others, [])):
            node.body = others
        return node

    def visit_body(self, node):
        is_command = "command(" in "".join(map(ast.unparse, getattr(node, "decorator_list", [])))
        if ast.get_docstring(node) is not None and not is_command:
            del node.body[0]
        node.returns = None
        node = self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node

    visit_ClassDef = visit_FunctionDef = visit_AsyncFunctionDef = visit_body

    def visit_arg(self, node):
        return ast.arg(arg=node.arg)

    def visit_AnnAssign(self, node):
        assignment = ast.Assign(targets=[node.target], value=node.value and self.visit(node.value))
        return node.value and ast.copy_location(assignment, node)

    def visit_If(self, node):
        is_for_checkers = ast.unparse(node.test) in ("TYPE_CHECKING", "t.TYPE_CHECKING") and not node.orelse
        return None if is_for_checkers else self.generic_visit(node)

    def visit_ImportFrom(self, node):
        return None if node.module == "__future__" else node


CASES = {
    "comments": ("# why\n\nx = 1  # c\n", "x=1\n"),
    "docstrings": ('"""M."""\ndef f():\n    """D."""\n    return 1\n', "def f():return 1\n"),
    "nothing but a docstring": ('class A:\n    """D."""\n', "class A:pass\n"),
    "the help page of a command": (
        '@command("a")\ndef f():\n    """H."""\n',
        '@command("a")\ndef f():"""H."""\n',
    ),
    "annotations": (
        "def f(a: int, *b: str, c: 'x' = 1, **d: y) -> t.Any:\n    ...\n",
        "def f(a,*b,c=1,**d):...\n",
    ),
    "annotated names": ("x: int = 3\ny: dict[str, int]\nself.z: t.Any = (\n    1\n)\n", "x=3\nself.z=(1)\n"),
    "fields alone": ("class A:\n    x: int\n", "class A:pass\n"),
    "types": (
        "from __future__ import annotations\nTYPE_CHECKING = False\nif TYPE_CHECKING:\n    import x\n\n"
        "    a = 2\nx = 1\n",
        "x=1\n",
    ),
    "the library's switch": (
        "import typing as t\nif t.TYPE_CHECKING:\n    from x import y\n",
        "import typing as t\n",
    ),
    "what type checkers must not see": (
        "TYPE_CHECKING = False\nif not TYPE_CHECKING:\n    x = 1\n",
        "TYPE_CHECKING=False\nif not TYPE_CHECKING:x=1\n",
    ),
    "two ways": (
        "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    a = 1\nelse:\n    a = 2\n",
        "TYPE_CHECKING=False\nif TYPE_CHECKING:a=1\nelse:a=2\n",
    ),
    "lines": ("f(\n    a,\n    [1,\n     2],\n)\n", "f(a,[1,2],)\n"),
    "words": ("return not x if y else - z\n", "return not x if y else-z\n"),
    "a statement alone": (
        "for x in y:\n    if x:\n        a()\n    else:\n        b()\n        c()\n",
        "for x in y:\n if x:a()\n else:\n  b()\n  c()\n",
    ),
    "one with others below it": ("for x in y:\n    with x:\n        a()\n", "for x in y:\n with x:a()\n"),
    "decorators": ("class A:\n    @b\n    def c(self):\n        d()\n", "class A:\n @b\n def c(self):d()\n"),
    "texts": ('def f():\n    return """a\n\n# b"""  # c\n', 'def f():return"""a\n\n# b"""\n'),
    "texts in a row": (
        "x = ('a'\n     'b' \"c\" f'{d}' f'e' \"\"\"f\"\"\")\n",
        'x=(\'ab\'"c"f\'{d}e\'"""f""")\n',
    ),
    "an escape that the next text would go on": ("x = ('\\1'\n     '2')\n", "x=('\\1''2')\n"),
    "f-strings": (
        'x = f"a {b["c"]  !r:>{d}} {{}}" \n'.replace('"c"', "'c'"),
        "x=f\"a {b['c']  !r:>{d}} {{}}\"\n",
    ),
    "f-strings in lines": ('x = f"""a\n{b}\n  c"""\n', 'x=f"""a\n{b}\n  c"""\n'),
    "any language": ("x: int = f('ü', 'é')  # ß\ny: str = 'ö'\n", "x=f('ü','é')\ny='ö'\n"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_stays(case):
    source, small = CASES[case]
    assert lean(source.encode()).decode() == small
