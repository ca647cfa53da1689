"""Commands under test: called in this process, with streams and environment of their own.

The rule: what a command prints, raises and returns is the result; the process is left as it was.
"""

from __future__ import annotations

import io
import os
import sys
from contextlib import ExitStack, contextmanager

from . import prompts, terminal
from .script import ScriptInfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from ..app import Microweb
    from .core import Command

    Input = t.Union[str, bytes, t.IO[t.Any], None]


class _Tee(io.BytesIO):
    """A stream whose bytes go into a second one as well."""

    def __init__(self, other: io.BytesIO) -> None:
        super().__init__()
        self.other = other

    def write(self, data: t.Any) -> int:
        self.other.write(data)
        return super().write(data)


class Result:
    """What a call did."""

    runner: CliRunner
    stdout_bytes: bytes
    stderr_bytes: bytes
    output_bytes: bytes
    return_value: t.Any = None
    exit_code: int = 0
    exception: BaseException | None = None
    exc_info: t.Any = None

    def __init__(self, **what: t.Any) -> None:
        self.__dict__.update(what)

    stdout = property(lambda self: self._text(self.stdout_bytes), doc="What went to stdout.")
    stderr = property(lambda self: self._text(self.stderr_bytes), doc="What went to stderr.")
    output = property(lambda self: self._text(self.output_bytes), doc="Both, as a terminal shows them.")

    def _text(self, data: bytes) -> str:
        return data.decode(self.runner.charset, "replace").replace("\r\n", "\n")

    def __repr__(self) -> str:
        return f"<Result {repr(self.exception) if self.exception else 'okay'}>"


class CliRunner:
    """Calls commands. ``mix_stderr=False`` keeps stderr out of ``output``, as older versions did."""

    def __init__(
        self,
        charset: str = "utf-8",
        env: t.Mapping[str, str | None] | None = None,
        echo_stdin: bool = False,
        catch_exceptions: bool = True,
        mix_stderr: bool = True,
    ) -> None:
        self.charset, self.env, self.echo_stdin = charset, env or {}, echo_stdin
        self.catch_exceptions, self.mix_stderr = catch_exceptions, mix_stderr

    def get_default_prog_name(self, cli: Command) -> str:
        """The program's name in usages."""
        return cli.name or "root"

    def make_env(self, overrides: t.Mapping[str, str | None] | None = None) -> dict[str, str | None]:
        """The runner's environment and a call's."""
        return {**self.env, **(overrides or {})}

    @contextmanager
    def isolation(
        self, input: Input = None, env: t.Mapping[str, str | None] | None = None, color: bool = False
    ) -> t.Iterator[tuple[io.BytesIO, io.BytesIO, io.BytesIO]]:
        """Within, the process has these streams: stdout, stderr, and both."""
        both = io.BytesIO()
        out, err = _Tee(both), _Tee(both if self.mix_stderr else io.BytesIO())
        stdin, stdout, stderr = (
            io.TextIOWrapper(stream, self.charset, errors, write_through=True)
            for stream, errors in (
                (_binary(input, self.charset), "strict"),
                (out, "strict"),
                (err, "backslashreplace"),
            )
        )
        places: list[tuple[t.Any, str, t.Any]] = [
            (sys, "stdin", stdin),
            (sys, "stdout", stdout),
            (sys, "stderr", stderr),
            (prompts, "visible_prompt_func", lambda prompt="": self._answer(stdin, prompt, True)),
            (prompts, "hidden_prompt_func", lambda prompt="": self._answer(stdin, prompt, False)),
            (terminal, "read_key", lambda: stdin.read(1)),
            (
                terminal,
                "should_strip_ansi",
                lambda stream, wanted=None: not (color if wanted is None else wanted),
            ),
        ]
        with ExitStack() as stack:
            for module, name, value in places:
                stack.callback(setattr, module, name, getattr(module, name))
                setattr(module, name, value)
            changes = {"COLUMNS": "80", **self.make_env(env)}
            stack.callback(_set_environ, {name: os.environ.get(name) for name in changes})
            _set_environ(changes)
            for stream in (stdin, stdout, stderr):
                stack.callback(stream.detach)  # or its end would close the bytes
            yield out, err, both

    def _answer(self, stdin: t.TextIO, prompt: str, visible: bool) -> str:
        line = stdin.readline()
        # As a terminal shows it.
        terminal.echo(prompt + (line.rstrip("\r\n") if visible else ""), nl=bool(line))
        if not line:
            raise EOFError
        return line.rstrip("\r\n")

    def invoke(
        self,
        cli: Command,
        args: str | t.Sequence[str] | None = None,
        input: Input = None,
        env: t.Mapping[str, str | None] | None = None,
        catch_exceptions: bool | None = None,
        color: bool = False,
        **extra: t.Any,
    ) -> Result:
        """Call a command as a program. ``extra`` goes to its `main`."""
        if isinstance(args, str):
            import shlex  # rare

            args = shlex.split(args)
        catch = self.catch_exceptions if catch_exceptions is None else catch_exceptions
        result = Result(runner=self)
        extra.setdefault("prog_name", self.get_default_prog_name(cli))
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
                result.exception, result.exit_code = error, 1
                result.exc_info = sys.exc_info()
            sys.stdout.flush()
            result.stdout_bytes, result.stderr_bytes, both = (stream.getvalue() for stream in streams)
            result.output_bytes = both if self.mix_stderr else result.stdout_bytes
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


def _binary(input: t.Any, charset: str) -> io.BytesIO:
    """The input as a binary stream."""
    if hasattr(input, "read"):
        input = getattr(input, "buffer", input).read()
    return io.BytesIO(input.encode(charset) if isinstance(input, str) else input or b"")


def _set_environ(values: t.Mapping[str, str | None]) -> None:
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
