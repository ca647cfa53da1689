"""The application's URLs: bound to a request, or to SERVER_NAME without one, and built from endpoints.

The rule: *a path needs the application alone, a whole URL needs to know a host*: that of the request,
or SERVER_NAME's. Hooks may add values (``url_defaults``), or build what no rule does
(``url_build_error_handlers``); both see the endpoint's full name.
"""

from __future__ import annotations

from .globals import _contexts, top_app_context
from .http.redirects import redirect
from .http.response import Response as ResponseBase
from .http.urls import url_quote
from .routing.exceptions import BuildError
from .routing.map import NO_PATHS
from .wrappers import blueprint_chain

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .ctx import RequestContext
    from .routing.map import Map, MapAdapter
    from .wrappers import Request

#: The characters of an anchor that stay as they are: a URL fragment's (RFC 3986), and "%".
_ANCHOR_SAFE = "%!#$&'()*+,/:;=?@"


class UrlBuilding:
    """The application's part that deals with URLs."""

    _told_of_hosts = False

    if TYPE_CHECKING:
        config: t.Any
        url_map: Map
        logger: t.Any
        response_class: t.Any
        subdomain_matching: bool
        overrides_url_adapter: bool
        takes_every_step: bool
        url_default_functions: t.Any
        url_build_error_handlers: list[t.Callable[[Exception, str, dict[str, t.Any]], str]]

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Bind the URL map to a request or, without one, to SERVER_NAME if that is set.

        SecurityError if the request's host is not one of TRUSTED_HOSTS, or not a host at all.
        """
        server_name = self.config["SERVER_NAME"]
        if request is None:
            if server_name is None:
                return None
            return self.url_map.bind(
                server_name,
                script_name=self.config["APPLICATION_ROOT"],
                url_scheme=self.config["PREFERRED_URL_SCHEME"],
            )
        trusted = self.config["TRUSTED_HOSTS"]
        if trusted is not None:
            request.trusted_hosts = trusted
        _ = request.host  # raises for a host that is not to be served
        subdomain = None
        if self.url_map.host_matching:
            server_name = None  # else it would stand in for the host that was asked for
        elif not self.subdomain_matching:
            subdomain = self.url_map.default_subdomain or ""
        return self.url_map.bind_to_environ(request.environ, server_name=server_name, subdomain=subdomain)

    def url_for(
        self,
        /,
        endpoint: str,
        *,
        _anchor: str | None = None,
        _method: str | None = None,
        _scheme: str | None = None,
        _external: bool | None = None,
        **values: t.Any,
    ) -> str:
        """The URL of an endpoint with these values; those that its rule lacks become the query.

        Within a request it is a path, unless ``_external`` or ``_scheme`` ask for the whole URL;
        a leading dot stands for the current blueprint. Without a request it is the whole URL,
        which needs SERVER_NAME, unless ``_external=False`` asks for the path.
        """
        context = _contexts.get()[1]
        if context is not None:
            # A static file may need a fingerprint.
            if not _external and _method is _scheme is _anchor is None and endpoint[-6:] != "static":
                paths = context.paths
                if paths is None:
                    paths = self._plain_paths(context)
                path = paths[endpoint](values)
                if path is not None:
                    return path  # type: ignore[no-any-return]
            adapter = context.url_adapter
            if endpoint[:1] == ".":
                blueprint = context.request.blueprint
                endpoint = endpoint[1:] if blueprint is None else blueprint + endpoint
            _external = self._names_host(_scheme is not None if _external is None else _external)
        else:
            adapter = self._adapter_without_request(_external)
            _external = _external is not False
        if _scheme is not None and not _external:
            raise ValueError("When specifying '_scheme', '_external' must be True.")
        self.inject_url_defaults(endpoint, values)
        if endpoint[-6:] == "static" and self.config.get("STATIC_FINGERPRINTS"):
            from .fingerprints import add_fingerprint

            add_fingerprint(self, endpoint, values)
        try:
            # By position: keywords would cost a tenth of all.
            url: str = adapter.build(endpoint, values, _method, _external, True, _scheme)  # type: ignore[union-attr]
        except BuildError as error:
            # A copy: the error keeps the values that it was raised for.
            values = dict(values, _anchor=_anchor, _method=_method, _scheme=_scheme, _external=_external)
            return self.handle_url_build_error(error, endpoint, values)
        return url if _anchor is None else f"{url}#{url_quote(_anchor, safe=_ANCHOR_SAFE)}"

    # Templates call it in loops: without the wrapper around functions that may raise StopIteration.
    url_for.jinja_pass_arg = "nothing"  # type: ignore[attr-defined]

    def _plain_paths(self, context: RequestContext) -> t.Any:
        """What makes the paths of endpoints for this request, where nothing but their rules plays a part.

        Such a request is not bound to the URL map, which takes as long as building ten URLs.
        """
        if self.url_map._remap:
            self.url_map.update()
        plain = not (
            self.takes_every_step
            or self.url_default_functions
            or self.subdomain_matching
            or self.overrides_url_adapter
            or context.environ.get("SCRIPT_NAME")
        )
        context.paths = self.url_map._paths if plain else NO_PATHS
        return context.paths

    def _names_host(self, external: bool) -> bool:
        """Pass the choice on; say once that the host of whole URLs is the one that the client named.

        In a mail that resets a password the link then leads to who asked for it (CVE-2011-4140).
        """
        config = self.config
        known = config["TRUSTED_HOSTS"] or config["SERVER_NAME"]
        if external and not (known or config["DEBUG"] or self._told_of_hosts):
            self._told_of_hosts = True
            self.logger.warning(
                "url_for() made a whole URL with the host that the request names, and that may be any: set"
                ' app.config["TRUSTED_HOSTS"] = ["example.org"] to the names that this application has.'
            )
        return external

    def _adapter_without_request(self, external: bool | None) -> MapAdapter:
        context = top_app_context()
        adapter = self.create_url_adapter(None) if context is None else context.url_adapter
        if adapter is None and external is False:
            adapter = self.url_map.bind("", script_name=self.config["APPLICATION_ROOT"])
        if adapter is None:
            raise RuntimeError(
                "Unable to build URLs outside an active request without 'SERVER_NAME' configured."
                " Also configure 'APPLICATION_ROOT' and 'PREFERRED_URL_SCHEME' as needed. For a"
                " path without the host, pass '_external=False'."
            )
        return adapter

    def inject_url_defaults(self, endpoint: str, values: dict[str, t.Any]) -> None:
        """Let the ``url_defaults`` functions add values for an endpoint's URL."""
        if not self.url_default_functions:
            return
        blueprints = reversed(blueprint_chain(endpoint.rpartition(".")[0])) if "." in endpoint else ()
        for name in (None, *blueprints):
            for func in self.url_default_functions.get(name, ()):
                func(endpoint, values)

    def handle_url_build_error(self, error: BuildError, endpoint: str, values: dict[str, t.Any]) -> str:
        """Ask the ``url_build_error_handlers`` in turn; if none has a URL, raise the error."""
        for handler in self.url_build_error_handlers:
            try:
                url = handler(error, endpoint, values)
            except BuildError as other:
                error = other
            else:
                if url is not None:
                    return url
        raise error

    def redirect(self, location: str, code: int = 302) -> ResponseBase:
        """A response that sends the client to ``location``."""
        return redirect(location, code=code, Response=self.response_class)
