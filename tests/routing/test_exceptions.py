"""exceptions: what is told when there is no rule to return."""

from __future__ import annotations

import pytest

from microweb.exceptions import HTTPException
from microweb.routing import BuildError, RequestRedirect, RoutingException

from .assertions import make


@pytest.mark.parametrize(
    ("endpoint", "values", "method", "text"),
    [
        ("user.shwo", {}, None, "for endpoint 'user.shwo'. Did you mean 'user.show' instead?"),
        ("user.show", {}, None, "Did you forget to specify values ['id']?"),
        ("user.show", {"id": 1}, "POST", "values ['id']. Did you mean to use methods ['GET', 'HEAD']?"),
    ],
)
def test_build_errors_name_what_is_nearest(endpoint, values, method, text):
    adapter = make(("/<id>", {"endpoint": "user.show", "methods": ["GET"]})).bind("h")
    with pytest.raises(BuildError) as error:
        adapter.build(endpoint, values, method)
    assert text in str(error.value)
    assert isinstance(error.value, LookupError)
    assert (error.value.endpoint, error.value.method) == (endpoint, method)


def test_an_empty_map_has_nothing_to_suggest():
    error = BuildError("x", None, None, make().bind("h"))
    assert error.suggested is None
    assert str(error) == "Could not build url for endpoint 'x'."


def test_a_redirect_is_an_http_error_and_a_response():
    error = RequestRedirect("http://h/<x>")
    assert isinstance(error, HTTPException)
    assert isinstance(error, RoutingException)
    assert error.code == 308
    assert ("Location", "http://h/<x>") in error.get_headers()
    assert '<a href="http://h/&lt;x&gt;">http://h/&lt;x&gt;</a>' in error.get_body()
    assert error.get_response({}).status_code == 308
