"""What the debugger shows to whom: a WSGI application that fails, and what comes out."""

from __future__ import annotations

import contextlib
import html
import io
import json
import re
import subprocess
import sys
import threading
import zipfile
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from microweb.server.debugger import DebuggedApplication
from microweb.server.debugger.access import ATTEMPTS, Access
from microweb.server.debugger.console import Console
from microweb.server.debugger.page import ASSETS, FAILURES, INNERMOST, OUTERMOST, DebugTraceback
from microweb.server.debugger.repr import HIDDEN, DebugReprGenerator, Redactor, debug_repr, escape, is_secret
from tests.house import PACKAGE

HOSTILE = "</script><script>alert('x')</script><!-- \" onload=\"x"


class Answer:
    def __init__(self, status, headers, body, errors):
        self.status, self.headers, self.errors = int(status[:3]), dict(headers), errors
        self.text = body.decode()

    @property
    def frames(self):
        return [int(number) for number in re.findall(r'id="frame-(\d+)"', self.text)]


def ask(app, path="/", form=None, **more):
    """One request, with a lawyer on either side of the debugger."""
    path, _, query = path.partition("?")
    errors = io.StringIO()
    body = b"" if form is None else "&".join(f"{k}={v}" for k, v in form.items()).encode()
    environ = {
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_METHOD": "GET" if form is None else "POST",
        "HTTP_HOST": "localhost:5000",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": errors,
        **more,
    }
    setup_testing_defaults(environ)
    told = []

    def start_response(status, headers, exc_info=None):
        told[:] = [status, headers]
        return lambda data: None

    result = validator(app)(environ, start_response)
    try:
        body = b"".join(result)
    finally:
        result.close()
    return Answer(*told, body, errors.getvalue())


@pytest.fixture(autouse=True)
def no_pin_from_outside(monkeypatch):
    for name in ("MICROWEB_DEBUG_PIN", "WERKZEUG_DEBUG_PIN", "MICROWEB_DEBUG_SECRET", "MICROWEB_DEBUG_PEERS"):
        monkeypatch.delenv(name, raising=False)


def failing(error, *, password="tr0ub4dor&3", first=()):
    def app(environ, start_response):
        shown = f"postgres://me:{password}@db/"
        if first:
            start_response("200 OK", [("Content-Type", "text/plain")])
            return stream(shown)
        raise error

    def stream(shown):
        yield from first
        raise error

    return app


def debugged(app, **options):
    return DebuggedApplication(app, pin_logging=False, **options)


# -- the page


def test_what_works_goes_through_untouched():
    body = [b"fine"]

    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return body

    answer = ask(debugged(app, evalex=True))
    assert (answer.status, answer.text, answer.errors) == (200, "fine", "")
    environ = {}
    setup_testing_defaults(environ)
    # The very list: the server takes its length, and sends files by itself.
    assert debugged(app)(environ, lambda *args: None) is body


def test_an_exception_becomes_a_page():
    answer = ask(debugged(failing(ValueError("what happened"))))
    assert answer.status == 500
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    for text in (
        "ValueError",
        "what happened",
        "raise error",
        "test_debugger.py",
        "Local variables",
        "Request: GET",
    ):
        assert text in answer.text, text
    assert answer.errors.endswith("ValueError: what happened\n")
    # Without consoles, the page has no secret.
    assert "data-secret" not in answer.text


def test_the_page_has_a_policy_and_nothing_inline():
    answer = ask(debugged(failing(ValueError()), evalex=True))
    policy = answer.headers["Content-Security-Policy"]
    (nonce,) = set(re.findall(r"'nonce-([\w-]+)'", policy))
    assert answer.text.count(f'nonce="{nonce}"') == 2
    assert policy.startswith("default-src 'none'") and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script[^>]*>[^<]|<style|\son\w+=|javascript:", answer.text)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert ask(debugged(failing(ValueError()))).headers["Content-Security-Policy"] != policy


@pytest.mark.parametrize("name", ASSETS)
def test_its_files_are_served(name):
    answer = ask(debugged(failing(ValueError())), f"/any?__debugger__=yes&cmd=resource&f={name}")
    assert (answer.status, answer.headers["Content-Type"]) == (200, ASSETS[name])
    assert answer.text


@pytest.mark.parametrize("name", ["page.html", "../middleware.py", "", "/etc/passwd"])
def test_no_other_file_is_served(name):
    assert ask(debugged(failing(ValueError())), f"/?__debugger__=yes&cmd=resource&f={name}").status == 403


class Hostile(dict):
    def __repr__(self):
        return HOSTILE


HOSTILE_NAMES = type(HOSTILE, (Exception,), {})


@pytest.mark.parametrize(
    "error",
    [ValueError(HOSTILE), KeyError(HOSTILE), HOSTILE_NAMES(), SyntaxError(HOSTILE, (HOSTILE, 1, 1, HOSTILE))],
    ids=lambda error: type(error).__name__[:12],
)
def test_cve_2016_10516_text_of_the_program_is_no_markup(error):
    answer = ask(debugged(failing(error)), f"/{HOSTILE}?q=1", HTTP_X_HOSTILE=HOSTILE)
    assert "<script>alert" not in answer.text
    assert answer.text.count("<script") == 1
    assert "onload=&#34;x" in answer.text or "onload=" not in answer.text


def test_hostile_values_are_no_markup():
    values = [
        HOSTILE,
        HOSTILE.encode(),
        {HOSTILE: HOSTILE},
        [HOSTILE],
        Hostile(),
        type(HOSTILE, (str,), {})("x"),
    ]
    values += [
        type(HOSTILE, (list,), {})(),
        re.compile(re.escape(HOSTILE)),
        type("x", (), {"__repr__": lambda s: HOSTILE})(),
    ]
    for value in values:
        assert "<script" not in debug_repr(value)
        assert "<script" not in DebugReprGenerator().dump_object(value)


def test_a_broken_value_is_shown_as_such():
    class Broken:
        def __repr__(self):
            raise RuntimeError("<no>")

    class Worse(Exception):
        def __str__(self):
            raise RuntimeError("<no>")

    def app(environ, start_response):
        thing = Broken()
        raise Worse(thing)

    assert "broken repr (RuntimeError: &lt;no&gt;)" in ask(debugged(app)).text


def test_odd_names_and_attributes_are_no_trouble():
    class Several(Exception):
        exceptions = 3

    names = {"__name__": "odd", 1: 2, "Several": Several}

    def app(environ, start_response):
        exec("raise Several('no group')", names)

    text = ask(debugged(app)).text
    assert "Several: no group" in text and "<th>1</th>" in text


def test_the_chain_is_shown_as_python_tells_it():
    def app(environ, start_response):
        try:
            try:
                {}["first"]
            except KeyError as error:
                raise ValueError("second") from error
        except ValueError:
            raise TypeError("third")

    text = ask(debugged(app)).text
    places = [
        text.index(part) for part in ("KeyError: ", "direct cause", "ValueError: second", "During handling")
    ]
    assert places == sorted(places)
    assert text.count('<div class="exc-divider">') == 2
    assert [failure.type_name for failure in DebugTraceback(caught(app)).all_tracebacks] == [
        "TypeError",
        "ValueError",
        "KeyError",
    ]


def caught(app):
    with pytest.raises(Exception) as info:
        app({}, None)
    return info.value


def test_a_suppressed_context_stays_away():
    def app(environ, start_response):
        try:
            {}["first"]
        except KeyError:
            raise ValueError("second") from None

    assert (
        "KeyError"
        not in ask(debugged(app)).text.partition("Plain text")[0].partition("<pre class=source>")[0]
    )
    assert len(DebugTraceback(caught(app)).all_tracebacks) == 1


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups")
def test_a_group_is_shown_with_its_parts():
    def app(environ, start_response):
        errors = []
        for attempt in (lambda: int("x"), lambda: {}["k"]):
            try:
                attempt()
            except Exception as error:
                errors.append(error)
        raise ExceptionGroup("several", [*errors, ExceptionGroup("inner", errors[:1])])  # noqa: F821

    text = ask(debugged(app, evalex=True)).text
    assert "several (3 sub-exceptions)" in text
    assert all(f"{number} of 3" in text for number in (1, 2, 3)) and "1 of 1" in text
    assert "invalid literal for int()" in text and "KeyError" in text
    # Frames of the parts have consoles as well.
    assert len(DebugTraceback(caught(app)).all_frames) == 8


def test_the_place_is_told_from_where_the_program_is(tmp_path, monkeypatch):
    (tmp_path / "shop.py").write_text("def cart():\n    1 / 0\n")
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile("def cart():\n    1 / 0\n", str(tmp_path / "shop.py"), "exec"), names)

    def app(environ, start_response):
        names["cart"]()

    assert re.search(r'<a href="#frame-\d+">in cart, shop.py:2</a>', ask(debugged(app)).text)
    # The directory may be gone: the whole path, and no other error.
    (tmp_path / "shop.py").unlink()
    tmp_path.rmdir()
    assert f"in cart, {tmp_path}" in ask(debugged(app)).text


def test_a_recursion_without_end_is_cut():
    def app(environ, start_response):
        return app(environ, start_response)

    answer = ask(debugged(app))
    assert "RecursionError" in answer.text
    assert len(answer.frames) == OUTERMOST + INNERMOST
    assert len(answer.text) < 1_000_000


def test_a_long_chain_is_cut():
    def app(environ, start_response):
        error = None
        for number in range(300):
            try:
                raise ValueError(number) from error
            except ValueError as raised:
                error = raised
        raise error

    assert [str(failure.summary) for failure in DebugTraceback(caught(app)).all_tracebacks][-1] == str(
        300 - FAILURES
    )
    # The words above the first one tell that there was another.
    assert ask(debugged(app)).text.count('<div class="exc-divider">') == FAILURES


def test_large_values_are_cut():
    def app(environ, start_response):
        numbers, text, data = list(range(10**6)), "x" * 10**7, b"x" * 10**7
        nested = []
        for _ in range(10**4):
            nested = [nested]
        wide = [[[[0] * 100] * 100] * 100] * 100
        raise ValueError(len(numbers) + len(text) + len(data) + len(nested) + len(wide))

    assert len(ask(debugged(app)).text) < 500_000


def test_hidden_frames():
    def inner():
        __traceback_hide__ = True  # noqa: F841
        raise ValueError("x")

    def app(environ, start_response):
        inner()

    assert "function>inner<" not in ask(debugged(app)).text
    assert "function>inner<" in ask(debugged(app, show_hidden_frames=True)).text


def test_frames_of_a_template_show_its_own_lines():
    from microweb.templates.environment import Environment

    template = Environment().from_string(
        "first\n{% for item in items %}\n<b>{{ item.a.b }}</b>\n{% endfor %}"
    )

    def app(environ, start_response):
        return template.render(items=[1])

    text = ask(debugged(app)).text
    assert re.search(r'<span class="line current"><i>3</i>&lt;b&gt;\{\{ .*item.a.b', text)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="columns")
def test_the_failing_expression_is_marked():
    def app(environ, start_response):
        return "ä" + str(1 // int("0")) + "ö"

    assert "str(<mark>1 // int(&#34;0&#34;)</mark>)" in ask(debugged(app)).text


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
        ("application/json", "application/json"),
        ("application/problem+json", "application/json"),
        ("*/*", "text/plain; charset=utf-8"),
        ("text/plain", "text/plain; charset=utf-8"),
    ],
)
def test_programs_get_what_they_ask_for(accept, kind):
    answer = ask(debugged(failing(ValueError("tr0ub4dor&3 is wrong"))), HTTP_ACCEPT=accept)
    assert answer.headers["Content-Type"] == kind
    assert "tr0ub4dor" not in answer.text
    if "json" in kind:
        data = json.loads(answer.text)
        assert (data["type"], data["message"]) == ("ValueError", f"{HIDDEN} is wrong")
        assert data["traceback"][0].startswith("Traceback")
    if "plain" in kind:
        assert answer.text.rstrip().endswith(f"ValueError: {HIDDEN} is wrong")


def test_it_works_from_an_archive_under_another_name(tmp_path):
    archive = tmp_path / "lib.zip"
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("other/__init__.py", "")
        for path in (PACKAGE / "server").rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                target.write(path, f"other/{path.relative_to(PACKAGE)}")
    program = f"""
import io, sys
sys.path.insert(0, {str(archive)!r})
from wsgiref.util import setup_testing_defaults
from other.server.debugger import DebuggedApplication

def ask(**environ):
    environ["wsgi.errors"] = io.StringIO()
    setup_testing_defaults(environ)
    app = DebuggedApplication(lambda environ, start_response: missing_name)
    return b"".join(app(environ, lambda *args: None)).decode()

assert "NameError" in ask(HTTP_HOST="localhost"), ask(HTTP_HOST="localhost")
assert ".frame" in ask(QUERY_STRING="__debugger__=yes&cmd=resource&f=debugger.css")
"""
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


# -- bodies


def test_an_error_before_the_first_block_becomes_a_page():
    def app(environ, start_response):
        raise ValueError("late")
        yield

    answer = ask(debugged(app))
    assert answer.status == 500 and "late" in answer.text


def test_an_error_within_the_body_is_raised_again():
    """The server breaks the answer off, so that nobody takes it for the whole."""
    error = ValueError("half-way")
    environ, sent = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost"}, []
    setup_testing_defaults(environ)

    def start_response(status, headers, exc_info=None):
        if exc_info:
            raise exc_info[1].with_traceback(exc_info[2])

    body = debugged(failing(error, first=[b"one"]))(environ, start_response)
    with pytest.raises(ValueError) as info:
        sent.extend(body)
    assert info.value is error


def test_the_body_is_closed_even_if_nobody_reads_it():
    closed = []

    class Body:
        def __iter__(self):
            yield b"x"

        def close(self):
            closed.append(True)

    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return Body()

    environ = {}
    setup_testing_defaults(environ)
    debugged(app)(environ, lambda *args: None).close()
    body = debugged(app)(environ, lambda *args: None)
    assert next(iter(body)) == b"x"
    body.close()
    assert closed == [True, True]


# -- secrets


@pytest.mark.parametrize(
    "name",
    ["password", "PASSWORD", "db_passwd", "secret", "SECRET_KEY", "api_key", "apikey", "keys", "token", "pin"]
    + ["csrf_token", "HTTP_COOKIE", "HTTP_AUTHORIZATION", "credentials", "X-Api-Key", "sessionid"],
)
def test_secret_names(name):
    assert is_secret(name)


@pytest.mark.parametrize("name", ["keyword", "keyboard", "name", "mapping", "author", "", 3, None])
def test_other_names(name):
    assert not is_secret(name)


def test_secrets_are_hidden_wherever_they_occur():
    class Config(dict):
        def __repr__(self):
            return f"<Config {dict.__repr__(self)}>"

    app = failing(ValueError("cannot log in with tr0ub4dor&3"), password="tr0ub4dor&3")
    app.config = Config(SECRET_KEY="of-the-application", SECRET_KEY_FALLBACKS=["an-older-one"], NAME="shown")
    settings = {"api_key": "k-123456", "nested": [{"token": "t-123456"}], "shown": "visible"}

    def outer(environ, start_response):
        text, both, config = "of-the-application", "an-older-one", app.config
        return app(environ, start_response), text, both, config, settings

    outer.config = app.config
    more = {
        "HTTP_COOKIE": "session=c-123456",
        "HTTP_AUTHORIZATION": "Bearer b-123456",
        "HTTP_X_API_KEY": "x-123456",
    }
    for accept in ("text/html", "application/json", "*/*"):
        text = html.unescape(ask(debugged(outer), "/?token=q-123456&name=n", HTTP_ACCEPT=accept, **more).text)
        for secret in ("tr0ub4dor", "of-the-app", "older-one", "123456"):
            # Not in source lines of this test either: only where the value is known.
            shown = re.sub(r'"[a-z]-123456"|c-123456"|Bearer b-123456"', "", text)
            assert secret not in shown, (secret, accept)
    assert "visible" in text or "visible" in html.unescape(ask(debugged(outer)).text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("User(name='ada', password='x y')", f"User(name='ada', password={HIDDEN})"),
        ('{"api_key": "abc", "a": 1}', f'{{"api_key": {HIDDEN}, "a": 1}}'),
        ("https://u:pw@host/?token=abc&x=1", f"https://u:{HIDDEN}@host/?token={HIDDEN}&x=1"),
        ("invalid keyword 'x'", "invalid keyword 'x'"),
    ],
)
def test_secrets_within_the_text_of_a_value(text, shown):
    assert Redactor().text(text) == shown


def test_hostile_text_is_searched_in_linear_time():
    for text in ("a" * 200_000, "key" * 70_000, "key='" * 40_000, "://a:" * 40_000, "_" * 200_000):
        Redactor().text(text)


# -- who may see what


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:80", "a.localhost:5000", "127.0.0.1:1", "[::1]:80", "[::1]"]
)
def test_trusted_hosts(host):
    assert not Access().refuses({"HTTP_HOST": host, "REMOTE_ADDR": "127.0.0.1"})


@pytest.mark.parametrize(
    "asked",
    [
        {"HTTP_HOST": "evil.example"},
        {"HTTP_HOST": ""},
        {"HTTP_HOST": "localhost.evil.example:80"},
        {"HTTP_HOST": "evillocalhost"},
        {"HTTP_HOST": "127.0.0.1.nip.io"},
        {"REMOTE_ADDR": "10.0.0.1"},
        {"REMOTE_ADDR": "::ffff:10.0.0.1"},
        {"REMOTE_ADDR": "localhost"},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
    ],
    ids=str,
)
def test_cve_2016_9014_others_see_nothing(asked, caplog):
    # B65, GHSA-2g68-c3qc-8985: names of other sites that were made to point here; B157: an exposed debugger
    app = debugged(failing(ValueError("what happened")), evalex=True, pin_security=False)
    answer = ask(app, **asked)
    assert answer.status == 500
    assert "what happened" not in answer.text and app.secret not in answer.text
    assert "what happened" in answer.errors
    assert "shows nothing" in caplog.text
    # Nor do they reach a console whose secret they know.
    assert ask(app, "/console", **asked).status == 403
    assert (
        ask(app, "/?__debugger__=yes&cmd=eval", {"s": app.secret, "frm": "0", "code": "1"}, **asked).status
        == 403
    )


def test_trust_is_decided_before_the_application_changes_its_environ():
    def app(environ, start_response):
        environ["HTTP_HOST"] = environ["HTTP_X_FORWARDED_HOST"]
        raise ValueError("what happened")

    answer = ask(debugged(app), HTTP_HOST="evil.example", HTTP_X_FORWARDED_HOST="localhost")
    assert "what happened" not in answer.text


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "", "unix:"])
def test_near_peers(peer):
    assert not Access().refuses({"HTTP_HOST": "localhost", "REMOTE_ADDR": peer})


def test_more_hosts_and_peers(monkeypatch):
    monkeypatch.setenv("MICROWEB_DEBUG_PEERS", "172.17.0.0/16 10.0.0.7")
    app = debugged(failing(ValueError("what happened")))
    app.trusted_hosts.append("dev.example")
    for peer, shown in (("172.17.3.4", True), ("10.0.0.7", True), ("10.0.0.8", False)):
        assert ("what happened" in ask(app, REMOTE_ADDR=peer, HTTP_HOST="dev.example:80").text) is shown


def test_a_wrong_network_is_told_at_once(monkeypatch):
    monkeypatch.setenv("MICROWEB_DEBUG_PEERS", "my-laptop")
    with pytest.raises(ValueError, match="my-laptop"):
        Access()


# -- the PIN


def pin_auth(app, pin, **more):
    return ask(app, "/?__debugger__=yes&cmd=pinauth", {"s": app.secret, "pin": pin}, **more)


def run(app, code, frame=0, **more):
    return ask(app, "/?__debugger__=yes&cmd=eval", {"s": app.secret, "frm": str(frame), "code": code}, **more)


def test_the_pin_is_on_the_terminal(capsys):
    app = DebuggedApplication(failing(ValueError()), evalex=True)
    assert re.fullmatch(r"\d{3}-\d{3}-\d{3}", app.pin)
    assert f"PIN: {app.pin}\n" in capsys.readouterr().err
    assert DebuggedApplication(failing(ValueError()), evalex=True).pin != app.pin


def test_consoles_are_locked_until_the_pin_is_given(caplog):
    app = debugged(failing(ValueError()), evalex=True)
    page = ask(app)
    assert 'data-trusted="0"' in page.text and app.secret in page.text
    assert run(app, "6*7", page.frames[0]).status == 403
    assert "before the PIN" in caplog.text
    assert json.loads(pin_auth(app, "000-000-000").text) == {"auth": False, "exhausted": False}
    answer = pin_auth(app, f" {app.pin.replace('-', '')} ")
    assert json.loads(answer.text) == {"auth": True, "exhausted": False}
    cookie = answer.headers["Set-Cookie"]
    assert cookie.endswith("; Path=/; HttpOnly; SameSite=Strict")
    known = {"HTTP_COOKIE": f"other=1; {cookie.partition(';')[0]}"}
    assert "42" in run(app, "6*7", page.frames[0], **known).text
    assert 'data-trusted="1"' in ask(app, **known).text
    assert (
        pin_auth(app, "", **known, **{"wsgi.url_scheme": "https"}).headers["Set-Cookie"].endswith("; Secure")
    )


def test_wrong_pins_are_counted_and_told(caplog):
    # B156, CVE-2019-14806: a PIN that can be guessed; this one is random, and ten tries are all
    app = debugged(failing(ValueError()), evalex=True)
    for attempt in range(1, ATTEMPTS + 1):
        assert json.loads(pin_auth(app, "1").text) == {"auth": False, "exhausted": attempt == ATTEMPTS}
    assert f"{ATTEMPTS} of {ATTEMPTS}" in caplog.text
    # Even the right one comes too late.
    assert json.loads(pin_auth(app, app.pin).text) == {"auth": False, "exhausted": True}


def test_many_guesses_at_once_are_counted_one_by_one():
    access = Access()
    threads = [threading.Thread(target=access.try_pin, args=("1",)) for _ in range(3 * ATTEMPTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert access.failures == ATTEMPTS


@pytest.mark.parametrize(
    ("value", "pin"), [("off", None), ("1234", "1234"), ("12-34", "12-34")], ids=["off", "digits", "grouped"]
)
@pytest.mark.parametrize("name", ["MICROWEB_DEBUG_PIN", "WERKZEUG_DEBUG_PIN"])
def test_the_pin_can_be_chosen(monkeypatch, name, value, pin):
    monkeypatch.setenv(name, value)
    assert Access().pin == pin


def test_the_reloader_keeps_pin_and_cookie(monkeypatch):
    monkeypatch.setenv("MICROWEB_DEBUG_SECRET", "of the parent")
    assert (Access().pin, Access().cookie) == (Access().pin, Access().cookie)
    monkeypatch.setenv("MICROWEB_DEBUG_SECRET", "of another")
    other = Access().pin, Access().cookie
    monkeypatch.setenv("MICROWEB_DEBUG_SECRET", "of the parent")
    assert not {Access().pin, Access().cookie} & {*other}


@pytest.mark.parametrize("command", ["pinauth", "printpin", "eval"])
@pytest.mark.parametrize("form", [None, {}, {"s": "wrong"}, {"s": "ä"}], ids=str)
def test_commands_need_the_pages_secret(command, form, caplog):
    # B156, CVE-2024-34069: a page of another site that talks to this one
    app = debugged(failing(ValueError()), evalex=True, pin_security=False)
    path = f"/?__debugger__=yes&cmd={command}&s={app.secret}&frm=0&code=1"
    assert ask(app, path, form).status == 403


def test_a_form_that_is_too_long_or_none_is_refused():
    app = debugged(failing(ValueError()), evalex=True, pin_security=False)
    ask(app, "/console")
    assert run(app, "1").status == 200
    form = {"s": app.secret, "frm": "0", "code": "1"}
    assert ask(app, "/?__debugger__=yes&cmd=eval", form, CONTENT_LENGTH="65537").status == 403
    assert ask(app, "/?__debugger__=yes&cmd=eval", form, REQUEST_METHOD="PUT").status == 403
    assert ask(app, "/?__debugger__=yes&cmd=other", {"s": app.secret}).status == 404


def test_the_pin_is_told_again_when_asked_for(capsys):
    app = DebuggedApplication(failing(ValueError()), evalex=True)
    assert ask(app, "/?__debugger__=yes&cmd=printpin", {"s": app.secret}).status == 200
    assert capsys.readouterr().err.count(app.pin) == 2


# -- consoles


def test_each_frame_has_its_console():
    app = debugged(failing(ValueError()), evalex=True, pin_security=False)
    page = ask(app)
    (frame,) = page.frames
    assert "&#39;postgres://me:tr0ub4dor&amp;3@db/&#39;" in run(app, "shown", frame).text
    run(app, "x=5", frame)
    assert '<span class="number">5</span>' in run(app, "x", frame).text
    assert "NameError" in run(app, "x", 0).text or run(app, "x", 0).status == 410


def test_the_contexts_of_the_request_are_entered_for_each_line():
    entered = []

    @contextlib.contextmanager
    def context():
        entered.append("in")
        yield
        entered.append("out")

    def app(environ, start_response):
        environ["werkzeug.debug.preserve_context"](context())
        environ["werkzeug.debug.preserve_context"](contextlib.nullcontext())
        raise ValueError

    app = debugged(app, evalex=True, pin_security=False)
    run(app, "1", ask(app).frames[0])
    assert entered == ["in", "out"]


def test_a_console_of_its_own():
    app = debugged(
        failing(ValueError()), evalex=True, pin_security=False, console_init_func=lambda: {"answer": 42}
    )
    assert ask(app, "/console").status == 200
    assert "42" in run(app, "answer").text and "function" in run(app, "app").text

    def mine(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"mine"]

    closed = debugged(mine)
    assert ask(closed, "/console").text == "mine"
    assert ask(debugged(closed.app, evalex=True, console_path=None), "/console").text == "mine"


def test_only_the_last_pages_are_kept():
    app = debugged(failing(ValueError()), evalex=True, pin_security=False)
    first = ask(app).frames[0]
    for _ in range(9):
        last = ask(app).frames[0]
    assert (run(app, "1", first).status, run(app, "1", last).status) == (200, 200)
    ask(app)
    assert (run(app, "1", first).status, run(app, "1", last).status) == (410, 200)
    assert run(app, "1", "x").status == 410


def test_a_console_shows_what_is_printed_and_what_fails(monkeypatch):
    monkeypatch.setattr(sys, "stdout", sys.stdout)  # to be put back
    console = Console({"__name__": "m"}, {"a": 1})
    assert console.eval("print('<b>')") == ">>> print(&#39;&lt;b&gt;&#39;)\n&lt;b&gt;\n"
    assert console.eval("a; 'x'").endswith(
        '<span class="number">1</span>\n<span class="string">&#39;x&#39;</span>\n'
    )
    assert console.eval("_").endswith("&#39;x&#39;</span>\n")
    assert "SyntaxError" in console.eval("1 +* 2")
    assert "SystemExit" in console.eval("exit()")
    assert console.eval("def f():") == ">>> def f():\n"
    assert console.eval("  return 1 / 0") == "...   return 1 / 0\n"
    assert console.eval("") == "... \n"
    text = console.eval("f()")
    assert "ZeroDivisionError" in text and "return 1 / 0" in text
    assert "Nothing" not in console.eval("dump()") and "<th>a</th>" in console.eval("dump()")
    assert "Help on int object" in console.eval("help(1)")
    assert "help(object)" in console.eval("help()")


def test_a_line_that_is_too_deep_is_no_beginning_of_another():
    console = Console()
    assert "Error" in console.eval("-" * 100_000 + "1")
    assert console.eval("1").startswith(">>> 1")


def test_other_threads_print_where_they_did(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdout", sys.stdout)  # to be put back
    console = Console()
    console.locals["other"] = threading.Thread(target=print, args=("from another thread",))
    text = console.eval("other.start(); other.join(); print('mine')")
    assert "another" not in text and "mine" in text
    print("from this one")
    assert capsys.readouterr().out == "from another thread\nfrom this one\n"


def test_values_outside_of_consoles_are_shown_as_before(capsys):
    sys.displayhook("shown")
    assert capsys.readouterr().out == "'shown'\n"


def test_escape():
    assert escape("<&>\"'") == "&lt;&amp;&gt;&#34;&#39;"
