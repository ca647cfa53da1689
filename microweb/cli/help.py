"""Help pages: text wrapped to the terminal, at most 80 columns.

The rule: a paragraph is wrapped; one that begins with a line of ``\\b`` alone is left as it is; what
follows a form feed is for readers of the source only.
"""

from __future__ import annotations

import os
import textwrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .context import Context

    Rows = t.Sequence[tuple[str, str]]

_WIDEST_NAME = 30
#: The columns under test, where there is no terminal to ask.
FORCED_WIDTH: int | None = None


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
    sentence = " ".join(words[: next(ends, None)])
    return textwrap.shorten(sentence, max(limit, 3), placeholder="...", break_on_hyphens=False)


def page_width(ctx: Context) -> int:
    """The columns that there are for a page."""
    forced = FORCED_WIDTH if ctx.terminal_width is None else ctx.terminal_width
    if forced is not None:
        return forced
    try:  # as shutil does, which loads the compression modules for this one number
        columns = int(os.environ.get("COLUMNS") or os.get_terminal_size().columns)
    except (ValueError, OSError):  # that is no number, and here is no terminal
        columns = 0
    # A terminal of no size, as a container's may be, is taken to be as wide as most.
    return max(min(columns or 80, ctx.max_content_width or 80) - 2, 50)


def usage(ctx: Context, pieces: t.Sequence[str]) -> str:
    """The usage line."""
    start, width = f"Usage: {ctx.command_path} ", page_width(ctx)
    # A long name leaves too little room beside it: the arguments go below.
    is_long = len(start) + 20 > width
    indent = " " * (11 if is_long else len(start))
    text = wrap_text(" ".join(pieces), width, indent, indent)
    return f"{start.rstrip()}\n{text}" if is_long else start + text.lstrip()


def page(ctx: Context, first: str, text: str, tables: dict[str, Rows], epilog: str) -> str:
    """The whole page: the usage line, what the command is for, tables of two columns, and what stands
    below."""
    width = page_width(ctx)
    listed = (f"{title}:\n{_table(rows, width)}" for title, rows in tables.items() if rows)
    return "\n\n".join(filter(None, [first, _indented(text, width), *listed, _indented(epilog, width)]))


def _indented(text: str, width: int) -> str:
    return wrap_text(text, width, "  ", "  ", preserve_paragraphs=True)


def _table(rows: Rows, width: int) -> str:
    """Two columns; a left cell that is too wide has its line alone."""
    margin = " " * (min(max(len(left) for left, _ in rows), _WIDEST_NAME) + 4)
    lines = []
    for left, right in rows:
        left = f"  {left}"
        text = wrap_text(right, max(width, len(margin) + 10), margin, margin, True)
        if len(left) + 2 <= len(margin):
            lines.append(f"{left:{len(margin)}}{text[len(margin) :]}".rstrip())
        else:
            lines += [left, text] if text else [left]
    return "\n".join(lines)
