"""A middleware that profiles each request and prints, or files, where its time went.

The rule: one request, one profile. The body is taken as a whole, since work that an iterable does later
belongs to the request too; so this is for a developer's machine and not for a server.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import closing
from cProfile import Profile
from pstats import Stats

from .http.wsgi import ClosingIterator
from .security import secure_filename

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

_RULE = "-" * 80


class ProfilerMiddleware:
    """Profiles the requests to an application.

    :param stream: where the figures are printed; None: nowhere.
    :param sort_by: by what they are sorted, see `pstats.Stats.sort_stats`.
    :param restrictions: which of them are printed, see `pstats.Stats.print_stats`.
    :param profile_dir: a directory for one file a request, to be read by `pstats` and its kin.
    :param filename_format: the name of that file: a format of `method`, `path`, `elapsed` and `time`, or a
        function of the environ, whose `werkzeug.profiler` has `elapsed`, in milliseconds, and `time`.
    """

    def __init__(
        self,
        app: t.Any,
        stream: t.Any = sys.stdout,
        sort_by: t.Iterable[str] = ("time", "calls"),
        restrictions: t.Iterable[str | int | float] = (),
        profile_dir: str | None = None,
        filename_format: t.Any = "{method}.{path}.{elapsed:.0f}ms.{time:.0f}.prof",
    ) -> None:
        self._app, self._stream, self._sort_by, self._restrictions = app, stream, sort_by, restrictions
        self._profile_dir, self._filename_format = profile_dir, filename_format

    def __call__(self, environ: dict[str, t.Any], start_response: t.Any) -> t.Iterable[bytes]:
        body: list[bytes] = []

        def start(*args: t.Any) -> t.Any:
            start_response(*args)
            return body.append

        def run() -> None:
            with closing(ClosingIterator(self._app(environ, start))) as blocks:
                body.extend(blocks)

        profile, begin = Profile(), time.time()
        profile.runcall(run)
        environ["werkzeug.profiler"] = {"elapsed": (time.time() - begin) * 1000, "time": time.time()}
        if self._profile_dir is not None:
            profile.dump_stats(os.path.join(self._profile_dir, self._filename(environ)))
        if self._stream is not None:
            print(f"{_RULE}\nPATH: {environ.get('PATH_INFO', '')!r}", file=self._stream)
            Stats(profile, stream=self._stream).sort_stats(*self._sort_by).print_stats(*self._restrictions)
            print(f"{_RULE}\n", file=self._stream)
        return [b"".join(body)]

    def _filename(self, environ: dict[str, t.Any]) -> str:
        name = self._filename_format
        if callable(name):
            return name(environ)  # type: ignore[no-any-return]
        # The path is the client's: it may neither lead elsewhere nor be longer than a name may.
        path = secure_filename(environ["PATH_INFO"].strip("/").replace("/", "."))[:100] or "root"
        return name.format(method=environ["REQUEST_METHOD"], path=path, **environ["werkzeug.profiler"])  # type: ignore[no-any-return]
