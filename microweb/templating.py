"""Templates in an application: where they are looked for, what they see, how views render them.

The application's folder goes before the blueprints' folders, in the order of registration, so
that an application can replace the templates of a blueprint that it did not write.
"""

from __future__ import annotations

from .globals import _find_app, request, top_request_context
from .helpers import _default_template_ctx_processor, stream_with_context
from .signals import before_render_template, template_rendered
from .templates.environment import Environment as BaseEnvironment
from .templates.errors import TemplateNotFound
from .templates.loaders import BaseLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .app import Microweb
    from .scaffold import Scaffold
    from .templates.template import Template

    Source = tuple[str, t.Optional[str], t.Optional[t.Callable[[], bool]]]
    Attempt = tuple[BaseLoader, Scaffold, t.Optional[Source]]

__all__ = [
    "DispatchingJinjaLoader",
    "Environment",
    "_default_template_ctx_processor",
    "render_template",
    "render_template_string",
    "stream_template",
    "stream_template_string",
]

#: How many sources given as strings are kept compiled, an application each.
_STRING_CACHE_SIZE = 256


class Environment(BaseEnvironment):
    """The template engine's environment, with the application's loader unless another is given."""

    def __init__(self, app: Microweb, **options: t.Any) -> None:
        if "loader" not in options:
            options["loader"] = app.create_global_jinja_loader()
        super().__init__(**options)
        self.app = app
        self._string_templates: dict[str, Template] = {}

    def from_cached_string(self, source: str) -> Template:
        """``from_string``, remembering what was compiled: a view renders the same source again."""
        template = self._string_templates.get(source)
        if template is None:
            template = self.from_string(source)
            if len(self._string_templates) >= _STRING_CACHE_SIZE:
                # Sources put together from data never come again: they must not fill the memory.
                self._string_templates.clear()
            self._string_templates[source] = template
        return template


class DispatchingJinjaLoader(BaseLoader):
    """Looks in the folder of the application, then in those of its blueprints."""

    def __init__(self, app: Microweb) -> None:
        self.app = app

    def get_source(self, environment: t.Any, template: str) -> Source:
        """The source from the first folder that has the template; to explain it, all are asked."""
        explain = self.app.config["EXPLAIN_TEMPLATE_LOADING"]
        attempts: list[Attempt] = []
        for owner, loader in self._iter_loaders():
            try:
                source: Source | None = loader.get_source(environment, template)
            except TemplateNotFound:
                source = None
            attempts.append((loader, owner, source))
            if source is not None and not explain:
                break
        if explain:
            explain_template_loading_attempts(self.app, template, attempts)
        for _, _, source in attempts:
            if source is not None:
                return source
        raise TemplateNotFound(template)

    def _iter_loaders(self) -> t.Iterator[tuple[Scaffold, BaseLoader]]:
        for owner in (self.app, *self.app.iter_blueprints()):
            loader = owner.jinja_loader
            if loader is not None:
                yield owner, loader

    def list_templates(self) -> list[str]:
        """The names of all templates of the application and its blueprints."""
        return list({name for _, loader in self._iter_loaders() for name in loader.list_templates()})


# -- rendering


def _render(app: Microweb, template: Template, context: dict[str, t.Any]) -> str:
    app.update_template_context(context)
    _send(before_render_template, app, template, context)
    rendered = template.render(context)
    _send(template_rendered, app, template, context)
    return rendered


def _send(signal: t.Any, app: Microweb, template: Template, context: dict[str, t.Any]) -> None:
    if signal.receivers:
        signal.send(app, _async_wrapper=app.ensure_sync, template=template, context=context)


def _stream(app: Microweb, template: Template, context: dict[str, t.Any]) -> t.Iterator[str]:
    app.update_template_context(context)
    _send(before_render_template, app, template, context)

    def generate() -> t.Iterator[str]:
        yield from template.generate(context)
        _send(template_rendered, app, template, context)

    stream = generate()
    return stream_with_context(stream) if request else stream


def _find(name: t.Any) -> tuple[Microweb, Template]:
    app = _find_app()
    return app, app.jinja_env.get_or_select_template(name)


def _compile(source: str) -> tuple[Microweb, Template]:
    app = _find_app()
    # An environment of another class has no cache of ours.
    compile_string = getattr(app.jinja_env, "from_cached_string", app.jinja_env.from_string)
    return app, compile_string(source)


def render_template(template_name_or_list: str | Template | list[str | Template], **context: t.Any) -> str:
    """Render a template by name, or the first of several that exists, with these variables."""
    return _render(*_find(template_name_or_list), context)


def render_template_string(source: str, **context: t.Any) -> str:
    """Render a template from its source. The source is code: never make it of a user's input."""
    return _render(*_compile(source), context)


def stream_template(
    template_name_or_list: str | Template | list[str | Template], **context: t.Any
) -> t.Iterator[str]:
    """``render_template``, piece by piece: a view may return the iterator."""
    return _stream(*_find(template_name_or_list), context)


def stream_template_string(source: str, **context: t.Any) -> t.Iterator[str]:
    """``render_template_string``, piece by piece."""
    return _stream(*_compile(source), context)


# -- EXPLAIN_TEMPLATE_LOADING


def explain_template_loading_attempts(app: Microweb, template: str, attempts: list[Attempt]) -> None:
    """Log where a template was looked for, and what was wrong with that if something was."""
    lines = [f"Locating template {template!r}:"]
    for number, (loader, owner, source) in enumerate(attempts, 1):
        lines.append(f"{number:5}: trying loader of {_describe_owner(app, owner)}")
        lines += [f"       {line}" for line in _describe_loader(loader)]
        found = "no match" if source is None else f"found ({source[1] or '<string>'!r})"
        lines.append(f"       -> {found}")
    count = sum(source is not None for _, _, source in attempts)
    if count == 0:
        lines.append("Error: the template could not be found.")
    elif count > 1:
        lines.append("Warning: multiple loaders returned a match for the template.")
    context = top_request_context()
    if count != 1 and context is not None and context.request.blueprint is not None:
        lines.append(
            "  The template was looked up from an endpoint that belongs to the blueprint"
            f" {context.request.blueprint!r}.\n"
            "  Maybe you did not place a template in the right folder?\n"
            # Flask's manual says what holds here as well.
            "  See https://flask.palletsprojects.com/blueprints/#templates"
        )
    app.logger.info("\n".join(lines))


def _describe_owner(app: Microweb, owner: Scaffold) -> str:
    if owner is app:
        return f"application {owner.import_name!r}"
    return f"blueprint {owner.name!r} ({owner.import_name})"


def _describe_loader(loader: BaseLoader) -> t.Iterator[str]:
    """The loader's class and its plain public attributes, a line each."""
    yield f"class: {type(loader).__module__}.{type(loader).__name__}"
    for name, value in sorted(vars(loader).items()):
        if name.startswith("_"):
            continue
        if isinstance(value, (str, int, float, bool)):
            yield f"{name}: {value!r}"
        elif isinstance(value, (tuple, list)) and all(isinstance(item, str) for item in value):
            yield f"{name}:"
            yield from (f"  - {item}" for item in value)
