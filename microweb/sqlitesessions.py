"""Sessions in an SQLite file: the browser holds an id, the server the data.

The rule: *an id is worth nothing until the server gave it out*. It is 256 bits from the system's
source of randomness and is not signed: no more can be known about it than can be guessed, and a
signature would add a key to lose. An id that is not in the file opens an empty session and is
never taken over, so that nobody can plant one (session fixation); `session.regenerate()`, called
when somebody logs in, gives out a new one. The file holds hashes of the ids: a stolen backup logs
nobody in.

    cookie: id -> SHA-256 -> row (hash, expires, tagged JSON) -> SqliteSession -> ... -> row

Nothing is stored before something is written to the session. One connection serves a process, as
SQLite lets one write at a time anyway; threads take turns, a forked child opens its own.
"""

from __future__ import annotations

import os
import re
import time
from _thread import RLock

from .sessions import SecureCookieSession, SecureCookieSessionInterface

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from sqlite3 import Connection

    from .wrappers import Request, Response

_ID = re.compile(r"[A-Za-z0-9_-]{43}")

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS sessions (id BLOB PRIMARY KEY, expires REAL, data TEXT) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sessions_expires ON sessions (expires);
"""
# Only what is still there is changed: a request that ends after the user has logged out in another
# one must not bring the session back.
_CHANGE = "UPDATE sessions SET expires = ?, data = ? WHERE id = ?"
_ADD = "INSERT INTO sessions (expires, data, id) VALUES (?, ?, ?)"


class SessionStoreError(RuntimeError):
    """The database of the sessions cannot be used; the message says which one, and why."""


class SqliteSession(SecureCookieSession):
    """A session whose data lie on the server."""

    #: The id under which it is stored; None: not stored yet.
    sid: str | None = None
    #: The id that it had before `regenerate`.
    _old_sid: str | None = None
    _stored: str | None = None

    def regenerate(self) -> None:
        """Move to a new id; the old one is worth nothing from now on. Call it at each login."""
        self._old_sid, self.sid = self._old_sid or self.sid, None
        self.modified = True


class SqliteSessionInterface(SecureCookieSessionInterface):
    """Keeps sessions in an SQLite database: `app.session_interface = SqliteSessionInterface("s.db")`.

    A relative path lies in the instance folder. Sessions that are over PERMANENT_SESSION_LIFETIME
    are deleted once in *sweep_every* seconds, when another one is written.
    """

    opens_lazily = True
    session_class = SqliteSession
    _connection: Connection | None = None

    def __init__(self, path: str | os.PathLike[str], sweep_every: float = 3600) -> None:
        self.path, self.sweep_every = os.fspath(path), sweep_every
        self._next_sweep = 0.0
        self._lock, self._process = RLock(), 0
        self._abandoned: list[t.Any] = []

    # -- the session's life

    def open_session(self, app: t.Any, request: Request) -> SqliteSession:
        """Return the session whose id is in the cookie; an empty one if it is unknown or over."""
        for sid in request.cookies.getlist(self.get_cookie_name(app)):
            if not _ID.fullmatch(sid):
                continue
            query = "SELECT data FROM sessions WHERE id = ? AND expires > ?"
            rows, _ = self._execute(app, query, _hash(sid), time.time())
            for (data,) in rows:
                session: SqliteSession = self.session_class(self.serializer.loads(data))
                session.sid, session._stored = sid, data
                return session
        return self.session_class()

    def _changed_inside(self, app: t.Any, session: t.Any) -> bool:
        return session._stored is not None and self.serializer.dumps(dict(session)) != session._stored

    def _cookie_value(self, app: t.Any, session: t.Any, response: Response) -> str | None:
        """Store the session; return its id, None if it was ended by another request meanwhile."""
        expires = time.time() + app.permanent_session_lifetime.total_seconds()
        self._sweep(app)
        statement, data = _CHANGE, self.serializer.dumps(dict(session))
        if session.sid is None:
            from secrets import token_urlsafe

            self._forget(app, session)
            session.sid, statement = token_urlsafe(32), _ADD
        _, stored = self._execute(app, statement, expires, data, _hash(session.sid))
        return session.sid if stored else None

    def _forget(self, app: t.Any, session: t.Any) -> None:
        """Delete what is stored of a session, under its id and the one before."""
        for sid in filter(None, (session.sid, session._old_sid)):
            self._execute(app, "DELETE FROM sessions WHERE id = ?", _hash(sid))

    def _sweep(self, app: t.Any) -> None:
        now = time.time()
        if now >= self._next_sweep:
            self._next_sweep = now + self.sweep_every
            self._execute(app, "DELETE FROM sessions WHERE expires <= ?", now)

    # -- the database

    def _execute(self, app: t.Any, statement: str, *values: t.Any) -> tuple[list[t.Any], int]:
        """Return the rows that a statement finds, and the number of those that it changes."""
        try:
            import sqlite3  # not for who keeps sessions elsewhere
        except ImportError:
            raise SessionStoreError(
                "There is no 'sqlite3' in this Python: keep sessions in cookies."
            ) from None
        with self._lock:
            try:
                cursor = self._connect(app).execute(statement, values)
                return cursor.fetchall(), cursor.rowcount
            except (sqlite3.Error, OSError) as error:
                raise SessionStoreError(
                    f"The sessions in {self._file(app)!r} cannot be used: {error}. The folder and the file"
                    " must be writable, on a disk of this machine that is not full; a file that is no"
                    " database, or is damaged, has to be moved away."
                ) from error

    def _file(self, app: t.Any) -> str:
        return self.path if self.path == ":memory:" else os.path.join(app.instance_path, self.path)

    def _connect(self, app: t.Any) -> Connection:
        """Return this process's connection. That of a parent is kept and never touched: SQLite
        forbids even to close it (https://www.sqlite.org/howtocorrupt.html, 2.6).
        """
        if self._connection is None or self._process != os.getpid():
            self._abandoned.append(self._connection)
            self._connection, self._process = _open(self._file(app)), os.getpid()
        return self._connection

    def close(self) -> None:
        """Close the database; the next request opens it again."""
        if self._connection is not None and self._process == os.getpid():
            with self._lock:
                self._connection.close()
                self._connection = None

    __del__ = close


def _open(file: str) -> Connection:
    import sqlite3

    if file != ":memory:":
        os.makedirs(os.path.dirname(file), exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))  # nobody else's to read
    # Each statement is a transaction; whoever finds the file locked waits for his turn.
    connection = sqlite3.connect(file, timeout=10, isolation_level=None, check_same_thread=False)
    try:
        connection.executescript(_SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection


def _hash(sid: str) -> bytes:
    from hashlib import sha256

    return sha256(sid.encode()).digest()
