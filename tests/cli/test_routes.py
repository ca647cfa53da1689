import pytest

from microweb import Microweb
from microweb.cli.routes import routes_command
from microweb.cli.shell import shell_command
from microweb.cli.template import template_command


@pytest.fixture
def app(tmp_path):
    app = Microweb("site", root_path=str(tmp_path))
    for rule, endpoint, methods in [
        ("/users/<int:id>", "user", ["GET"]),
        ("/users/<int:id>", "edit", ["POST"]),
        ("/users/<name>/", "named", ["GET"]),
    ]:
        app.add_url_rule(rule, endpoint, methods=methods)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(
        "{% extends 'base.html' %}{{ title }}{{ request.path }}"
    )
    (tmp_path / "templates" / "bad.html").write_text("{% if x %}")
    (tmp_path / "templates" / "unknown.html").write_text("{{ x|nope }}")
    (tmp_path / "templates" / "latin.html").write_bytes(b"\xff")
    return app


def run(app, command, args):
    return app.test_cli_runner().invoke(command, args)


def test_list(app):
    assert run(app, routes_command, "").output.splitlines() == [
        "Endpoint  Methods  Rule",
        "--------  -------  -----------------------",
        "edit      POST     /users/<int:id>",
        "named     GET      /users/<name>/",
        "static    GET      /static/<path:filename>",
        "user      GET      /users/<int:id>",
    ]
    assert "GET, HEAD, OPTIONS" in run(app, routes_command, "--all-methods").output


@pytest.mark.parametrize(
    ("sort", "first"), [("endpoint", "edit"), ("methods", "static"), ("rule", "static"), ("match", "static")]
)
def test_sort(app, sort, first):
    assert run(app, routes_command, f"-s {sort}").output.splitlines()[2].startswith(first)


@pytest.mark.parametrize(
    ("args", "lines", "status"),
    [
        (
            "/users/5",
            ["-> user matches: id=5", "edit takes POST", "named matches, too, but is tried later"],
            0,
        ),
        ("/users/5 -X post", ["user takes GET", "-> edit matches: id=5", "named the path differs"], 0),
        ("/users/ann", ["user the path differs", "-> named redirects to http://localhost/users/ann/"], 0),
        ("/nope?x=1", ["user the path differs", "edit the path differs", "named the path differs"], 1),
        ("/static/a/b.css", ["-> static matches: filename='a/b.css'"], 0),
    ],
)
def test_a_path(app, args, lines, status):
    result = run(app, routes_command, args)
    rows = [line.split() for line in result.output.splitlines()[2:]]
    shown = [" ".join(word for word in row if not word.startswith("/") or "'" in word) for row in rows]
    assert result.exit_code == status
    for line in lines:
        assert line in shown, shown


def test_no_such_path(app):
    result = run(app, routes_command, "users")
    assert result.exit_code == 2 and "The path 'users' does not start with a slash." in result.output


def test_domains():
    app = Microweb("site", static_folder=None, host_matching=True)
    assert run(app, routes_command, "").output == "No routes were registered.\n"
    app.add_url_rule("/", "a", host="a.example")
    app.add_url_rule("/", "b", host="<name>.example")
    assert "Host" in run(app, routes_command, "-s domain").output
    output = run(app, routes_command, "/").output
    assert "depends on the host" in output and "->  a " in output


@pytest.mark.parametrize(
    ("args", "lines"),
    [
        ("page.html", ["Variables:  title", "Templates:  base.html"]),
        ("--source page.html", ["def root("]),
        ("pgae.html", ["Error: There is no template 'pgae.html'. Did you mean 'page.html'?"]),
        ("zzz", ["Error: There is no template 'zzz'. It is in none of the application's template folders."]),
        ("bad.html", ["Error: ", 'bad.html", line 1']),
        ("unknown.html", ["Error: No filter named 'nope'.", 'unknown.html", line 1']),
        ("latin.html", ["Error: 'utf-8' codec can't decode byte 0xff"]),
    ],
)
def test_template(app, args, lines):
    result = run(app, template_command, args)
    assert result.exit_code == (1 if lines[0].startswith("Error") else 0)
    for line in lines:
        assert line in result.output


def test_shell(app, monkeypatch, tmp_path):
    app.shell_context_processor(lambda: {"answer": 42})
    startup = tmp_path / "startup.py"
    startup.write_text("early = 1")
    monkeypatch.setenv("PYTHONSTARTUP", str(startup))
    monkeypatch.delattr("sys.__interactivehook__", raising=False)
    result = app.test_cli_runner().invoke(shell_command, input="print(answer + early, app.name, g)\n")
    assert "App: site\n" in result.stderr and "43 site <" in result.output
