"""The two stacks of contexts may end in turns, as in Flask."""

import pytest

from microweb import Microweb, has_app_context, has_request_context, request


@pytest.fixture
def app():
    app = Microweb(__name__)
    app.add_url_rule("/", view_func=lambda: request.path)
    return app


def test_a_block_with_a_client_may_end_its_application_context_first(app):
    ended = []
    app.teardown_appcontext(lambda error: ended.append("app"))
    app.teardown_request(lambda error: ended.append("request"))
    with app.test_client() as client, app.app_context():
        assert client.get("/").text == client.get("/").text == "/"
    assert not has_app_context() and not has_request_context()
    assert ended == ["request", "request", "request", "request", "app"]


def test_a_request_outlives_the_application_context_that_it_shares(app):
    outer, inner = app.app_context(), app.test_request_context("/")
    outer.push()
    inner.push()
    outer.pop()
    assert request.path == "/"
    inner.pop()
    assert not has_app_context() and not has_request_context()
