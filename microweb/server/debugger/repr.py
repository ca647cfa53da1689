"""Values as HTML: numbers, strings and containers coloured, what is long folded, secrets hidden.

The rule: showing a value never fails and never takes long. An object whose `repr` raises is shown as
broken, a container within itself as dots, and of what is large only the beginning.

A value is hidden for the name that it goes by; and a value that goes by the name of a secret once is hidden
wherever else it occurs, in a message, a line of source or the text of another value.
"""

from __future__ import annotations

import html
import os
import re
import sys
import traceback
from collections import deque
from itertools import islice

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

HIDDEN = "[hidden]"
_WORDS = r"passw(?:or)?d|passphrase|pwd|secret|token|credential|authorization|cookie|session_?id|csrf"
_WORDS += r"|(?:key|pin)s?(?![a-z])"
_SECRET = re.compile(_WORDS, re.IGNORECASE)
# `password='...'` in the text of an object, `"token": '...'` in that of a mapping, `token=...` in a query.
# Every repetition is bounded, so that hostile text costs linear time.
_ASSIGNED = re.compile(
    rf"""((?<!\w)\w{{0,40}}?(?:{_WORDS})\w{{0,40}}['"]?\s?[=:]\s?)(b?'[^'\n]*'|b?"[^"\n]*"|(?<==)[^\s&;,'")]+)""",
    re.IGNORECASE,
)
# The user's password in an address.
_USERINFO = re.compile(r"(://[^\s/:@]{1,100}:)[^\s/@]{1,200}(?=@)")
# Alone, these are words of every parser, or a shell's for a directory: hidden, but not elsewhere.
_COMMON = {"key", "keys", "token", "tokens", "pwd", "oldpwd"}
#: A shorter value would be found in words that are none of its business.
_SHORTEST = 6

#: What a container looks like, with a star for its items.
_MARKS: dict[type, str] = {list: "[*]", tuple: "(*)", dict: "{*}"}
_MARKS |= {set: "set([*])", frozenset: "frozenset([*])"}
_MARKS[deque] = '<span class="module">collections.</span>deque([*])'
#: What is shown before the rest is folded: items, pairs, characters.
ITEMS, PAIRS, CHARACTERS = 8, 4, 70
#: What is shown at all: items of one container, values in all, characters of one value.
MOST_ITEMS, MOST_VALUES, MOST_CHARACTERS = 100, 2000, 5000

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", '"': "&#34;"})
_MISSING: t.Any = object()


def is_secret(name: object) -> bool:
    """Whether what goes by this name is nobody's business."""
    return isinstance(name, str) and _SECRET.search(name) is not None


class Redactor:
    """Knows the secrets of one page."""

    def __init__(self, *namespaces: t.Mapping[t.Any, t.Any]) -> None:
        found = {text for names in (os.environ, *namespaces) for text in _values(names)}
        # Longest first, as one may begin like another.
        texts = sorted(found, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, texts)) or "(?!)")

    def known(self, text: str) -> str:
        """The text without the values that are known to be secret."""
        return self._known.sub(HIDDEN, text)

    def text(self, text: str) -> str:
        """The text of a value: without what it gives a secret's name, too."""
        text = _ASSIGNED.sub(rf"\1{HIDDEN}", self.known(text))
        return _USERINFO.sub(rf"\1{HIDDEN}", text)


def _values(names: t.Mapping[t.Any, t.Any]) -> t.Iterator[str]:
    for name, value in list(names.items()):
        if not is_secret(name) or name.lower() in _COMMON:
            continue
        for each in value if isinstance(value, (list, tuple)) else [value]:
            text = each.decode("latin-1") if isinstance(each, bytes) else each
            # SECRET_KEY = "secret" is none, and would hide every "secret" on the page.
            if isinstance(text, str) and len(text) >= _SHORTEST and not _SECRET.fullmatch(text):
                yield text


def escape(text: object) -> str:
    """Text as HTML, in attributes as well."""
    return str(text).translate(_ENTITIES)


def span(kind: str, inner: str) -> str:
    """HTML under a class of the style sheet."""
    return f'<span class="{kind}">{inner}</span>'


def debug_repr(obj: object) -> str:
    """A value as HTML."""
    return DebugReprGenerator().repr(obj)


class DebugReprGenerator:
    """Writes one value, or a table of them; with a redactor, without secrets."""

    def __init__(self, redactor: Redactor | None = None) -> None:
        self._clean: t.Callable[[str], str] = redactor.text if redactor else str
        self._hides = redactor is not None
        self._stack: list[t.Any] = []
        self._left = MOST_VALUES

    def repr(self, obj: object) -> str:
        """A value as HTML, whatever it is."""
        self._left -= 1
        self._stack.append(obj)
        try:
            return self._dispatch(obj) if self._left > 0 else "..."
        except Exception as error:
            why = "".join(traceback.format_exception_only(type(error), error)).strip()
            return span("brokenrepr", escape(f"<broken repr ({why})>"))
        finally:
            self._stack.pop()

    def named(self, name: object, value: object) -> str:
        """A value that goes by a name."""
        hidden = self._hides and is_secret(name) and value is not None
        return span("hidden", HIDDEN) if hidden else self.repr(value)

    def _dispatch(self, obj: t.Any) -> str:
        if isinstance(obj, (int, float, complex)):
            return span("number", escape(repr(obj)))
        if isinstance(obj, (str, bytes)):
            return self._string(obj)
        if isinstance(obj, re.Pattern):
            pattern = self._clean(repr(obj.pattern).replace("\\\\", "\\"))
            return f"re.compile({span('string regex', 'r' + html.escape(pattern, quote=False))})"
        for base in _MARKS:
            if isinstance(obj, base):
                return self._container(obj, base)
        text = repr(obj)
        # Cut twice: a secret that is cut in two would not be known.
        shown = self._clean(text[: 2 * MOST_CHARACTERS])[:MOST_CHARACTERS]
        return span("object", escape(shown) + "..." * (len(text) > MOST_CHARACTERS))

    def _string(self, obj: str | bytes) -> str:
        # Cut first: the text of a body of a gigabyte would be four.
        text = self._clean(repr(obj[: 2 * MOST_CHARACTERS] if type(obj) in (str, bytes) else obj))
        # Folding less than three characters saves nothing.
        end = CHARACTERS if len(text) > CHARACTERS + 2 else len(text)
        folded = span("extended", escape(text[end:MOST_CHARACTERS])) if text[end:] else ""
        shown = span("string", escape(text[:end]) + folded + "..." * (len(obj) > MOST_CHARACTERS))
        # The text of a subclass may say by itself what it is.
        return _with_class(shown, obj, str, bytes) if text.lstrip("b")[:1] in ("'", '"') else shown

    def _container(self, obj: t.Any, base: type) -> str:
        mark, shown = _MARKS[base], PAIRS if base is dict else ITEMS
        if any(each is obj for each in self._stack[:-1]):
            return _with_class(mark.replace("*", "..."), obj, base)
        items = islice(obj.items() if base is dict else obj, MOST_ITEMS)
        parts = [self._pair(*item) if base is dict else self.repr(item) for item in items]
        if len(obj) > MOST_ITEMS:
            parts.append(f"{len(obj) - MOST_ITEMS} more")
        if parts[shown:]:
            parts[shown:] = [span("extended", ", ".join(parts[shown:]))]
        return _with_class(mark.replace("*", ", ".join(parts)), obj, base)

    def _pair(self, key: object, value: object) -> str:
        return span("pair", f"{span('key', self.repr(key))}: {span('value', self.named(key, value))}")

    def dump_object(self, obj: object) -> str:
        """An object's attributes, or a mapping's values, as a table."""
        name, attributes = object.__repr__(obj)[1:-1], {}
        if isinstance(obj, dict) and all(isinstance(key, str) for key in obj):
            return self.table(obj, f"Contents of {name}")
        for key in dir(obj):
            try:
                attributes[key] = getattr(obj, key)
            except Exception:
                continue  # a property that fails has no value to show
        return self.table(attributes, f"Details for {name}", self.repr(obj))

    def dump_locals(self, d: t.Mapping[str, t.Any]) -> str:
        """The names of a frame as a table."""
        return self.table(d, "Local variables in frame")

    def table(self, items: t.Mapping[str, t.Any], title: str = "", head: str = "") -> str:
        """Names and values as a table, under a title and another value if there are any."""
        row = "<tr><th>{}</th><td><pre class=repr>{}</pre></td></tr>".format
        rows = "\n".join(row(escape(key), self.named(key, value)) for key, value in items.items())
        above = f"<h3>{escape(title)}</h3>\n" * bool(title) + f"<pre class=repr>{head}</pre>\n" * bool(head)
        return f"<div class=box>{above}<table>{rows or '<tr><td>Nothing</td></tr>'}</table></div>"


def _with_class(inner: str, obj: object, *bases: type) -> str:
    kind = type(obj)
    if kind in bases:
        return inner
    return f"{span('module', escape(kind.__module__) + '.')}{escape(kind.__name__)}({inner})"


def dump(obj: object = _MISSING) -> None:
    """Print an object's attributes, or the caller's names, in a console."""
    generator, names = DebugReprGenerator(), sys._getframe(1).f_locals
    out: t.Any = sys.stdout
    out._write(generator.dump_locals(names) if obj is _MISSING else generator.dump_object(obj))


def helper(topic: t.Any = _MISSING) -> None:
    """Prints what `help(object)` would say on a terminal."""
    import pydoc  # large, and for this alone

    topic = helper if topic is _MISSING else topic
    print(pydoc.render_doc(topic, "Help on %s", renderer=pydoc.plaintext))  # type: ignore[attr-defined]
