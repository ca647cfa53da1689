"""Text to a terminal that may be a pipe, a file, colourless, or of another encoding than UTF-8.

The rule: what a command prints arrives. Colours are dropped where they would be noise, characters
that the encoding has not are written as escapes; neither is an error.
"""

from __future__ import annotations

import os
import re
import sys

from .current import get_current_context

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
#: ECMA-48 8.3.117: foreground colours; ten more are backgrounds.
_COLORS = {name: 30 + number for number, name in enumerate(_NAMES)}
_COLORS.update({f"bright_{name}": 90 + number for number, name in enumerate(_NAMES)}, reset=39)
#: Attributes: the code that begins one, and the one that ends it.
_ATTRIBUTES = {
    "bold": (1, 22), "dim": (2, 22), "underline": (4, 24), "overline": (53, 55), "italic": (3, 23),
    "blink": (5, 25), "reverse": (7, 27), "strikethrough": (9, 29),
}  # fmt: skip
_ANSI = re.compile(r"\033\[[;?0-9]*[a-zA-Z]")


def style(text: t.Any, fg: t.Any = None, bg: t.Any = None, reset: bool = True, **attributes: t.Any) -> str:
    """Text in a colour (a name, a number of 256, or ``(red, green, blue)``) and with attributes
    such as ``bold=True``."""
    codes = [_color(color, shift) for color, shift in ((fg, 0), (bg, 10)) if color]
    for name in attributes.keys() - _ATTRIBUTES:
        raise TypeError(f"Unknown attribute {name!r}; there are {', '.join(_ATTRIBUTES)}.")
    given = ((pair, attributes.get(name)) for name, pair in _ATTRIBUTES.items())
    codes += [pair[not value] for pair, value in given if value is not None]
    return "".join(f"\033[{code}m" for code in codes) + str(text) + ("\033[0m" if reset else "")


def _color(color: t.Any, shift: int) -> t.Any:
    if isinstance(color, int):
        return f"{38 + shift};5;{color}"
    if isinstance(color, (tuple, list)):
        return "{};2;{};{};{}".format(38 + shift, *color)
    if color not in _COLORS:
        raise TypeError(f"Unknown color {color!r}; there are {', '.join(_COLORS)}.")
    return _COLORS[color] + shift


def unstyle(text: str) -> str:
    """Text without colours and cursor movements."""
    return _ANSI.sub("", text)


def should_strip_ansi(stream: t.Any, color: bool | None = None) -> bool:
    """Whether a stream gets plain text; ``color`` (or the context's) beats what it looks like."""
    ctx = get_current_context(silent=True)
    color = ctx.color if color is None and ctx else color
    if color is not None:
        return not color
    # https://no-color.org: present and not empty, whatever its value
    return bool(os.environ.get("NO_COLOR")) or not getattr(stream, "isatty", bool)()


def give_up_output() -> None:
    """Forget what could not be printed: Python would try it again at its end, and complain."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def echo(
    message: t.Any = None, file: t.Any = None, nl: bool = True, err: bool = False, color: bool | None = None
) -> None:
    """Print a message (text, bytes or anything) to stdout, stderr (``err``) or a file, and flush."""
    file = file or (sys.stderr if err else sys.stdout)
    if file is None:  # pythonw.exe has no streams
        return
    if isinstance(message, (bytes, bytearray)):
        file.flush()
        file = getattr(file, "buffer", file)
        file.write(message + b"\n" if nl else message)
    else:
        text = ("" if message is None else str(message)) + ("\n" if nl else "")
        _write(file, unstyle(text) if should_strip_ansi(file, color) else text)
    file.flush()


def _write(file: t.Any, text: str) -> None:
    try:
        file.write(text)
    except UnicodeEncodeError:  # nothing was written yet: text files encode before they write
        file.write(text.encode(file.encoding, "backslashreplace").decode(file.encoding))


def secho(
    message: t.Any = None, file: t.Any = None, nl: bool = True, err: bool = False, **styles: t.Any
) -> None:
    """`echo` of a styled message."""
    color = styles.pop("color", None)
    echo(message if message is None else style(message, **styles), file, nl, err, color)


class progressbar:  # noqa: N801 - a function in every user's eyes
    """``with progressbar(items) as bar: for item in bar: ...``; or ``length=`` and `update`.

    A terminal sees how far it is, a file the label alone. Arguments that only shape the bar are accepted.
    """

    pos = 0

    def __init__(
        self, iterable: t.Any = None, length: int | None = None, label: str | None = None, **shape: t.Any
    ) -> None:
        self.iterable = range(length or 0) if iterable is None else iterable
        self.length = len(self.iterable) if hasattr(self.iterable, "__len__") else length
        self.label = label or ""

    def __enter__(self) -> progressbar:
        self.update(0)
        return self

    def __exit__(self, *exc_info: object) -> None:
        echo("" if sys.stdout.isatty() else self.label)

    def __iter__(self) -> t.Iterator[t.Any]:
        for item in self.iterable:
            yield item
            self.update(1)

    def update(self, n_steps: int, current_item: t.Any = None) -> None:
        """Go on by some steps."""
        self.pos += n_steps
        share = min(self.pos / self.length, 1) if self.length else 0
        if sys.stdout.isatty():
            echo(f"\r{self.label}  [{'#' * int(share * 36):-<36}]  {share:4.0%}", nl=False, color=True)
