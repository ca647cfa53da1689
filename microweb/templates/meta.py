"""What a template refers to, read off its nodes.

>>> from .environment import Environment
>>> tree = Environment().parse("{% set a = 1 %}{% include 'b.html' %}{{ a + c }}")
>>> find_undeclared_variables(tree)
{'c'}
>>> list(find_referenced_templates(tree))
['b.html']
"""

from __future__ import annotations

from . import nodes
from .compiler import CodeGenerator

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


def find_undeclared_variables(ast: nodes.Template) -> set[str]:
    """Return the variables that must come from the context, whatever branch is taken."""
    generator = CodeGenerator(ast.environment, "<introspection>", "<introspection>")
    generator.module(ast)
    return generator.undeclared.difference(ast.environment.globals)


def find_referenced_templates(ast: nodes.Template) -> t.Iterator[str | None]:
    """Yield the templates that are extended, imported and included; None for a computed name."""
    for node in ast.find_all((nodes.Extends, nodes.FromImport, nodes.Import, nodes.Include)):
        wanted = node.template
        values = [getattr(item, "value", None) for item in getattr(wanted, "items", [wanted])]
        if len(values) == 1 and isinstance(values[0], (tuple, list)):
            values = [*values[0]]
        yield from (value if isinstance(value, str) else None for value in values)
