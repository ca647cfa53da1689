"""``template``: what the engine makes of a template."""

from __future__ import annotations

from ..globals import current_app
from ..templates.errors import TemplateNotFound, TemplateSyntaxError
from ..templates.meta import find_referenced_templates, find_undeclared_variables
from .decorators import argument, command, option
from .exceptions import ClickException, nearest
from .script import with_appcontext
from .terminal import echo


@command("template")
@option("--source", is_flag=True, help="Show the Python that the template is compiled to.")
@argument("name")
@with_appcontext
def template_command(source: bool, name: str) -> None:
    """Show where a template lies, which variables it needs and which templates it refers to; with
    --source the Python that it is compiled to."""
    env = current_app.jinja_env
    try:
        text, path, _ = env.loader.get_source(env, name)
        tree = env.parse(text, name, path)
        code = env.compile(text, name, path, raw=True)
        variables = find_undeclared_variables(tree) - set(env.globals)
    except TemplateNotFound:
        near = (
            nearest(name, env.list_templates(), 1) or " It is in none of the application's template folders."
        )
        raise ClickException(f"There is no template {name!r}.{near}") from None
    except (TemplateSyntaxError, UnicodeDecodeError) as error:
        raise ClickException(str(error)) from None
    if source:
        echo(code)
        return
    echo(f"File:       {path or '(not in a file)'}")
    echo(f"Variables:  {_listed(variables)}")
    echo(f"Templates:  {_listed(each or '(computed)' for each in find_referenced_templates(tree))}")


def _listed(names: object) -> str:
    return ", ".join(sorted(set(names))) or "none"  # type: ignore[call-overload]
