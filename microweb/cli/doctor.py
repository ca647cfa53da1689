"""``doctor``: what a host can do, told before anything is deployed there.

The rule: nothing is concluded, everything is tried. A check is a function that returns what it found; what
it raises is why it does not work here, and its row in the table says what is lost then. No module is imported
before the check that needs it, as any of them may be what is missing.
"""

from __future__ import annotations

import os
import sys

from .decorators import command, option
from .terminal import echo, style

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    #: Its name, how bad it is if it fails, what fails then, and the check.
    Row = tuple[str, str, str, t.Callable[[], str]]
    Finding = dict[str, str]

#: The levels of findings: "no" is a part that does not work here, "broken" is all of it.
COLORS = {"ok": "green", "slower": "yellow", "no": "red", "broken": "red"}
_SERVER = "the bundled server; others, and CGI, may do"

#: Modules that Python can be built or packed without, and what is lost with them. All others are needed by
#: Python's own start, or tried by the parts below.
MODULES = {
    "asyncio": "views and hooks that are coroutine functions",
    "logging": "app.logger, and so the traceback of an error in the log",
    "readline": "history and completion in the shell",
    "select": _SERVER,
    "socket": _SERVER,
    "sqlite3": "SqliteSessionInterface",
    "ssl": "TLS in the bundled server: let a proxy do it",
    "threading": f"app.logger; {_SERVER}",
    "zlib": "compressed session cookies: long ones stay long, and those from other hosts are not read",
}


class Slower(Exception):
    """It works, at a price that the text tells."""


@command("doctor", short_help="Tell what will work on this host, and what will not.")
@option("--json", "as_json", is_flag=True, help="For programs.")
def doctor_command(as_json: bool) -> None:
    """Try what this host can do: the interpreter, its modules, threads, sockets, files; and each part of this
    package on it. The status is 1 if something is missing that nothing works without."""
    findings = examine()
    is_broken = any(each["level"] == "broken" for each in findings)
    if as_json:
        import json

        echo(json.dumps({"works": not is_broken, "checks": findings}, indent=2))
    else:
        echo("\n".join(_lines(findings)))
    raise SystemExit(int(is_broken))


def examine() -> list[Finding]:
    """Run all checks; a level and a text for each."""
    return [_try(*row) for row in CHECKS]


def _try(name: str, level: str, loss: str, check: t.Callable[[], str]) -> Finding:
    try:
        text, level = check(), "ok"
    except Slower as finding:
        text, level = str(finding), "slower"
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        text = f"lost: {loss} ({reason})"
    return {"name": name, "level": level, "text": text}


def _lines(findings: list[Finding]) -> t.Iterator[str]:
    """A line for each finding, and one for all modules that are there; the sum at the end."""
    present = [each["name"] for each in findings if each["level"] == "ok" and each["text"] == "module"]
    listed = [each for each in findings if each["name"] not in present]
    if present:
        listed.append({"name": "modules", "level": "ok", "text": " ".join(present)})
    for each in listed:
        level = each["level"]
        yield f"{style(f'{level:7}', fg=COLORS[level])} {each['name']:12} {each['text']}"
    counts = {level: sum(each["level"] == level for each in findings) for level in COLORS}
    if counts["broken"]:
        yield "\nApplications will not work here."
    elif counts["no"] or counts["slower"]:
        yield f"\nApplications will work here. Missing: {counts['no']}; slower: {counts['slower']}."
    else:
        yield "\nEverything works here."


# The host


def _package() -> str:
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if not os.access(root, os.W_OK) and not os.path.isdir(os.path.join(root, "__pycache__")):
        raise Slower(f"{root}: no bytecode can be kept there, so that each start compiles what it imports")
    return root


def _hashes() -> str:
    import hashlib

    names = ("md5", "sha1", "sha256", "sha512")
    for name in names:  # where the law of a state rules (FIPS), one may be there and refuse
        hashlib.new(name, b"")
    if not hasattr(hashlib, "scrypt"):
        raise Slower(
            f"{' '.join(names)}, but not scrypt: passwords are hashed with pbkdf2, older hashes not checked"
        )
    return " ".join((*names, "scrypt"))


def _threads() -> str:
    from _thread import allocate_lock, start_new_thread

    lock = allocate_lock()
    with lock:
        start_new_thread(lock.acquire, ())
    return "a thread was started"


def _fork() -> str:
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    return "a process was forked"


def _sockets() -> str:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), 5).close()
    return "127.0.0.1" + " and Unix sockets" * hasattr(socket, "AF_UNIX")


def _clock() -> str:
    import time

    if time.time() < 1.75e9:  # 2025
        raise ValueError(f"it says {time.ctime()}")
    return f"{time.strftime('%Y-%m-%d %H:%M %z')} ({time.tzname[0]})"


def _encoding() -> str:
    import locale

    name = sys.getfilesystemencoding()
    os.fsencode("ü")
    return f"{name} for names of files, locale {locale.setlocale(locale.LC_CTYPE)}"


def _temporary() -> str:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a")
        with open(path, "w"):
            case = "case is ignored" if os.path.exists(path.upper()) else "case counts"
        try:
            os.symlink(path, f"{path}-link")
            links = "links"
        except (OSError, NotImplementedError, AttributeError):
            links = "no links"
        return f"{os.path.dirname(folder)}, {case}, {links}"


def _current() -> str:
    if not os.access(".", os.W_OK):
        raise Slower(f"{os.getcwd()} cannot be written to: databases and uploads need another place")
    return os.getcwd()


def _surroundings() -> str:
    from shutil import which

    servers = ["mod_wsgi", "uwsgi", "gunicorn", "pyodide"]
    around = [name for name in servers if name in sys.modules] + ["CGI"] * ("GATEWAY_INTERFACE" in os.environ)
    programs = [name for name in ("apache2", "lighttpd", "nginx", "gunicorn", "uwsgi") if which(name)]
    return f"running in {' '.join(around) or 'a shell'}; installed: {' '.join(programs) or 'no other server'}"


# The parts, each on its own


def _routing() -> str:
    from ..routing.map import Map
    from ..routing.rules import Rule

    adapter = Map([Rule("/users/<int:id>", endpoint="user")]).bind("localhost")
    return str(_expect(adapter.build(*adapter.match("/users/5")), "/users/5"))


def _templates() -> str:
    from ..templates.environment import Environment

    template = Environment(autoescape=True).from_string("{% for c in text %}<i>{{ c }}</i>{% endfor %}")
    return str(_expect(template.render(text="a&"), "<i>a</i><i>&amp;</i>"))


def _signing() -> str:
    from ..signing import URLSafeTimedSerializer

    serializer = URLSafeTimedSerializer("a key")
    return str(_expect(serializer.loads(serializer.dumps(["signed"] * 20)), ["signed"] * 20)[0])


def _passwords() -> str:
    from ..security import check_password_hash, generate_password_hash

    stored = generate_password_hash("secret", "pbkdf2:sha256:1000")
    return str(_expect(check_password_hash(stored, "secret"), True) and stored.partition("$")[0])


def _client() -> t.Any:
    """A client of an application that answers with what it knows of the visitor and what it was sent."""
    from ..app import Microweb
    from ..globals import request, session
    from ..json import jsonify

    app = Microweb(__name__, static_folder=None)
    app.secret_key = os.urandom(16)
    app.testing = True  # so that a check hears what was raised

    @app.route("/", methods=["GET", "POST"])
    def index() -> t.Any:
        sizes = {name: len(file.read()) for name, file in request.files.items()}
        return jsonify([request.form, sizes])

    @app.route("/visits")
    def visits() -> t.Any:
        session["visits"] = session.get("visits", 0) + 1
        return jsonify(session["visits"])

    return app.test_client()


def _sessions() -> str:
    client = _client()
    return str(_expect([client.get("/visits").json for _ in "12"], [1, 2]))


def _forms() -> str:
    from io import BytesIO

    sent = {"a": "ü", "b": (BytesIO(b"x" * 1000), "b.txt")}
    return str(_expect(_client().post("/", data=sent).json, [{"a": "ü"}, {"b": 1000}]))


def _server() -> str:
    import socket
    from threading import Thread

    from ..server.serving import make_server

    server = make_server("127.0.0.1", 0, _client().application, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        with socket.create_connection(("127.0.0.1", server.port), 5) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return client.recv(4096).partition(b"\r\n")[0].decode()
    finally:
        server.shutdown()
        thread.join()


def _expect(value: t.Any, wanted: t.Any) -> t.Any:
    """The value, if it is right: an interpreter that is broken may do anything."""
    if value != wanted:
        raise ValueError(f"{value!r}, not {wanted!r}")
    return value


def _module(name: str) -> t.Callable[[], str]:
    return lambda: "module" if __import__(name) else ""


CHECKS: list[Row] = [
    ("interpreter", "ok", "", lambda: " ".join(sys.version.split())),
    ("package", "ok", "", _package),
    *((name, "no", loss, _module(name)) for name, loss in MODULES.items()),
    ("hashes", "no", "signatures and ETags that use it", _hashes),
    ("randomness", "broken", "secrets", lambda: f"{len(os.urandom(16))} bytes"),
    ("clock", "no", "sessions and certificates are over, or never", _clock),
    ("encoding", "no", "files whose names are not ASCII", _encoding),
    ("fork", "no", "serve --workers", _fork),
    ("threads", "no", _SERVER, _threads),
    ("sockets", "no", _SERVER, _sockets),
    ("temporary", "no", "uploads of more than 500 kB, unless they go elsewhere", _temporary),
    ("current", "no", "relative paths", _current),
    ("around", "ok", "", _surroundings),
    ("routing", "broken", "everything", _routing),
    ("requests", "broken", "everything", lambda: str(_client().get("/").status)),
    ("forms", "no", "forms", _forms),
    ("sessions", "no", "sessions", _sessions),
    ("signing", "no", "sessions and signed values", _signing),
    ("templates", "no", "templates", _templates),
    ("passwords", "no", "password hashes", _passwords),
    ("server", "no", _SERVER, _server),
]
