"""Completion: what the shell offers behind what was typed.

    eval "$(_MICROWEB_COMPLETE=bash_source microweb)"

The rule: the shell calls the program with the line in the environment, and reads ``type, value, help``
in lines of three. The words before are parsed without prompts, errors or callbacks' effects.
"""

from __future__ import annotations

import os

from .params import Option
from .terminal import echo
from .types import CompletionItem

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .context import Context
    from .core import Command
    from .params import Parameter

_SCRIPTS = {
    "bash": """\
_{name}_complete() {{
    local kind value help IFS=$'\\n'
    COMPREPLY=()
    while read -r kind && read -r value && read -r help; do
        case $kind in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            *) COMPREPLY+=("$value") ;;
        esac
    done < <(COMP_WORDS="${{COMP_WORDS[*]}}" COMP_CWORD=$COMP_CWORD {variable}=bash_complete "$1" 2>/dev/null)
}}
complete -o nosort -F _{name}_complete {prog}
""",
    "zsh": """\
#compdef {prog}
_{name}_complete() {{
    local kind value help
    local -a described
    while read -r kind && read -r value && read -r help; do
        case $kind in
            dir) _path_files -/ ;;
            file) _path_files -f ;;
            *) described+=("${{value//:/\\\\:}}:$help") ;;
        esac
    done < <(COMP_WORDS="${{(F)words}}" COMP_CWORD=$((CURRENT-1)) {variable}=zsh_complete {prog} 2>/dev/null)
    [[ -n $described ]] && _describe '' described
}}
compdef _{name}_complete {prog}
""",
}


def main(cli: Command, prog_name: str, variable: str) -> int:
    """Answer the shell: its script, or what it may offer. The exit status."""
    shell, _, what = os.environ[variable].partition("_")
    if shell not in _SCRIPTS or what not in ("source", "complete"):
        echo(f"{variable} is to be one of bash_source, zsh_source.", err=True)
        return 1
    if what == "source":
        name = "".join(char if char.isalnum() else "_" for char in prog_name)
        echo(_SCRIPTS[shell].format(name=name, prog=prog_name, variable=variable), nl=False)
        return 0
    words = os.environ["COMP_WORDS"].split("\n")
    place = int(os.environ["COMP_CWORD"])
    for item in complete(cli, prog_name, words[1:place], words[place] if place < len(words) else ""):
        echo(f"{item.type}\n{item.value}\n{' '.join((item.help or '').split())}")
    return 0


def complete(cli: Command, prog_name: str, words: list[str], incomplete: str) -> list[CompletionItem]:
    """What may stand in place of an incomplete word, behind these words."""
    ctx = _innermost(cli, prog_name, words)
    with ctx.scope(cleanup=False):
        items = _offers(ctx, words, incomplete)
    return [CompletionItem(item) if isinstance(item, str) else item for item in items]


def _innermost(cli: Command, prog_name: str, words: list[str]) -> Context:
    """The context of the command that the words lead to."""
    ctx = cli.make_context(prog_name, words, resilient_parsing=True)
    while ctx.protected_args:
        with ctx.scope(cleanup=False):
            name, command, rest = ctx.command.resolve_command(ctx, [*ctx.protected_args, *ctx.args])  # type: ignore[attr-defined]
        if command is None:
            return ctx
        ctx = command.make_context(name, rest, parent=ctx, resilient_parsing=True)
    return ctx


def _offers(ctx: Context, words: list[str], incomplete: str) -> t.Iterable[t.Any]:
    params = [param for param in ctx.command.get_params(ctx) if not param.hidden]
    name, equals, value = incomplete.partition("=")
    before, value = ([name], value) if equals else (words[-1:], incomplete)
    for param in params:
        if isinstance(param, Option) and param.takes_value and {*before} & {*param.opts}:
            return param.shell_complete(ctx, value)
    if incomplete[:1] == "-":
        pairs = [(opt, param.help) for param in params for opt in (*param.opts, *param.secondary_opts)]
        return [CompletionItem(opt, help=text) for opt, text in pairs if opt.startswith(incomplete)]
    if hasattr(ctx.command, "list_commands"):
        return _commands(ctx, ctx.command, incomplete)
    waiting = (param for param in params if _waits(ctx, param))
    return next((param.shell_complete(ctx, incomplete) for param in waiting), [])


def _waits(ctx: Context, param: Parameter) -> bool:
    """Whether it is an argument that has no value yet, or takes any number."""
    return not isinstance(param, Option) and (param.nargs == -1 or ctx.params.get(param.name) is None)


def _commands(ctx: Context, group: t.Any, incomplete: str) -> t.Iterator[CompletionItem]:
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name) if name.startswith(incomplete) else None
        if command and not command.hidden:
            yield CompletionItem(name, help=command.get_short_help_str())
