"""An application and its client, as a user has them."""

import pytest

from microweb import Microweb


@pytest.fixture
def app():
    app = Microweb("tests.app", root_path="/nowhere")
    app.config.update(TESTING=True, SECRET_KEY="test")
    return app


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def told():
    """A list that hooks tell what happened."""
    return []
