"""Blueprints: prefixes, names, nesting, folders, and registering one several times."""

import pytest

from microweb import Blueprint, Microweb, render_template, request, url_for


def where(**values):
    """A view that says how it was reached."""
    return {"endpoint": request.endpoint, "blueprints": request.blueprints, **values}


def bp(name="bp", rule="/", **options):
    blueprint = Blueprint(name, name, **options)
    blueprint.add_url_rule(rule, "view", where)
    return blueprint


@pytest.mark.parametrize(
    ("own", "given", "rule", "url"),
    [
        (None, None, "/x", "/x"),
        ("/a", None, "/x", "/a/x"),
        ("/a/", None, "/x", "/a/x"),
        ("/a", "/b", "/x", "/b/x"),
        ("/a", None, "", "/a"),
        ("/a", None, "/", "/a/"),
        ("/a", "/", "/x", "/x"),
        ("/<v>", None, "/x", "/1/x"),
    ],
)
def test_prefixes(app, client, own, given, rule, url):
    app.register_blueprint(bp(rule=rule, url_prefix=own), url_prefix=given)
    assert client.get(url).json["endpoint"] == "bp.view"


def test_several_registrations(app, client):
    blueprint = bp(url_defaults={"kind": "own"})
    app.register_blueprint(blueprint, url_prefix="/a")
    app.register_blueprint(blueprint, url_prefix="/b", name="other", url_defaults={"kind": "given"})
    assert client.get("/a/").json == {"endpoint": "bp.view", "blueprints": ["bp"], "kind": "own"}
    assert client.get("/b/").json == {"endpoint": "other.view", "blueprints": ["other"], "kind": "given"}


def test_a_name_is_taken_once(app):
    app.register_blueprint(bp())
    with pytest.raises(ValueError, match="already registered for this blueprint.*name="):
        app.register_blueprint(app.blueprints["bp"])
    with pytest.raises(ValueError, match="a different blueprint"):
        app.register_blueprint(bp())


def test_record_once(app, told):
    blueprint = bp()
    blueprint.record(lambda state: told.append("each"))
    blueprint.record_once(lambda state: told.append("once"))
    app.register_blueprint(blueprint)
    app.register_blueprint(blueprint, name="again")
    assert told == ["each", "once", "each"]


def test_nesting(app, client):
    top, middle, bottom = (
        bp("top", url_prefix="/t"),
        bp("middle", url_prefix="/m"),
        bp("bottom", url_prefix="/b"),
    )
    middle.register_blueprint(bottom)
    top.register_blueprint(middle, url_prefix="/x")
    app.register_blueprint(top)
    assert client.get("/t/x/b/").json == {
        "endpoint": "top.middle.bottom.view",
        "blueprints": ["top.middle.bottom", "top.middle", "top"],
    }
    assert [blueprint.name for blueprint in app.iter_blueprints()] == ["top", "middle", "bottom"]


@pytest.mark.parametrize(
    ("outer", "inner", "host"),
    [
        ("b", "a", "a.b.site.test"),
        ("b", None, "b.site.test"),
        (None, "a", "a.site.test"),
        (None, None, "site.test"),
    ],
)
def test_subdomains(outer, inner, host):
    app = Microweb("site", subdomain_matching=True)
    app.config["SERVER_NAME"] = "site.test"
    parent, child = Blueprint("parent", "p", subdomain=outer), bp("child", subdomain=inner)
    parent.register_blueprint(child)
    app.register_blueprint(parent)
    assert app.test_client().get("/", base_url=f"http://{host}").json["endpoint"] == "parent.child.view"
    assert app.test_client().get("/", base_url="http://z.site.test").status_code == 404


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Blueprint("", "b"), "may not be empty"),
        (lambda: Blueprint("a.b", "b"), "dot"),
        (lambda: bp().add_url_rule("/", "a.b", where), "dot"),
        (lambda: (lambda b: b.register_blueprint(b))(bp()), "itself"),
    ],
)
def test_what_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_endpoint_adds_no_prefix(app, client):
    blueprint = Blueprint("bp", "b")
    blueprint.endpoint("bar")(lambda: "x")
    app.add_url_rule("/", "bar")
    app.register_blueprint(blueprint)
    assert client.get("/").text == "x"


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [(".view", "/in/"), ("out.view", "/out/"), ("top", "/top")],
    ids=["own", "other", "app"],
)
def test_links(app, client, endpoint, url):
    inside = Blueprint("in", "b", url_prefix="/in")
    inside.add_url_rule("/", "view", lambda: url_for(endpoint))
    app.register_blueprint(inside)
    app.register_blueprint(bp("out", url_prefix="/out"))
    app.add_url_rule("/top", "top", where)
    assert client.get("/in/").text == url


def folder(tmp_path, name, **files):
    for path, text in files.items():
        kind = "templates" if path == "page" else "static"
        (tmp_path / name / kind).mkdir(parents=True, exist_ok=True)
        (tmp_path / name / kind / f"{path}.html").write_text(text)
    return str(tmp_path / name)


def test_templates_of_the_application_win(tmp_path):
    app = Microweb("site", root_path=folder(tmp_path, "app", static="static of app"))
    for name in ("one", "two"):
        root = folder(tmp_path, name, page=f"page of {name}", static=f"static of {name}")
        app.register_blueprint(
            Blueprint(
                name,
                name,
                root_path=root,
                template_folder="templates",
                static_folder="static",
                url_prefix=f"/{name}",
            )
        )
    app.get("/")(lambda: render_template("page.html"))
    app.config["TEMPLATES_AUTO_RELOAD"] = True
    client = app.test_client()
    assert client.get("/").text == "page of one"
    assert app.jinja_env.list_templates() == ["page.html"]
    folder(tmp_path, "app", page="page of app")
    app.jinja_env.cache.clear()
    assert client.get("/").text == "page of app"
    for path, text in (("/static", "app"), ("/one/static", "one"), ("/two/static", "two")):
        with client.get(f"{path}/static.html") as response:
            assert response.text == f"static of {text}"
    with app.test_request_context():
        assert url_for("two.static", filename="a b") == "/two/static/a%20b"


def test_template_helpers_and_processors(app, client):
    blueprint = Blueprint("bp", "b")
    blueprint.app_template_filter("twice")(lambda value: value * 2)
    blueprint.add_app_template_test(lambda value: value == 42, "answer")
    blueprint.app_template_global("three")(lambda: 3)
    blueprint.context_processor(lambda: {"here": "bp"})
    blueprint.app_context_processor(lambda: {"everywhere": "app"})
    source = "{{ 'a'|twice }} {{ 42 is answer }} {{ three() }} {{ here }} {{ everywhere }}"

    def view():
        from microweb import render_template_string

        return render_template_string(source)

    blueprint.add_url_rule("/bp", "view", view)
    app.register_blueprint(blueprint)
    app.add_url_rule("/app", "view", view)
    assert client.get("/bp").text == "aa True 3 bp app"
    assert client.get("/app").text == "aa True 3  app"


def test_method_shortcuts(app, client):
    blueprint = Blueprint("bp", "b", url_prefix="/bp")
    for method in ("get", "post", "put", "delete", "patch"):
        getattr(blueprint, method)("/", endpoint=method)(lambda method=method: method)
    app.register_blueprint(blueprint)
    for method in ("get", "post", "put", "delete", "patch"):
        assert getattr(client, method)("/bp/").text == method


def test_resources_and_max_age(app, tmp_path):
    (tmp_path / "note.txt").write_text("näh", encoding="utf-8")
    blueprint = Blueprint("bp", "b", root_path=str(tmp_path))
    with blueprint.open_resource("note.txt") as file:
        assert file.read() == "näh".encode()
    with blueprint.open_resource("note.txt", "r") as file:
        assert file.read() == "näh"
    with pytest.raises(ValueError, match="reading"):
        blueprint.open_resource("note.txt", "w")
    with app.app_context():
        assert blueprint.get_send_file_max_age("x") is None
        app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 9
        assert blueprint.get_send_file_max_age("x") == 9
