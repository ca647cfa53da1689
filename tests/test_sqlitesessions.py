"""sqlitesessions: the life of a session that lies on the server."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import subprocess
import sys
import threading

import pytest

from microweb import Microweb, session
from microweb.sqlitesessions import SessionStoreError, SqliteSessionInterface
from tests.house import ROOT


@pytest.fixture
def make(tmp_path):
    """An application whose sessions lie in a file of the test's own; several share it."""
    made = []

    def make(path="sessions.db", **config):
        app = Microweb("site", instance_path=str(tmp_path))
        app.config.update({"TESTING": True, **config})
        app.session_interface = SqliteSessionInterface(path)
        made.append(app.session_interface)

        @app.route("/set/<key>/<value>")
        def put(key, value):
            session[key] = value
            return "set"

        @app.route("/get/<key>")
        def get(key):
            return str(session.get(key))

        @app.route("/add/<item>")
        def add(item):
            session.setdefault("cart", [])
            session["cart"].append(item)
            return "added"

        @app.route("/append/<item>")
        def append(item):
            session["cart"].append(item)  # nothing says that this is a change
            return "appended"

        @app.route("/login")
        def login():
            session.regenerate()
            session["user"] = "ada"
            return "in"

        @app.route("/logout")
        def logout():
            session.clear()
            return "out"

        @app.route("/none")
        def none():
            return "none"

        return app

    yield make
    for interface in made:
        interface.close()


@pytest.fixture
def app(make):
    return make()


@pytest.fixture
def client(app):
    return app.test_client()


def sid(client):
    cookie = client.get_cookie("session")
    return cookie and cookie.value


def rows(app):
    query = "SELECT * FROM sessions"
    return app.session_interface._execute(app, query)[0]


def test_it_lasts_and_the_browser_holds_an_id_alone(app, client):
    response = client.get("/set/color/blue")
    assert client.get("/get/color").text == "blue"
    assert re.fullmatch(r"[\w-]{43}", sid(client)) and "blue" not in response.headers["Set-Cookie"]
    assert response.headers["Vary"] == "Cookie" and "HttpOnly" in response.headers["Set-Cookie"]


def test_no_key_is_needed_and_the_id_is_stored_as_a_hash(app, client):
    assert app.secret_key is None
    client.get("/set/color/blue")
    ((digest, _, data),) = rows(app)
    assert len(digest) == 32 and sid(client) not in repr(digest) and data == '{"color":"blue"}'


def test_changes_inside_are_saved_unasked(client):
    client.get("/add/tea")
    client.get("/append/milk")
    assert client.get("/get/cart").text == "['tea', 'milk']"


# CVE-2015-5963, CVE-2015-5964: nor by ending a session that was none.
def test_nothing_is_stored_before_something_is_written_CVE_2015_5143(app, client):
    for path in ("/none", "/get/color", "/logout"):
        client.get(path)
    assert rows(app) == [] and sid(client) is None


# CVE-2011-0698, CVE-2011-4136: nor is an id a path, or the key of something else.
@pytest.mark.parametrize(
    "planted",
    ["x" * 43, "", "../../tmp/x", "..\\x", "a/b", "x" * 42, "x" * 10**6, "x" * 42 + "\u20ac", "%" * 43],
)
def test_an_id_from_outside_is_never_taken_over_CVE_2008_0252(app, planted):
    headers = {"Cookie": f"session={planted}".encode().decode("latin-1")}
    given = app.test_client(use_cookies=False).get("/set/color/blue", headers=headers)
    assert planted not in given.headers["Set-Cookie"].split("=")[1] or not planted
    assert len(rows(app)) == 1


def test_a_planted_cookie_does_not_hide_ours(app, client):
    client.get("/set/color/blue")
    other = app.test_client(use_cookies=False)
    headers = {"Cookie": f"session={'x' * 43}; session={sid(client)}"}
    assert other.get("/get/color", headers=headers).text == "blue"


def test_a_login_moves_to_a_new_id_CVE_2015_3982(app, client):
    client.get("/set/color/blue")
    before = sid(client)
    client.get("/login")
    assert sid(client) != before and len(rows(app)) == 1
    assert client.get("/get/color").text == "blue" and client.get("/get/user").text == "ada"
    thief = app.test_client()
    thief.set_cookie("session", before)
    assert thief.get("/get/user").text == "None"


def test_a_logout_ends_it_on_the_server_too(app, client):
    client.get("/login")
    kept = sid(client)
    client.get("/logout")
    assert sid(client) is None and rows(app) == []
    client.set_cookie("session", kept)
    assert client.get("/get/user").text == "None"


def test_a_request_that_ends_after_the_logout_does_not_bring_it_back(app, client):
    client.get("/login")
    late = app.test_request_context("/", headers={"Cookie": f"session={sid(client)}"})
    with late:
        session["late"] = True
        client.get("/logout")
        response = app.process_response(app.response_class())
    assert rows(app) == [] and "session=;" in response.headers["Set-Cookie"]


@pytest.mark.parametrize(("lifetime", "left"), [(60, "blue"), (-1, "None")])
def test_it_ends_after_its_lifetime(make, lifetime, left):
    client = make(PERMANENT_SESSION_LIFETIME=lifetime).test_client()
    client.get("/set/color/blue")
    assert client.get("/get/color").text == left


def test_what_is_over_is_swept_away(make):
    app = make(PERMANENT_SESSION_LIFETIME=-1)
    for _ in range(3):
        app.test_client().get("/set/color/blue")
    assert len(rows(app)) == 3  # the first one swept, and the next sweep is an hour away
    app.session_interface._next_sweep = 0
    app.config["PERMANENT_SESSION_LIFETIME"] = 60
    app.test_client().get("/set/color/blue")
    assert len(rows(app)) == 1


def test_a_permanent_one_is_refreshed(app, client):
    client.get("/set/_permanent/1")
    (before,) = rows(app)
    assert "Expires" in client.get("/none").headers["Set-Cookie"]
    assert rows(app)[0][1] > before[1]


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_nobody_else_can_read_it(app, client, tmp_path):
    client.get("/set/color/blue")
    assert stat.S_IMODE((tmp_path / "sessions.db").stat().st_mode) == 0o600


def test_it_can_live_in_memory(make):
    client = make(":memory:").test_client()
    client.get("/set/color/blue")
    assert client.get("/get/color").text == "blue"


def test_a_database_that_fails_says_so(make, tmp_path):
    (tmp_path / "text").write_text("no database" * 100)
    (tmp_path / "folder").mkdir()
    for path, why in [("text", "not a database"), ("folder", "folder"), ("text/below", "text")]:
        with pytest.raises(SessionStoreError, match=f"The sessions in .*{path}.* cannot be used: .*{why}"):
            make(path).test_client().get("/set/a/b")


def test_a_failing_database_is_a_500(make, tmp_path, caplog):
    app = make(TESTING=False)
    client = app.test_client()
    client.get("/set/color/blue")
    app.session_interface._execute(app, "DROP TABLE sessions")
    assert client.get("/get/color").status_code == 500
    assert "no such table" in caplog.text


def test_a_path_is_wanted():
    with pytest.raises(TypeError):
        SqliteSessionInterface(None)


def test_threads(app):
    """Each thread sees its own session, and none of the changes is lost."""
    failed = []

    def use(number):
        client = app.test_client()
        for step in range(10):
            client.get(f"/set/n/{number}-{step}")
            if client.get("/get/n").text != f"{number}-{step}":
                failed.append(number)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed and len(rows(app)) == 8


PROCESS = """
import sys; sys.path.insert(0, {root!r})
from microweb import Microweb, session
from microweb.sqlitesessions import SqliteSessionInterface
app = Microweb("site", instance_path={folder!r})
app.session_interface = SqliteSessionInterface("sessions.db")
@app.route("/<int:n>")
def put(n):
    session["n"] = n
    return str(n)
client = app.test_client()
for n in range(20):
    assert client.get(f"/{{n}}").status_code == 200
app.session_interface.close()
"""


def test_processes(app, tmp_path):
    code = PROCESS.format(root=str(ROOT), folder=str(tmp_path))
    started = [subprocess.Popen([sys.executable, "-I", "-c", code]) for _ in range(4)]
    assert [process.wait() for process in started] == [0] * 4
    assert sorted(data for _, _, data in rows(app)) == ['{"n":19}'] * 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork")
def test_a_forked_child_has_a_connection_of_its_own(app, client):
    client.get("/set/color/blue")
    ours = app.session_interface._connection
    child = os.fork()
    if not child:
        fine = client.get("/get/color").text == "blue" and app.session_interface._connection is not ours
        os._exit(0 if fine else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert client.get("/get/color").text == "blue" and app.session_interface._connection is ours


def test_closing_it_is_no_end(app, client):
    client.get("/set/color/blue")
    app.session_interface.close()
    app.session_interface.close()
    assert client.get("/get/color").text == "blue"


def test_the_file_is_an_ordinary_database(app, client, tmp_path):
    client.get("/set/color/blue")
    connection = sqlite3.connect(tmp_path / "sessions.db")
    assert connection.execute("SELECT count(*) FROM sessions").fetchone() == (1,)
    connection.close()
