"""The map: all rules of an application, and the tables that are made of them.

The rule: *rules may be added at any time, tables are made when they are next needed*. `add` binds
and records a rule and sets `_remap`; whoever matches or builds first after that pays for `update`,
which makes a new matcher and puts it in the place of the old one, so that threads that match
meanwhile see either all of the old rules or all of the new ones.

A map knows nothing of hosts, mount points and requests: `bind` gives an adapter that does.

>>> urls = Map([
...     Rule("/", endpoint="index"),
...     Rule("/downloads/", endpoint="downloads"),
...     Rule("/downloads/<int:id>", endpoint="download"),
... ])
>>> adapter = urls.bind("example.com")
>>> adapter.match("/downloads/42")
('download', {'id': 42})
>>> adapter.build("download", {"id": 42})
'/downloads/42'
>>> adapter.build("index", {"q": "a b"}, force_external=True)
'http://example.com/?q=a+b'
"""

from __future__ import annotations

from _thread import allocate_lock
from types import MappingProxyType

from ..exceptions import BadHost
from ..http.urls import get_host
from .adapter import MapAdapter as MapAdapter
from .converters import DEFAULT_CONVERTERS, BaseConverter
from .exceptions import RoutingException
from .matcher import Node, Search, StateMachineMatcher
from .pattern import no_path
from .rules import Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from _typeshed.wsgi import WSGIEnvironment

    from .factories import RuleFactory
    from .matcher import Match
    from .pattern import ExactFunction


_IMPLIED_PORTS = {"http": ":80", "ws": ":80", "https": ":443", "wss": ":443"}


def _idna(host: str) -> str:
    """A host as it is sent. BadHost if it cannot be one."""
    # The codec is slow and loads tables; nearly all names are ASCII and pass unchanged.
    if host.isascii() and len(host) < 64 and ".." not in host and host[:1] != ".":
        return host
    name, colon, port = host.partition(":")
    try:
        return name.encode("idna").decode("ascii") + colon + port
    except UnicodeError as error:
        raise BadHost(f"{name[:80]!r} is not a host name: {error}") from error


def _text(environ: WSGIEnvironment, key: str) -> str | None:
    """A value of *environ*, in which WSGI passes bytes as Latin-1 (PEP 3333), as UTF-8 text."""
    value: str | None = environ.get(key)
    if value is None or value.isascii():
        return value
    return value.encode("latin-1").decode(errors="replace")


def _host(environ: WSGIEnvironment) -> str:
    header, server = environ.get("HTTP_HOST"), None
    if header is None and environ.get("SERVER_NAME") and environ["SERVER_PORT"].isdigit():
        server = environ["SERVER_NAME"], int(environ["SERVER_PORT"])
    return get_host(environ["wsgi.url_scheme"], header, server).lower()


def _scheme(environ: WSGIEnvironment) -> str:
    """The URL scheme, ``ws`` or ``wss`` if the request asks for a WebSocket (RFC 6455 4.1)."""
    scheme: str = environ["wsgi.url_scheme"]
    if environ.get("HTTP_UPGRADE", "").lower() == "websocket":
        options = environ.get("HTTP_CONNECTION", "").lower().split(",")
        if "upgrade" in [option.strip(" \t") for option in options]:
            return "wss" if scheme == "https" else "ws"
    return scheme


def _subdomain(host: str, server_name: str) -> str:
    """What *host* has before *server_name*."""
    labels, wanted = host.split("."), server_name.split(".")
    if labels[-len(wanted) :] == wanted:
        return ".".join(filter(None, labels[: -len(wanted)]))
    import warnings  # only where the configuration does not fit the requests

    # Not an error: it is normal that a server is also reached by its address, by health checks.
    warnings.warn(
        f"Current server name {host!r} doesn't match configured server name {server_name!r}", stacklevel=3
    )
    return "<invalid>"


class _Paths(dict):  # type: ignore[type-arg]  # of anything to ExactFunction
    """Endpoint -> the function from values to its path, or to None if that is not all of the URL.

    Made when first asked for; of *rules*, those of endpoints where there is nothing to choose.
    """

    def __init__(self, rules: dict[t.Any, Rule]) -> None:
        self._rules = rules

    def __missing__(self, endpoint: t.Any) -> ExactFunction:
        rule = self._rules.get(endpoint)
        return no_path if rule is None else self.setdefault(endpoint, rule.path_function())


#: For those to whom there is always more.
NO_PATHS = _Paths({})


class Map:
    """Rules, and what they have in common.

    *default_subdomain* is for rules without one. *strict_slashes* redirects ``/x`` to ``/x/`` where
    that is the rule; *merge_slashes* redirects ``//`` to ``/``; *redirect_defaults* redirects to
    the shorter URL of rules with defaults. *converters* are added to `default_converters`.
    *sort_parameters* sorts the query of URLs that are built, by *sort_key*. *host_matching* makes
    rules match by their *host* instead of their *subdomain*.
    """

    # What matching reads: in slots, as reading a __dict__ that somebody has looked at is slow.
    __slots__ = ("_remap", "_lane", "__dict__", "__weakref__")

    #: Converters of every map; override or copy in a subclass.
    default_converters: t.Mapping[str, type[BaseConverter]] = MappingProxyType(DEFAULT_CONVERTERS)

    #: Makes the lock that `update` takes.
    lock_class: t.Callable[[], t.Any] = allocate_lock

    def __init__(
        self,
        rules: t.Iterable[RuleFactory] | None = None,
        default_subdomain: str = "",
        strict_slashes: bool = True,
        merge_slashes: bool = True,
        redirect_defaults: bool = True,
        converters: t.Mapping[str, type[BaseConverter]] | None = None,
        sort_parameters: bool = False,
        sort_key: t.Callable[[t.Any], t.Any] | None = None,
        host_matching: bool = False,
    ) -> None:
        self._added: list[Rule] = []
        self._rules_by_endpoint: dict[t.Any, list[Rule]] = {}
        self._paths = NO_PATHS
        self._matcher = StateMachineMatcher()
        self._lane = Node()
        self._remap = True
        self._remap_lock = self.lock_class()
        self.default_subdomain = default_subdomain
        self.strict_slashes = strict_slashes
        self.merge_slashes = merge_slashes
        self.redirect_defaults = redirect_defaults
        self.host_matching = host_matching
        self.converters = {**self.default_converters, **(converters or {})}
        self.sort_parameters = sort_parameters
        self.sort_key = sort_key
        for factory in rules or ():
            self.add(factory)

    # -- rules

    def add(self, rulefactory: RuleFactory) -> None:
        """Add a rule, or all rules of a factory, and bind them."""
        for rule in rulefactory.get_rules(self):
            rule.bind(self)
            self._added.append(rule)
            self._rules_by_endpoint.setdefault(rule.endpoint, []).append(rule)
        self._remap = True

    @property
    def _rules(self) -> list[Rule]:
        return [rule for rules in self._rules_by_endpoint.values() for rule in rules]

    def iter_rules(self, endpoint: t.Any | None = None) -> t.Iterator[Rule]:
        """All rules, or those of an endpoint (KeyError if it has none)."""
        self.update()
        return iter(self._rules if endpoint is None else self._rules_by_endpoint[endpoint])

    def is_endpoint_expecting(self, endpoint: t.Any, *arguments: str) -> bool:
        """Whether a rule of *endpoint* has all *arguments*: as variables or as defaults."""
        self.update()
        return any(rule.arguments.issuperset(arguments) for rule in self._rules_by_endpoint[endpoint])

    def update(self) -> None:
        """Make the tables if rules came since they were last made."""
        with self._remap_lock:
            if self._remap:
                count = len(self._added)
                self._make_tables()
                self._remap = len(self._added) != count  # a rule that came meanwhile is not in them

    def _make_tables(self) -> None:
        lone = {}
        # Adapters of another make may build other URLs.
        choices = self.host_matching or type(self).bind_to_environ is not Map.bind_to_environ
        for endpoint, rules in list(self._rules_by_endpoint.items()):
            # A new list: sorting in place would show an empty one to other threads meanwhile.
            self._rules_by_endpoint[endpoint] = ranked = sorted(rules, key=lambda r: r.build_compare_key())
            self._mark_direct(ranked)
            if len(ranked) == 1 and not choices and ranked[0].is_plain(self.default_subdomain):
                lone[endpoint] = ranked[0]
        self._paths = _Paths(lone)
        self._matcher = StateMachineMatcher(rule for rule in self._added if not rule.build_only)
        lane = None if self.host_matching else self._matcher.root.static.get(self.default_subdomain)
        self._lane = lane or Node()

    def _mark_direct(self, ranked: list[Rule]) -> None:
        """Tell the rules of an endpoint that are always the answer from those that may redirect."""
        shorter: list[Rule] = []
        for rule in ranked:
            better = rule.alias or any(other.provides_defaults_for(rule) for other in shorter)
            rule._direct = rule.redirect_to is None and not (better and self.redirect_defaults)
            if rule.defaults:
                shorter.append(rule)

    # -- matching

    def find(self, path: str, method: str, lane: Node | None = None) -> Match | None:
        """The rule and the values for a plain HTTP request to the default subdomain, at once.

        None is no verdict: it says that an adapter has to be asked, which knows about redirects,
        slashes, other hosts and methods, and WebSockets. What is found here, it would find too.
        """
        # All in one function: a call costs a third of the whole.
        if self._remap:
            self.update()
        node: t.Any = lane or self._lane
        table = node.paths.get(path)
        if table is not None:
            rule = table.get(method) or table.get(None)
            return (rule, dict(rule.defaults) if rule.defaults else {}) if rule else None
        parts = path.split("/")
        for part in parts:
            node = node.static.get(part) or node.only or node.pick(part)
            if node is None:
                return None
        table = node.table
        rule = table.get(method) or table.get(None)
        if not rule:
            return None
        try:
            values = (rule._values or rule._make_values())(parts, "")
        except ValueError:
            return None  # perhaps a ValidationError, perhaps an error in a converter: search tells
        return None if values is None else (rule, values)

    def lacks(self, path: str, method: str) -> bool:
        """Whether a path for which `find` had no answer is one that no rule fits: a plain 404."""
        path = f"/{path.lstrip('/')}" if path else ""
        try:
            note = self._matcher.match(self.default_subdomain, path, method, False, self.merge_slashes)
        except RoutingException:
            return False  # another URL is the right one
        plain = isinstance(note, Search) and not (note.methods or note.websocket_mismatch)
        return plain and not self.host_matching

    def bind(
        self,
        server_name: str,
        script_name: str | None = None,
        subdomain: str | None = None,
        url_scheme: str = "http",
        default_method: str = "GET",
        path_info: str | None = None,
        query_args: t.Mapping[str, t.Any] | str | None = None,
    ) -> MapAdapter:
        """An adapter for a host, a mount point and what else is known of the request.

        *path_info*, *default_method* and *query_args* are what `match` takes if it is not given any.
        """
        if self.host_matching:
            if subdomain is not None:
                raise RuntimeError("host matching enabled and a subdomain was provided: name the whole host")
        elif subdomain is None:
            subdomain = self.default_subdomain
        host, script_name = _idna(server_name.lower()), script_name or "/"
        path_info = "/" if path_info is None else path_info
        return MapAdapter(
            self, host, script_name, subdomain, url_scheme, path_info, default_method, query_args
        )

    def bind_to_environ(
        self, environ: WSGIEnvironment | t.Any, server_name: str | None = None, subdomain: str | None = None
    ) -> MapAdapter:
        """An adapter for a WSGI environment, or for a request that has one.

        With a *server_name* the subdomain is what the request's host has before it; a host
        that does not end with it is warned about and matches nothing.
        """
        env: WSGIEnvironment = environ if type(environ) is dict else getattr(environ, "environ", environ)
        name = host = _host(env)
        scheme = _scheme(env)
        if server_name is not None:
            name = server_name.lower().removesuffix(_IMPLIED_PORTS.get(scheme, ""))  # as get_host does
        if subdomain is None and not self.host_matching:
            subdomain = "" if name == host else _subdomain(host, name)
        script, path, query = _text(env, "SCRIPT_NAME"), _text(env, "PATH_INFO"), _text(env, "QUERY_STRING")
        return Map.bind(self, name, script, subdomain, scheme, env["REQUEST_METHOD"], path, query)

    def __repr__(self) -> str:
        from pprint import pformat  # for people at a prompt

        return f"{type(self).__name__}({pformat(list(self.iter_rules()))})"
