"""sessions: the cookie's whole life, with stand-ins for the application and the messages."""

from __future__ import annotations

import hashlib
import logging
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest

from microweb import Microweb
from microweb import session as current_session
from microweb.http.datastructures import MultiDict
from microweb.http.response import Response as HTTPResponse
from microweb.markup import Markup
from microweb.sessions import (
    NullSession,
    SecureCookieSession,
    SecureCookieSessionInterface,
    SessionInterface,
    SessionMixin,
)
from microweb.signing import Signer, TimestampSigner, URLSafeTimedSerializer, base64_encode

NOW = 1_700_000_000


class App:
    def __init__(self, **config):
        self.config = {
            "SESSION_COOKIE_NAME": "session",
            "SESSION_COOKIE_DOMAIN": None,
            "SESSION_COOKIE_PATH": None,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SECURE": False,
            "SESSION_COOKIE_SAMESITE": None,
            "SESSION_COOKIE_PARTITIONED": False,
            "SESSION_REFRESH_EACH_REQUEST": True,
            "SECRET_KEY_FALLBACKS": None,
            "APPLICATION_ROOT": "/",
            "MAX_COOKIE_SIZE": 4093,
            **config,
        }
        self.secret_key = "secret"
        self.permanent_session_lifetime = timedelta(days=31)
        self.debug = False
        self.logger = logging.getLogger("test")


class Request:
    def __init__(self, *cookies):
        self.cookies = MultiDict([("session", cookie) for cookie in cookies])
        self.environ = {"HTTP_COOKIE": f"session={cookies[0]}"} if cookies else {}


class Response(HTTPResponse):
    cookie = deleted = None

    def set_cookie(self, key, value, **settings):
        self.cookie, self.settings = value, {"name": key, **settings}

    def delete_cookie(self, key, **settings):
        self.deleted = {"name": key, **settings}


@pytest.fixture
def app():
    return App()


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    def set_to(now):
        monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: now)

    set_to(NOW)
    return set_to


interface = SecureCookieSessionInterface()


def open_(app, *cookies, accessed=True):
    session = interface.open_session(app, Request(*cookies))
    session.accessed = accessed
    return session


def save(app, session):
    response = Response()
    interface.save_session(app, session, response)
    return response


def cookie_for(app, **values):
    session = open_(app)
    session.update(values)
    return save(app, session).cookie


def assert_sends_nothing(response, vary=("Cookie",)):
    assert response.cookie is None and response.deleted is None
    assert list(response.vary) == list(vary)


def test_round_trip(app):
    values = {
        "tuple": (1, [2]),
        "bytes": b"\xff",
        "markup": Markup("<b>"),
        "uuid": UUID(int=5),
        "when": datetime(2026, 1, 2, tzinfo=timezone.utc),
        "tag": {" t": "x"},
    }
    session = open_(app, cookie_for(app, **values))
    assert session == values and not session.modified
    assert type(session["markup"]) is Markup


def test_untouched_sends_nothing(app):
    assert_sends_nothing(save(app, open_(app, accessed=False)), vary=())
    assert_sends_nothing(save(app, open_(app, cookie_for(app, a=1), accessed=False)), vary=())


@pytest.mark.parametrize("values", [{}, {"a": 1}, {"cart": [1, {"x": (1,)}], "m": Markup("<")}])
def test_reading_varies_and_sends_no_cookie(app, values):
    session = open_(app, cookie_for(app, **values) if values else "")
    assert dict(session) == values
    assert_sends_nothing(save(app, session))


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.update(b=2),
        lambda s: s.pop("a"),
        lambda s: s.setdefault("b", 1),
        lambda s: s.__delitem__("a"),
        lambda s: setattr(s, "permanent", True),
        lambda s: setattr(s, "modified", True),
        lambda s: s["cart"].append(1),
        lambda s: s["deep"][0]["x"].update(y=1),
        lambda s: s["deep"].clear(),
        lambda s: s["yes"].__setitem__(0, 1),
    ],
)
def test_changes_are_saved_even_deep_inside(app, change):
    session = open_(app, cookie_for(app, a=1, cart=[], deep=({"x": {}},) and [{"x": {}}], yes=[True]))
    change(session)
    response = save(app, session)
    assert list(response.vary) == ["Cookie"]
    assert open_(app, response.cookie) == session


@pytest.mark.parametrize("change", [lambda s: s.pop("b", 1), lambda s: s.get("b"), lambda s: "b" in s])
def test_what_changes_nothing_is_no_modification(app, change):
    session = open_(app, cookie_for(app, a=1))
    change(session)
    assert not session.modified


def test_emptied_deletes_the_cookie(app):
    session = open_(app, cookie_for(app, a=1))
    session.clear()
    response = save(app, session)
    assert response.cookie is None and response.deleted["name"] == "session"
    assert list(response.vary) == ["Cookie"]


def test_settings(app):
    app.config.update(
        SESSION_COOKIE_NAME="sid",
        SESSION_COOKIE_DOMAIN="example.com",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PARTITIONED=True,
        APPLICATION_ROOT="/app",
    )
    session = open_(app)
    session["a"] = 1
    assert save(app, session).settings == {
        "name": "sid",
        "domain": "example.com",
        "path": "/app",
        "httponly": True,
        "secure": True,
        "samesite": "Lax",
        "partitioned": True,
        "expires": None,
    }
    session.permanent = True
    left = save(app, session).settings["expires"] - datetime.now(timezone.utc)
    assert timedelta(days=30) < left <= timedelta(days=31)


class Domain:
    def get_cookie_domain(self, app):
        return "mixed.in"


@pytest.mark.parametrize("how", ["subclass", "mixin", "instance"])
def test_settings_that_an_interface_knows_better(app, how):
    if how == "subclass":
        made = type("Own", (SecureCookieSessionInterface,), {"get_cookie_domain": Domain.get_cookie_domain})()
    elif how == "mixin":
        made = type("Own", (Domain, SecureCookieSessionInterface), {})()
    else:
        made = SecureCookieSessionInterface()
        made.get_cookie_domain = lambda app: "mixed.in"
    response = HTTPResponse()
    session = made.open_session(app, Request())
    session["a"] = 1
    made.save_session(app, session, response)
    assert "; Domain=mixed.in;" in response.headers["Set-Cookie"]


@pytest.mark.parametrize("permanent", [False, True])
@pytest.mark.parametrize("domain", [None, "example.com"])
@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("samesite", [None, "lax", "None"])
@pytest.mark.parametrize("path", [None, "/x y"])
def test_the_cookie_is_what_set_cookie_writes(app, permanent, domain, secure, samesite, path):
    """The quick way and the exact one, which a response class with a method of its own gets."""
    app.config.update(SESSION_COOKIE_DOMAIN=domain, SESSION_COOKIE_SECURE=secure, SESSION_COOKIE_PATH=path)
    app.config.update(SESSION_COOKIE_SAMESITE=samesite, SESSION_COOKIE_PARTITIONED=secure)

    class Exact(HTTPResponse):
        def set_cookie(self, *args, **kwargs):
            super().set_cookie(*args, **kwargs)

    written = []
    for response in (HTTPResponse("x"), Exact("x"), HTTPResponse("x", headers={"Vary": "Accept"})):
        session = open_(app)
        session["a"], session["_permanent"] = 1, permanent
        interface.save_session(app, session, response)
        written.append(response.headers["Set-Cookie"])
        assert "Cookie" in response.vary and response.headers["Content-Length"] == "1"
    assert len({each.partition("Expires")[0] for each in written}) == 1
    assert (
        len({each.rpartition("GMT")[2] for each in written}) == 1 and ("Expires" in written[0]) is permanent
    )


def test_a_permanent_session_is_refreshed(app):
    cookie = cookie_for(app, _permanent=True)
    assert save(app, open_(app, cookie, accessed=False)).cookie
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    assert_sends_nothing(save(app, open_(app, cookie, accessed=False)), vary=())


def test_saves_unopened_only_what_may_need_a_refresh(app):
    assert interface.saves_unopened(app, Request("x"))
    assert not interface.saves_unopened(app, Request())
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    assert not interface.saves_unopened(app, Request("x"))


def test_age_comes_from_the_signature_B109(app, clock):
    cookie = cookie_for(app, a=1)
    clock(NOW + 31 * 86400)
    assert open_(app, cookie) == {"a": 1}
    clock(NOW + 31 * 86400 + 1)
    assert open_(app, cookie) == {}
    clock(NOW - 1)
    assert open_(app, cookie) == {}


@pytest.mark.parametrize("cookie", ["", "x", "a.b.c", ".eJx.Zw.x", "e30.ZVPxAA.AAAA", "\u20ac"])
def test_bad_cookies_are_an_empty_session(app, cookie):
    assert open_(app, cookie) == {}


def hostile_cookies():
    """What an attacker or an accident makes of a good cookie."""
    signer = interface.get_signing_serializer(App()).make_signer()
    good = cookie_for(App(), user=1)
    payload, stamp, signature = good.split(".")
    other = App()
    other.secret_key = "other"
    bomb = b"." + base64_encode(zlib.compress(b'{"a":"' + b"x" * (1 << 22) + b'"}'))
    yield "forged", f"{payload[:-1]}A.{stamp}.{signature}"
    yield "forged time", f"{payload}.{stamp[::-1]}.{signature}"
    yield "truncated", good[:-5]
    yield "truncated payload", good[3:]
    yield "no signature", payload
    yield "empty signature", f"{payload}.{stamp}."
    yield "another key", cookie_for(other, user=1)
    yield "another salt", signer_of("other").dumps({"user": 1})
    yield "no time", signer_of("cookie-session", Signer).sign(payload).decode()
    yield "unsigned bomb", f"{bomb.decode()}.{stamp}.{signature}"
    yield "signed bomb", signer.sign(bomb).decode()
    yield "cut stream", signer.sign(bomb[:50]).decode()
    yield "a megabyte", "x" * (1 << 20)
    yield "a megabyte of dots", "." * (1 << 20)
    yield "a signed megabyte", signer.sign(b"x" * (1 << 20)).decode()
    yield "deep", signer.sign(base64_encode("[" * 50_000)).decode()
    yield "no object", signer.sign(base64_encode("[1]")).decode()
    yield "a number", signer.sign(base64_encode("1")).decode()
    yield "pickle", signer.sign(base64_encode(b"\x80\x04K\x01.")).decode()  # CVE-2021-33026
    yield "bad tag", signer.sign(base64_encode('{" u":"x"}')).decode()


def signer_of(salt, cls=None):
    if cls is not None:
        return cls("secret", salt=salt, key_derivation="hmac")
    return URLSafeTimedSerializer("secret", salt, signer_kwargs={"key_derivation": "hmac"})


@pytest.mark.parametrize("name", [name for name, _ in hostile_cookies()])
def test_hostile_cookies_are_an_empty_session(app, name):
    cookie = dict(hostile_cookies())[name]
    assert open_(app, cookie) == {}
    # And through an application, quoted as well: no exception, and the next answer may set a good one.
    site = Microweb("site")
    site.config.update(SECRET_KEY="secret", TESTING=True)
    site.add_url_rule("/", "index", lambda: str(dict(current_session)))
    for header in (f"session={cookie}", f'session="{cookie}"', f"a=b; session={cookie}; session=x"):
        assert site.test_client(use_cookies=False).get("/", headers={"Cookie": header}).text == "{}"


def test_signed_rubbish_is_an_empty_session(app):
    serializer = interface.get_signing_serializer(app)
    assert open_(app, serializer.make_signer().sign(b"rubbish").decode()) == {}


def test_a_planted_cookie_does_not_hide_ours(app):
    assert open_(app, "planted", cookie_for(app, a=1), cookie_for(app, a=2)) == {"a": 1}


def test_key_rotation_CVE_2025_47278(app):
    old = cookie_for(app, a=1)
    app.secret_key, app.config["SECRET_KEY_FALLBACKS"] = "new", ["secret"]
    assert open_(app, old) == {"a": 1}
    new = cookie_for(app, a=2)
    app.config["SECRET_KEY_FALLBACKS"] = None
    assert open_(app, new) == {"a": 2} and open_(app, old) == {}


def test_keys_are_derived_once(app):
    assert interface.get_signing_serializer(app) is interface.get_signing_serializer(App())
    app.secret_key = "other"
    assert interface.get_signing_serializer(app) is not interface.get_signing_serializer(App())


def test_without_a_secret_key(app):
    app.secret_key = None
    assert interface.open_session(app, Request("x")) is None
    null = interface.make_null_session(app)
    assert interface.is_null_session(null) and not interface.is_null_session(SecureCookieSession())
    assert null == {} and null.get("a") is None and not null.permanent


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.__setitem__("a", 1),
        lambda s: s.__delitem__("a"),
        lambda s: s.update(a=1),
        lambda s: s.pop("a"),
        lambda s: s.popitem(),
        lambda s: s.setdefault("a"),
        lambda s: s.clear(),
        lambda s: s.__ior__({"a": 1}),
        lambda s: setattr(s, "permanent", True),
    ],
)
def test_a_null_session_says_what_is_missing(change):
    with pytest.raises(RuntimeError, match="no secret key was set"):
        change(NullSession())


def test_too_large_for_a_browser_B111(app, caplog):
    session = open_(app)
    session.update(small=1, noise=bytes(range(256)) * 20, name="x" * 300)
    session["noise"] = __import__("random").Random(1).getrandbits(8 * 4000).to_bytes(4000, "big")
    assert save(app, session).cookie
    assert "'session' has" in caplog.text and "'noise' (" in caplog.text
    app.debug = True
    with pytest.raises(RuntimeError, match=r"more than 4093\. Largest keys: 'noise'"):
        save(app, session)


def test_a_digest_of_ones_own(app):
    import hashlib

    class Interface(SecureCookieSessionInterface):
        digest_method = staticmethod(hashlib.sha256)

    class Flasks(SecureCookieSessionInterface):
        digest_method = staticmethod(hashlib.sha1)

    ours = interface.get_signing_serializer(app).dumps(1)
    assert Interface().get_signing_serializer(app).dumps(1) != ours
    assert Flasks().get_signing_serializer(app).dumps(1) == ours


def test_a_key_that_vanishes_during_the_request(app):
    session = open_(app, cookie_for(app, a=[]))
    app.secret_key = None
    assert_sends_nothing(save(app, session))
    session["a"] = 1
    assert save(app, session).cookie  # by the key that opened it
    with pytest.raises(RuntimeError, match="the secret key was removed"):
        fresh = SecureCookieSession()
        fresh["a"] = 1
        save(app, fresh)


def test_mixin():
    class Session(dict, SessionMixin):
        pass

    session = Session()
    assert (session.new, session.modified, session.accessed, session.permanent) == (False, True, False, False)
    session.permanent = 1
    assert session == {"_permanent": True}


def test_interfaces_of_ones_own_open_early():
    class Opens(SecureCookieSessionInterface):
        def open_session(self, app, request):
            return None

    class Saves(SecureCookieSessionInterface):
        def save_session(self, app, session, response):
            return None

    class Renames(SecureCookieSessionInterface):
        salt = "other"

    class Inherits(Opens):
        pass

    class Insists(Opens):
        opens_lazily = True

    assert [cls.opens_lazily for cls in (Opens, Saves, Renames, Inherits, Insists)] == [
        False,
        False,
        True,
        False,
        True,
    ]
    assert Opens().saves_unopened(None, None)
    for call in (SessionInterface().open_session, SessionInterface().save_session):
        with pytest.raises(NotImplementedError):
            call(*[None] * (2 if call.__name__ == "open_session" else 3))


# Written by Flask 3.1 with the secret key "secret" at NOW: users stay logged in when they move.
FLASK = [
    (
        {"user": 1, "b": "€", "a": None},
        "eyJhIjpudWxsLCJiIjoiXHUyMGFjIiwidXNlciI6MX0.ZVPxAA.rVDP5v1mM0u-6oXM9_2BWoGxrxA",
    ),
    (
        {"t": (1, [b"\xff"]), "d": {" t": 1}},
        "eyJkIjp7IiBkaSI6eyIgdF9fIjoxfX0sInQiOnsiIHQiOlsxLFt7IiBiIjoiL3c9PSJ9XV19fQ.ZVPxAA.CghSQQ-sWYq5wU2IVjbv0hrWIGI",
    ),
    ({"long": "x" * 200}, ".eJyrVsrJz0tXslKqGCZAqRYA0RphKw.ZVPxAA.mTrbKoVBtufuUp87pDsKwKTrnZk"),
]


@pytest.mark.parametrize(("value", "cookie"), FLASK)
def test_cookies_are_those_of_flask(app, value, cookie, monkeypatch):
    from microweb import json
    from microweb.json.provider import DefaultJSONProvider

    provider = DefaultJSONProvider(app)
    monkeypatch.setattr(json, "_current_provider", lambda: provider)
    assert open_(app, cookie) == value
    assert cookie_for(app, **value) == cookie


@pytest.fixture
def flask():
    flask = pytest.importorskip("flask")
    if not flask.__file__.replace("\\", "/").endswith("flask/__init__.py"):
        pytest.skip("flask is an alias")
    return flask


VALUES = [
    {"user": 1, "t": (1, b"\xff"), "long": "x" * 500},
    {"n": 1},
    {"cart": [{"id": n, "name": f"item {n}"} for n in range(20)], "_flashes": [("message", "\u20ac")]},
    {"tag": {" t": [1]}, "when": datetime(2026, 1, 2, tzinfo=timezone.utc), "id": UUID(int=3)},
    {"noise": "".join(map(chr, range(32, 1000)))},
]


@pytest.mark.parametrize("value", VALUES)
def test_cookies_interchange_with_the_flask_at_hand(flask, value, monkeypatch):
    """Through the applications: what one wrote, the other reads, and writes byte for byte."""
    import time

    def make(cls, session):
        app = cls("site")
        app.secret_key = "secret"

        @app.route("/write")
        def write():
            session.update(value)
            return ""

        @app.route("/read")
        def read():
            return "same" if dict(session) == value else repr(dict(session))

        return app.test_client()

    monkeypatch.setattr(time, "time", lambda: NOW)
    ours, theirs = make(Microweb, current_session), make(flask.Flask, flask.session)
    headers = [client.get("/write").headers["Set-Cookie"] for client in (ours, theirs)]
    assert headers[0] == headers[1]
    cookies = [client.get_cookie("session").value for client in (ours, theirs)]
    ours.set_cookie("session", cookies[1])
    theirs.set_cookie("session", cookies[0])
    assert ours.get("/read").text == theirs.get("/read").text == "same"


@pytest.mark.parametrize(
    ("when", "shown"),
    [
        (2_000_000_000, "Expires=Wed, 18 May 2033 03:33:20 GMT"),
        (2e9, "Expires=Wed, 18 May 2033 03:33:20 GMT"),
        ("Wed, 18 May 2033 03:33:20 GMT", "Expires=Wed, 18 May 2033 03:33:20 GMT"),
        (datetime(2033, 5, 18, 3, 33, 20, 5), "Expires=Wed, 18 May 2033 03:33:20 GMT"),
    ],
)
def test_an_interface_may_say_when_it_expires_as_set_cookie_takes_it(when, shown):
    class Interface(SecureCookieSessionInterface):
        def get_expiration_time(self, app, session):
            return when

    app = Microweb("expires")
    app.secret_key, app.session_interface = "key", Interface()
    app.add_url_rule("/", "set", lambda: str(current_session.setdefault("a", 1)))
    assert shown in app.test_client().get("/").headers["Set-Cookie"]


class Counting(Microweb):
    """An application that counts in its session, and says how far it got."""

    def __init__(self, interface):
        super().__init__("counting")
        self.secret_key, self.session_interface = "first", interface
        self.add_url_rule("/", "count", self.count)

    def count(self):
        current_session["n"] = current_session.get("n", 0) + 1
        return f"{current_session['n']}"


def _rename(app):
    app.session_interface.get_cookie_name = lambda app: "other"


def _replace_serializer(app):
    serializer = URLSafeTimedSerializer("another key")
    app.session_interface.get_signing_serializer = lambda app: serializer


@pytest.mark.parametrize(
    "change",
    [
        lambda app: setattr(app, "secret_key", "second"),
        lambda app: app.config.update(SECRET_KEY=b"second"),
        lambda app: app.config.update(SESSION_COOKIE_NAME="other"),
        lambda app: setattr(app.session_interface, "salt", "another purpose"),
        lambda app: setattr(app.session_interface, "key_derivation", "none"),
        lambda app: setattr(app.session_interface, "digest_method", hashlib.sha256),
        lambda app: setattr(app, "permanent_session_lifetime", timedelta(seconds=-1)),
        _rename,
        _replace_serializer,
    ],
)
def test_a_change_of_what_decides_is_seen_by_the_next_request(change):
    app = Counting(SecureCookieSessionInterface())
    client = app.test_client()
    assert [client.get("/").text for _ in range(3)] == ["1", "2", "3"]
    change(app)
    assert client.get("/").text == "1"


@pytest.mark.parametrize(
    ("name", "answer", "text"),
    [("get_signing_serializer", None, "no session"), ("get_cookie_name", "other", "1")],
)
def test_a_patch_of_the_class_counts_as_long_as_it_lasts(name, answer, text, monkeypatch):
    app = Counting(SecureCookieSessionInterface())
    app.register_error_handler(RuntimeError, lambda error: "no session")
    client = app.test_client()
    assert client.get("/").text == "1"
    for _ in range(2):
        with monkeypatch.context() as patch:
            patch.setattr(SecureCookieSessionInterface, name, lambda self, app: answer)
            assert client.get("/").text == text
            client.delete_cookie("other")
    assert client.get("/").text == "2"


def test_an_interface_may_be_frozen():
    @dataclass(frozen=True)
    class Frozen(SecureCookieSessionInterface):
        pass

    client = Counting(Frozen()).test_client()
    assert [client.get("/").text for _ in range(2)] == ["1", "2"]


def test_a_key_added_to_the_list_of_fallbacks_is_seen_by_the_next_request():
    app = Counting(SecureCookieSessionInterface())
    app.config["SECRET_KEY_FALLBACKS"] = []
    client = app.test_client()
    assert [client.get("/").text for _ in range(2)] == ["1", "2"]
    app.secret_key = "second"
    cookie = client.get_cookie("session").value
    assert client.get("/").text == "1"
    app.config["SECRET_KEY_FALLBACKS"].append("first")
    client.set_cookie("session", cookie)
    assert client.get("/").text == "3"


def test_applications_that_share_an_interface_do_not_share_keys():
    interface = SecureCookieSessionInterface()
    one, other = Counting(interface), Counting(interface)
    other.secret_key = "second"
    clients = one.test_client(), other.test_client()
    assert [client.get("/").text for _ in range(2) for client in clients] == ["1", "1", "2", "2"]
    clients[1].set_cookie("session", clients[0].get_cookie("session").value)
    assert [client.get("/").text for client in clients] == ["3", "1"]


def test_an_application_may_know_its_key_better():
    class Keyring(Counting):
        secret_key = property(lambda self: self.keys[-1], lambda self, key: None)
        keys = ["a"]

    app = Keyring(SecureCookieSessionInterface())
    client = app.test_client()
    assert [client.get("/").text for _ in range(2)] == ["1", "2"]
    app.keys = ["b"]
    assert client.get("/").text == "1"
