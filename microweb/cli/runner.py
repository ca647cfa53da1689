"""Commands under test: called in this process, with streams and environment of their own.

The rule: what a command prints, raises and returns is the result; the process is left as it was.
"""

from __future__ import annotations

import io
import os
import sys
from contextlib import ExitStack, contextmanager

from . import help, prompts, terminal
from .script import ScriptInfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from ..app import Microweb
    from .core import Command

    Env = t.Mapping[str, t.Optional[str]]


class _Tee(io.BytesIO):
    """A stream whose bytes go into a second one as well."""

    def __init__(self, other: io.BytesIO) -> None:
        super().__init__()
        self.other = other

    def write(self, data: t.Any) -> int:
        self.other.write(data)
        return super().write(data)


class _Echo(io.BytesIO):
    """An input that shows in the output what is read of it, line for line."""

    def __init__(self, out: io.BytesIO, data: bytes) -> None:
        super().__init__(data)
        self.out = out

    def read1(self, size: int | None = -1) -> bytes:
        line = self.readline()  # not all of it: only what the program has asked for is shown
        self.out.write(line)
        return line


class Result:
    """What a call did."""

    charset = "utf-8"
    stdout_bytes = stderr_bytes = output_bytes = b""
    return_value: t.Any = None
    exit_code: int = 0
    exception: BaseException | None = None
    exc_info: t.Any = None

    stdout = property(lambda self: self._text(self.stdout_bytes), doc="What went to stdout.")
    stderr = property(lambda self: self._text(self.stderr_bytes), doc="What went to stderr.")
    output = property(lambda self: self._text(self.output_bytes), doc="Both, as a terminal shows them.")

    def _text(self, data: bytes) -> str:
        return data.decode(self.charset, "replace").replace("\r\n", "\n")

    def __repr__(self) -> str:
        return f"<Result {repr(self.exception) if self.exception else 'okay'}>"


class CliRunner:
    """Calls commands."""

    def __init__(
        self,
        charset: str = "utf-8",
        env: Env | None = None,
        echo_stdin: bool = False,
        catch_exceptions: bool = True,
        mix_stderr: bool = True,
    ) -> None:
        """`echo_stdin` shows in the output what is read; click 8.1's `mix_stderr=False` keeps stderr out."""
        self.charset, self.env, self.catch_exceptions = charset, env or {}, catch_exceptions
        self.echo_stdin, self.mix_stderr = echo_stdin, mix_stderr

    @contextmanager
    def isolation(
        self, input: t.Any = None, env: Env | None = None, color: bool = False
    ) -> t.Iterator[t.Any]:
        """Within, the process has these streams: stdout, stderr, and both."""
        both = io.BytesIO()
        out, err = _Tee(both), _Tee(both if self.mix_stderr else io.BytesIO())

        def text(stream: io.BytesIO, errors: str = "strict") -> io.TextIOWrapper:
            return io.TextIOWrapper(stream, self.charset, errors, write_through=True)

        given = _binary(input, self.charset)
        if self.echo_stdin:
            given = _Echo(out, given.read())
        texts = {"stdin": text(given), "stdout": text(out)}
        texts["stderr"] = text(err, "backslashreplace")
        places: list[tuple[t.Any, str, t.Any]] = [(sys, name, each) for name, each in texts.items()]
        places += [(prompts, "read_line", _answer), (help, "FORCED_WIDTH", 80)]
        places.append((terminal, "should_strip_ansi", lambda _, wanted=None: not (wanted or color)))
        with ExitStack() as stack:
            for module, name, value in places:
                stack.callback(setattr, module, name, getattr(module, name))
                setattr(module, name, value)
            changes = {**self.env, **(env or {})}
            stack.callback(_set_environ, {name: os.environ.get(name) for name in changes})
            _set_environ(changes)
            for each in texts.values():
                stack.callback(each.detach)  # or its end would close the bytes
            yield out, err, both

    def invoke(
        self,
        cli: Command,
        args: str | t.Sequence[str] | None = None,
        input: t.Any = None,
        env: Env | None = None,
        catch_exceptions: bool | None = None,
        color: bool = False,
        **extra: t.Any,
    ) -> Result:
        """Call a command as a program. ``extra`` goes to its `main`."""
        if isinstance(args, str):
            import shlex  # rare

            args = shlex.split(args)
        catch = self.catch_exceptions if catch_exceptions is None else catch_exceptions
        result = Result()
        result.charset = self.charset
        extra.setdefault("prog_name", cli.name or "root")
        with self.isolation(input, env, color) as streams:
            try:
                result.return_value = cli.main(args=args or (), **extra)
            except SystemExit as stop:
                result.exit_code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
                result.exception = stop if result.exit_code else None
                if isinstance(stop.code, str):
                    terminal.echo(stop.code)
            except Exception as error:
                if not catch:
                    raise
                result.exception, result.exit_code, result.exc_info = error, 1, sys.exc_info()
        result.stdout_bytes, result.stderr_bytes, result.output_bytes = (each.getvalue() for each in streams)
        return result

    @contextmanager
    def isolated_filesystem(self, temp_dir: t.Any = None) -> t.Iterator[str]:
        """Within, the current directory is a new one; it is removed, unless ``temp_dir`` was given."""
        import shutil
        import tempfile

        before, path = os.getcwd(), tempfile.mkdtemp(dir=temp_dir)
        os.chdir(path)
        try:
            yield path
        finally:
            os.chdir(before)
            if temp_dir is None:
                shutil.rmtree(path, ignore_errors=True)


def _answer(prompt: str, hide: bool) -> str:
    """A line of the input, shown as a terminal shows it."""
    line = sys.stdin.readline()
    terminal.echo(prompt + ("" if hide else line.rstrip("\r\n")), nl=bool(line))
    if not line:
        raise EOFError
    return line.rstrip("\r\n")


def _binary(input: t.Any, charset: str) -> io.BytesIO:
    """The input as a binary stream."""
    if hasattr(input, "read"):
        input = getattr(input, "buffer", input).read()
    return io.BytesIO(input.encode(charset) if isinstance(input, str) else input or b"")


def _set_environ(values: Env) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


class FlaskCliRunner(CliRunner):
    """Calls the commands of an application; made by ``app.test_cli_runner()``."""

    def __init__(self, app: Microweb, **kwargs: t.Any) -> None:
        self.app = app
        super().__init__(**kwargs)

    def invoke(self, cli: t.Any = None, args: t.Any = None, **kwargs: t.Any) -> Result:  # type: ignore[override]
        """Call a command, or one that the arguments name."""
        kwargs.setdefault("obj", ScriptInfo(create_app=lambda: self.app))
        return super().invoke(cli or self.app.cli, args, **kwargs)
