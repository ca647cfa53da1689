"""Completion: what the shell offers behind what was typed.

    eval "$(_MICROWEB_COMPLETE=bash_source microweb)"

The rule: the shell calls the program with the line in the environment, and reads ``type, value, help``
in lines of three. The words before are parsed without prompts, errors or callbacks' effects. Each
shell's part is a script beside this file.
"""

from __future__ import annotations

import os

from .params import Option
from .resources import read
from .terminal import echo
from .types import CompletionItem

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .context import Context
    from .core import Command
    from .params import Parameter


def main(cli: Command, prog_name: str, variable: str) -> int:
    """Answer the shell: its script, or what it may offer. The exit status."""
    shell, _, what = os.environ[variable].partition("_")
    if shell not in ("bash", "zsh") or what not in ("source", "complete"):
        echo(f"{variable} is to be one of bash_source, zsh_source.", err=True)
        return 1
    if what == "source":
        name = "".join(char if char.isalnum() else "_" for char in prog_name)
        script = read(f"completion-{shell}.txt")
        echo(script.format(name=name, prog=prog_name, variable=variable), nl=False)
        return 0
    words = os.environ["COMP_WORDS"].split("\n")
    place = int(os.environ["COMP_CWORD"])
    for item in complete(cli, prog_name, words[1:place], words[place] if place < len(words) else ""):
        echo(f"{item.type}\n{item.value}\n{' '.join((item.help or '').split())}")
    return 0


def complete(cli: Command, prog_name: str, words: list[str], incomplete: str) -> list[CompletionItem]:
    """What may stand in place of an incomplete word, behind these words."""
    ctx = cli.make_context(prog_name, words, resilient_parsing=True)
    while ctx.args and hasattr(ctx.command, "get_command"):
        command = ctx.command.get_command(ctx, ctx.args[0])
        if command is None:
            break
        ctx = command.make_context(ctx.args[0], ctx.args[1:], parent=ctx)
    with ctx.scope():
        items = list(_offers(ctx, words, incomplete))
    return [CompletionItem(item) if isinstance(item, str) else item for item in items]


def _offers(ctx: Context, words: list[str], incomplete: str) -> t.Any:
    params = [param for param in ctx.command.get_params(ctx) if not param.hidden]
    param, value = _awaited(ctx, params, words, incomplete)
    if param is not None:
        return (param.shell_complete or param.type.shell_complete)(ctx, param, value)
    if incomplete[:1] == "-":
        pairs = [(opt, param.help) for param in params for opt in (*param.opts, *param.secondary_opts)]
    else:
        commands = getattr(ctx.command, "visible_commands", lambda ctx: ())(ctx)
        pairs = [(name, command.get_short_help_str()) for name, command in commands]
    return [CompletionItem(name, help=text) for name, text in pairs if name.startswith(incomplete)]


def _awaited(ctx: Context, params: list[Parameter], words: list[str], incomplete: str) -> tuple[t.Any, str]:
    """Whose value the word is, and what there is of it: the option's before it, or the first argument's."""
    if words[-1:] == ["="]:  # bash divides "--name=value" into three
        words = words[:-1]
    name, equals, value = incomplete.partition("=")
    last, value = (name, value) if name and equals else (words[-1] if words else "", value or name)
    for param in params:
        if isinstance(param, Option) and param.takes_value and last in param.opts:
            return param, value
    if incomplete[:1] == "-" or hasattr(ctx.command, "visible_commands"):
        return None, ""
    # One that has no value yet, or takes any number.
    empty = (param for param in params if param.nargs == -1 or ctx.params.get(param.name) is None)
    return next((param for param in empty if not isinstance(param, Option)), None), value
