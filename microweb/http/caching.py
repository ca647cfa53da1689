"""Validators and cache rules: ETags, conditional requests, Cache-Control.

The rule (RFC 9110 13): If-None-Match compares weakly, as it asks about meaning; If-Match and If-Range
compare strongly, as they ask about bytes; with an ETag there, dates do not count.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import islice

from .datastructures import CallbackDict, ImmutableDictMixin
from .dates import as_utc, parse_date
from .options import HeaderValue, dump_header, parse_dict_header

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from datetime import datetime

    from .datastructures import OnUpdate

# -- ETags

#: More tags than any client remembers for one URL are not read.
_MAX_ETAGS = 64

_ETAG = re.compile(
    r"""
    (?: [ \t]* ([Ww]/)?        # weak
        (?: "([^"]*)"          # as it should be
          | ([^" \t,]+) )      # without quotes, as some send it
        [ \t]* (?= , | \Z ) )?
    [^,]* (?: , | \Z )         # what is malformed is skipped
    """,
    re.VERBOSE,
)


class ETags(HeaderValue, Collection[str]):
    """The tags of If-Match or If-None-Match. `in`, `len` and iteration are about the strong ones."""

    def __init__(
        self, strong_etags: t.Iterable[str] = (), weak_etags: t.Iterable[str] = (), star_tag: bool = False
    ) -> None:
        # The star stands for every tag there is, so that none has to be named beside it.
        self._strong = frozenset(() if star_tag else strong_etags or ())
        self._weak = frozenset(weak_etags or ())
        #: Whether the header was `*`: any tag will do.
        self.star_tag = star_tag

    def as_set(self, include_weak: bool = False) -> set[str]:
        """A plain set of the strong tags, or of all."""
        return set(self._strong | self._weak if include_weak else self._strong)

    def is_weak(self, etag: str) -> bool:
        """Whether the tag is there as a weak one."""
        return etag in self._weak

    def is_strong(self, etag: str) -> bool:
        """Whether the tag is there as a strong one."""
        return etag in self._strong

    def contains(self, etag: str) -> bool:
        """The strong comparison, without quotes."""
        return self.star_tag or etag in self._strong

    def contains_weak(self, etag: str) -> bool:
        """The weak comparison, without quotes."""
        return etag in self._weak or self.contains(etag)

    def contains_raw(self, etag: str) -> bool:
        """The comparison that the tag, quoted and perhaps weak, asks for."""
        tag, weak = unquote_etag(etag)
        # Strong only among the strong: RFC 9110 8.8.3.2.
        return self.contains_weak(tag or "") if weak else self.contains(tag or "")

    def __call__(
        self, etag: str | None = None, data: bytes | None = None, include_weak: bool = False
    ) -> bool:
        etag = generate_etag(data) if etag is None else etag  # type: ignore[arg-type] # a TypeError says it
        return etag in self.as_set(include_weak)

    def to_header(self) -> str:
        """The value of the header."""
        if self.star_tag:
            return "*"
        return ", ".join([f'"{tag}"' for tag in self._strong] + [f'W/"{tag}"' for tag in self._weak])

    def __bool__(self) -> bool:
        return bool(self.star_tag or self._strong or self._weak)

    def __len__(self) -> int:
        return len(self._strong)

    def __iter__(self) -> t.Iterator[str]:
        return iter(self._strong)

    __contains__ = contains  # type: ignore[assignment]


def quote_etag(etag: str, weak: bool = False) -> str:
    """An ETag as the header has it."""
    # The grammar has no escape for it, RFC 9110 8.8.3.
    if '"' in etag:
        raise ValueError(f"invalid etag {etag!r}: it contains a quote")
    return f'W/"{etag}"' if weak else f'"{etag}"'


def unquote_etag(etag: str | None) -> tuple[str | None, bool | None]:
    """An ETag without its quotes, and whether it is weak; `(None, None)` for nothing.

    >>> unquote_etag('W/"bar"')
    ('bar', True)
    """
    if not etag:
        return None, None
    # Some write a small w: what they mean is clear.
    weak = etag[:2] in ("W/", "w/")
    etag = etag[2:] if weak else etag
    return (etag[1:-1] if etag[:1] == '"' == etag[-1:] else etag), weak


def parse_etags(value: str | None) -> ETags:
    """The tags of a header; what is malformed is skipped."""
    if not value or value == "*":
        return ETags(star_tag=value == "*")
    tags: dict[bool, list[str]] = {True: [], False: []}
    for match in islice(_ETAG.finditer(value), _MAX_ETAGS):
        weak, quoted, bare = match.groups()
        if quoted or bare:
            tags[bool(weak)].append(quoted or bare)
    return ETags(tags[False], tags[True])


def generate_etag(data: bytes) -> str:
    """A strong ETag for a body, without quotes."""
    from hashlib import sha1  # only where tags are made

    # No secret and no signature: builds that allow only approved hashes are told so.
    return sha1(data, usedforsecurity=False).hexdigest()


def is_resource_modified(
    environ: dict[str, t.Any],
    etag: str | None = None,
    data: bytes | None = None,
    last_modified: datetime | str | None = None,
    ignore_if_range: bool = True,
) -> bool:
    """Whether a request has to be answered in full; if not, `304 Not Modified` will do.

    :param etag: the tag of the resource, quoted; or it is made from `data`.
    :param ignore_if_range: False asks about If-Range: whether a part may be sent.
    """
    if data is not None:
        if etag is not None:
            raise TypeError("both data and etag given")
        etag = quote_etag(generate_etag(data))
    if isinstance(last_modified, str):
        last_modified = parse_date(last_modified)
    if last_modified is not None:
        # HTTP knows no parts of a second.
        last_modified = as_utc(last_modified.replace(microsecond=0))
    tag, tag_is_weak = unquote_etag(etag)
    if_range = environ.get("HTTP_IF_RANGE")
    # RFC 9110 13.1.5: without Range, If-Range is not there.
    if not ignore_if_range and environ.get("HTTP_RANGE") is not None and if_range:
        since = parse_date(if_range)
        if since is not None:
            # The very date: an older one may be that of another version.
            return since != last_modified
        return tag is None or unquote_etag(if_range) != (tag, False) or bool(tag_is_weak)
    # RFC 9110 13.1.3: an earlier date will do, it need not be the very one.
    since = parse_date(environ.get("HTTP_IF_MODIFIED_SINCE"))
    unmodified = since is not None and last_modified is not None and last_modified <= since
    if tag:
        # RFC 9110 13.2.2: tags count before dates.
        # If-None-Match asks whether it is the same for readers, If-Match whether for writers.
        none_match = parse_etags(environ.get("HTTP_IF_NONE_MATCH"))
        match = parse_etags(environ.get("HTTP_IF_MATCH"))
        unmodified = none_match.contains_weak(tag) if none_match else unmodified
        unmodified = not match.contains(tag) if match else unmodified
    return not unmodified


# -- Cache-Control


class DirectiveDict(HeaderValue, CallbackDict[str, "t.Any"]):
    """The directives of a header such as Cache-Control. `provided`: whether there was one."""

    def __init__(self, values: t.Any = (), on_update: OnUpdate = None) -> None:
        super().__init__(values, on_update)
        # An empty header and none at all are two things: the latter is not written back.
        self.provided = values is not None

    def __repr__(self) -> str:
        pairs = " ".join(f"{key}={value!r}" for key, value in sorted(self.items()))
        return f"<{type(self).__name__} {pairs}>"


def cache_control_property(key: str, empty: t.Any, type: t.Any, *, doc: str | None = None) -> t.Any:
    """A property for a directive, for subclasses that know more of them.

    :param empty: what it is if the directive stands there without a value.
    :param type: bool for "is there", None for text, or what converts the text; ValueError makes it None.
    """

    def get(self: DirectiveDict) -> t.Any:
        value = self.get(key)
        if type is bool:
            # Its value, if some client gives it one, means nothing.
            return key in self
        if value is None or type is None:
            return empty if key in self and value is None else value
        try:
            return type(value)
        except ValueError:
            # Text where a number belongs: as if the directive were not there.
            return None

    def set_(self: DirectiveDict, value: t.Any) -> None:
        if value is None or value is False or (type is bool and not value):
            self.pop(key, None)
        elif value is True or type is bool:
            # The name alone: `max-stale` without a number takes an answer of any age.
            self[key] = None
        else:
            self[key] = str(value if type is None else type(value))

    return property(get, set_, lambda self: self.pop(key, None), doc or f"The ``{key}`` directive.")


class _CacheControl(DirectiveDict):
    """The directives of a Cache-Control header: a dict of text, None for one without a value."""

    no_store: bool = cache_control_property("no-store", None, bool)
    max_age: int | None = cache_control_property("max-age", None, int)
    no_transform: bool = cache_control_property("no-transform", None, bool)
    stale_if_error: int | None = cache_control_property("stale-if-error", None, int)

    def to_header(self) -> str:
        """The value of the header."""
        return dump_header(self)

    # Werkzeug's name for it, with which subclasses declare what they know besides.
    cache_property = staticmethod(cache_control_property)


class RequestCacheControl(ImmutableDictMixin, _CacheControl):  # type: ignore[misc]
    """The Cache-Control of a request; read-only."""

    no_cache: bool = cache_control_property("no-cache", None, bool)
    max_stale: int | bool | None = cache_control_property("max-stale", True, int)
    min_fresh: int | None = cache_control_property("min-fresh", None, int)
    only_if_cached: bool = cache_control_property("only-if-cached", None, bool)


class ResponseCacheControl(_CacheControl):
    """The Cache-Control of a response.

    >>> rules = ResponseCacheControl()
    >>> rules.max_age, rules.public = 60, True
    >>> rules.to_header()
    'max-age=60, public'
    """

    no_cache: str | bool | None = cache_control_property("no-cache", True, None)
    public: bool = cache_control_property("public", None, bool)
    private: str | bool | None = cache_control_property("private", True, None)
    must_revalidate: bool = cache_control_property("must-revalidate", None, bool)
    proxy_revalidate: bool = cache_control_property("proxy-revalidate", None, bool)
    s_maxage: int | None = cache_control_property("s-maxage", None, int)
    immutable: bool = cache_control_property("immutable", None, bool)
    must_understand: bool = cache_control_property("must-understand", None, bool)
    stale_while_revalidate: int | None = cache_control_property("stale-while-revalidate", None, int)


def parse_cache_control_header(value: str | None, on_update: OnUpdate = None, cls: t.Any = None) -> t.Any:
    """The directives of a header, as a RequestCacheControl or as `cls`."""
    return (cls or RequestCacheControl)(parse_dict_header(value) if value else (), on_update)
