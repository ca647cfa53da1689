"""The adapter: a map seen from one host, mount point and request.

The rule: *the map says what fits, the adapter says it to the outside*. It adds to a path what the
map does not know - scheme, host, subdomain, script name, query - and so turns the
matcher's notes into HTTP errors and absolute redirects, and paths of rules into URLs.

Every URL made here stays on the host that it names: paths are percent-encoded, and begin with one
slash and no backslash, as ``//x`` and ``/\\x`` are other hosts to a browser.
"""

from __future__ import annotations

import re

from ..exceptions import HTTPException, MethodNotAllowed, NotFound
from ..http.urls import CONTROLS_QUOTED, url_encode
from .exceptions import BuildError, RequestAliasRedirect, RequestPath, RequestRedirect, WebsocketMismatch
from .matcher import Search
from .pattern import one_slash, quote_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from _typeshed.wsgi import WSGIApplication

    from .map import Map
    from .matcher import Match
    from .rules import Rule

    Text = t.Optional[str]
    Values = t.Mapping[str, t.Any]
    View = t.Callable[[t.Any, Values], WSGIApplication]
    Query = t.Union[Values, str, None]
    Built = tuple[Rule, tuple[str, str]]

_VARIABLE = re.compile(r"<([^>]+)>")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")


class MapAdapter:
    """What `Map.bind` returns: matches paths and builds URLs."""

    def __init__(
        self,
        map: Map,
        server_name: str,
        script_name: str,
        subdomain: str | None,
        url_scheme: str,
        path_info: str,
        default_method: str,
        query_args: Query = None,
    ) -> None:
        self.map = map
        self.server_name = server_name
        self.script_name = script_name if script_name.endswith("/") else f"{script_name}/"
        #: What stands before every path: nothing, or a slash and a name.
        self._mount = f"/{script_name.strip('/')}".rstrip("/")
        self.subdomain = subdomain
        self.url_scheme = url_scheme
        self.path_info = path_info
        self.default_method = default_method
        self.query_args = query_args
        self.websocket = url_scheme in {"ws", "wss"}
        #: Whether a path alone leads to rules of the default subdomain.
        self._at_home = subdomain == map.default_subdomain
        self._domain = server_name if map.host_matching or subdomain is None else subdomain

    # -- matching

    def match(
        self,
        path_info: Text = None,
        method: Text = None,
        return_rule: bool = False,
        query_args: Query = None,
        websocket: bool | None = None,
    ) -> tuple[t.Any, dict[str, t.Any]]:
        """The endpoint (or the rule, with *return_rule*) and the values for a path.

        Raises NotFound; MethodNotAllowed, if rules for the path have other methods;
        WebsocketMismatch, if they have the other protocol; RequestRedirect, if the path has a
        canonical form. *query_args* is the query that a redirect keeps. What is not given
        is what the adapter was bound with.
        """
        if self.map._remap:
            self.map.update()
        if path_info is None:
            path_info = self.path_info
        method = (method or self.default_method).upper()
        if websocket is None:
            websocket = self.websocket
        lane = None if websocket else self.map._matcher.root.static.get(self._domain)
        found = None if lane is None else self.map.find(path_info, method, lane)
        if found is None:
            path = f"/{path_info.lstrip('/')}" if path_info else ""
            query = (self.query_args or {}) if query_args is None else query_args
            answer = self._search(path, method, query, websocket)
            if isinstance(answer, HTTPException):
                raise answer
            found = answer
        rule, values = found
        return (rule if return_rule else rule.endpoint), values

    def _search(self, path: str, method: str, query: Query, websocket: bool) -> Match | HTTPException:
        """A match the long way, which knows all answers."""
        try:
            found = self.map._matcher.match(self._domain, path, method, websocket, self.map.merge_slashes)
        except RequestPath as note:
            return RequestRedirect(self.make_redirect_url(quote_path(note.path_info), query))
        except RequestAliasRedirect as note:
            place = f"{self._domain}|{path}", note.endpoint, note.matched_values, method, query
            return RequestRedirect(self.make_alias_redirect_url(*place))
        if isinstance(found, Search):
            if found.methods:
                return MethodNotAllowed(valid_methods=sorted(found.methods))
            return WebsocketMismatch() if found.websocket_mismatch else NotFound()
        rule, values = found
        url = None
        if self.map.redirect_defaults:
            url = self.get_default_redirect(rule, method, values, query)
        if url is None and rule.redirect_to is not None:
            url = self._redirect_to(rule, values)
        return found if url is None else RequestRedirect(url)

    def _redirect_to(self, rule: Rule, values: dict[str, t.Any]) -> str:
        from urllib.parse import urljoin  # 12 ms to load, for the few rules that redirect

        target = rule.redirect_to
        if isinstance(target, str):
            target = self._filled_in(rule, target, values)
        elif target is not None:
            target = target(self, **values)
        scheme = self.url_scheme or "http"
        return urljoin(f"{scheme}://{self.get_host(None)}{self.script_name}", target)

    def _filled_in(self, rule: Rule, template: str, values: dict[str, t.Any]) -> str:
        converters = rule._converters
        path = _VARIABLE.sub(lambda m: converters[m[1]].to_url(values[m[1]]), template)
        if _ABSOLUTE.match(template):
            return path  # the rule itself names another host
        # The request must not name one, though (CVE-2018-14574): "./x:" has no scheme.
        return one_slash(path) if template[:1] == "/" else f"./{path}"

    def dispatch(
        self,
        view_func: View,
        path_info: Text = None,
        method: Text = None,
        catch_http_exceptions: bool = False,
    ) -> WSGIApplication:
        """What *view_func* returns for the endpoint and the values of a path.

        A redirect is returned, as it is a WSGI application; other HTTP errors are only with
        *catch_http_exceptions*.
        """
        try:
            return view_func(*self.match(path_info, method))
        except HTTPException as error:
            if catch_http_exceptions or isinstance(error, RequestRedirect):
                return error
            raise

    def test(self, path_info: Text = None, method: Text = None) -> bool:
        """Whether a path matches, or redirects to one that does."""
        try:
            self.match(path_info, method)
        except HTTPException as error:
            return isinstance(error, RequestRedirect)
        return True

    def allowed_methods(self, path_info: Text = None) -> t.Iterable[str]:
        """The methods that a path has rules for."""
        try:
            self.match(path_info, method="--")  # the method of no rule
        except MethodNotAllowed as error:
            return error.valid_methods or []
        except HTTPException:
            pass
        return []

    # -- redirects

    def get_host(self, domain_part: str | None) -> str:
        """The host for a domain part: a subdomain, or a host where the map matches hosts."""
        if self.map.host_matching:
            return self.server_name if domain_part is None else domain_part
        subdomain = self.subdomain if domain_part is None else domain_part
        return f"{subdomain}.{self.server_name}" if subdomain else self.server_name

    def get_default_redirect(
        self, rule: Rule, method: str, values: dict[str, t.Any], query_args: Query
    ) -> str | None:
        """The URL of a rule whose defaults say what *values* say, None if *rule* is the best."""
        for other in self.map._rules_by_endpoint[rule.endpoint]:
            if other is rule:
                break  # those behind it are not preferred when building either
            if other.provides_defaults_for(rule) and other.suitable_for(values, method):
                built = other.build({**values, **(other.defaults or {})})
                if built is not None:
                    return self.make_redirect_url(built[1], query_args, domain_part=built[0])
        return None

    def encode_query_args(self, query_args: Values | str) -> str:
        """The query as text."""
        # As a client sent it, but for what no Location can hold.
        return (
            query_args.translate(CONTROLS_QUOTED) if isinstance(query_args, str) else url_encode(query_args)
        )

    def make_redirect_url(self, path_info: str, query_args: Query = None, domain_part: Text = None) -> str:
        """An absolute URL for a path below the mount point."""
        query_args = self.query_args if query_args is None else query_args
        query = f"?{self.encode_query_args(query_args)}" if query_args else ""
        path = self._mount + one_slash(path_info)
        return f"{self.url_scheme or 'http'}://{self.get_host(domain_part)}{path}{query}"

    def make_alias_redirect_url(
        self, path: str, endpoint: t.Any, values: Values, method: str, query_args: Query
    ) -> str:
        """The URL of the rule that an alias stands for."""
        url = self.build(endpoint, values, method, append_unknown=False, force_external=True)
        if query_args:
            url += f"?{self.encode_query_args(query_args)}"
        assert url != path, "detected invalid alias setting. No canonical URL found"
        return url

    # -- building

    def build(
        self,
        endpoint: t.Any,
        values: Values | None = None,
        method: Text = None,
        force_external: bool = False,
        append_unknown: bool = True,
        url_scheme: Text = None,
    ) -> str:
        """The URL of *endpoint* with *values*, or BuildError.

        A path, or an absolute URL if it is for another host, for a WebSocket or *force_external*.
        Values that the rule has no variable for become the query, unless *append_unknown* is off;
        those that are None are left out. *method* chooses among rules that differ in methods.
        Without a scheme (*url_scheme* or the adapter's) an absolute URL begins with ``//``.
        """
        if self.map._remap:
            self.map.update()
        values = values or {}
        if self._at_home and not force_external and method is None and type(values) is dict:
            plain: str | None = self.map._paths[endpoint](values)
            if plain is not None:
                return self._mount + plain
        values = _given(values)
        found = self._choose(endpoint, values, method, append_unknown)
        if found is None:
            raise BuildError(endpoint, values, method, self)
        rule, (domain, path) = found
        path = self._mount + path
        here = self.server_name if self.map.host_matching else self.subdomain
        if domain == here and not (force_external or rule.websocket):
            return path
        scheme = self.url_scheme if url_scheme is None else url_scheme
        if scheme or rule.websocket:
            # Links cross between HTTP and WebSockets, and stay as secure as they were.
            scheme = ("ws" if rule.websocket else "http") + ("s:" if scheme in {"https", "wss"} else ":")
        return f"{scheme}//{self.get_host(domain)}{path}"

    def _choose(
        self, endpoint: t.Any, values: Values, method: str | None, append_unknown: bool
    ) -> Built | None:
        """The first rule that takes the values, with its domain part and path.

        A rule with the default method is preferred; with host matching, one of this host.
        """
        rules = self.map._rules_by_endpoint.get(endpoint, ())
        for wanted in (self.default_method, None) if method is None else (method,):
            found: t.Iterable[Built] = _built(rules, values, wanted, append_unknown)
            if self.map.host_matching:
                found = sorted(found, key=lambda each: each[1][0] != self.server_name)
            for each in found:
                return each
        return None


def _built(
    rules: t.Iterable[Rule], values: Values, method: str | None, append_unknown: bool
) -> t.Iterator[Built]:
    for rule in rules:
        built = rule.build(values, append_unknown) if rule.suitable_for(values, method) else None
        if built is not None:
            yield rule, built


def _given(values: Values) -> Values:
    """The values but for those that are not there: None, or an empty list in a multi dict."""
    if hasattr(values, "lists"):
        lists = values.lists()
        return {name: found[0] if len(found) == 1 else found for name, found in lists if found}
    return {name: value for name, value in values.items() if value is not None}
