r"""The text of a rule, compiled: to the segments that match a path, and to the format that builds one.

The rule: *all that can be known from the text is worked out once*.
`tokens` cuts the text, `segments` makes what the matcher's tree consists of, `values_function` and
`url_function` make functions of what is left to do for each request:

    /user/<name>/v<int:major>.<int:minor>/

    segments  "", "user", (?P<arg0>[^/]{1,})\Z, v(?P<arg0>[0-9]+)\.(?P<arg1>[0-9]+)\Z, ""
    values    lambda p, d: {"name": p[2], "major": int(m4["arg0"]), "minor": int(m4["arg1"])}
              if p[2] and (m4 := f4(p[3])) else None
    URL       lambda v: "/user/%s/v%s.%s/" % (c0(v["name"]), c1(v["major"]), c2(v["minor"]))

A segment lies between two slashes. Once a converter that may match slashes has been seen, though,
nothing is known about slashes any more: the rest of the rule is one segment that *spans* the rest
of the path.
"""

from __future__ import annotations

import re
from collections import namedtuple

from ..http.urls import PATH_SAFE, url_quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .converters import BaseConverter

    #: A piece of a rule: literal text, or a variable's name with its converter.
    Token = tuple[str, t.Optional[BaseConverter]]
    ValuesFunction = t.Callable[[t.Sequence[str], str], t.Optional[dict[str, t.Any]]]
    URLFunction = t.Callable[[t.Mapping[str, t.Any]], str]
    ExactFunction = t.Callable[[t.Mapping[str, t.Any]], t.Optional[str]]

_TOKEN = re.compile(r"""(?x)
      (?P<slash> / )
    | (?P<text> [^</]+ )
    | <
      (?:
        (?P<converter> [A-Za-z_][A-Za-z0-9_]* )
        (?: \( (?P<arguments> .*? ) \) )?           # up to the first ")" that a name follows
        :
      )?
      (?P<variable> [A-Za-z_][A-Za-z0-9_]* )
      >
""")

_ARGUMENT = re.compile(r"""(?x)
    \s*
    (?: (?P<name> \w+ ) \s* = \s* )?
    (?P<value> [urUR]? (?: "[^"]*" | '[^']*' ) | [\w.+-]+ )
    \s* (?: , | \Z )
""")

#: Digits in a number, at most. Python's own limit (CVE-2020-10735) is an error, a setting, and absent
#: from old 3.9s; this one is a non-match, everywhere the same. It is the lowest that one can be set to.
MAX_DIGITS = 640

# Not \d: that matches the digits of all scripts, and two URLs would name one thing.
DIGITS = f"[0-9]{{1,{MAX_DIGITS}}}"

_CONSTANTS = {"None": None, "True": True, "False": False}


def quote_path(value: t.Any) -> str:
    """The text of *value* percent-encoded for a path, in which slashes stay."""
    text = value if type(value) is str else str(value)
    # Most values are words and numbers, and asking is cheaper than quoting.
    if text.isalnum() and text.isascii():
        return text
    return url_quote(text, PATH_SAFE)


def _scan(pattern: re.Pattern[str], text: str, complaint: str) -> t.Iterator[re.Match[str]]:
    """Cut *text* into matches of *pattern*, or say where that ends."""
    position = 0
    while position < len(text):
        match = pattern.match(text, position)
        if match is None:
            raise ValueError(f"{complaint} at {text[position:]!r}")
        yield match
        position = match.end()


def tokens(text: str) -> t.Iterator[re.Match[str]]:
    """The pieces of a rule's text as matches whose `lastgroup` is slash, text or variable."""
    wanted = "expected <converter(arguments):name>, <converter:name> or <name>"
    return _scan(_TOKEN, text, f"malformed url rule: {text!r}: {wanted}")


def _literal(text: str) -> t.Any:
    """A converter's argument as the Python value it looks like, or as text."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            pass
    return text.lstrip("urUR")[1:-1] if text[-1] in "\"'" else text


def parse_converter_args(argstr: str) -> tuple[tuple[t.Any, ...], dict[str, t.Any]]:
    """The arguments in a rule's converter, as positional and keyword arguments.

    >>> parse_converter_args("2, 'a, b', min=0.5")
    ((2, 'a, b'), {'min': 0.5})
    """
    args: list[t.Any] = []
    kwargs: dict[str, t.Any] = {}
    wanted = "expected values and name=value pairs, separated by commas, and quotes around all but words"
    complaint = f"Cannot parse converter argument {argstr!r}: {wanted}"
    for match in _scan(_ARGUMENT, argstr.rstrip(" \t,"), complaint):
        if match["name"]:
            kwargs[match["name"]] = _literal(match["value"])
        else:
            args.append(_literal(match["value"]))
    return tuple(args), kwargs


#: A segment with variables. Rules with equal segments share them in the tree, and rivals are sorted
#: by `weight`. `count` is the number of variables, which are the groups arg0, arg1... of `regex`. A
#: `suffixed` one ends with a slash, which the converter before it may eat: the regex tells.
Segment = namedtuple("Segment", "weight regex count spanning suffixed")


def _weight(tokens: list[Token]) -> tuple[t.Any, ...]:
    """Sorts rivals: more literal text first, and longer; then more variables, and lighter ones."""
    texts = [text for text, converter in tokens if converter is None and text != "/"]
    lengths = tuple((index, -len(text)) for index, text in enumerate(texts))
    weights = tuple(converter.weight for _, converter in tokens if converter is not None)
    return (-len(texts), lengths, -len(weights), weights)


def _segment(tokens: list[Token], spanning: bool) -> str | Segment:
    if all(converter is None for _, converter in tokens):
        return "".join(text for text, _ in tokens)
    suffixed = spanning and tokens[-1] == ("/", None)
    regex, count = "", 0
    for text, converter in tokens[:-1] if suffixed else tokens:
        regex += re.escape(text) if converter is None else f"(?P<arg{count}>{converter.regex})"
        count += converter is not None
    regex += r"(?<!/)(?P<slash>/?)\Z" if suffixed else r"\Z"
    return Segment(_weight(tokens), regex, count, spanning, suffixed)


def segments(tokens: list[Token]) -> list[str | Segment]:
    """The tokens of a rule as segments: text where nothing varies."""
    found: list[str | Segment] = []
    current: list[Token] = []
    spanning = False
    for text, converter in tokens:
        spanning = spanning or (converter is not None and not converter.part_isolating)
        if text == "/" and not spanning:
            found.append(_segment(current, False))
            current = []
        else:
            current.append((text, converter))
    found.append(_segment(current, spanning))
    return [*found, ""] if spanning and current[-1] == ("/", None) else found


def one_slash(path: str) -> str:
    """*path* with one slash at its beginning, and no backslash behind it.

    ``//x`` and ``/\\x`` are the host ``x`` to a browser (CVE-2020-28724, CVE-2018-14574).
    """
    bare = path.lstrip("/")
    return f"/%5C{bare[1:]}" if bare[:1] == "\\" else f"/{bare}"


# -- rules as functions: a name in a rule is a word, so that it can be put into source as it is

#: The regexes of the commonest segments, and expressions that test the same without a regex: {0} is
#: the text where it is first used, {1} the same afterwards.
PLAIN = {
    r"(?P<arg0>[^/]{1,})\Z": "{0}",
    r"(?P<arg0>[^/]+)\Z": "{0}",
    rf"(?P<arg0>{DIGITS})\Z": f"{{0}}.isdigit() and {{1}}.isascii() and len({{1}}) <= {MAX_DIGITS}",
    # A dot matches no line break, so that one may only be the first character.
    r"(?P<arg0>[^/].*?)\Z": r"{0}[:1] not in '/' and {1}.find('\n', 1) < 0",
}

#: Several unbounded converters in one segment cost a power of the text's length when they nearly
#: match (n^2 for two, n^3 for three...), so the more there are, the shorter the text that is tried:
#: 1024 characters, or 4096 of all the rest of a path. One alone is linear and needs no limit.
_LIMITS = {2: (1024, 4096), 3: (1024, 1024)}


def matcher(segment: Segment) -> t.Callable[[str], re.Match[str] | None]:
    """What tests a text for a segment."""
    match = re.compile(segment.regex).match
    if segment.count == 1:
        return match
    limit = _LIMITS.get(segment.count, (256, 256))[segment.spanning]
    return lambda text: match(text) if len(text) <= limit else None


def values_function(
    parts: list[str | Segment], converters: t.Mapping[str, BaseConverter], defaults: t.Mapping[str, t.Any]
) -> ValuesFunction:
    """A function from the segments of a path (and a domain) to the values for the view.

    None if the segments with variables do not fit; literal ones are the tree's to test. For
    ``/<name>/<float:x>`` it is
    ``lambda p, d: {'name': p[1], 'x': c2(m2['arg0'])} if p[1] and (m2 := f2(p[2])) else None``.
    """
    names: dict[str, t.Any] = {"defaults": defaults}
    tests, items = [], []
    variables = iter(converters.items())
    for index, part in enumerate(parts):
        if isinstance(part, str):
            continue
        first = text = f"p[{index - 1}]" if index else "d"
        if part.spanning and index:
            first, text = f"(s := '/'.join(p[{index - 1}:]))", "s"
        texts = [text]
        if part.regex in PLAIN:
            tests.append(PLAIN[part.regex].format(first, text))
        else:
            names[f"f{index}"] = matcher(part)
            tests.append(f"(m{index} := f{index}({first}))")
            texts = [f"m{index}['arg{number}']" for number in range(part.count)]
        for text, (name, converter) in zip(texts, variables):
            cast = names[f"c{len(names)}"] = converter._cast()
            items.append(f"{name!r}: " + (text if cast is None else f"c{len(names) - 1}({text})"))
    if defaults:
        items.append("**defaults")
    source = f"lambda p, d: {{{', '.join(items)}}} if {' and '.join(tests) or True} else None"
    return eval(source, names)  # type: ignore[no-any-return]


def _argument(convert: str, value: str, plain_test: str | None) -> str:
    """Source for the text of a value."""
    if plain_test is None:
        return f"{convert}({value})"
    return f"x if {plain_test.format(f'x := {value}')} else {convert}(x)"


def url_function(tokens: list[Token], defaults: t.Mapping[str, t.Any], exactly: bool = False) -> t.Any:
    """A `URLFunction` from values to a rule's path (or domain part).

    For ``/<name>/<int:page>`` it is ``lambda v: '/%s/%s' % (c0(v['name']), c1(v['page']))``, but that
    a converter is not called for what it would leave as it is. A variable that has a default is
    constant, as a rule is only built with its own defaults.

    One that works *exactly* returns None if it is given more or less than the variables, or None for
    one (which is no value), or what its converter refuses.
    """
    template = ""
    names: dict[str, t.Any] = {}
    arguments: list[str] = []
    for text, converter in tokens:
        if converter is not None and text not in defaults:
            names[f"c{len(names)}"] = converter.to_url
            arguments.append(_argument(f"c{len(arguments)}", f"v[{text!r}]", converter._plain_test()))
            template += "%s"
        else:
            literal = quote_path(text) if converter is None else converter.to_url(defaults[text])
            template += literal.replace("%", "%%")
    source = f"{template!r} % ({''.join(f'{each}, ' for each in arguments)})"
    if template[:2] in {"//", "/%"}:
        # Whatever comes behind the first slash may be one, or a backslash.
        names["one_slash"] = one_slash
        source = f"one_slash({source})"
    if not exactly:
        return eval(f"lambda v: {source}", names)
    given = [f" and v.get({text!r}) is not None" for text, converter in tokens if converter is not None]
    exec(_EXACTLY.format(f"len(v) == {len(given)}{''.join(given)}", source), names)
    return names["exactly"]


_EXACTLY = """
def exactly(v):
    if {}:
        try:
            return {}
        except ValueError:  # ValidationError is one; the long way tells
            return None
"""


def no_path(values: t.Mapping[str, t.Any]) -> None:
    """The function of an endpoint whose URL is not a path alone."""
