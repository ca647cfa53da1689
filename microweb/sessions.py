"""The session: a dict that the browser keeps between requests, signed so that it cannot change it.

The rule: an untouched session costs nothing and sends nothing. It is opened when first looked at,
then the response varies by cookie; it is written back only if it changed, whether at the top or
deep inside; emptied, its cookie is deleted.

    cookie -> verify, check age -> tagged JSON -> SecureCookieSession -> ... -> cookie

`SessionInterface` is what to replace for a store on the server: `open_session` and
`save_session`. The cookie is byte for byte Flask's. It is signed, not encrypted: who has it can
read it, and an old one stays valid until it is too old.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import MutableMapping

from .globals import request
from .http.datastructures import CallbackDict
from .http.request import RequestHeaders
from .http.response import ResponseHeaders
from .json.tag import TaggedJSONSerializer

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from datetime import datetime

    from .signing import URLSafeTimedSerializer
    from .wrappers import Request, Response


class SessionMixin(MutableMapping):  # type: ignore[type-arg]  # of str to anything
    """What a session has beyond a dict."""

    #: Whether the session was made for this request, where that can be known.
    new = False
    #: Whether it has to be saved; sessions that cannot tell say yes.
    modified = True
    #: Whether anybody looked at it. Set by the request context.
    accessed = False

    @property
    def permanent(self) -> bool:
        """Whether the cookie outlives the browser, by PERMANENT_SESSION_LIFETIME."""
        return bool(self.get("_permanent", False))

    @permanent.setter
    def permanent(self, value: bool) -> None:
        self["_permanent"] = bool(value)

    def regenerate(self) -> None:
        """Give the session another id, where it has one: call it when somebody logs in.

        A session that lives in its cookie has no id that could have been planted or seen before.
        """


class SecureCookieSession(CallbackDict, SessionMixin):  # type: ignore[type-arg]
    """The session that lives in a signed cookie. Changes to its keys set `modified` at once;
    changes inside its values are found when it is saved.
    """

    modified = False
    #: The cookie that it was read from, and what read it and will write the next one.
    _cookie: str | None = None
    _serializer: t.Any = None

    def __init__(self, initial: t.Mapping[str, t.Any] | None = None) -> None:
        dict.__init__(self, initial or ())

    @staticmethod
    def on_update(session: t.Any) -> None:
        """Note a change: what the methods of the dict call, with the session itself."""
        session.modified = True

    def __setitem__(self, key: str, value: t.Any) -> None:
        dict.__setitem__(self, key, value)
        self.modified = True  # what on_update does


class NullSession(SecureCookieSession):
    """Stands for the session where there is no secret key: empty to read, an error to change."""

    def _fail(self, *args: t.Any, **kwargs: t.Any) -> t.NoReturn:
        raise RuntimeError(
            "The session is unavailable because no secret key was set.  Set the secret_key on the"
            " application to something unique and secret, such as what"
            " `python -c 'import secrets; print(secrets.token_hex())'` prints."
        )

    __setitem__ = __delitem__ = __ior__ = _fail
    clear = pop = popitem = update = setdefault = _fail
    del _fail


def _from_config(key: str) -> t.Callable[[t.Any, t.Any], t.Any]:
    """Make a method `(self, app)` that looks the setting up; subclasses may know better."""

    def getter(self: SessionInterface, app: t.Any) -> t.Any:
        return app.config[key]

    getter.__doc__ = f"Return {key}."
    return getter


#: What decides how a session is read.
_read_keys = operator.itemgetter(
    "SECRET_KEY", "SECRET_KEY_FALLBACKS", "SESSION_COOKIE_NAME", "PERMANENT_SESSION_LIFETIME"
)
#: The arguments of `set_cookie` (its key is the name), and the config keys that they come from.
_COOKIE_SETTINGS = ("name", "domain", "path", "secure", "partitioned", "samesite", "httponly")
_SECURE = _COOKIE_SETTINGS.index("secure")
_COOKIE_GETTERS = [f"get_cookie_{name}" for name in _COOKIE_SETTINGS]
_read_settings = operator.itemgetter(
    *[f"SESSION_COOKIE_{name.upper()}" for name in _COOKIE_SETTINGS], "APPLICATION_ROOT"
)


class SessionInterface:
    """Where sessions come from and go to. Subclasses define `open_session` and `save_session`."""

    #: What `make_null_session` makes and `is_null_session` knows again.
    null_session_class = NullSession
    #: Whether sessions are stored with pickle, for extensions to know.
    pickle_based = False
    #: Whether `open_session` may wait until the session is looked at. Otherwise it is called when
    #: the request context is pushed, and `save_session` after every request.
    opens_lazily = False
    #: Whether nobody has put another method in the place of those that ask the configuration.
    _asks_config = True
    #: What decided how the last session was read, and how that was.
    _known: tuple[t.Any, t.Any] = (None, None)

    def __init_subclass__(cls, **kwargs: t.Any) -> None:
        """Call a subclass's own methods exactly when they expect it: for every request."""
        super().__init_subclass__(**kwargs)
        own = {"open_session", "save_session", "should_set_cookie"}
        if "opens_lazily" not in cls.__dict__ and own & cls.__dict__.keys():
            cls.opens_lazily = False
        cls._asks_config = all(
            getattr(cls, name) is getattr(SessionInterface, name) for name in _COOKIE_GETTERS
        )

    def __setattr__(self, name: str, value: t.Any) -> None:
        object.__setattr__(self, name, value)
        if name in (*_COOKIE_GETTERS, "get_signing_serializer"):
            self._asks_config = False

    def make_null_session(self, app: t.Any) -> NullSession:
        """Return the stand-in for a session that cannot be had."""
        return self.null_session_class()

    def is_null_session(self, obj: object) -> bool:
        """Say whether `obj` is that stand-in; it is never saved."""
        # Past the check of abstract classes, which costs ten times as much: nobody registers for this one.
        return type.__instancecheck__(self.null_session_class, obj)

    get_cookie_name = _from_config("SESSION_COOKIE_NAME")
    get_cookie_domain = _from_config("SESSION_COOKIE_DOMAIN")  # None: to the exact host only
    get_cookie_httponly = _from_config("SESSION_COOKIE_HTTPONLY")
    get_cookie_samesite = _from_config("SESSION_COOKIE_SAMESITE")
    get_cookie_partitioned = _from_config("SESSION_COOKIE_PARTITIONED")

    def get_cookie_path(self, app: t.Any) -> str:
        """Return SESSION_COOKIE_PATH, or APPLICATION_ROOT if that is not set."""
        return app.config["SESSION_COOKIE_PATH"] or app.config["APPLICATION_ROOT"]  # type: ignore[no-any-return]

    def get_cookie_secure(self, app: t.Any) -> bool:
        """Return SESSION_COOKIE_SECURE; for "auto", whether this request came by https."""
        value = app.config["SESSION_COOKIE_SECURE"]
        return bool(request and request.is_secure) if value == "auto" else value

    def get_cookie_settings(self, app: t.Any) -> tuple[t.Any, ...]:
        """Return what the methods above say, in the order of `_COOKIE_SETTINGS`."""
        settings: tuple[t.Any, ...] = _read_settings(app.config)
        if self._asks_config and settings[_SECURE] != "auto":
            return settings
        return (*[getattr(self, name)(app) for name in _COOKIE_GETTERS], None)

    def get_expiration_time(self, app: t.Any, session: SessionMixin) -> datetime | None:
        """Return when the cookie expires; None: with the browser session."""
        if not session.permanent:
            return None
        from datetime import datetime, timezone

        return datetime.now(timezone.utc) + app.permanent_session_lifetime  # type: ignore[no-any-return]

    def should_set_cookie(self, app: t.Any, session: SessionMixin) -> bool:
        """Say whether the session changed, or is permanent and refreshed by each request."""
        return session.modified or (session.permanent and app.config["SESSION_REFRESH_EACH_REQUEST"])

    def saves_unopened(self, app: t.Any, request: Request) -> bool:
        """Say whether a session that nobody looked at has to be opened and saved all the same."""
        return True

    def open_session(self, app: t.Any, request: Request) -> SessionMixin | None:
        """Return the request's session, or None if there cannot be one: then a null session is."""
        raise NotImplementedError

    def save_session(self, app: t.Any, session: SessionMixin, response: Response) -> None:
        """Store the session after the request; null sessions do not come here."""
        raise NotImplementedError


session_json_serializer = TaggedJSONSerializer()


@functools.lru_cache(maxsize=32)
def _signing_serializer(
    keys: t.Any, salt: t.Any, serializer: t.Any, key_derivation: t.Any, digest_method: t.Any
) -> URLSafeTimedSerializer:
    """Return the one serializer for these settings, so that requests do not build it again."""
    from .signing import StraightSerializer

    return StraightSerializer(
        keys, salt, serializer, key_derivation=key_derivation, digest_method=digest_method
    )


@functools.lru_cache(maxsize=16)
def _has_plain_settings(cls: t.Any) -> bool:
    """Say whether two attributes of such an application are the settings that they always are."""
    names = "secret_key", "permanent_session_lifetime"
    return all(getattr(getattr(cls, name, None), "__name__", None) == name.upper() for name in names)


@functools.lru_cache(maxsize=16)
def _has_plain_cookies(cls: t.Any) -> bool:
    return getattr(cls, "cookies", None) is RequestHeaders.cookies


def _cookies_of(request: t.Any, name: str) -> list[str]:
    """Return `request.cookies.getlist(name)`, without making all that for the one name."""
    header = request.environ.get("HTTP_COOKIE", "")
    # Quotes may hold a semicolon, and escapes; a request of another class may know better.
    if '"' in header or not header.isascii() or not _has_plain_cookies(request.__class__):
        return request.cookies.getlist(name)  # type: ignore[no-any-return]
    if name not in header:
        return []
    if ";" not in header and header.startswith(f"{name}="):
        return [header[len(name) + 1 :].strip(" \t")]
    found = []
    for part in header.split(";"):
        key, _, value = part.partition("=")
        if key.strip(" \t") == name:
            found.append(value.strip(" \t"))
    return found


def _bad_data() -> type[Exception]:
    # Asked when there is an error, by then the module is loaded.
    from .signing import BadData

    return BadData


def _vary_by_cookie(response: Response) -> None:
    if not response._plain and "Vary" in response.headers:
        response.vary.add("Cookie")
    else:
        response._append("Vary", "Cookie")


def _set_cookie(
    response: Response, value: str, expires: datetime | None, settings: tuple[t.Any, ...]
) -> None:
    """Set the cookie, in a sixth of the time that `set_cookie` takes: all but the value is as it was
    for the request before, and the value is made of characters that need no quotes.
    """
    # An interface of the program's own may say a date in another way.
    if type(response).set_cookie is ResponseHeaders.set_cookie and not isinstance(expires, (str, int, float)):
        before, after = _cookie_frame(expires and expires.replace(microsecond=0), settings)
        response._append("Set-Cookie", f"{before}={value}{after}")
    else:  # somebody wants to see it
        response.set_cookie(value=value, expires=expires, **_arguments(settings))


@functools.lru_cache(maxsize=64)
def _cookie_frame(expires: datetime | None, settings: tuple[t.Any, ...]) -> list[str]:
    """Return what stands before and after the value in the Set-Cookie header of these settings."""
    from .http.cookies import dump_cookie

    return dump_cookie(value="?", expires=expires, **_arguments(settings)).split("=?", 1)


def _arguments(settings: tuple[t.Any, ...]) -> dict[str, t.Any]:
    """Return the settings as keywords of `set_cookie`."""
    key, *values, root = settings
    arguments = dict(zip(_COOKIE_SETTINGS[1:], values), key=key)
    return {**arguments, "path": arguments["path"] or root}


class SecureCookieSessionInterface(SessionInterface):
    """Keeps sessions in signed cookies."""

    opens_lazily = True
    #: Names the purpose, so that nothing else signed with the secret key passes for a session.
    salt = "cookie-session"
    #: The hash in the signature, None for the signer's own, SHA-1; and how its key is made.
    digest_method: t.Any = None
    key_derivation = "hmac"
    #: Turns the session into text and back.
    serializer: t.Any = session_json_serializer
    session_class = SecureCookieSession

    def get_signing_serializer(self, app: t.Any) -> URLSafeTimedSerializer | None:
        """Return what signs and verifies the cookie; None without a secret key."""
        secret_key = app.secret_key
        if not secret_key:
            return None
        # The newest key stands last and signs. Fallbacks verify, never sign (CVE-2025-47278).
        keys = (*(app.config["SECRET_KEY_FALLBACKS"] or ()), secret_key)
        return _signing_serializer(keys, self.salt, self.serializer, self.key_derivation, self.digest_method)

    def saves_unopened(self, app: t.Any, request: Request) -> bool:
        """Say yes where a permanent session may be waiting for its refresh."""
        if not self.opens_lazily:
            return True
        cookies = request.environ.get("HTTP_COOKIE", "")
        return app.config["SESSION_REFRESH_EACH_REQUEST"] and self.get_cookie_name(app) in cookies

    def open_session(self, app: t.Any, request: Request) -> SecureCookieSession | None:
        """Return the session in the cookie; an empty one if it is missing, forged or too old."""
        serializer, name, max_age = self._ask(app)
        if serializer is None:
            return None
        # A sibling domain can plant a second cookie of that name: it must not hide ours.
        for value in _cookies_of(request, name):
            try:
                data = serializer.loads(value, max_age=max_age)
            except _bad_data():
                continue
            if isinstance(data, dict):  # else it was signed for something else
                session = self.session_class(data)
                session._cookie, session._serializer = value, serializer
                return session
        return self.session_class()

    def _ask(self, app: t.Any) -> tuple[t.Any, str, t.Any]:
        """Return what reads the cookie, its name, and how old it may be, in seconds.

        The last answer is remembered with all that it follows from: a request only has to compare that.
        """
        asked, kind = None, type(self)
        # Somebody may have patched the class, for the time of a test.
        is_plain = (kind.get_signing_serializer, kind.get_cookie_name) == _READERS
        if is_plain and self._asks_config and _has_plain_settings(app.__class__):
            own = self.salt, self.serializer, self.key_derivation, self.digest_method
            asked = _read_keys(app.config)
            known, answer = self._known
            if (asked, own) == known:
                return answer  # type: ignore[no-any-return]
        lifetime = app.permanent_session_lifetime
        max_age = None if lifetime is None else lifetime.days * 86400 + lifetime.seconds
        answer = self.get_signing_serializer(app), self.get_cookie_name(app), max_age
        if asked:
            # The list of fallbacks is copied: it may change in its place. An interface may be frozen.
            known = tuple(each[:] if isinstance(each, list) else each for each in asked), own
            self.__dict__["_known"] = known, answer
        return answer

    def _changed_inside(self, app: t.Any, session: SessionMixin) -> bool:
        """Say whether a list or dict in the session was changed in its place.

        Nobody reports that, so the session is compared to the cookie that it came from, both as
        they would be written. Asked only where a value can change at all.
        """
        cookie = getattr(session, "_cookie", None)
        if cookie is None or all(type(value) in _UNCHANGING for value in session.values()):
            return False
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            return False
        payload = serializer.dump_payload(dict(session))
        if payload.decode() == cookie.rsplit(".", 2)[0]:
            return False
        # It may be the same in other words: keys in another order, written by another version.
        was = dict(self.session_class(serializer.loads(cookie)))
        return payload != serializer.dump_payload(was)

    def save_session(self, app: t.Any, session: SessionMixin, response: Response) -> None:
        """Set the cookie if the session changed, delete it if it was emptied."""
        # A cache must not hand one user's page to another (CVE-2023-30861, CVE-2026-27205).
        if session.accessed:
            _vary_by_cookie(response)
            if not session.modified and self._changed_inside(app, session):
                session.modified = True
        if not (self.should_set_cookie(app, session) if session else session.modified):
            return
        if not session.accessed:
            _vary_by_cookie(response)
        # A cookie is deleted only with the settings that it was set with (RFC 6265 5.3).
        settings = self.get_cookie_settings(app)
        value = self._cookie_value(app, session, response) if session else None
        if value is not None:
            size, limit = len(settings[0]) + len(value), app.config["MAX_COOKIE_SIZE"]
            if size > limit and limit:
                self._complain_of_size(app, session, size, settings[0])
            _set_cookie(response, value, self.get_expiration_time(app, session), settings)
        else:
            self._forget(app, session)
            response.delete_cookie(**_arguments(settings))

    def _forget(self, app: t.Any, session: SessionMixin) -> None:
        """Delete what the server keeps of a session that has ended: nothing."""

    def _cookie_value(self, app: t.Any, session: SessionMixin, response: Response) -> str | None:
        """Return what the cookie holds: the session itself, signed."""
        serializer = getattr(session, "_serializer", None) or self.get_signing_serializer(app)
        if serializer is None:
            raise RuntimeError("The session cannot be signed: the secret key was removed.")
        return serializer.dumps(dict(session))  # type: ignore[no-any-return]

    def _complain_of_size(self, app: t.Any, session: SessionMixin, size: int, name: str) -> None:
        """Complain about a cookie that browsers drop without a word: the user is logged out and
        nobody knows why. An error where a developer looks, in the log where users are.
        """
        sizes = {key: len(self.serializer.dumps(item)) for key, item in session.items()}
        largest = sorted(sizes, key=sizes.__getitem__, reverse=True)[:3]
        message = (
            f"The session cookie {name!r} has {size} bytes, browsers ignore more than"
            f" {app.config['MAX_COOKIE_SIZE']}."
            f" Largest keys: {', '.join(f'{key!r} ({sizes[key]})' for key in largest)}."
            " Keep such data on the server, and an id in the session."
        )
        if app.debug:
            raise RuntimeError(message)
        app.logger.error(message)


_READERS = SecureCookieSessionInterface.get_signing_serializer, SessionInterface.get_cookie_name
# Types whose instances cannot be changed in their place; a tuple may hold a list.
_UNCHANGING = frozenset({str, int, float, bool, type(None), bytes})
