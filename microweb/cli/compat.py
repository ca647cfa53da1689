"""``compat``: run another program under the alias layer. `main` starts it, as nothing that a group
does before its commands (reading .env, muting ``app.run()``) is meant for that program."""

from __future__ import annotations

from .context import Context
from .core import Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


class _First(Command):
    def parse_args(self, ctx: Context, args: list[str]) -> t.NoReturn:
        ctx.fail("Nothing may stand before 'compat'; what follows it belongs to the other program.")


compat_command = _First("compat", add_help_option=False)
