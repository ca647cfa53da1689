"""Where an application's JSON comes from: one provider object, which it may replace.

The rule: everything that writes or reads JSON for an application goes through `app.json`. A
provider needs `dumps` and `loads`; the rest follows from them. The default one is the standard
library's encoder, set up once for each combination of settings, with types added that views
return every day. It is strict where the library is lax: no NaN, UTF-8 alone, and whatever a body
can do wrong (nesting without end, integers of 5000 digits) is a ValueError.
"""

from __future__ import annotations

import weakref

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from json import JSONEncoder

    from ..http.response import Response

_UTF8_BOM = b"\xef\xbb\xbf"


class JSONProvider:
    """What an application asks of its JSON library. Subclasses define `dumps` and `loads`."""

    def __init__(self, app: t.Any) -> None:
        # The application holds the provider; a strong reference back would be a cycle.
        self._app = weakref.proxy(app)

    def dumps(self, obj: t.Any, **kwargs: t.Any) -> str:
        """Return `obj` as JSON text; keywords go to the library."""
        raise NotImplementedError

    def dump(self, obj: t.Any, fp: t.IO[str], **kwargs: t.Any) -> None:
        """Write `obj` as JSON to a file opened for text."""
        fp.write(self.dumps(obj, **kwargs))

    def loads(self, s: str | bytes, **kwargs: t.Any) -> t.Any:
        """Return the object that JSON text, or UTF-8 bytes, describe; ValueError if none."""
        raise NotImplementedError

    def load(self, fp: t.IO[t.Any], **kwargs: t.Any) -> t.Any:
        """Read JSON from a file."""
        return self.loads(fp.read(), **kwargs)

    def _prepare_response_obj(self, args: tuple[t.Any, ...], kwargs: dict[str, t.Any]) -> t.Any:
        if args and kwargs:
            raise TypeError("app.json.response() takes either args or kwargs, not both")
        if len(args) == 1:
            return args[0]
        return args or kwargs or None  # one argument is the value itself, several are a list

    def response(self, *args: t.Any, **kwargs: t.Any) -> Response:
        """Return a response with one argument, several as a list, or keywords as an object."""
        text = self.dumps(self._prepare_response_obj(args, kwargs))
        return self._app.response_class(text, mimetype="application/json")  # type: ignore[no-any-return]


def _default(o: t.Any) -> t.Any:
    """Turn what JSON has no type for into what it has: see `DefaultJSONProvider`."""
    # Imported here: this runs only for values whose own modules are loaded already.
    import dataclasses
    import datetime
    import decimal
    import uuid

    if isinstance(o, datetime.date):
        from ..http.dates import http_date

        return http_date(o)
    if isinstance(o, (decimal.Decimal, uuid.UUID)):
        return str(o)
    if dataclasses.is_dataclass(o) and not isinstance(o, type):
        return dataclasses.asdict(o)
    if hasattr(o, "__html__"):
        return str(o.__html__())
    raise TypeError(f"Object of type {type(o).__name__} is not JSON serializable")


def _shortened(encoder: JSONEncoder) -> t.Callable[[t.Any], str]:
    """`encoder.encode`, without what that does anew for each object: to make its C function."""
    from json import encoder as library

    make = getattr(library, "c_make_encoder", None)
    # None on PyPy, whose compiler needs no C; and what C indents, only some versions know.
    if make is None or encoder.indent is not None:
        return encoder.encode
    text = library.encode_basestring_ascii if encoder.ensure_ascii else library.encode_basestring
    settings = "key_separator", "item_separator", "sort_keys", "skipkeys", "allow_nan"
    # The first None: without a memory of what it is in the middle of, which threads must not share.
    chunks = make(None, encoder.default, text, None, *[getattr(encoder, name) for name in settings])

    def encode(obj: t.Any) -> str:
        try:
            return "".join(chunks(obj, 0))
        except RecursionError:
            pass  # nested too deeply, or an object that holds itself: the library says which
        return encoder.encode(obj)

    return encode


def _make_decoder(allow_nan: bool, cls: t.Any = None, **settings: t.Any) -> t.Any:
    from json import JSONDecoder

    from ..http.jsonbody import STRICT

    if not allow_nan:
        settings = {**STRICT, **settings}
    return (cls or JSONDecoder)(**settings)


class _Decoders(dict):  # type: ignore[type-arg]
    """A decoder for each value of `allow_nan`, made when first asked for."""

    def __missing__(self, allow_nan: bool) -> t.Any:
        return self.setdefault(allow_nan, _make_decoder(allow_nan))


_decoders = _Decoders()


class DefaultJSONProvider(JSONProvider):
    """The standard library's JSON, and beyond its types: date and datetime (as HTTP dates),
    UUID and Decimal (as strings), dataclasses (as objects), and whatever has `__html__`.
    """

    #: Called for each object that JSON has no type for: returns one that has, or TypeError.
    default: t.Callable[[t.Any], t.Any] = staticmethod(_default)
    #: Write \uXXXX for all beyond ASCII; every reader copes with that.
    ensure_ascii = True
    #: Sort objects by their keys, so that equal data are equal text; keys must be comparable.
    sort_keys = True
    #: Whether `response` leaves out white space; None: unless the application is in debug mode.
    compact: bool | None = None
    #: The media type of `response`.
    mimetype = "application/json"
    #: Write and read NaN and Infinity, which JSON does not have and browsers refuse.
    allow_nan = False

    def dumps(self, obj: t.Any, **kwargs: t.Any) -> str:
        """Return `obj` as JSON text; keywords are those of `json.dumps`."""
        # Encoders are made once: to set one up costs as much as to encode a small object. The attributes
        # are part of the key, so that they may be changed.
        key = (self.default, self.ensure_ascii, self.sort_keys, self.allow_nan, *kwargs, *kwargs.values())
        try:
            encode = self._encoders[key]
        except (KeyError, TypeError, AttributeError):  # a TypeError: separators given as a list
            encode = self._new_encoder(key, kwargs)
        return encode(obj)

    def _new_encoder(self, key: t.Any, kwargs: dict[str, t.Any]) -> t.Callable[[t.Any], str]:
        encode = self._make_encoder({**kwargs})
        # Other keywords than these may be functions, new at each call: nothing to keep.
        if kwargs.keys() <= {"indent", "separators"} and not isinstance(kwargs.get("separators"), list):
            if not hasattr(self, "_encoders") or len(self._encoders) >= 32:
                self._encoders: dict[t.Any, t.Callable[[t.Any], str]] = {}
            self._encoders[key] = encode
        return encode

    def _make_encoder(self, kwargs: dict[str, t.Any]) -> t.Callable[[t.Any], str]:
        from json import JSONEncoder  # nothing else in a plain request needs it

        for name in ("default", "ensure_ascii", "sort_keys", "allow_nan"):
            kwargs.setdefault(name, getattr(self, name))
        own_class: type[JSONEncoder] | None = kwargs.pop("cls", None)
        return own_class(**kwargs).encode if own_class else _shortened(JSONEncoder(**kwargs))

    def loads(self, s: str | bytes, **kwargs: t.Any) -> t.Any:
        """Return the object that the text describes; keywords are those of `json.loads`.

        Bytes are UTF-8 and nothing else (RFC 8259, section 8.1): UTF-16 or UTF-32 would be a way
        around filters, and four times the memory (CVE-2018-1000656).
        """
        if not isinstance(s, str):
            text = bytes(s)
            s = (text[3:] if text.startswith(_UTF8_BOM) else text).decode()
        try:
            if kwargs:
                return _make_decoder(self.allow_nan, **kwargs).decode(s)
            decoder = _decoders[self.allow_nan]
            try:
                # The C function alone, which knows neither blanks around a value nor words for an error.
                value, end = decoder.scan_once(s, 0)
            except (StopIteration, ValueError):
                end = -1
            return value if end == len(s) else decoder.decode(s)
        except RecursionError:
            raise ValueError("The JSON data is nested too deeply.") from None

    def response(self, *args: t.Any, **kwargs: t.Any) -> Response:
        """Return a response with the arguments as JSON, indented in debug mode; see `compact`."""
        obj = self._prepare_response_obj(args, kwargs)
        compact = not self._app.debug if self.compact is None else self.compact
        text = self.dumps(obj, separators=(",", ":")) if compact else self.dumps(obj, indent=2)
        # Half a surrogate pair cannot be UTF-8; as a backslash escape it is good JSON.
        body = f"{text}\n".encode("utf-8", "backslashreplace")
        return self._app.response_class(body, mimetype=self.mimetype)  # type: ignore[no-any-return]
