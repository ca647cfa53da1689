"""Error pages beyond the plain one: explained in debug mode, and in the form that the client accepts.

The rule: *an error page says to a developer what came and what was wanted, and to a program what it
can read*. Imported when there is such a page to make.
"""

from __future__ import annotations

from .exceptions import BadRequestKeyError, MethodNotAllowed, NotFound, UnsupportedMediaType
from .responses import error_page

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .exceptions import HTTPException
    from .wrappers import Request, Response

# -- what came and what was wanted


def explain(app: t.Any, error: HTTPException, request: Request) -> None:
    """Add to an error's description what a developer wants to know."""
    for kind, tell in _EXPLAINED.items():
        if isinstance(error, kind) and error.response is None:
            told = tell(app, error, request)
            if told and told not in (error.description or ""):
                # A twin of an ordinary exception tells that one's message as well, at the end.
                plain = getattr(error, "_description", None) or error.description
                error.description = f"{plain}\n{told}"


def _named(values: t.Iterable[object]) -> str:
    return ", ".join(map(repr, values)) or "nothing"


def _explain_key(app: t.Any, error: t.Any, request: Request) -> str:
    # Only what was read already: an unread body is not to be consumed for a message.
    read = {"query": request.args, "cookies": request.cookies}
    read.update({name: request.__dict__[name] for name in ("form", "files") if name in request.__dict__})
    key = error.args[0] if error.args else ""
    told = f"{key!r} is not there. The request has: "
    told += "; ".join(f"{name}: {_named(values)}" for name, values in read.items())
    similar = _nearest(str(key), {name for values in read.values() for name in values})
    return f"{told}. Did you mean {similar[0]!r}?" if similar else f"{told}. {_form_hint(request)}".strip()


def _form_hint(request: Request) -> str:
    if request.method in ("GET", "HEAD"):
        return "A form that is sent by GET is in request.args."
    if request.mimetype not in ("multipart/form-data", "application/x-www-form-urlencoded"):
        return f"The Content-Type is {request.mimetype!r}, which is no form's."
    return 'Fields need a name, and file fields a form with enctype="multipart/form-data".'


def _explain_type(app: t.Any, error: t.Any, request: Request) -> str:
    return (
        f"The Content-Type of this request is {request.content_type!r}. In JavaScript, JSON is sent with"
        ' headers: {"Content-Type": "application/json"} and body: JSON.stringify(data); with the test'
        " client by json=data. request.get_json(force=True) reads it whatever its type."
    )


def _explain_route(app: t.Any, error: t.Any, request: Request) -> str:
    if error is not request.routing_exception:
        return ""  # a view raised it, for a reason of its own
    parts = request.path.split("/")
    rules: dict[str, t.Any] = {}
    for rule in app.url_map.iter_rules():
        # As if a variable stood for what is in its place: two rules that agree so are as near.
        pieces = str(rule).split("/")
        filled = [parts[i] if "<" in piece and i < len(parts) else piece for i, piece in enumerate(pieces)]
        rules.setdefault("/".join(filled), rule)
    near = _nearest(request.path, rules)
    lines = [_shown(rules[each]) for each in near]
    return f"No rule fits {request.path!r}." + (" Nearest are:\n" + "\n".join(lines) if lines else "")


def _shown(rule: t.Any) -> str:
    return f"{rule} ({', '.join(sorted(rule.methods or ['any method']))}) -> {rule.endpoint}"


def _explain_method(app: t.Any, error: t.Any, request: Request) -> str:
    known = _named(error.valid_methods or ())
    return f"The request came by {request.method}; rules for {request.path!r} have {known}."


def _nearest(word: str, known: t.Iterable[str]) -> list[str]:
    import difflib  # for who has made a mistake

    return difflib.get_close_matches(word[:200], [str(each) for each in known], 3, 0.5)


_EXPLAINED: dict[type[HTTPException], t.Callable[[t.Any, t.Any, Request], str]] = {
    BadRequestKeyError: _explain_key,
    UnsupportedMediaType: _explain_type,
    NotFound: _explain_route,
    MethodNotAllowed: _explain_method,
}

# -- what the client accepts

_PROBLEM = "application/problem+json"
_OFFERS = ["text/html", _PROBLEM, "application/json", "text/plain"]


def follow_accept(app: t.Any, error: HTTPException, request: Request) -> HTTPException | Response:
    """The answer for an error as HTML, as plain text, or as problem details (RFC 9457).

    HTML is for who accepts anything, or nothing of these: browsers, and clients that do not say.
    """
    if error.response is not None:
        return error
    kind = request.accept_mimetypes.best_match(_OFFERS, "text/html")
    response: Response = app.response_class.force_type(error_page(error, request.environ), request.environ)
    response.vary.add("Accept")
    description = error.description or ""
    if kind == "text/plain":
        response.set_data(f"{error.code} {error.name}\n\n{description}\n")
        response.mimetype = "text/plain"
    elif kind != "text/html":
        # "about:blank": the status says it all (RFC 9457 4.2.1).
        problem = {"type": "about:blank", "title": error.name, "status": error.code, "detail": description}
        response.set_data(app.json.dumps(problem))
        response.mimetype = _PROBLEM
    return response
