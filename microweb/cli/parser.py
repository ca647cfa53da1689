"""Words to raw values: which option or argument each word of a command line belongs to.

The rule: options and arguments may be mixed, ``--`` ends the options, ``-abc`` is ``-a -b -c`` and
``-p80`` is ``-p 80``. (argparse would also guess ``--pro`` to be ``--process``: a script that relies
on it breaks when an option is added.) Values are text; `params` converts them.
"""

from __future__ import annotations

from .exceptions import BadArgumentUsage, BadOptionUsage, NoSuchOption, UsageError
from .params import FLAG_NEEDS_VALUE, Option, split_opt

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .context import Context
    from .params import Parameter


class Parser:
    """Parses one command line; made for it."""

    def __init__(self, ctx: Context, params: t.Sequence[Parameter]) -> None:
        self.ctx = ctx
        self.values: dict[str, t.Any] = {}
        self.order: list[Parameter] = []
        self.rest: list[str] = []
        self.left: list[str] = []
        #: name -> the option and what it means as a flag
        self.table: dict[str, tuple[Option, t.Any]] = {}
        for param in params:
            if isinstance(param, Option):
                # Of --yes/--no both are said; a flag alone has its value.
                flag = True if param.secondary_opts else param.flag_value
                self.table.update((self._norm(opt), (param, flag)) for opt in param.opts)
                self.table.update((self._norm(opt), (param, False)) for opt in param.secondary_opts)
        self.arguments = [param for param in params if not isinstance(param, Option)]
        self.prefixes = {"-", "--"}.union(split_opt(opt)[0] for opt in self.table)

    def _norm(self, opt: str) -> str:
        if self.ctx.token_normalize_func is None:
            return opt
        prefix, name = split_opt(opt)
        return prefix + self.ctx.token_normalize_func(name)

    def parse(self, args: t.Sequence[str]) -> list[str]:
        """Fill ``values`` and ``order``; the words that nothing takes."""
        self.rest, self.left = list(args), []
        try:
            self._options()
            return self._distribute(self.left + self.rest)
        except UsageError:
            if not self.ctx.resilient_parsing:
                raise
            return self.left + self.rest

    def _options(self) -> None:
        while self.rest:
            word = self.rest.pop(0)
            if word == "--":
                return
            if word[:1] in self.prefixes and len(word) > 1:
                self._option(word)
            elif self.ctx.allow_interspersed_args:
                self.left.append(word)
            else:
                self.rest.insert(0, word)
                return

    def _option(self, word: str) -> None:
        name, equals, value = word.partition("=")
        name = self._norm(name)
        # The value of a short option begins right behind it, be it an equals sign.
        if name in self.table and not (equals and len(name) == 2):
            self._take(name, value if equals else None)
        elif word[:2] not in self.prefixes:
            self._cluster(word)
        elif self.ctx.ignore_unknown_options:
            self.left.append(word)
        else:
            raise NoSuchOption(name, possibilities=self.table, ctx=self.ctx)

    def _cluster(self, word: str) -> None:
        unknown = ""
        for number, char in enumerate(word[1:], 2):
            name = self._norm(word[0] + char)
            if name not in self.table:
                if not self.ctx.ignore_unknown_options:
                    raise NoSuchOption(name, ctx=self.ctx)
                unknown += char
            elif self.table[name][0].takes_value:
                self._take(name, word[number:] or None)
                break
            else:
                self._take(name, None)
        if unknown:
            self.left.append(word[0] + unknown)

    def _take(self, name: str, value: str | None) -> None:
        option, flag = self.table[name]
        key = option.name
        found: t.Any = flag
        if option.takes_value:
            found = self._values(option, name, [] if value is None else [value])
        elif value is not None:
            raise BadOptionUsage(name, f"Option {name!r} does not take a value.", self.ctx)
        if option.multiple:
            self.values.setdefault(key, []).append(found)
        else:
            self.values[key] = self.values.get(key, 0) + 1 if option.count else found
        self.order.append(option)

    def _values(self, option: Option, name: str, given: list[str]) -> t.Any:
        """The words that are an option's value."""
        self.rest[:0] = given
        count = option.nargs or 1
        next_is_option = (
            self.rest and not given and self.rest[0][:1] in self.prefixes and len(self.rest[0]) > 1
        )
        if option.flag_needs_value and (len(self.rest) < count or next_is_option):
            return FLAG_NEEDS_VALUE
        if len(self.rest) < count:
            wanted = "an argument" if count == 1 else f"{count} arguments"
            raise BadOptionUsage(name, f"Option {name!r} requires {wanted}.", self.ctx)
        values = tuple(self.rest[:count])
        del self.rest[:count]
        return values[0] if count == 1 else values

    def _distribute(self, words: list[str]) -> list[str]:
        """Give the words to the arguments; what is left over."""
        self.order += self.arguments
        counts = [argument.nargs or 1 for argument in self.arguments]
        # One argument may take any number: what those before it and, from the end, those behind it leave.
        place = next((index for index, count in enumerate(counts) if count < 0), len(counts))
        for argument, count in zip(self.arguments[:place], counts):
            self._give(argument, words[:count])
            words = words[count:]
        for argument, count in list(zip(self.arguments, counts))[:place:-1]:
            cut = max(len(words) - count, 0)
            self._give(argument, words[cut:])
            words = words[:cut]
        for argument in self.arguments[place : place + 1]:
            self._give(argument, words)
            words = []
        return words

    def _give(self, argument: Parameter, words: list[str]) -> None:
        if 0 < len(words) < (argument.nargs or 1):
            raise BadArgumentUsage(f"Argument {argument.name!r} takes {argument.nargs} values.", self.ctx)
        if words:
            self.values[argument.name] = words[0] if argument.nargs == 1 else tuple(words)
