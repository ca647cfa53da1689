"""The request and the response that an application works with.

They are http's, plus what only an application can know: the rule that matched and its arguments,
the limits from its configuration, its JSON provider.
"""

from __future__ import annotations

from functools import lru_cache

from . import json
from .exceptions import BadRequest
from .globals import top_app
from .http.request import Request as RequestBase
from .http.response import Response as ResponseBase

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .exceptions import HTTPException
    from .routing.rules import Rule


@lru_cache(maxsize=512)
def blueprint_chain(name: str) -> tuple[str, ...]:
    """The blueprint and its parents, innermost first.

    >>> blueprint_chain("shop.cart")
    ('shop.cart', 'shop')
    """
    parts = name.split(".")
    return tuple(".".join(parts[:count]) for count in range(len(parts), 0, -1))


class _ConfiguredLimit:
    """A limit of the request: set on it, else the application's config key, else http's default."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, request: Request | None, owner: type[Request]) -> t.Any:
        if request is None:
            return self
        own = request.__dict__.get(self.name)
        if own is not None:
            return own
        app = top_app()
        return getattr(RequestBase, self.name) if app is None else app.config[self.name.upper()]

    def __set__(self, request: Request, value: int | None) -> None:
        request.__dict__[self.name] = value


_limit: t.Any = _ConfiguredLimit


class Request(RequestBase):
    """The request that a view works with: http's, and how the application came to it."""

    json_module: t.Any = json

    #: The rule that matched, None if there was none.
    url_rule: Rule | None = None
    #: What the rule's converters made of the URL; None if no rule matched.
    view_args: dict[str, t.Any] | None = None
    #: What the matching raised; the dispatch raises it again.
    routing_exception: HTTPException | None = None

    max_content_length: int | None = _limit()
    max_form_memory_size: int | None = _limit()
    max_form_parts: int | None = _limit()
    max_form_files: int | None = _limit()
    needs_whole_forms = True

    @property
    def endpoint(self) -> str | None:
        """The endpoint that matched, None if none did."""
        rule = self.url_rule
        return None if rule is None else rule.endpoint

    @property
    def blueprint(self) -> str | None:
        """The name under which the matched endpoint's blueprint is registered."""
        endpoint = self.endpoint
        if endpoint is None or "." not in endpoint:
            return None
        return endpoint.rpartition(".")[0]

    @property
    def blueprints(self) -> list[str]:
        """The blueprint and those it is nested in, innermost first."""
        rule = self.url_rule
        # Every table of hooks asks; most endpoints are the application's own.
        if rule is None or "." not in rule.endpoint:
            return []
        return list(blueprint_chain(self.blueprint))

    @property
    def is_xhr(self) -> bool:
        """Whether a script says that it sent this, as jQuery does; ``fetch`` does not by itself."""
        return str(self.environ.get("HTTP_X_REQUESTED_WITH")).lower() == "xmlhttprequest"

    def _load_form_data(self) -> None:
        super()._load_form_data()
        # A file field of a form without enctype is the classic lost hour: say so in debug mode.
        app = top_app()
        if app is not None and app.debug and self.mimetype != "multipart/form-data" and not self.files:
            from .debughelpers import explain_missing_files

            explain_missing_files(self)

    def on_json_loading_failed(self, e: ValueError | None) -> t.Any:
        """Details of the failure reach the client in debug mode only."""
        try:
            return super().on_json_loading_failed(e)
        except BadRequest as error:
            app = top_app()
            if app is not None and app.debug:
                raise
            raise BadRequest() from error


class Response(ResponseBase):
    """The response that views return and that ``make_response`` makes: HTML unless told else."""

    default_mimetype: str | None = "text/html"
    json_module: t.Any = json
    autocorrect_location_header = False

    @property
    def max_cookie_size(self) -> int:  # type: ignore[override]
        """Larger cookies are warned of: the application's MAX_COOKIE_SIZE."""
        app = top_app()
        return ResponseBase.max_cookie_size if app is None else app.config["MAX_COOKIE_SIZE"]
