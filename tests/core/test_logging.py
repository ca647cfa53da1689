"""microweb.logging: the logger is set up as far as nobody did it, and writes where the request says."""

import logging
import sys
from io import StringIO

import pytest

from microweb import Microweb
from microweb.logging import create_logger, default_handler, has_level_handler, wsgi_errors_stream

NAME = "unheard.app"


@pytest.fixture(autouse=True)
def nobody_listens(pytestconfig, monkeypatch):
    """pytest's own handlers are out of the way."""
    plugin = pytestconfig.pluginmanager.unregister(name="logging-plugin")
    monkeypatch.setattr(logging.root, "handlers", [])
    yield
    logging.getLogger(NAME).handlers.clear()
    logging.getLogger(NAME).setLevel(logging.NOTSET)
    if plugin:
        pytestconfig.pluginmanager.register(plugin, "logging-plugin")


@pytest.fixture
def app():
    app = Microweb(NAME)

    @app.route("/")
    def index():
        app.logger.error("told")
        return ""

    @app.route("/fails")
    def fails():
        raise ValueError("on purpose")

    return app


@pytest.mark.parametrize(("debug", "level"), [(False, logging.NOTSET), (True, logging.DEBUG)])
def test_nobody_configured_logging(app, debug, level):
    app.debug = debug
    assert app.logger.name == NAME
    assert app.logger.handlers == [default_handler]
    assert app.logger.level == level
    assert app.logger is app.logger


def test_somebody_did(app):
    logging.root.addHandler(logging.StreamHandler())
    logging.getLogger(NAME).setLevel(logging.ERROR)
    app.debug = True
    logger = create_logger(app)
    assert (logger.handlers, logger.level) == ([], logging.ERROR)


@pytest.mark.parametrize(
    ("level", "propagate", "expected"),
    [(logging.NOTSET, True, True), (logging.CRITICAL, True, False), (logging.NOTSET, False, False)],
)
def test_has_level_handler(level, propagate, expected, monkeypatch):
    handler = logging.StreamHandler()
    handler.setLevel(level)
    logger = logging.getLogger(NAME)
    monkeypatch.setattr(logger, "propagate", propagate)
    assert not has_level_handler(logger)
    logging.root.addHandler(handler)
    assert has_level_handler(logger) is expected
    logger.addHandler(logging.StreamHandler())
    assert has_level_handler(logger)


def test_messages_go_to_the_errors_stream_of_the_request(app):
    stream = StringIO()
    app.test_client().get("/", errors_stream=stream)
    assert stream.getvalue().endswith("] ERROR in test_logging: told\n")


def test_failures_are_logged_with_their_traceback(app):
    stream = StringIO()
    assert app.test_client().get("/fails", errors_stream=stream).status_code == 500
    assert "Exception on /fails [GET]\nTraceback (most recent call last):" in stream.getvalue()
    assert stream.getvalue().endswith("ValueError: on purpose\n")


def test_outside_of_a_request_it_is_stderr(app):
    assert wsgi_errors_stream._get_current_object() is sys.stderr
    stream = StringIO()
    with app.test_request_context(errors_stream=stream):
        assert wsgi_errors_stream._get_current_object() is stream
