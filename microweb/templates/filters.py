"""What stands behind `|` in templates: `FILTERS`, by the name that a template uses.

The rule: a filter is a plain function of the value and the arguments. One that needs to know
where it runs is marked `pass_environment`, `pass_context` or `pass_eval_context`, and gets that
first. Text that is `Markup` stays so; text that is not never becomes it, except by `safe`.
Filters take what users typed: each is linear in it, and huge numbers are refused before they are
raised to a power. Names and arguments are Jinja's.
"""

from __future__ import annotations

import re
import sys
from collections import abc, namedtuple
from itertools import groupby

from ..markup import Markup, escape, soft_str
from .errors import FilterArgumentError
from .runtime import Undefined
from .urlize import urlize
from .utils import htmlsafe_json_dumps, missing, pass_context, pass_environment, pass_eval_context

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


# --- attributes by name, as `map(attribute="address.city")` has them


def ignore_case(value: t.Any) -> t.Any:
    """Return text in lower case, anything else as it is: a key for sorting."""
    return value.lower() if isinstance(value, str) else value


def make_attrgetter(env: t.Any, attribute: t.Any, postprocess: t.Any = None, default: t.Any = None) -> t.Any:
    """Return a function that looks up a dotted path in an item, as the environment would."""
    path = attribute.split(".") if isinstance(attribute, str) else [attribute]
    parts = [int(part) if str(part).isdecimal() else part for part in path if part is not None]

    def getter(item: t.Any) -> t.Any:
        for part in parts:
            item = env.getitem(item, part)
            if default is not None and isinstance(item, Undefined):
                item = default
        return item

    def getter_of_one(item: t.Any) -> t.Any:
        # Objects that have no items are not asked for one: to raise and catch that error would cost
        # more than all the rest.
        value = missing if hasattr(type(item), "__getitem__") else getattr(item, name, missing)
        return env.getitem(item, name) if value is missing else value

    name: t.Any = parts[0] if len(parts) == 1 and default is None else None
    # The environment's own look-up may be short-cut; one that a subclass defines may not.
    if isinstance(name, str) and getattr(env.getitem, "can_be_inlined", False):
        getter = getter_of_one
    return getter if postprocess is None else lambda item: postprocess(getter(item))


def key_getter(env: t.Any, case_sensitive: bool, attribute: t.Any, default: t.Any = None) -> t.Any:
    """Return a function that looks up what items are compared by: in lower case, if case is nothing."""
    return make_attrgetter(env, attribute, None if case_sensitive else ignore_case, default)


# --- text


def do_forceescape(value: t.Any) -> Markup:
    """Escape even what is markup already."""
    return escape(str(Markup(value)))


#: `safe` states that a value is HTML already; the other makes plain text of it, to be escaped.
do_mark_safe, do_mark_unsafe, do_list, do_string = Markup, str, list, soft_str


def do_striptags(value: t.Any) -> str:
    """Remove tags and comments, and make any white space one space."""
    return Markup(value).striptags()


def do_upper(s: t.Any) -> str:
    """Make text upper case."""
    return soft_str(s).upper()


def do_lower(s: t.Any) -> str:
    """Make text lower case."""
    return soft_str(s).lower()


def do_capitalize(s: t.Any) -> str:
    """Make the first letter upper case, all others lower."""
    return soft_str(s).capitalize()


_between_words = re.compile(r"([-\s({\[<]+)")


def do_title(s: t.Any) -> str:
    """Make the first letter of each word upper case, all others lower."""
    return "".join([word[:1].upper() + word[1:].lower() for word in _between_words.split(soft_str(s))])


def do_trim(value: t.Any, chars: str | None = None) -> str:
    """Strip white space, or any of `chars`, from both ends."""
    return soft_str(value).strip(chars)


def do_center(value: t.Any, width: int = 80) -> str:
    """Center text in a field."""
    return soft_str(value).center(width)


@pass_eval_context
def do_replace(eval_ctx: t.Any, s: t.Any, old: t.Any, new: t.Any, count: int | None = None) -> str:
    """Replace `old` by `new`, everywhere or the first `count` times."""
    times = -1 if count is None else count
    if not eval_ctx.autoescape:
        return str(s).replace(str(old), str(new), times)
    # Markup cannot be looked for, or put, into text that is not: the text becomes markup first.
    if hasattr(old, "__html__") or (hasattr(new, "__html__") and not hasattr(s, "__html__")):
        s = escape(s)
    return soft_str(s).replace(soft_str(old), soft_str(new), times)


def do_format(value: t.Any, *args: t.Any, **kwargs: t.Any) -> str:
    """Fill in a printf-style format: `"%s, %s!"|format("Hello", name)`."""
    if args and kwargs:
        raise FilterArgumentError("format takes positional or keyword arguments, not both")
    return soft_str(value) % (kwargs or args)


def do_indent(s: t.Any, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    """Indent each line by a number of spaces or by a text, but not the first and empty ones."""
    cls = Markup if isinstance(s, Markup) else str
    margin, newline = cls(width if isinstance(width, str) else " " * width), cls("\n")
    # A newline at the end keeps an empty last line, and makes a first one.
    lines = (s + newline).splitlines()
    lines[1:] = [margin + line if line or blank else line for line in lines[1:]]
    return newline.join([margin + lines[0] if first else lines[0], *lines[1:]])


@pass_environment
def do_truncate(
    env: t.Any, s: t.Any, length: int = 255, killwords: bool = False, end: str = "...", leeway: t.Any = None
) -> str:
    """Cut text that is longer than `length` by more than `leeway`, between words."""
    leeway = env.policies["truncate.leeway"] if leeway is None else leeway
    if length < len(end) or leeway < 0:
        wanted = f"length >= {len(end)} for {end!r} and leeway >= 0"
        raise FilterArgumentError(f"truncate wants {wanted}, not {length} and {leeway}")
    if len(s) <= length + leeway:
        return s  # type: ignore[no-any-return]
    kept = s[: length - len(end)]
    return (kept if killwords else kept.rsplit(" ", 1)[0]) + end  # type: ignore[no-any-return]


@pass_environment
def do_wordwrap(
    environment: t.Any, s: t.Any, width: int = 79, break_long_words: bool = True,
    wrapstring: str | None = None, break_on_hyphens: bool = True,
) -> str:  # fmt: skip
    """Wrap each line at `width`; lines are joined by `wrapstring`, or the environment's newline."""
    from textwrap import TextWrapper

    wrap: t.Any = TextWrapper(width, break_long_words=break_long_words, break_on_hyphens=break_on_hyphens)
    wrap.expand_tabs = wrap.replace_whitespace = False
    # Very long words are cut up first: the rest of a word is copied for each line cut from it, which is
    # quadratic. The lines are the same.
    size, split = 64 * width if break_long_words and width > 0 else sys.maxsize, wrap._split
    wrap._split = lambda text: [word[i : i + size] for word in split(text) for i in range(0, len(word), size)]
    newline = environment.newline_sequence if wrapstring is None else wrapstring
    return newline.join(newline.join(wrap.wrap(line)) for line in s.splitlines())


def do_wordcount(s: t.Any) -> int:
    """Count words."""
    return len(re.findall(r"\w+", soft_str(s)))


_scheme = re.compile(r"[\w.+-]{2,}:/{0,2}")


@pass_eval_context
def do_urlize(
    eval_ctx: t.Any, value: t.Any, trim_url_limit: int | None = None, nofollow: bool = False,
    target: str | None = None, rel: str | None = None, extra_schemes: t.Iterable[str] | None = None,
) -> str:  # fmt: skip
    """Link the web and mail addresses in text; see `urlize`."""
    policies = eval_ctx.environment.policies
    relations = f"{rel or ''} {policies['urlize.rel'] or ''} {'nofollow' if nofollow else ''}".split()
    schemes = (policies["urlize.extra_schemes"] if extra_schemes is None else extra_schemes) or ()
    for scheme in schemes:
        if not _scheme.fullmatch(scheme) or scheme.lower().startswith(("javascript:", "vbscript:")):
            raise FilterArgumentError(f"{scheme!r} is not a valid URI scheme prefix.")
    target = policies["urlize.target"] if target is None else target
    text = urlize(value, trim_url_limit, " ".join(sorted({*relations})), target, schemes)
    return Markup(text) if eval_ctx.autoescape else text


def url_quote(obj: t.Any, charset: str = "utf-8", for_qs: bool = False) -> str:
    """Quote for a path, or for a query string: there "/" as well, and "+" for a space."""
    from urllib.parse import quote_from_bytes

    data = obj if isinstance(obj, bytes) else str(obj).encode(charset)
    quoted = quote_from_bytes(data, b"" if for_qs else b"/")
    return quoted.replace("%20", "+") if for_qs else quoted


def do_urlencode(value: t.Any) -> str:
    """Quote text for a URL; make a query string of a dict or of pairs."""
    if isinstance(value, str) or not isinstance(value, abc.Iterable):
        return url_quote(value)
    pairs = value.items() if isinstance(value, dict) else value
    return "&".join(f"{url_quote(key, for_qs=True)}={url_quote(item, for_qs=True)}" for key, item in pairs)


# What ends an attribute's name (HTML, "attribute name state"), or must not be in it.
_not_in_attribute_name = re.compile(r"[\s/>=\"'<\x00-\x1f\x7f]")


@pass_eval_context
def do_xmlattr(eval_ctx: t.Any, d: t.Mapping[str, t.Any], autospace: bool = True) -> str:
    """Write a dict as attributes, without those that are none or undefined.

    Values may come from users, names must not. A name that could end and start another attribute
    is a ValueError (CVE-2024-22195, CVE-2024-34064).
    """
    given = {key: value for key, value in d.items() if value is not None and not isinstance(value, Undefined)}
    for key in given:
        if not key or _not_in_attribute_name.search(key):
            raise ValueError(f"Invalid character in attribute name: {key!r}")
    text = "".join(f' {escape(key)}="{escape(value)}"' for key, value in given.items())[not autospace :]
    return Markup(text) if eval_ctx.autoescape else text


@pass_eval_context
def do_tojson(eval_ctx: t.Any, value: t.Any, indent: int | None = None) -> Markup:
    """Write JSON that is safe in HTML: in scripts, and in attributes with single quotes."""
    policies = eval_ctx.environment.policies
    options = {**policies["json.dumps_kwargs"], **({} if indent is None else {"indent": indent})}
    return htmlsafe_json_dumps(value, dumps=policies["json.dumps_function"], **options)


def do_pprint(value: t.Any) -> str:
    """Show a value over several lines, for debugging."""
    from pprint import pformat

    return pformat(value)


# --- numbers


def do_int(value: t.Any, default: int = 0, base: int = 10) -> int:
    """Make an integer of it, `42.23` as well; `default` if it is none."""
    try:
        return int(value, base) if isinstance(value, str) else int(value)
    except (TypeError, ValueError, OverflowError):
        try:
            return int(float(value))
        except (TypeError, ValueError, OverflowError):
            return default


def do_float(value: t.Any, default: float = 0.0) -> float:
    """Make a float of it; `default` if it is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return default


def do_round(value: t.Any, precision: int = 0, method: str = "common") -> t.Any:
    """Round to so many digits: `common`, or always `ceil` or `floor`."""
    if method not in ("common", "ceil", "floor"):
        raise FilterArgumentError(f"method must be common, ceil or floor, not {method!r}")
    # No float has as many digits, and 10 to that power takes all memory.
    if precision and abs(precision) > 400:
        raise FilterArgumentError(f"precision must be from -400 to 400, not {precision}")
    if method == "common":
        return round(value, precision)
    import math

    return getattr(math, method)(value * (10**precision)) / (10**precision)


def do_filesizeformat(value: t.Any, binary: bool = False) -> str:
    """Write a number of bytes for people: 13 kB, or 12.7 KiB with `binary`."""
    size = float(value)
    base, suffix = (1024, "iB") if binary else (1000, "B")
    if size == 1:
        return "1 Byte"
    if size < base:
        return f"{int(size)} Bytes"
    prefixes = "KMGTPEZY" if binary else "kMGTPEZY"
    power = next((power for power in range(2, 9) if size < base**power), 9)
    return f"{base * size / base**power:.1f} {prefixes[power - 2]}{suffix}"


# --- one of many


def do_default(value: t.Any, default_value: t.Any = "", boolean: bool = False) -> t.Any:
    """Return the default if the value is undefined, or with `boolean` if it is false."""
    return default_value if isinstance(value, Undefined) or (boolean and not value) else value


@pass_environment
def do_attr(environment: t.Any, obj: t.Any, name: str) -> t.Any:
    """Get an attribute, never an item: `foo|attr("bar")` is undefined where `foo.bar` may not be."""
    # The class is looked at first, because hasattr() would run a property just to ask.
    if any(name in vars(cls) for cls in type(obj).__mro__) or hasattr(obj, name):
        return environment.getattr(obj, name)
    return environment.undefined(obj=obj, name=name)


@pass_environment
def do_first(environment: t.Any, seq: t.Any) -> t.Any:
    """Return the first item."""
    return next(iter(seq), environment.undefined("No first item, sequence was empty."))


@pass_environment
def do_last(environment: t.Any, seq: t.Any) -> t.Any:
    """Return the last item; not of a generator."""
    return next(iter(reversed(seq)), environment.undefined("No last item, sequence was empty."))


@pass_context
def do_random(context: t.Any, seq: t.Any) -> t.Any:
    """Return any item. Asks for the context so that it is not computed when compiling."""
    import random

    undefined = context.environment.undefined("No random item, sequence was empty.")
    return random.choice(seq) if len(seq) else undefined


def _aggregate(best: t.Any) -> t.Any:
    @pass_environment
    def do(env: t.Any, value: t.Any, case_sensitive: bool = False, attribute: t.Any = None) -> t.Any:
        found = best(value, key=key_getter(env, case_sensitive, attribute), default=missing)
        return env.undefined("No aggregated item, sequence was empty.") if found is missing else found

    do.__qualname__ = f"do_{best.__name__}"  # environments are pickled, and filters by their names
    do.__doc__ = f"Return the {best.__name__}imum of the items, or the item with that of an attribute."
    return do


do_min, do_max = _aggregate(min), _aggregate(max)


def _attributes(env: t.Any, items: t.Any, attribute: t.Any) -> t.Any:
    return items if attribute is None else map(make_attrgetter(env, attribute), items)


@pass_environment
def do_sum(environment: t.Any, iterable: t.Any, attribute: t.Any = None, start: t.Any = 0) -> t.Any:
    """Add the items, or an attribute of theirs, to `start`."""
    return sum(_attributes(environment, iterable, attribute), start)


_plain_types = {str, int, float}  # by far the most, and they need not be asked for __html__


@pass_eval_context
def do_join(eval_ctx: t.Any, value: t.Any, d: t.Any = "", attribute: t.Any = None) -> str:
    """Join the items, or an attribute of theirs, by the text `d`."""
    value = _attributes(eval_ctx.environment, value, attribute)
    if not eval_ctx.autoescape:
        return str(d).join(map(str, value))
    if hasattr(d, "__html__"):
        return soft_str(d).join(map(soft_str, value))
    items = list(value)
    if not _plain_types.issuperset(map(type, items)) and any(hasattr(item, "__html__") for item in items):
        return escape(d).join(items)  # One is markup, so the whole is, and the others are escaped.
    return str(d).join(map(str, items))


# --- many of many


def do_items(value: t.Any) -> t.Iterator[t.Any]:
    """Return the pairs of a mapping; none if it is undefined."""
    if isinstance(value, Undefined):
        return
    if not isinstance(value, abc.Mapping):
        raise TypeError(f"Can only get item pairs from a mapping, not from {type(value).__name__}.")
    yield from value.items()


def do_reverse(value: t.Any) -> t.Any:
    """Return text backwards, or go through anything else backwards."""
    if isinstance(value, str):
        return value[::-1]
    try:
        return reversed(value) if isinstance(value, abc.Reversible) else list(value)[::-1]
    except TypeError:
        raise FilterArgumentError(f"argument must be iterable, not {type(value).__name__}") from None


def do_batch(value: t.Any, linecount: int, fill_with: t.Any = None) -> t.Iterator[list[t.Any]]:
    """Yield lists of `linecount` items; the last one is filled up, if there is something to."""
    row: list[t.Any] = []
    for item in value:
        if len(row) == linecount:  # which a float may be: batch(items|length / 2)
            yield row
            row = []
        row.append(item)
    if row:
        yield row if fill_with is None else row + [fill_with] * int(linecount - len(row))


def do_slice(value: t.Any, slices: int, fill_with: t.Any = None) -> t.Iterator[list[t.Any]]:
    """Yield `slices` lists, columns of nearly the same length; the shorter ones are filled up."""
    items = list(value)
    height, longer = divmod(len(items), slices)
    end = 0
    for column in range(slices):
        start, end = end, end + height + (column < longer)
        filler = [fill_with] if fill_with is not None and column >= longer else []
        yield items[start:end] + filler


def do_dictsort(value: t.Any, case_sensitive: bool = False, by: str = "key", reverse: bool = False) -> t.Any:
    """Return the pairs of a dict sorted by key, or by value."""
    if by not in ("key", "value"):
        raise FilterArgumentError(f'You can only sort by either "key" or "value", not {by!r}')
    prepare: t.Any = (lambda item: item) if case_sensitive else ignore_case
    return sorted(value.items(), key=lambda pair: prepare(pair[by == "value"]), reverse=reverse)


@pass_environment
def do_sort(
    env: t.Any, value: t.Any, reverse: bool = False, case_sensitive: bool = False, attribute: t.Any = None
) -> list[t.Any]:
    """Sort, by an attribute or several: "age,name". Equal items keep their order."""
    paths = attribute.split(",") if isinstance(attribute, str) else [attribute]
    keys = [key_getter(env, case_sensitive, path) for path in paths]
    return sorted(value, key=lambda item: [key(item) for key in keys], reverse=reverse)


@pass_environment
def do_unique(env: t.Any, value: t.Any, case_sensitive: bool = False, attribute: t.Any = None) -> t.Any:
    """Yield each item, or each value of an attribute, once: the first that comes."""
    key = key_getter(env, case_sensitive, attribute)
    seen = set()
    for item in value:
        ident = key(item)
        if ident not in seen:
            seen.add(ident)
            yield item


class _GroupTuple(namedtuple("_GroupTuple", ("grouper", "list"))):
    """A group: unpacks as a pair and looks like one."""

    __slots__ = ()
    __repr__ = tuple.__repr__


@pass_environment
def do_groupby(
    env: t.Any, value: t.Any, attribute: t.Any, default: t.Any = None, case_sensitive: bool = False
) -> list[_GroupTuple]:
    """Sort by an attribute and put together what has the same; see `_GroupTuple`."""
    exact, key = (key_getter(env, exactly, attribute, default) for exactly in (True, case_sensitive))
    groups = (list(items) for _, items in groupby(sorted(value, key=key), key))
    # Named as the first of the group is written, in whatever case.
    return [_GroupTuple(exact(items[0]), items) for items in groups]


def _by_name(context: t.Any, kind: str, name: str, args: t.Any, kwargs: t.Any) -> t.Any:
    """Return the filter or test of that name, with its arguments, as a function of the value."""
    # Looked up once and not for each item.
    function: t.Any = context.environment.by_name(kind, name, context)
    return (lambda item: function(item, *args, **kwargs)) if args or kwargs else function


@pass_context
def do_map(context: t.Any, value: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Iterator[t.Any]:
    """Apply a filter to each item, `map("lower")`, or get an attribute, `map(attribute="name")`."""
    if not value:
        return
    if args:
        change = _by_name(context, "filter", args[0], args[1:], kwargs)
    elif "attribute" not in kwargs or kwargs.keys() - {"attribute", "default"}:
        wanted = "map requires a filter argument, or attribute and default"
        raise FilterArgumentError(f"{wanted}, not {[*kwargs]}")
    else:
        change = make_attrgetter(context.environment, **kwargs)
    yield from map(change, value)


def _selector(name: str, doc: str) -> t.Callable[..., t.Iterator[t.Any]]:
    wanted, by_attribute = name.startswith("do_select"), name.endswith("attr")

    @pass_context
    def do(context: t.Any, value: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Iterator[t.Any]:
        if not value:
            return
        if by_attribute and not args:
            raise FilterArgumentError("Missing parameter for attribute name")
        rest = args[by_attribute:]
        test = _by_name(context, "test", rest[0], rest[1:], kwargs) if rest else bool
        subject = make_attrgetter(context.environment, args[0] if by_attribute else None)
        yield from (item for item in value if bool(test(subject(item))) is wanted)

    do.__qualname__, do.__doc__ = name, doc
    return do


do_select = _selector("do_select", "Keep the items that pass a test, or are true.")
do_reject = _selector("do_reject", "Keep the items that fail a test, or are false.")
do_selectattr = _selector("do_selectattr", "Keep the items whose attribute passes a test, or is true.")
do_rejectattr = _selector("do_rejectattr", "Keep the items whose attribute fails a test, or is false.")


# By the functions' names, and then what has another name as a filter or is Python's already.
FILTERS: dict[str, t.Any] = {name[3:]: func for name, func in globals().items() if name[:3] == "do_"}
del FILTERS["mark_safe"], FILTERS["mark_unsafe"]
FILTERS.update(abs=abs, count=len, d=do_default, e=escape, escape=escape, length=len, safe=do_mark_safe)
