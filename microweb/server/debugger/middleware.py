"""The debugger as a WSGI middleware.

The rule: what the application answers goes through untouched; only what it raises becomes a page, and only
while nothing of its answer has been sent. Requests for the page's own files and consoles are told by their
query string, so that nobody's form is read. Those that do something are POST and carry a secret that only
the page has, so that no other site can send them. Until something is raised, next to nothing is imported:
a program that is started at every change shall start fast.
"""

from __future__ import annotations

import hmac
import os
from collections import ChainMap, deque

from ..log import logger
from .access import ATTEMPTS, Access

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .console import Console
    from .page import DebugTraceback

    Environ = dict[str, t.Any]
    Answer = tuple[str, list[tuple[str, str]], bytes]

#: Where frameworks leave the contexts of a request, to be entered again for its consoles.
PRESERVE = "werkzeug.debug.preserve_context"
#: Pages whose frames are kept for consoles; they keep alive all that they name.
PAGES = 10
LONGEST_FORM = 64 * 1024
_TEXT, _JSON, _HTML = "text/plain; charset=utf-8", "application/json", "text/html; charset=utf-8"
#: The page may load its own files, and nothing that text could smuggle in.
_POLICY = "default-src 'none'; script-src 'nonce-{0}'; style-src 'nonce-{0}'; img-src 'self'"
_POLICY += "; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_SAFE = [("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer")]
# Nor may other sites put it in their pages.
_SAFE += [("Cache-Control", "no-store"), ("Cross-Origin-Resource-Policy", "same-origin")]


class _Body:
    """An application's body whose errors are answered, and which is closed by whoever closes this."""

    def __init__(self, body: t.Any, fail: t.Callable[[Exception], list[bytes]]) -> None:
        self._body, self._fail = body, fail

    def __iter__(self) -> t.Iterator[bytes]:
        try:
            yield from self._body
        except Exception as error:
            yield from self._fail(error)

    def close(self) -> None:
        """Close the application's body."""
        getattr(self._body, "close", bool)()


class DebuggedApplication(Access):
    """Shows what `app` raises; with `evalex`, with a console in each frame.

    `console_path` is where a console is that belongs to no exception, `console_init_func` makes its names.
    `show_hidden_frames` shows frames with a local `__traceback_hide__`, too. Consoles ask for the PIN unless
    `pin_security` is off; `pin_logging` prints it on the terminal. `request_key` is not used. Whom it answers
    stands in `trusted_hosts`, `trusted_peers` and `pin`.
    """

    def __init__(
        self,
        app: t.Any,
        evalex: bool = False,
        request_key: str = "werkzeug.request",
        console_path: str | None = "/console",
        console_init_func: t.Callable[[], t.Mapping[str, t.Any]] | None = None,
        show_hidden_frames: bool = False,
        pin_security: bool = True,
        pin_logging: bool = True,
    ) -> None:
        self.app, self.evalex = app, evalex
        self.console_path, self.console_init_func = console_path, console_init_func
        self.show_hidden_frames, self.pin_logging = show_hidden_frames, pin_logging
        self.secret = os.urandom(20).hex()
        super().__init__(pin_security)
        if evalex and pin_logging:
            self.tell_pin()
        # The consoles of each page by the numbers of their frames.
        self._pages: deque[dict[str, Console]] = deque(maxlen=PAGES)
        self._standalone: dict[str, Console] = {}

    def __call__(self, environ: Environ, start_response: t.Any) -> t.Any:
        """The WSGI entry."""
        if "__debugger__=yes" in environ.get("QUERY_STRING", "").split("&"):
            make = self._command
        elif self.evalex and self.console_path and environ.get("PATH_INFO") == self.console_path:
            make = self._show_console
        else:
            return self.debug_application(environ, start_response)
        answer = _refusal("it is for browsers on this machine") if self.refuses(environ) else make(environ)
        start_response(*answer[:2])
        return answer[2:]

    def debug_application(self, environ: Environ, start_response: t.Any) -> t.Any:
        """Run the application."""
        asked = {**environ}  # which the application may change
        contexts: list[t.Any] = []
        if self.evalex:
            environ[PRESERVE] = contexts.append
        started: list[str] = []

        def start(status: str, *rest: t.Any) -> t.Any:
            started.append(status)
            return start_response(status, *rest)

        def fail(error: Exception) -> list[bytes]:
            from .page import DebugTraceback

            known = [getattr(self.app, "config", None) or {}, environ]
            traceback = DebugTraceback(error, 0, not self.show_hidden_frames, known)
            status, headers, body = self._report(traceback, environ, asked, contexts)
            # With exc_info it raises the error again if the head is out: the server breaks the answer off.
            start_response(status, headers, *[(type(error), error, error.__traceback__)][: len(started)])
            environ["wsgi.errors"].write(traceback.render_traceback_text())
            return [body]

        try:
            body = self.app(environ, start)
        except Exception as error:
            return fail(error)
        wrapper = environ.get("wsgi.file_wrapper")
        # What cannot fail stays what it is: servers know lists, and send files by themselves.
        if type(body) in (list, tuple) or isinstance(wrapper, type) and isinstance(body, wrapper):
            return body
        return _Body(body, fail)

    def _report(self, trace: DebugTraceback, environ: Environ, asked: Environ, contexts: t.Any) -> Answer:
        from .console import Console

        status, accept = "500 Internal Server Error", environ.get("HTTP_ACCEPT", "text/html").lower()
        if self.refuses(asked):
            return _answer(status, "Internal Server Error: the terminal shows why.\n")
        if "text/html" in accept:
            frames = trace.all_frames if self.evalex else ()
            self._pages.append({str(f.id): Console(f.globals, f.locals, contexts) for f in frames})
            return self._page(status, environ, trace.render_debugger_html)
        if "json" in accept:
            return _answer(status, trace.to_json(), _JSON)
        return _answer(status, trace.to_text())

    def _page(self, status: str, environ: Environ, render: t.Callable[..., str]) -> Answer:
        nonce = os.urandom(16).hex()
        page = render(self.evalex, self.secret, self.knows_pin(environ), nonce, environ)
        return _answer(status, page, _HTML, ("Content-Security-Policy", _POLICY.format(nonce)))

    def _show_console(self, environ: Environ) -> Answer:
        """The page of a console that belongs to no frame; its number is 0."""
        from .console import Console
        from .page import render_console

        if not self._standalone:
            self._standalone["0"] = Console({"app": self.app, **(self.console_init_func or dict)()})
        return self._page("200 OK", environ, render_console)

    def _command(self, environ: Environ) -> Answer:
        """What a page asks for: one of its files, or something to do."""
        from .page import ASSETS, asset, fields

        query, form = fields(environ["QUERY_STRING"]), fields(_posted(environ))
        command, name = query.get("cmd", ""), query.get("f", "")
        if command == "resource" and name in ASSETS:
            return _answer("200 OK", asset(name), ASSETS[name])
        # Another site may send forms here, but it cannot read the page.
        if not hmac.compare_digest(form.get("s", "").encode(), self.secret.encode()):
            return _refusal("the page is older than the server; reload it")
        commands = {"pinauth": self._take_pin, "printpin": self._tell_pin, "eval": self._eval}
        if command in commands:
            return commands[command](environ, form)
        return _answer("404 Not Found", "The debugger has no such command.\n")

    def _take_pin(self, environ: Environ, form: dict[str, str]) -> Answer:
        import json

        right = self.knows_pin(environ) or self.try_pin(form.get("pin", ""))
        result = json.dumps({"auth": right, "exhausted": not right and self.failures >= ATTEMPTS})
        secure = "; Secure" * (environ["wsgi.url_scheme"] == "https")
        cookie = f"{self.cookie}; Path=/; HttpOnly; SameSite=Strict{secure}"
        return _answer("200 OK", result, _JSON, *[("Set-Cookie", cookie)][:right])

    def _tell_pin(self, environ: Environ, form: dict[str, str]) -> Answer:
        if self.pin_logging:
            self.tell_pin()
        return _answer("200 OK", "")

    def _eval(self, environ: Environ, form: dict[str, str]) -> Answer:
        if not self.evalex or not self.knows_pin(environ):
            logger.warning("The debugger runs nothing before the PIN is given")
            return _refusal("the consoles are locked")
        console = ChainMap(self._standalone, *self._pages).get(form.get("frm", ""))
        if console is None:
            return _answer("410 Gone", "This traceback is no longer kept; reload the page.\n")
        return _answer("200 OK", console.eval(form.get("code", "")), _HTML)


def _posted(environ: Environ) -> str:
    """The body of a POST; nothing if it is something else, or too long."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if environ["REQUEST_METHOD"] != "POST" or not length.isdecimal() or int(length) > LONGEST_FORM:
        return ""
    return environ["wsgi.input"].read(int(length)).decode("utf-8", "replace")  # type: ignore[no-any-return]


def _answer(status: str, body: str, kind: str = _TEXT, *headers: tuple[str, str]) -> Answer:
    data = body.encode("utf-8", "replace")
    return status, [("Content-Type", kind), ("Content-Length", str(len(data))), *_SAFE, *headers], data


def _refusal(why: str) -> Answer:
    return _answer("403 Forbidden", f"The debugger refuses: {why}.\n")
