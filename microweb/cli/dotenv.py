"""Environment variables from files, in python-dotenv's format.

    # a comment
    export NAME=value          # a comment, as there is white space before it
    QUOTED='as it is, but \\' and \\\\'
    DOUBLE="escapes: \\n \\t; several
    lines"
    JOINED=${NAME}/${OTHER:-default}

The rule: what is set in the environment already stays; of two files the nearer to the person wins.
"""

from __future__ import annotations

import os
import re

from .terminal import secho

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

#: From the weakest to the strongest.
DEFAULT_FILES = (".flaskenv", ".microwebenv", ".env")
_BINDING = re.compile(
    r"""
    (?: export [^\S\r\n]+ )?
    (?P<key> '[^'\r\n]+' | [^=\#\s'][^=\#\s]* ) [^\S\r\n]*
    (?: (?P<equals>=) [^\S\r\n]*
        (?: '(?P<single> (?: [^'\\] | \\. )* )'
          | "(?P<double> (?: [^"\\] | \\. )* )"
          | (?P<bare> (?!['"]) [^\r\n]*? ) )
    )?
    (?: [^\S\r\n]+ \#[^\r\n]* | [^\S\r\n]* ) (?= [\r\n] | \Z )
    """,
    re.VERBOSE | re.DOTALL,
)
_BLANK = re.compile(r"(?:\s+|#[^\r\n]*)+")
_REFERENCE = re.compile(r"\$\{(?P<name>[^}:]*)(?::-(?P<default>[^}]*))?\}")
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def parse(text: str, environ: t.Mapping[str, str]) -> tuple[dict[str, str | None], list[int]]:
    """The variables (None for a name without a value), and the lines that are none.

    A reference is looked up in the file, then in ``environ``.

    >>> parse("A=1\\nB='x y' # z\\nC=${A}-${D:-d}\\n", {})
    ({'A': '1', 'B': 'x y', 'C': '1-d'}, [])
    """
    values: dict[str, str | None] = {}
    wrong: list[int] = []
    position = 0
    while position < len(text):
        blank = _BLANK.match(text, position)
        position = blank.end() if blank else position
        found = _BINDING.match(text, position)
        if found:
            value = _value(found)
            scope = {**environ, **{name: known or "" for name, known in values.items()}}
            values[found["key"].strip("'")] = value and _expand(value, scope)
            position = found.end()
        elif position < len(text):
            wrong.append(text.count("\n", 0, position) + 1)
            position = text.find("\n", position) % (len(text) + 1)
    return values, wrong


def _value(found: re.Match[str]) -> str | None:
    if found["single"] is not None:
        return re.sub(r"\\([\\'])", r"\1", found["single"])
    if found["double"] is not None:
        return re.sub(r"\\([\\'\"abfnrtv])", lambda match: _ESCAPES.get(match[1], match[1]), found["double"])
    return found["bare"].rstrip() if found["equals"] else None


def _expand(value: str, environ: t.Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda match: environ.get(match["name"], match["default"] or ""), value)


def find_dotenv(name: str) -> str | None:
    """The nearest file of a name, in the current directory or above it."""
    directory = os.getcwd()
    while not os.path.isfile(os.path.join(directory, name)):
        directory, below = os.path.dirname(directory), directory
        if directory == below:
            return None
    return os.path.join(directory, name)


def load_dotenv(path: str | os.PathLike[str] | None = None, load_defaults: bool = True) -> bool:
    """Set the variables of the default files and of one more; whether there were any."""
    files: list[t.Any] = [*map(find_dotenv, DEFAULT_FILES)] if load_defaults else []
    data: dict[str, str | None] = {}
    for file in filter(None, [*files, path]):
        if os.path.isfile(file):
            with open(file, encoding="utf-8-sig") as stream:
                values, wrong = parse(stream.read(), os.environ)
            data.update(values)
            for line in wrong:
                secho(f"{file}, line {line}: no NAME=value; left out.", err=True, fg="yellow")
    for name, value in data.items():
        if value is not None:
            os.environ.setdefault(name, value)
    return bool(data)
