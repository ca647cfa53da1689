"""Blueprints: registrations that are recorded, to be replayed on an application under a name.

A blueprint's decorators keep functions of the setup state (``BlueprintSetupState``: the
application, the options of the registration, the prefixes in force); ``register`` runs them. So
one blueprint can be registered several times, under other names and prefixes, and inside another
blueprint: names and URL prefixes are joined on the way down.
"""

from __future__ import annotations

from collections import defaultdict
from functools import update_wrapper

from .scaffold import HOOKS, Scaffold, _endpoint_from_view_func, _sentinel, setupmethod, template_registrar
from .wrappers import blueprint_chain

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    import typing as t

    from . import typing as ft
    from .app import Microweb

    F = t.TypeVar("F", bound=t.Callable[..., t.Any])
    Decorator = t.Callable[[F], F]
    DeferredSetupFunction = t.Callable[["BlueprintSetupState"], t.Any]


class BlueprintSetupState:
    """One registration of a blueprint on an application: what the recorded functions get."""

    def __init__(
        self, blueprint: Blueprint, app: Microweb, options: dict[str, t.Any], first_registration: bool
    ) -> None:
        self.app = app
        self.blueprint = blueprint
        self.options = options
        #: Whether the blueprint is new to the application: only then is it changed as a whole.
        self.first_registration = first_registration
        self.subdomain: str | None = self._option("subdomain")
        self.url_prefix: str | None = self._option("url_prefix")
        self.name: str = options.get("name", blueprint.name)
        self.name_prefix: str = options.get("name_prefix", "")
        self.url_defaults: dict[str, t.Any] = {
            **blueprint.url_values_defaults,
            **dict(options.get("url_defaults", ())),
        }

    def _option(self, name: str) -> t.Any:
        given = self.options.get(name)
        return getattr(self.blueprint, name) if given is None else given

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: ft.RouteCallable | None = None,
        **options: t.Any,
    ) -> None:
        """Add a rule to the application, with the prefixes and defaults of this registration."""
        if self.url_prefix is not None:
            rule = _join_paths(self.url_prefix, rule) if rule else self.url_prefix
        options.setdefault("subdomain", self.subdomain)
        if endpoint is None:
            endpoint = _endpoint_from_view_func(view_func)
        defaults = {**self.url_defaults, **(options.pop("defaults", None) or {})}
        self.app.add_url_rule(
            rule,
            f"{self.name_prefix}.{self.name}.{endpoint}".lstrip("."),
            view_func,
            defaults=defaults,
            **options,
        )


def _join_paths(prefix: str, path: str) -> str:
    return f"{prefix.rstrip('/')}/{path.lstrip('/')}"


def _app_hook(name: str) -> t.Callable[[Blueprint, F], F]:
    """A decorator that appends its function to the application's own table."""
    plain = name.replace("app_", "")
    table, doc = HOOKS[plain]

    def record_hook(self: Blueprint, f: F) -> F:
        self.record_once(lambda state: getattr(state.app, table).setdefault(None, []).append(f))
        return f

    record_hook.__name__, record_hook.__doc__ = name, f"``{plain}`` of the application. {doc}"
    return setupmethod(record_hook)


class Blueprint(Scaffold):
    """Routes, hooks and folders that become part of an application when they are registered."""

    _got_registered_once = False

    def __init__(
        self,
        name: str,
        import_name: str,
        static_folder: str | os.PathLike[str] | None = None,
        static_url_path: str | None = None,
        template_folder: str | os.PathLike[str] | None = None,
        url_prefix: str | None = None,
        subdomain: str | None = None,
        url_defaults: dict[str, t.Any] | None = None,
        root_path: str | None = None,
        cli_group: str | None = _sentinel,
    ) -> None:
        super().__init__(import_name, static_folder, static_url_path, template_folder, root_path)
        if not name:
            raise ValueError("'name' may not be empty.")
        if "." in name:
            # The dot parts a blueprint's name from its endpoints and its nested blueprints.
            raise ValueError("'name' may not contain a dot '.' character.")
        self.name = name
        self.url_prefix = url_prefix
        self.subdomain = subdomain
        self.url_values_defaults = url_defaults or {}
        self.cli_group = cli_group
        self.deferred_functions: list[DeferredSetupFunction] = []
        self._blueprints: list[tuple[Blueprint, dict[str, t.Any]]] = []

    def _check_setup_finished(self, f_name: str) -> None:
        if self._got_registered_once:
            raise AssertionError(
                f"The setup method '{f_name}' can no longer be called on the blueprint"
                f" '{self.name}'. It has already been registered at least once, any changes will"
                " not be applied consistently.\nMake sure all imports, decorators, functions, etc."
                " needed to set up the blueprint are done before registering it."
            )

    # -- recording

    @setupmethod
    def record(self, func: DeferredSetupFunction) -> None:
        """Call ``func`` with the setup state of each registration."""
        self.deferred_functions.append(func)

    @setupmethod
    def record_once(self, func: DeferredSetupFunction) -> None:
        """Call ``func`` with the setup state of the first registration on an application only."""

        def wrapper(state: BlueprintSetupState) -> None:
            if state.first_registration:
                func(state)

        self.record(update_wrapper(wrapper, func))

    @setupmethod
    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: ft.RouteCallable | None = None,
        provide_automatic_options: bool | None = None,
        **options: t.Any,
    ) -> None:
        """Record a rule; its endpoint gets the blueprint's name in front."""
        if endpoint and "." in endpoint:
            raise ValueError("'endpoint' may not contain a dot '.' character.")
        if view_func and "." in getattr(view_func, "__name__", ""):
            raise ValueError("'view_func' name may not contain a dot '.' character.")
        self.record(
            lambda state: state.add_url_rule(
                rule, endpoint, view_func, provide_automatic_options=provide_automatic_options, **options
            )
        )

    before_app_request = _app_hook("before_app_request")
    after_app_request = _app_hook("after_app_request")
    teardown_app_request = _app_hook("teardown_app_request")
    app_context_processor = _app_hook("app_context_processor")
    app_url_value_preprocessor = _app_hook("app_url_value_preprocessor")
    app_url_defaults = _app_hook("app_url_defaults")
    app_template_filter, add_app_template_filter = template_registrar("filter", "app_")
    app_template_test, add_app_template_test = template_registrar("test", "app_")
    app_template_global, add_app_template_global = template_registrar("global", "app_")

    def _add_to_templates(self, table: str, name: str, f: t.Callable[..., t.Any]) -> None:
        self.record_once(lambda state: getattr(state.app.jinja_env, table).update({name: f}))

    @setupmethod
    def before_app_first_request(self, f: F) -> F:
        """``before_first_request`` of the application."""
        self.record_once(lambda state: state.app.before_first_request_funcs.append(f))
        return f

    @setupmethod
    def app_errorhandler(self, code: type[Exception] | int) -> Decorator[t.Any]:
        """``errorhandler`` for the whole application."""

        def decorator(f: F) -> F:
            self.record_once(lambda state: state.app.errorhandler(code)(f))
            return f

        return decorator

    # -- replaying

    def make_setup_state(
        self, app: Microweb, options: dict[str, t.Any], first_registration: bool = False
    ) -> BlueprintSetupState:
        """The state that the recorded functions get; extensions override this."""
        return BlueprintSetupState(self, app, options, first_registration)

    @setupmethod
    def register_blueprint(self, blueprint: Blueprint, **options: t.Any) -> None:
        """Nest a blueprint in this one."""
        if blueprint is self:
            raise ValueError("Cannot register a blueprint on itself")
        self._blueprints.append((blueprint, options))

    def register(self, app: Microweb, options: dict[str, t.Any]) -> None:
        """Replay everything recorded on ``app``. Called by ``app.register_blueprint``."""
        name = self._claim_name(app, options)
        first_registration = not any(bp is self for bp in app.blueprints.values())
        app.blueprints[name] = self
        self._got_registered_once = True
        state = self.make_setup_state(app, options, first_registration)
        app.blueprint_prefixes[name] = state.url_prefix or ""
        if self.has_static_folder:
            state.add_url_rule(
                f"{self.static_url_path}/<path:filename>", view_func=self.send_static_file, endpoint="static"
            )
        self._merge_tables(app, name)
        for deferred in self.deferred_functions:
            deferred(state)
        self._merge_commands(app, name, options.get("cli_group", self.cli_group))
        for blueprint, nested_options in self._blueprints:
            blueprint.register(app, _nested_options(state, blueprint, nested_options, name))

    def _claim_name(self, app: Microweb, options: dict[str, t.Any]) -> str:
        """The full name of this registration, refused if it is taken."""
        own_name = options.get("name", self.name)
        name = f"{options.get('name_prefix', '')}.{own_name}".lstrip(".")
        if name in app.blueprints:
            whose = "this" if app.blueprints[name] is self else "a different"
            where = f" '{name}'" if own_name != name else ""
            raise ValueError(
                f"The name '{own_name}' is already registered for {whose} blueprint{where}. Use"
                " 'name=' to provide a unique name."
            )
        return name

    def _merge_commands(self, app: Microweb, name: str, group: str | None) -> None:
        """Give the application this blueprint's commands: in a group, or among its own (None)."""
        if "cli" not in self.__dict__ or not self.cli.commands:
            return
        if group is None:
            app.cli.commands.update(self.cli.commands)
        else:
            self.cli.name = name if group is _sentinel else group
            app.cli.add_command(self.cli)

    def _merge_tables(self, app: Microweb, name: str) -> None:
        """Give the application this blueprint's hooks and handlers, under its full name."""
        for key, by_code in self.error_handler_spec.items():
            app.error_handler_spec[_full_key(name, key)] = defaultdict(
                dict, {code: dict(handlers) for code, handlers in by_code.items()}
            )
        app.view_functions.update(self.view_functions)
        for table, _ in HOOKS.values():
            target = getattr(app, table)
            for key, functions in getattr(self, table).items():
                target.setdefault(_full_key(name, key), []).extend(functions)


def blueprints_at(prefixes: dict[str, str], path: str) -> t.Sequence[str]:
    """The blueprint with the longest prefix that a path lies below, and those it is nested in.

    For errors of URLs that no rule fits; a variable in a prefix stands for any one segment.
    """
    parts = path.split("/")

    def depth(prefix: str) -> int:
        pieces = prefix.rstrip("/").split("/")
        pairs = zip(pieces, parts)
        fits = len(pieces) <= len(parts) and all(a == b or ("<" in a and b) for a, b in pairs)
        return len(pieces) if fits else 0

    depths = {name: depth(prefix) for name, prefix in prefixes.items() if prefix.strip("/")}
    name = max(depths, key=depths.__getitem__, default=None)
    return blueprint_chain(name) if name is not None and depths[name] else ()


def _full_key(name: str, key: str | None) -> str:
    return name if key is None else f"{name}.{key}"


def _nested_options(
    state: BlueprintSetupState, blueprint: Blueprint, options: dict[str, t.Any], name: str
) -> dict[str, t.Any]:
    """The options of a nested blueprint, joined with those of its parent's registration."""
    joined = {**options, "name_prefix": name}
    for option, join in (("subdomain", lambda outer, inner: f"{inner}.{outer}"), ("url_prefix", _join_paths)):
        outer = getattr(state, option)
        inner = options.get(option)
        inner = getattr(blueprint, option) if inner is None else inner
        if outer is not None and inner is not None:
            joined[option] = join(outer, inner)
        elif outer is not None or inner is not None:
            joined[option] = outer if inner is None else inner
    return joined
