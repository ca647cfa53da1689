"""What holds for every test: the client is a WSGI lawyer, and no test leaves a context behind.

Generated examples are the same in each run, so that a failure is a change and not luck.
"""

from __future__ import annotations

import sys
from wsgiref import validate

import pytest
from hypothesis import settings

settings.register_profile("gate", derandomize=True, deadline=None, database=None)
settings.load_profile("gate")


def pytest_configure(config):
    config.addinivalue_line(
        "markers",
        "no_validator: the application or the environ breaks WSGI on purpose, so the client calls"
        " it without wsgiref.validate between them",
    )


def check_content_type(status, headers, check=validate.check_content_type):
    """The validator's check, except that 204 and 304 may have a type.

    RFC 9110 (6.4.1, 8.3) lets them describe what they do not carry, and Flask's do.
    """
    if status[:3] not in ("204", "304"):
        check(status, headers)


@pytest.fixture(autouse=True)
def _wsgi_lawyer(request, monkeypatch, _no_context_left):
    """Puts wsgiref.validate between the client and every application that it calls."""
    if request.node.get_closest_marker("no_validator"):
        yield
        return
    from microweb import testing

    monkeypatch.setattr(validate, "check_content_type", check_content_type)
    run, bodies = testing.run_wsgi_app, []

    def run_validated(app, environ, *args, **kwargs):
        def validated(environ, start_response):
            bodies.append(validate.validator(app)(environ, start_response))
            return bodies[-1]

        return run(validated, environ, *args, **kwargs)

    monkeypatch.setattr(testing, "run_wsgi_app", run_validated)
    yield
    # A server closes every body; a test may leave that to us.
    for body in bodies:
        if not body.closed:
            body.close()


@pytest.fixture(autouse=True)
def _no_context_left():
    """Fails a test that leaves a context pushed, and takes it away from the tests that follow."""
    module = sys.modules.get("microweb.globals")
    before = module._contexts.get() if module else None
    yield
    module = sys.modules.get("microweb.globals")
    if module is None:
        return
    expected = module.NO_CONTEXTS if before is None else before
    left = module._contexts.get()
    if left is not expected:
        module._contexts.set(expected)
        pytest.fail(f"the test left a context pushed: {left}")
