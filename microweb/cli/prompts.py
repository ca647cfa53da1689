"""Questions to the person at the terminal.

The rule: an answer is asked for again until it is right; the end of input aborts the command.
"""

from __future__ import annotations

from .exceptions import Abort, UsageError
from .terminal import echo
from .types import convert_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


def read_line(prompt: str, hide: bool) -> str:
    """Read a line, hidden or not. The runner for tests puts its own in this place."""
    if not hide:
        return input(prompt)
    import getpass  # rare

    return getpass.getpass(prompt)


def _ask(text: str, hide: bool, err: bool) -> str:
    # The space at the end goes to the reader: readline would wipe it from a line that it redraws.
    echo(text[:-1] if text.endswith(" ") else text, nl=False, err=err)
    try:
        return read_line(" " * text.endswith(" "), hide)
    except (KeyboardInterrupt, EOFError):
        echo(err=err)  # the cursor is still in the question's line
        raise Abort() from None


def prompt(
    text: str,
    default: t.Any = None,
    hide_input: bool = False,
    confirmation_prompt: bool | str = False,
    type: t.Any = None,
    value_proc: t.Callable[[t.Any], t.Any] | None = None,
    prompt_suffix: str = ": ",
    show_default: bool | str = True,
    err: bool = False,
    show_choices: bool = True,
) -> t.Any:
    """Ask for a value, twice with ``confirmation_prompt``."""
    kind = convert_type(type, default)
    if show_choices and hasattr(kind, "names"):
        text += f" ({', '.join(kind.names)})"
    if default is not None and show_default:
        text += f" ({show_default})" if isinstance(show_default, str) else f" [{default}]"
    again = "Repeat for confirmation" if confirmation_prompt is True else confirmation_prompt
    while True:
        answer: t.Any = _ask(text + prompt_suffix, hide_input, err) or default
        if answer is None:
            continue
        try:
            value = (value_proc or kind)(answer)
        except UsageError as error:
            # What was hidden is not shown now.
            echo(f"Error: {'The value you entered was invalid.' if hide_input else error.message}", err=err)
            continue
        if not again or _ask(again + prompt_suffix, hide_input, err) == str(answer):
            return value
        echo("Error: The two entered values do not match.", err=err)


def confirm(
    text: str,
    default: bool | None = False,
    abort: bool = False,
    prompt_suffix: str = ": ",
    show_default: bool = True,
    err: bool = False,
) -> bool:
    """Ask a question whose answer is yes or no; ``abort`` ends the command at a no."""
    words = {None: "y/n", True: "Y/n", False: "y/N"}[default]
    text += f" [{words}]" * show_default + prompt_suffix
    answers = {"y": True, "yes": True, "n": False, "no": False, "": default}
    answer = None
    while answer is None:
        answer = answers.get(_ask(text, False, err).strip().lower())
        if answer is None:
            echo("Error: invalid input", err=err)
    if abort and not answer:
        raise Abort()
    return answer
