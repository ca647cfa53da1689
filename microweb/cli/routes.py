"""``routes``: the rules of an application, and the way of one path through them."""

from __future__ import annotations

from operator import itemgetter

from ..exceptions import HTTPException, MethodNotAllowed
from ..globals import current_app
from ..routing.exceptions import RequestRedirect
from ..routing.map import Map
from ..routing.rules import Rule
from .decorators import argument, command, option
from .exceptions import UsageError
from .script import with_appcontext
from .terminal import echo
from .types import Choice

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


_SORTS = Choice(("endpoint", "methods", "domain", "rule", "match"))


@command("routes")
@option("--sort", "-s", type=_SORTS, default="endpoint", help="What to sort by; 'match': as they are tried.")
@option("--all-methods", is_flag=True, help="Show HEAD and OPTIONS, too.")
@option("--method", "-X", default="GET", help="The method of the request to PATH.")
@argument("path", required=False)
@with_appcontext
def routes_command(sort: str, all_methods: bool, method: str, path: str | None) -> None:
    """Show all routes; or, for a PATH, which of them it takes and why not the others."""
    rules = list(current_app.url_map.iter_rules())
    if not rules:
        echo("No routes were registered.")
    elif path is None:
        _list(rules, sort, set() if all_methods else {"HEAD", "OPTIONS"})
    else:
        _explain(path, method.upper())


def _list(rules: list[Rule], sort: str, ignored: set[str]) -> None:
    is_host = current_app.url_map.host_matching
    domain = "Host" if is_host else "Subdomain"
    rows = [
        {
            "Endpoint": str(rule.endpoint),
            "Methods": ", ".join(sorted((rule.methods or set()) - ignored)),
            domain: (rule.host if is_host else rule.subdomain) or "",
            "Rule": rule.rule,
        }
        for rule in rules
    ]
    heads = [head for head in rows[0] if head != domain or any(row[domain] for row in rows)]
    key = domain if sort == "domain" else sort.title()
    if key in heads:  # or else as they are tried
        rows.sort(key=itemgetter(key))
    _table(heads, [[row[head] for head in heads] for row in rows])


def _table(heads: list[str], rows: list[list[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(heads, *rows)]
    for row in [heads, ["-" * width for width in widths], *rows]:
        echo("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths)).rstrip())


def _explain(path: str, method: str) -> None:
    """Each rule, in the order of matching, with what it says to the request."""
    if not path.startswith("/"):
        raise UsageError(f"The path {path!r} does not start with a slash.")
    found = list(verdicts(current_app.url_map, path.partition("?")[0], method))
    rows = [["->" * each["taken"], each["endpoint"], each["rule"], each["why"]] for each in found]
    _table(["", "Endpoint", "Rule", f"{method} {path}"], rows)
    if not any(each["taken"] for each in found):
        raise SystemExit(1)


def verdicts(
    url_map: Map, path: str, method: str, host: tuple[str, str | None] | None = None
) -> t.Iterator[dict[str, t.Any]]:
    """What each rule says to a request, in the order in which they are tried; one of them is taken. Without
    a ``host``, the server's name and subdomain, each is asked at its own."""
    taken = False
    for rule in url_map.iter_rules():
        matches, why = _verdict(url_map, rule, path, method, host)
        yield {
            "rule": rule.rule,
            "endpoint": str(rule.endpoint),
            "regex": "/".join(map(_regex, rule._parts[1:])),
            "taken": matches and not taken,
            "why": "matches, too, but is tried later" if matches and taken else why,
        }
        taken = taken or matches


def _regex(part: t.Any) -> str:
    return part if isinstance(part, str) else part.regex.replace(r"\Z", "")


def _verdict(
    whole: Map, rule: Rule, path: str, method: str, at: tuple[t.Any, t.Any] | None
) -> tuple[bool, str]:
    """Whether a rule alone takes a request, and the reason."""
    names = ("default_subdomain", "strict_slashes", "merge_slashes", "converters", "host_matching")
    alone = Map([rule.empty()], **{name: getattr(whole, name) for name in names})
    own = (rule.host or "localhost", None) if whole.host_matching else ("localhost", rule.subdomain)
    host, subdomain = at or own
    if not at and "<" in f"{host}{subdomain}":
        return False, "depends on the host"
    if rule.build_only:
        return False, "is for building only"
    adapter = alone.bind(host, subdomain=subdomain)
    try:
        _, values = adapter.match(path, method, websocket=rule.websocket)
    except MethodNotAllowed as error:
        return False, f"takes {', '.join(sorted(set(error.valid_methods or ()) - {'HEAD', 'OPTIONS'}))}"
    except RequestRedirect as error:
        return True, f"redirects to {error.new_url}"
    except HTTPException:
        return False, "the path or the host differs" if at else "the path differs"
    given = ", ".join(f"{name}={value!r}" for name, value in values.items())
    return True, f"matches{': ' if given else ''}{given}"
