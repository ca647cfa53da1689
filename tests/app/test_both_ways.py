"""The short way of a request and the long one give the same answers, view by view."""

import pytest

from microweb import (
    Markup,
    Microweb,
    Response,
    abort,
    after_this_request,
    current_app,
    g,
    redirect,
    request,
    session,
    url_for,
)


def mark():
    @after_this_request
    def marked(response):
        response.headers["X-Mark"] = request.path
        return response

    return "marked"


VIEWS = {
    "text": lambda: "text",
    "umlaut": lambda: "grün",
    "empty": lambda: "",
    "half": lambda: "\ud800",
    "markup": lambda: Markup("<b>"),
    "bytes": lambda: b"bytes",
    "dict": lambda: {"a": 1},
    "tuple": lambda: ("x", 201, {"X-A": "b"}),
    "generator": lambda: (char for char in "abc"),
    "response": lambda: Response("x", 202, mimetype="text/plain"),
    "none": lambda: None,
    "number": lambda: 42,
    "redirect": lambda: redirect(url_for("text")),
    "abort": lambda: abort(403),
    "error": lambda: 1 / 0,
    "missing": lambda: request.args["missing"],
    "session": lambda: session.update(a=1) or "x",
    "session read": lambda: str(session.get("a")),
    "after": mark,
    "g": lambda: setattr(g, "a", 1) or f"{g.a} {current_app.name}",
    "path": lambda: f"{request.path} {request.endpoint} {request.url_rule} {request.view_args}",
}


def site(long):
    app = Microweb("site")
    app.secret_key = "test"
    for name, view in VIEWS.items():
        app.add_url_rule(f"/{name}", name, view, methods=["GET", "POST"])
    app.add_url_rule("/variable/<int:n>", "variable", lambda n: str(n))
    app.add_url_rule("/without view", "without view")
    if long:
        app.before_request(lambda: None)
    client = app.test_client()
    client.get("/text")  # the first request goes the long way
    return client


def answers(long, name, method, change=None, cookie=False):
    client = site(long)
    if change is not None:
        change(client.application)
    if cookie:
        client.get("/session")
    told = []
    for _ in range(2):
        response = client.open(f"/{name}", method=method)
        headers = sorted(
            (key, value) for key, value in response.headers if key not in ("Set-Cookie", "Allow")
        )
        told.append((response.status, headers, "Set-Cookie" in response.headers, response.data))
    return told


@pytest.mark.parametrize("cookie", [False, True])
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS", "DELETE"])
@pytest.mark.parametrize("name", [*VIEWS, "variable/7", "without view", "nothing"])
def test_the_answer(name, method, cookie):
    assert answers(False, name, method, cookie=cookie) == answers(True, name, method, cookie=cookie)


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_called_once(name, told):
    client = site(False)
    view = VIEWS[name]
    client.application.view_functions[name] = lambda: told.append(name) or view()
    client.application.settle()
    client.get(f"/{name}")
    assert told == [name]


class Mine(Response):
    default_mimetype = "text/plain"


def patch(name, value):
    return lambda app: setattr(app, name, value)


CHANGES = [
    patch("make_response", lambda rv: Mine("patched")),
    patch("finalize_request", lambda rv, from_error_handler=False: Mine("patched")),
    patch("full_dispatch_request", lambda: Mine("patched")),
    patch("dispatch_request", lambda: "patched"),
    patch("process_response", lambda response: Mine("patched")),
    patch("handle_user_exception", lambda error: "patched"),
    patch("response_class", Mine),
    lambda app: app.before_request_funcs.setdefault(None, []).append(lambda: "patched"),
    lambda app: app.after_request_funcs.setdefault(None, []).append(lambda response: Mine("patched")),
    lambda app: app.view_functions.update(text=lambda: "patched"),
    lambda app: app.error_handler_spec[None][None].update({KeyError: lambda error: "patched"}),
    lambda app: app.error_handler_spec[None][None].update({ZeroDivisionError: lambda error: "patched"}),
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ["text", "error", "without view", "nothing"])
def test_the_answer_after_a_change(change, name):
    assert answers(False, name, "GET", change) == answers(True, name, "GET", change)


def test_an_adapter_set_on_the_application():
    client = site(False)
    app = client.application
    plain = app.create_url_adapter

    def create_url_adapter(request):
        adapter = plain(request)
        if request is not None:
            adapter.path_info = adapter.path_info.replace("/text", "/bytes")
        return adapter

    app.create_url_adapter = create_url_adapter
    assert client.get("/text").text == "bytes"
