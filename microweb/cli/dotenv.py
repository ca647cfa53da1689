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
# Nothing is tried twice: what a name or value begins has to end well, or the rest of its line is left out.
_BINDING = re.compile(
    r"""
    \s* (?: export[^\S\r\n]+ | (?! export[^\S\r\n] ) )
    (?:
        (?: '(?P<quoted> [^']+ )' | (?!') (?P<bare_name> [^=\#\s]+ ) | (?=\#) ) [^\S\r\n]*
        (?:
            (?: (?!=) | = [^\S\r\n]* '(?P<single> (?: [^'\\] | \\. )* )'
                      | = [^\S\r\n]* "(?P<double> (?: [^"\\] | \\. )* )"
                      | = (?! [^\S\r\n]* ['"] ) (?P<bare> [^\r\n]* ) )
            (?P<end> [^\S\r\n]* (?: \#[^\r\n]* )? (?: [\r\n] | \Z ) )?
        )?
    )?
    (?(end) | [^\r\n]* )
    """,
    re.VERBOSE | re.DOTALL,
)
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
    for found in _BINDING.finditer(text):
        name, line = found["quoted"] or found["bare_name"], found[0].lstrip()
        if line and (found["end"] is None or "\0" in line):
            wrong.append(text.count("\n", 0, found.end() - len(line)) + 1)
        elif name:
            value = _value(found)
            scope = {**environ, **{name: known or "" for name, known in values.items()}}
            values[name] = value and _expand(value, scope)
    return values, wrong


def _value(found: re.Match[str]) -> str | None:
    if found["single"] is not None:
        return re.sub(r"\\([\\'])", r"\1", found["single"])
    if found["double"] is not None:
        return re.sub(r"\\([\\'\"abfnrtv])", lambda match: _ESCAPES.get(match[1], match[1]), found["double"])
    # A comment has white space before it.
    return found["bare"] if found["bare"] is None else re.split(r"\s+#", found["bare"])[0].strip()


def _expand(value: str, environ: t.Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda match: environ.get(match["name"], match["default"] or ""), value)


def find_dotenv(name: str) -> str | None:
    """The nearest file of a name, in the current directory or above it."""
    try:
        directory = os.getcwd()
    except OSError:  # it was removed: `doctor` has to tell that
        return None
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
            # Bytes that are no UTF-8 go into the environment as they are.
            with open(file, encoding="utf-8-sig", errors="surrogateescape") as stream:
                values, wrong = parse(stream.read(), os.environ)
            data.update(values)
            for line in wrong:
                secho(f"{file}, line {line}: no NAME=value; left out.", err=True, fg="yellow")
    for name, value in data.items():
        if value is not None:
            os.environ.setdefault(name, value)
    return bool(data)
