"""Words to raw values: which option or argument each word of a command line belongs to.

The rule: options and arguments may be mixed, ``--`` ends the options, ``-abc`` is ``-a -b -c`` and
``-p80`` is ``-p 80``. (argparse would also guess ``--pro`` to be ``--process``: a script that relies
on it breaks when an option is added.) Values are text; `params` converts them.
"""

from __future__ import annotations

from .exceptions import BadArgumentUsage, BadOptionUsage, NoSuchOption
from .params import Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .context import Context
    from .params import Parameter


class Parser:
    """Parses one command line; made for it."""

    def __init__(self, ctx: Context, params: t.Sequence[Parameter], args: t.Sequence[str]) -> None:
        self.ctx = ctx
        self.values: dict[str, t.Any] = {}
        self.order: list[Parameter] = []
        self.rest: list[str] = list(args)
        #: Words that no option takes.
        self.left: list[str] = []
        #: name -> the option and what it means as a flag
        self.table: dict[str, tuple[Option, t.Any]] = {}
        for param in params:
            if isinstance(param, Option):
                # Of --yes/--no both are said; a flag alone has its value.
                flag = True if param.secondary_opts else param.flag_value
                self.table.update((opt, (param, flag)) for opt in param.opts)
                self.table.update((opt, (param, False)) for opt in param.secondary_opts)
        self.arguments = [param for param in params if not isinstance(param, Option)]

    def parse(self) -> list[str]:
        """Fill ``values`` and ``order``; the words that nothing takes."""
        while self.rest:
            word = self.rest.pop(0)
            if word == "--":
                break
            if word[:1] == "-" and len(word) > 1:
                self._option(word)
                continue
            self.left.append(word)
            if not self.ctx.allow_interspersed_args:
                break
        return self._distribute(self.left + self.rest)

    def _option(self, word: str) -> None:
        name, equals, value = word.partition("=")
        # The value of a short option begins right behind it, be it an equals sign.
        if name in self.table and not (equals and len(name) == 2):
            self._take(name, value if equals else None)
        elif word[1] != "-":
            self._cluster(word)
        elif self.ctx.ignore_unknown_options:
            self.left.append(word)
        else:
            raise NoSuchOption(name, self._elsewhere(name), possibilities=self.table, ctx=self.ctx)

    def _elsewhere(self, name: str) -> str:
        """What to say of an option of the command above: that it stands before this one."""
        above = self.ctx.parent
        opts = [opt for param in above.command.get_params(above) for opt in param.opts] if above else ()
        return (
            f"No such option: {name}; here it stands before {self.ctx.info_name!r}." if name in opts else ""
        )

    def _cluster(self, word: str) -> None:
        """``-abc``, of which the last may take a value: ``-abVALUE``."""
        unknown = ""
        for number, char in enumerate(word[1:], 2):
            name = f"-{char}"
            if name in self.table:
                takes_value = self.table[name][0].takes_value
                self._take(name, (word[number:] or None) if takes_value else None)
                if takes_value:
                    break
            elif self.ctx.ignore_unknown_options:
                unknown += char
            else:
                raise NoSuchOption(name, ctx=self.ctx)
        if unknown:
            self.left.append(f"-{unknown}")

    def _take(self, name: str, value: str | None) -> None:
        option, found = self.table[name]
        is_left_out = False
        if option.flag_value is not None and value is None:
            # A value that may be left out: another option, or the end, is none.
            is_left_out = not self.rest or self.rest[0][:1] == "-" != self.rest[0]
        if option.takes_value and not is_left_out:
            found = self._values(name, option.nargs, [] if value is None else [value])
        elif value is not None:
            raise BadOptionUsage(name, f"Option {name!r} does not take a value.", self.ctx)
        if option.multiple:
            self.values.setdefault(option.name, []).append(found)
        else:
            self.values[option.name] = self.values.get(option.name, 0) + 1 if option.count else found
        self.order.append(option)

    def _values(self, name: str, count: int, given: list[str]) -> t.Any:
        """The words that are an option's value."""
        words = given + self.rest
        if len(words) < count:
            wanted = "an argument" if count == 1 else f"{count} arguments"
            raise BadOptionUsage(name, f"Option {name!r} requires {wanted}.", self.ctx)
        self.rest = words[count:]
        return words[0] if count == 1 else tuple(words[:count])

    def _distribute(self, words: list[str]) -> list[str]:
        """Give the words to the arguments; what is left over. One argument may take any number: what
        the others leave, those before it first."""
        self.order += self.arguments
        fixed = sum(max(argument.nargs, 0) for argument in self.arguments)
        for argument in self.arguments:
            count = argument.nargs if argument.nargs > 0 else max(len(words) - fixed, 0)
            fixed -= max(argument.nargs, 0)
            if 0 < len(words) < argument.nargs:
                raise BadArgumentUsage(f"Argument {argument.name!r} takes {count} values.", self.ctx)
            if words[:count]:
                self.values[argument.name] = words[0] if argument.nargs == 1 else tuple(words[:count])
            words = words[count:]
        return words
