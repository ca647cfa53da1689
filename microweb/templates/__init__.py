"""Jinja's template language, compiled to Python.

The names are Jinja's; each is loaded from its module when it is first used, because a program
that only escapes text or catches `TemplateNotFound` should not load a compiler.

>>> Environment(autoescape=True).from_string("Hello {{ name }}!").render(name="<World>")
'Hello &lt;World&gt;!'
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

_MODULES = {
    "environment": "Environment Template",
    "errors": "TemplateError TemplateNotFound TemplatesNotFound TemplateSyntaxError TemplateAssertionError"
    " TemplateRuntimeError TemplateRecursionError UndefinedError",
    "loaders": "BaseLoader FileSystemLoader PackageLoader DictLoader FunctionLoader PrefixLoader"
    " ChoiceLoader ModuleLoader",
    "runtime": "Undefined ChainableUndefined DebugUndefined StrictUndefined make_logging_undefined",
    "utils": "pass_context pass_environment pass_eval_context is_undefined select_autoescape",
}
_HOME = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = list(_HOME)  # noqa: PLE0605


def __getattr__(name: str) -> t.Any:
    from importlib import import_module  # only when a name is first used

    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
