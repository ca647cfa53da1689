"""JSON as the current application writes and reads it.

The rule: these functions ask `app.json` of the application whose context is active, so that its
settings hold everywhere; outside any context they use the plain defaults (keys unsorted). Contexts
lie above this floor, so they hand their answer down: `_current_provider` is replaced by `globals`.
"""

from __future__ import annotations

from .provider import DefaultJSONProvider

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from ..http.response import Response
    from ..markup import Markup
    from .provider import JSONProvider


class _DetachedProvider(DefaultJSONProvider):
    """The provider where there is no application."""

    # As json.dumps: without an application nobody asked for sorting.
    sort_keys = False

    # There is no application to point back to.
    def __init__(self) -> None:
        pass

    def response(self, *args: t.Any, **kwargs: t.Any) -> Response:
        """Complain: a response needs an application's class for it."""
        raise RuntimeError(
            "Working outside of application context.\n\n"
            "jsonify() makes a response of the current application, and there is none."
            " Wrap the call in `with app.app_context():`, or use json.dumps() for text."
        )


_detached = _DetachedProvider()


def __getattr__(name: str) -> t.Any:
    """``JSONEncoder`` and ``JSONDecoder``: classes to derive an application's ``json_encoder`` from."""
    if name not in ("JSONEncoder", "JSONDecoder"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import json

    from .provider import _default

    if name == "JSONDecoder":
        return json.JSONDecoder
    encoder = globals()[name] = type(name, (json.JSONEncoder,), {"default": lambda self, o: _default(o)})
    return encoder


def _current_provider() -> JSONProvider:
    """Return `app.json` of the active context, else `_detached`. Replaced once contexts exist."""
    return _detached


def dumps(obj: t.Any, **kwargs: t.Any) -> str:
    """Return `obj` as JSON text, by `app.json.dumps` in a context."""
    return _current_provider().dumps(obj, **kwargs)


def dump(obj: t.Any, fp: t.IO[str], **kwargs: t.Any) -> None:
    """Write `obj` as JSON to a text file, by `app.json.dump` in a context."""
    _current_provider().dump(obj, fp, **kwargs)


def loads(s: str | bytes, **kwargs: t.Any) -> t.Any:
    """Return what JSON text or UTF-8 bytes describe, by `app.json.loads` in a context."""
    return _current_provider().loads(s, **kwargs)


def load(fp: t.IO[t.Any], **kwargs: t.Any) -> t.Any:
    """Read JSON from a file, by `app.json.load` in a context."""
    return _current_provider().load(fp, **kwargs)


def jsonify(*args: t.Any, **kwargs: t.Any) -> Response:
    """Return a JSON response: of one argument, of several as a list, or of keywords."""
    return _current_provider().response(*args, **kwargs)


# What would end a script element, open a comment or entity, or close a quoted attribute; and the
# two line separators that JSON allows in strings and JavaScript before 2019 did not.
_HTML_UNSAFE = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>&'\u2028\u2029"})


def htmlsafe_dumps(obj: t.Any, **kwargs: t.Any) -> Markup:
    """Return JSON that may stand in a script element or a single-quoted attribute.

    >>> htmlsafe_dumps("</script>")
    Markup('"\\\\u003c/script\\\\u003e"')
    """
    from ..markup import Markup

    return Markup(dumps(obj, **kwargs).translate(_HTML_UNSAFE))


def htmlsafe_dump(obj: t.Any, fp: t.IO[str], **kwargs: t.Any) -> None:
    """Write `htmlsafe_dumps` to a text file."""
    fp.write(htmlsafe_dumps(obj, **kwargs))
