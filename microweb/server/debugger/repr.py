"""Values as HTML: numbers, strings and containers coloured, what is long folded.

The rule: showing a value never fails and never takes long. An object whose `repr` raises is shown as
broken, a container within itself as dots, and of what is large only the beginning.
"""

from __future__ import annotations

import html
import re
import sys
import traceback
from collections import deque

from .redaction import HIDDEN, is_secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .redaction import Redactor

#: The marks of sequences, as they are shown around the items.
_MARKS: dict[type, tuple[str, str]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("set([", "])"),
    frozenset: ("frozenset([", "])"),
    deque: ('<span class="module">collections.</span>deque([', "])"),
}
_CONTAINERS = (*_MARKS, dict)
#: What is shown before the rest is folded: items, pairs, characters.
ITEMS, PAIRS, CHARACTERS = 8, 4, 70
#: What is shown at all: items of one container, values in all, characters of one value.
MOST_ITEMS, MOST_VALUES, MOST_CHARACTERS = 100, 2000, 5000

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", '"': "&#34;"})
_MISSING: t.Any = object()


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
        inside = any(each is obj for each in self._stack)
        self._stack.append(obj)
        self._left -= 1
        try:
            return self._dispatch(obj, inside) if self._left > 0 else "..."
        except Exception as error:
            why = "".join(traceback.format_exception_only(type(error), error)).strip()
            return span("brokenrepr", escape(f"<broken repr ({why})>"))
        finally:
            self._stack.pop()

    def named(self, name: object, value: object) -> str:
        """A value that goes by a name."""
        if self._hides and is_secret(name) and value is not None:
            return span("hidden", HIDDEN)
        return self.repr(value)

    def _dispatch(self, obj: t.Any, inside: bool) -> str:
        if isinstance(obj, (bool, int, float, complex)):
            return span("number", escape(repr(obj)))
        if isinstance(obj, (str, bytes)):
            return self._string(obj)
        if isinstance(obj, re.Pattern):
            pattern = self._clean(repr(obj.pattern).replace("\\\\", "\\"))
            return f"re.compile({span('string regex', 'r' + html.escape(pattern, quote=False))})"
        base = next((each for each in _CONTAINERS if isinstance(obj, each)), None)
        return self._container(obj, base, inside) if base else span("object", self._cut(repr(obj)))

    def _cut(self, text: str) -> str:
        # Cut twice: a secret that is cut in two would not be known.
        shown = self._clean(text[: 2 * MOST_CHARACTERS])[:MOST_CHARACTERS]
        return escape(shown) + ("..." if len(text) > MOST_CHARACTERS else "")

    def _string(self, obj: str | bytes) -> str:
        # Cut first: the text of a body of a gigabyte would be four.
        text = self._clean(repr(obj[: 2 * MOST_CHARACTERS] if type(obj) in (str, bytes) else obj))
        # Folding less than three characters saves nothing.
        end = CHARACTERS if len(text) > CHARACTERS + 2 else len(text)
        folded = span("extended", escape(text[end:MOST_CHARACTERS])) if text[end:] else ""
        more = "..." if len(obj) > MOST_CHARACTERS else ""
        shown = span("string", escape(text[:end]) + folded + more)
        # The text of a subclass may say by itself what it is.
        return _with_class(shown, obj, (str, bytes)) if text[:2].strip("b")[:1] in ("'", '"') else shown

    def _container(self, obj: t.Any, base: type, inside: bool) -> str:
        left, right = _MARKS.get(base, ("{", "}"))
        if inside:
            return _with_class(f"{left}...{right}", obj, (base,))
        write, shown = (self._pair, PAIRS) if base is dict else (self.repr, ITEMS)
        parts = []
        for number, item in enumerate(obj.items() if base is dict else obj):
            if number == MOST_ITEMS:
                parts.append(f"{len(obj) - MOST_ITEMS} more")
                break
            parts.append(write(item))
        inner = ", ".join(parts[:shown])
        if parts[shown:]:
            inner += ", " + span("extended", ", ".join(parts[shown:]))
        return _with_class(left + inner + right, obj, (base,))

    def _pair(self, item: tuple[t.Any, t.Any]) -> str:
        key, value = item
        value_html = span("value", self.named(key, value))
        return span("pair", f"{span('key', self.repr(key))}: {value_html}")

    def dump_object(self, obj: object) -> str:
        """An object's attributes, or a mapping's values, as a table."""
        name = object.__repr__(obj)[1:-1]
        if isinstance(obj, dict) and all(isinstance(key, str) for key in obj):
            return self.table(obj, f"Contents of {name}")
        attributes = {}
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
        """Names and values as a table, under a title if there is one."""
        rows = "\n".join(
            f"<tr><th>{escape(key)}</th><td><pre class=repr>{self.named(key, value)}</pre></td></tr>"
            for key, value in items.items()
        )
        heading = f"<h3>{escape(title)}</h3>\n" if title else ""
        above = f"<pre class=repr>{head}</pre>\n" if head else ""
        return f"<div class=box>{heading}{above}<table>{rows or '<tr><td>Nothing</td></tr>'}</table></div>"


def _with_class(inner: str, obj: object, bases: tuple[type, ...]) -> str:
    kind = type(obj)
    if kind in bases:
        return inner
    return f"{span('module', escape(kind.__module__) + '.')}{escape(kind.__name__)}({inner})"


def dump(obj: object = _MISSING) -> None:
    """Print an object's attributes, or the caller's names, in a console."""
    generator = DebugReprGenerator()
    names = sys._getframe(1).f_locals
    table = generator.dump_locals(names) if obj is _MISSING else generator.dump_object(obj)
    out: t.Any = sys.stdout
    out._write(table)


def helper(topic: t.Any = _MISSING) -> None:
    """Prints what `help(object)` would say on a terminal."""
    import pydoc  # large, and for this alone

    topic = helper if topic is _MISSING else topic
    print(pydoc.render_doc(topic, "Help on %s", renderer=pydoc.plaintext))  # type: ignore[attr-defined]
