"""Help pages: text wrapped to the terminal, at most 80 columns.

The rule: a paragraph is wrapped; one that begins with a line of ``\\b`` alone is left as it is; what
follows a form feed is for readers of the source only.
"""

from __future__ import annotations

import textwrap
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


def clean(text: str | None) -> str:
    """A docstring's text: without its indentation and what follows a form feed."""
    first, _, rest = (text or "").partition("\f")[0].partition("\n")
    return f"{first.strip()}\n{textwrap.dedent(rest)}".strip("\n").rstrip()


def wrap_text(
    text: str,
    width: int = 78,
    initial_indent: str = "",
    subsequent_indent: str = "",
    preserve_paragraphs: bool = False,
) -> str:
    """Text in lines of at most this width."""
    if not preserve_paragraphs:
        return textwrap.fill(text, width, initial_indent=initial_indent, subsequent_indent=subsequent_indent)
    blocks = []
    for block in filter(None, textwrap.dedent(text).strip("\n").split("\n\n")):
        if block.lstrip().startswith("\b"):
            blocks.append(textwrap.indent(block.partition("\n")[2], initial_indent))
        else:
            inner = block[: len(block) - len(block.lstrip())]
            blocks.append(wrap_text(block.strip(), width, initial_indent + inner, subsequent_indent + inner))
    return "\n\n".join(blocks)


def short_help(text: str, limit: int = 45) -> str:
    """The first sentence, or as many words as fit."""
    words = clean(text).split("\n\n")[0].replace("\b", "").split()
    ends = (number for number, word in enumerate(words, 1) if word.endswith("."))
    words = words[: next(ends, None)]
    if len(" ".join(words)) <= limit:
        return " ".join(words)
    while words and len(" ".join(words)) + 3 > limit:
        words.pop()
    return " ".join(words) + "..."


class HelpFormatter:
    """Collects a page; sections are indented."""

    def __init__(
        self, indent_increment: int = 2, width: int | None = None, max_width: int | None = None
    ) -> None:
        if width is None:
            import shutil  # loads the compression modules; for this one number

            width = max(min(shutil.get_terminal_size().columns, max_width or 80) - 2, 50)
        self.width, self.indent_increment = width, indent_increment
        self.current_indent = 0
        self.buffer: list[str] = []

    def write(self, string: str) -> None:
        """Add text as it is."""
        self.buffer.append(string)

    def indent(self) -> None:
        """Go in by one level."""
        self.current_indent += self.indent_increment

    def dedent(self) -> None:
        """Go out by one level."""
        self.current_indent -= self.indent_increment

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Add the line of the usage."""
        start = f"{'Usage: ' if prefix is None else prefix}{prog} "
        # A long name leaves too little room beside it: the arguments go below.
        indent = " " * (len(start) if self.width >= len(start) + 20 else 11)
        text = wrap_text(args, self.width, indent, indent) if args else ""
        self.write(start + text[len(start) :] if len(indent) == len(start) else f"{start}\n{text}")
        self.write("\n")

    def write_heading(self, heading: str) -> None:
        """Add a heading."""
        self.write(" " * self.current_indent + f"{heading}:\n")

    def write_paragraph(self) -> None:
        """Add an empty line, if anything stands above."""
        if self.buffer:
            self.write("\n")

    def write_text(self, text: str) -> None:
        """Add paragraphs."""
        indent = " " * self.current_indent
        self.write(wrap_text(text, self.width, indent, indent, preserve_paragraphs=True) + "\n")

    def write_dl(self, rows: t.Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Add two columns; a left cell that is too wide has its line alone."""
        rows = list(rows)
        column = min(max(len(left) for left, _ in rows), col_max) + col_spacing
        margin = " " * (self.current_indent + column)
        for left, right in rows:
            left = " " * self.current_indent + left
            text = wrap_text(
                right, max(len(margin) - column + self.width - 2, len(margin) + 10), margin, margin, True
            )
            if len(left) + col_spacing <= len(margin):
                self.write(f"{left:{len(margin)}}{text[len(margin) :]}".rstrip() + "\n")
            else:
                self.write(f"{left}\n{text}\n" if text else f"{left}\n")

    @contextmanager
    def section(self, name: str) -> t.Iterator[None]:
        """A heading and, within, one level more."""
        self.write_paragraph()
        self.write_heading(name)
        with self.indentation():
            yield

    @contextmanager
    def indentation(self) -> t.Iterator[None]:
        """Within, one level more."""
        self.indent()
        try:
            yield
        finally:
            self.dedent()

    def getvalue(self) -> str:
        """The page."""
        return "".join(self.buffer)
