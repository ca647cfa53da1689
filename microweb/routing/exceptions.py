"""What routing says when it has no rule to return.

The rule: *whatever concerns the client is an HTTPException, and whatever concerns the program is
not.* A path with another canonical form is a redirect (`RequestRedirect`), a rule of the wrong
protocol a 400 (`WebsocketMismatch`); a URL that cannot be built is a `BuildError`, a `LookupError`
in the line of code that asked for it. The other two never leave this package: they carry what
the matcher found out to the adapter, which knows host, script name and query and makes the answer.
"""

from __future__ import annotations

from functools import cached_property

from ..exceptions import BadRequest, HTTPException, redirect_page

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .adapter import MapAdapter
    from .rules import Rule

    Values = t.Optional[t.Mapping[str, t.Any]]


class RoutingException(Exception):
    """The base of all that routing raises instead of returning a rule."""


class RequestRedirect(HTTPException, RoutingException):
    """*308*: the path has a canonical form; *new_url* is its absolute URL.

    308 and not 301, so that clients repeat the method and the body (RFC 9110 15.4.9).
    """

    code = 308

    def __init__(self, new_url: str) -> None:
        super().__init__(new_url)
        self.new_url = new_url

    def get_body(self, environ: t.Any = None, scope: t.Any = None) -> str:
        """A page with the link, for clients that do not follow redirects."""
        return redirect_page(self.new_url)

    def _more_headers(self) -> list[tuple[str, str]]:
        return [("Location", self.new_url)]


class RequestPath(RoutingException):
    """The matcher's note: the same path, written as *path_info*, has a rule."""

    def __init__(self, path_info: str) -> None:
        super().__init__(path_info)
        self.path_info = path_info


class RequestAliasRedirect(RoutingException):
    """The matcher's note: an alias matched; *endpoint* with *matched_values* is the real URL."""

    def __init__(self, matched_values: t.Mapping[str, t.Any], endpoint: t.Any) -> None:
        super().__init__(matched_values, endpoint)
        self.matched_values = matched_values
        self.endpoint = endpoint


class WebsocketMismatch(BadRequest):
    """*400*: the path has a rule for WebSockets and this is HTTP, or the other way round."""


class BuildError(RoutingException, LookupError):
    """No rule of *endpoint* makes a URL of *values* and *method*.

    The message names the nearest rule of *adapter*'s map: what is missing for it if it is one of
    the endpoint, or its endpoint if the one asked for does not exist.
    """

    def __init__(
        self, endpoint: t.Any, values: Values, method: str | None, adapter: MapAdapter | None = None
    ) -> None:
        super().__init__(endpoint, values, method)
        self.endpoint = endpoint
        self.values = values
        self.method = method
        self.adapter = adapter

    @cached_property
    def suggested(self) -> Rule | None:
        """The nearest rule, found when it is first asked for."""
        return self.closest_rule(self.adapter)

    def closest_rule(self, adapter: MapAdapter | None) -> Rule | None:
        """The rule of *adapter*'s map with the most similar endpoint, None in an empty map.

        Among rules of one endpoint the one that takes the values wins, then the one that takes
        the method.
        """
        if adapter is None:
            return None
        import difflib  # only a failed build looks for similar names

        matcher = difflib.SequenceMatcher(None, "", str(self.endpoint))  # endpoints are any type
        values = set(self.values or ())

        def score(rule: Rule) -> float:
            matcher.set_seq1(str(rule.endpoint))
            takes_values = values <= rule.arguments
            takes_method = rule.methods is not None and self.method in rule.methods
            return 0.98 * matcher.ratio() + 0.01 * takes_values + 0.01 * takes_method

        return max(adapter.map._rules, key=score, default=None)

    def __str__(self) -> str:
        message = f"Could not build url for endpoint {self.endpoint!r}"
        message += f" ({self.method!r})" if self.method else ""
        message += f" with values {sorted(self.values)!r}" if self.values else ""
        return f"{message}.{self._advice(self.suggested)}"

    def _advice(self, rule: Rule | None) -> str:
        if rule is None or rule.endpoint != self.endpoint:
            return f" Did you mean {rule.endpoint!r} instead?" if rule else ""
        advice = ""
        if self.method and rule.methods is not None and self.method not in rule.methods:
            advice += f" Did you mean to use methods {sorted(rule.methods)!r}?"
        missing = sorted(rule.arguments - set(self.values or ()))
        return advice + (f" Did you forget to specify values {missing!r}?" if missing else "")
